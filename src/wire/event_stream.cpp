// SPDX-License-Identifier: MIT
#include "wire/event_stream.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace xes::wire {
namespace {

void append_line(std::string& out, std::string_view name, std::string_view value) {
  // The space is dropped by the parser; without it a value's own leading space would be.
  out.append(name).append(": ").append(value) += '\n';
}

Result<void> check_id(std::string_view id) {
  if (is_event_id(id)) return {};
  return fail(Error::malformed, "not an event ID: " + quote(id));
}

Result<void> check_event_name(std::string_view name) {
  if (is_event_name(name)) return {};
  return fail(Error::malformed, "not an event name: " + quote(name));
}

}  // namespace

bool is_event_id(std::string_view text) {
  return !text.empty() && text.size() <= max_event_id_bytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                  c == '_' || c == '-';
         });
}

bool is_event_name(std::string_view text) {
  return !text.empty() && text != "open" && text != "error" &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

void append_data(std::string& out, std::string_view text) {
  // Both marks are remembered, so a text without one of them is searched for it only once.
  std::size_t cr = text.find('\r');
  std::size_t lf = text.find('\n');
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = std::min(cr, lf);
    append_line(out, "data", text.substr(begin, end == text.npos ? text.npos : end - begin));
    if (end == text.npos) return;
    begin = end + (cr == end && lf == end + 1 ? 2 : 1);
    if (cr < begin) cr = text.find('\r', begin);
    if (lf < begin) lf = text.find('\n', begin);
  }
}

void append_comment(std::string& out, std::string_view text) {
  out += text.empty() ? ":" : ": ";
  for (const char c : text) out += c == '\r' || c == '\n' ? ' ' : c;
  out += '\n';
}

void append_retry(std::string& out, std::chrono::milliseconds retry) {
  append_line(out, "retry", std::to_string(std::max<std::chrono::milliseconds::rep>(retry.count(), 0)));
}

Result<void> append_id(std::string& out, std::string_view id) {
  if (auto checked = check_id(id); !checked) return checked;
  append_line(out, "id", id);
  return {};
}

Result<void> append_event_name(std::string& out, std::string_view name) {
  if (auto checked = check_event_name(name); !checked) return checked;
  append_line(out, "event", name);
  return {};
}

Result<void> append_block(std::string& out, const EventBlock& block) {
  if (!block.id.empty())
    if (auto checked = check_id(block.id); !checked) return checked;
  if (!block.event.empty())
    if (auto checked = check_event_name(block.event); !checked) return checked;

  if (block.retry) append_retry(out, *block.retry);
  if (!block.id.empty()) append_line(out, "id", block.id);
  if (!block.event.empty()) append_line(out, "event", block.event);
  if (block.data) append_data(out, *block.data);
  append_block_end(out);
  return {};
}

}  // namespace xes::wire
