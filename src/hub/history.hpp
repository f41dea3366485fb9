// SPDX-License-Identifier: MIT
// Purpose: the newest events of one node, in order: what a client that comes back is replayed from.
// Thread: one owner. Events are shared, so a history in each shard costs a reference per event, not a copy.
// Bounds: `max_events` and `max_bytes`; at either, the oldest go. The newest event always stays.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "hub/event.hpp"

namespace xes::hub {

struct HistoryOptions {
  std::size_t max_events = 256;
  std::size_t max_bytes = 16u << 20;
};

class History {
 public:
  explicit History(HistoryOptions options = {}) : options_(options) {}

  void append(EventRef event);

  const std::deque<EventRef>& events() const { return events_; }
  std::size_t bytes() const { return bytes_; }

  /// Events after `sequence`: an index into events(), or nothing if some of them are gone already.
  std::optional<std::size_t> after_sequence(std::uint64_t sequence) const;

  /// Where a client goes on that had an ID of another run. `republish_moves`: the service lists a re-published item
  /// last, so what stands before a stored item cannot have changed after it.
  std::optional<std::size_t> after_content(const wire::EventId& id, bool republish_moves) const;

 private:
  std::optional<std::size_t> after_neighbours(const wire::EventId& id) const;

  HistoryOptions options_;
  std::deque<EventRef> events_;
  std::size_t bytes_ = 0;
};

}  // namespace xes::hub
