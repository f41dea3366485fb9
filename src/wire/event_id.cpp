// SPDX-License-Identifier: MIT
#include "wire/event_id.hpp"

namespace xes::wire {
namespace {

// Base 32 with an alphabet in ASCII order ("base32hex" of RFC 4648 §7, in lower case, no padding).
constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";

void append_fixed(std::string& out, std::uint64_t value, int count) {
  for (int i = count - 1; i >= 0; --i) out += digits[value >> (5 * i) & 31];
}

/// The value of `text`, 1 to `max_digits` digits.
std::optional<std::uint64_t> number(std::string_view text, std::size_t max_digits) {
  if (text.empty() || text.size() > max_digits) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    const auto digit = digits.find(c);
    if (digit == digits.npos) return std::nullopt;
    value = value << 5 | digit;
  }
  return value;
}

constexpr int epoch_digits = 8, content_digits = 10, stored_digits = 8, before_digits = 9;

}  // namespace

std::string to_string(const EventId& id) {
  std::string out;
  out.reserve(60);
  append_fixed(out, id.epoch, epoch_digits);
  out += '-';
  int length = 1;
  while (length < 12 && id.sequence >> (5 * length) != 0) ++length;
  append_fixed(out, id.sequence, length);
  out += '.';
  append_fixed(out, id.content, content_digits);
  out += '.';
  append_fixed(out, id.stored, stored_digits);
  out += '.';
  append_fixed(out, id.before, before_digits);
  return out;
}

std::optional<EventId> parse_event_id(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = text.find('.');
  const auto second = first == text.npos ? text.npos : text.find('.', first + 1);
  const auto third = second == text.npos ? text.npos : text.find('.', second + 1);
  if (third == text.npos || dash != epoch_digits || dash > first) return std::nullopt;
  const auto epoch = number(text.substr(0, dash), epoch_digits);
  const auto sequence = number(text.substr(dash + 1, first - dash - 1), 12);
  const auto content = number(text.substr(first + 1, second - first - 1), content_digits);
  const auto stored = number(text.substr(second + 1, third - second - 1), stored_digits);
  const auto before = number(text.substr(third + 1), before_digits);
  if (!epoch || !sequence || !content || !stored || !before) return std::nullopt;
  const EventId id{*epoch, *sequence, *content, *stored, *before};
  // One spelling per position: shortened or padded forms were not written by a worker.
  if (to_string(id) != text) return std::nullopt;
  return id;
}

}  // namespace xes::wire
