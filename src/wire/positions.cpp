// SPDX-License-Identifier: MIT
#include "wire/positions.hpp"

#include <algorithm>
#include <xxhash.h>

namespace xes::wire {
namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned digit_bits = 6, run_digits = 5;
constexpr unsigned max_bytes = 128, max_entry_digits = 28;

unsigned entry_digits(std::size_t nodes) {
  if (nodes == 0) return 0;
  return std::min<unsigned>(max_entry_digits, static_cast<unsigned>((max_bytes - run_digits - 1) / nodes));
}

std::uint64_t low(std::uint64_t value, unsigned bits) { return value & ((std::uint64_t{1} << bits) - 1); }

/// A sequence other than 0 stays other than 0.
std::uint64_t cut_sequence(std::uint64_t sequence, unsigned bits) {
  return sequence == 0 ? 0 : 1 + (sequence - 1) % ((std::uint64_t{1} << bits) - 1);
}
/// The same for a content: 0 is "none".
std::uint64_t cut_content(std::uint64_t content, unsigned bits) {
  const std::uint64_t cut = low(content, bits);
  return cut == 0 && content != 0 ? 1 : cut;
}
std::uint64_t cut_slot(std::uint64_t slot, unsigned bits) {
  const std::uint64_t cut = low(slot, bits);
  return cut == 0 && slot != 0 ? 1 : cut;
}
std::uint64_t cut_before(std::uint64_t before, unsigned slot_bits) {
  std::uint64_t cut = 0;
  for (unsigned slot = 0; slot < before_slots; ++slot)
    cut |= cut_slot(before >> slot * before_slot_bits & before_slot_mask, slot_bits) << slot * slot_bits;
  return cut;
}

EventId cut(const EventId& id, const EntryBits& bits) {
  return {0, cut_sequence(id.sequence, bits.sequence), cut_content(id.content, bits.content), low(id.stored, bits.stored),
          cut_before(id.before, bits.before_slot)};
}

std::string run_of(std::span<const std::uint64_t> epochs) {
  std::uint64_t hash = XXH3_64bits(epochs.data(), epochs.size_bytes());
  std::string run;
  for (unsigned i = 0; i < run_digits; ++i, hash >>= digit_bits) run += digits[hash & 63];
  return run;
}

/// Bits, lowest first, as digits.
class Writer {
 public:
  void put(std::uint64_t value, unsigned bits) {
    for (unsigned i = 0; i < bits; ++i) {
      if (used_ == 0) text_ += '\0';
      text_.back() = static_cast<char>(text_.back() | static_cast<char>((value >> i & 1) << used_));
      used_ = (used_ + 1) % digit_bits;
    }
  }
  std::string take() {
    for (char& c : text_) c = digits[static_cast<unsigned char>(c)];
    return std::move(text_);
  }

 private:
  std::string text_;
  unsigned used_ = 0;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  std::uint64_t get(unsigned bits) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bits; ++i, ++at_)
      value |= std::uint64_t{digits.find(text_[at_ / digit_bits]) >> at_ % digit_bits & 1} << i;
    return value;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// No position: what no EventId is cut to, since an item without a place in the list (stored 0) has no content either.
EventId no_position(const EntryBits& bits) { return {0, 0, 0, low(~std::uint64_t{0}, bits.stored), 0}; }

}  // namespace

EntryBits entry_bits(std::size_t nodes) {
  const unsigned bits = entry_digits(nodes) * digit_bits, all = max_entry_digits * digit_bits;
  EntryBits out;
  out.before_slot = bits * before_slot_bits / all;
  out.stored = bits * 40 / all;
  out.sequence = bits * 33 / all;
  out.content = bits - out.sequence - out.stored - before_slots * out.before_slot;
  return out;
}

bool Position::has_sequence(std::uint64_t sequence) const { return cut_sequence(sequence, bits.sequence) == id.sequence; }
bool Position::has_content(std::uint64_t content) const { return cut_content(content, bits.content) == id.content; }
bool Position::has_stored(std::uint64_t stored) const { return low(stored, bits.stored) == id.stored; }
bool Position::has_before(std::uint64_t before) const { return cut_before(before, bits.before_slot) == id.before; }
bool Position::follows(std::uint64_t here) const {
  std::uint64_t mine = cut_before(here, bits.before_slot), clients = id.before;
  for (; mine != 0; mine >>= bits.before_slot, clients >>= bits.before_slot)
    if (low(mine, bits.before_slot) != low(clients, bits.before_slot)) return false;
  return true;
}

Position position_of(const EventId& id, std::uint64_t epoch) {
  Position position;
  position.id = cut(id, whole_id);
  position.this_run = id.epoch == epoch;
  return position;
}

std::string to_string(const Entries& entries, std::span<const std::uint64_t> epochs) {
  const EntryBits bits = entry_bits(entries.size());
  std::string out = run_of(epochs) + '.';
  for (const auto& entry : entries) {
    const EventId id = entry ? cut(*entry, bits) : no_position(bits);
    Writer writer;
    writer.put(id.sequence, bits.sequence);
    writer.put(id.content, bits.content);
    writer.put(id.stored, bits.stored);
    writer.put(id.before, before_slots * bits.before_slot);
    out += writer.take();
  }
  return out;
}

std::optional<std::vector<std::optional<Position>>> parse_positions(std::string_view text,
                                                                    std::span<const std::uint64_t> epochs) {
  const std::size_t nodes = epochs.size(), length = entry_digits(nodes);
  if (text.size() != run_digits + 1 + nodes * length || text[run_digits] != '.') return std::nullopt;
  const std::string_view run = text.substr(0, run_digits), entries = text.substr(run_digits + 1);
  if (run.find_first_not_of(digits) != run.npos || entries.find_first_not_of(digits) != entries.npos) return std::nullopt;
  const EntryBits bits = entry_bits(nodes);
  const bool this_run = run == run_of(epochs);
  std::vector<std::optional<Position>> positions;
  for (std::size_t i = 0; i < nodes; ++i) {
    Reader reader(entries.substr(i * length, length));
    Position position;
    position.bits = bits;
    position.this_run = this_run;
    position.id.sequence = reader.get(bits.sequence);
    position.id.content = reader.get(bits.content);
    position.id.stored = reader.get(bits.stored);
    position.id.before = reader.get(before_slots * bits.before_slot);
    if (position.id == no_position(bits)) {
      positions.emplace_back();
    } else {
      positions.emplace_back(position);
    }
  }
  return positions;
}

}  // namespace xes::wire
