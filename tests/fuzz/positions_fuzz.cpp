// SPDX-License-Identifier: MIT
// A last event ID is whatever a client says: it is read as what we wrote, or not at all.
#include "wire/positions.hpp"

#include <string>
#include <vector>

#include "fuzz.hpp"
#include "wire/event_stream.hpp"

using namespace xes::wire;

namespace {

/// Numbers taken from the input, then zeros.
class Numbers {
 public:
  Numbers(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::uint64_t next(unsigned bytes) {
    std::uint64_t value = 0;
    for (; bytes > 0; --bytes) value = value << 8 | (at_ < size_ ? data_[at_++] : 0);
    return value;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
};

EventId id_from(Numbers& numbers) {
  const std::uint64_t before_mask = (std::uint64_t{1} << before_slots * before_slot_bits) - 1;
  return {.epoch = numbers.next(5) & epoch_mask, .sequence = numbers.next(5), .content = numbers.next(7) & content_mask,
          .stored = numbers.next(5) & stored_mask, .before = numbers.next(6) & before_mask};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(data, size);
  if (const auto id = parse_event_id(input)) check(to_string(*id) == input);

  Numbers numbers(data, size);
  const std::size_t count = 1 + numbers.next(1) % max_positions;
  const std::uint64_t gaps = numbers.next(3);
  Entries entries;
  std::vector<std::uint64_t> epochs;
  for (std::size_t i = 0; i < count; ++i) {
    const EventId id = id_from(numbers);
    check(parse_event_id(to_string(id)) == id);
    check(is_event_id(to_string(id)));
    epochs.push_back(id.epoch);
    entries.emplace_back(id);
    if (gaps >> i & 1) entries.back().reset();
  }
  const std::string text = to_string(entries, epochs);
  check(is_event_id(text));
  const auto positions = parse_positions(text, epochs);
  check(positions.has_value() && positions->size() == count);
  const EntryBits bits = entry_bits(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!entries[i]) {
      check(!(*positions)[i].has_value());
      continue;
    }
    if (!(*positions)[i]) {
      // All ones is what stands for no position, and an ID that is cut to that has none.
      check(bits.content < 50 || bits.stored < 40 || bits.sequence < 40 || entries[i]->content == 0);
      continue;
    }
    const Position& position = *(*positions)[i];
    check(position.bits == bits);
    check(position.has_content(entries[i]->content) && position.has_stored(entries[i]->stored));
    check(position.has_before(entries[i]->before));
    if (position.this_run) check(position.has_sequence(entries[i]->sequence));
  }
  // Foreign text for any number of nodes: nothing, or as many as there are nodes.
  if (const auto foreign = parse_positions(input, epochs)) check(foreign->size() == count);
  return 0;
}
