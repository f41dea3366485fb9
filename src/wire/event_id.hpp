// SPDX-License-Identifier: MIT
// Purpose: event IDs (WHATWG EventSource "last event ID") that any worker can resume from. Thread: any.
//
//   EPOCH-SEQUENCE.CONTENT.STORED.BEFORE    e.g. 7k2f9a0c-3e8.5v1m0qk2tb.0c4r8n2q.0f1s00m2p    (at most 60 bytes)
//
// epoch and sequence answer "where was I" exactly within one feed of one worker; the hashes answer it to any worker,
// from what the pubsub service still stores: content (of the newest item that the stream has had), stored (the sum over
// all items that the node then held), before (of the three items that were published last before the newest, so that an
// item that is published again and again with the same content is not taken for an earlier one).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xes::wire {

inline constexpr std::uint64_t epoch_mask = (std::uint64_t{1} << 40) - 1;
inline constexpr std::uint64_t content_mask = (std::uint64_t{1} << 50) - 1;
inline constexpr std::uint64_t stored_mask = (std::uint64_t{1} << 40) - 1;
inline constexpr unsigned before_slots = 3, before_slot_bits = 15;
inline constexpr std::uint64_t before_slot_mask = (std::uint64_t{1} << before_slot_bits) - 1;

struct EventId {
  std::uint64_t epoch = 0;     ///< this feed of this worker; random, 40 bits
  std::uint64_t sequence = 0;  ///< of the node in this run; 0: the event is older than the run's own sequence
  std::uint64_t content = 0;   ///< 50 bits; 0: no item yet
  std::uint64_t stored = 0;    ///< 40 bits
  std::uint64_t before = 0;    ///< three slots of 15 bits, the latest lowest; 0: there was none

  bool operator==(const EventId&) const = default;
};

/// The slot of an item with that content; never 0.
constexpr std::uint64_t before_slot(std::uint64_t content) {
  const std::uint64_t slot = content & before_slot_mask;
  return slot == 0 ? 1 : slot;
}
/// `before` after one more item.
constexpr std::uint64_t push_before(std::uint64_t before, std::uint64_t content) {
  return (before << before_slot_bits | before_slot(content)) & ((std::uint64_t{1} << before_slots * before_slot_bits) - 1);
}

std::string to_string(const EventId& id);

/// Nothing for whatever to_string() cannot have written: an unknown position, never an error.
std::optional<EventId> parse_event_id(std::string_view text);

}  // namespace xes::wire
