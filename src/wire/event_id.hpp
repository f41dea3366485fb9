// SPDX-License-Identifier: MIT
// Purpose: event IDs (WHATWG EventSource "last event ID") that any worker can resume from. Thread: any.
//
//   EPOCH-SEQUENCE.CONTENT.STORED      e.g. 7k2f9a0c-3e8.5v1m0qk2tb.0c4r8n2q    (at most 50 bytes of
//   [a-z0-9.-])
//
// epoch and sequence answer "where was I" exactly within one run of one worker; content (a hash of the newest
// item that the stream has had) and stored (the sum of the hashes of all items that the node then held)
// answer it to any worker, from what the pubsub service still stores.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xes::wire {

inline constexpr std::uint64_t epoch_mask = (std::uint64_t{1} << 40) - 1;
inline constexpr std::uint64_t content_mask = (std::uint64_t{1} << 50) - 1;
inline constexpr std::uint64_t stored_mask = (std::uint64_t{1} << 40) - 1;

struct EventId {
  std::uint64_t epoch = 0;     ///< this run of this worker; random, 40 bits
  std::uint64_t sequence = 0;  ///< of the node in this run; 0: the event is older than the run's own sequence
  std::uint64_t content = 0;   ///< 50 bits; 0: no item yet
  std::uint64_t stored = 0;    ///< 40 bits

  bool operator==(const EventId&) const = default;
};

std::string to_string(const EventId& id);

/// Nothing for whatever to_string() cannot have written: an unknown position, never an error.
std::optional<EventId> parse_event_id(std::string_view text);

}  // namespace xes::wire
