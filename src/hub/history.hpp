// SPDX-License-Identifier: MIT
// Purpose: the newest events of one node, in order: what a client that comes back is replayed from.
// Thread: one owner. Events are shared, so a history in each shard costs a reference per event, not a copy.
// Bounds: `max_events` and `max_bytes`, which counts what is held; at either, the oldest go. The newest event always stays.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "hub/event.hpp"
#include "wire/positions.hpp"

namespace xes::hub {

struct HistoryOptions {
  std::size_t max_events = 256;
  /// Half of it for what was published, half for what is ready to be sent: its blocks in each view that is read, as long as
  /// they fit, both framings counted.
  std::size_t max_bytes = 16u << 20;

  std::size_t max_event_bytes() const { return max_bytes / 2; }
  std::size_t max_encoded_bytes() const { return max_bytes - max_event_bytes(); }
};

class History {
 public:
  explicit History(HistoryOptions options = {}) : options_(options) {}

  void append(EventRef event);
  void clear() {
    events_.clear();
    bytes_ = 0;
  }

  const std::deque<EventRef>& events() const { return events_; }
  std::size_t bytes() const { return bytes_; }

  /// Where a client goes on: an index into events(), or nothing if the history cannot tell. `now`: where a stream stands
  /// that has had everything. `republish_moves`: the service lists a re-published item last, so what stands before a
  /// stored item cannot have changed after it.
  std::optional<std::size_t> after(const wire::Position& position, const wire::EventId& now, bool republish_moves) const;
  /// The same for a sequence of this run, whole.
  std::optional<std::size_t> after_sequence(std::uint64_t sequence) const;

 private:
  std::optional<std::size_t> after_this_run(const wire::Position& position) const;
  std::optional<std::size_t> after_content(const wire::Position& position) const;
  std::optional<std::size_t> after_neighbours(const wire::Position& position) const;

  HistoryOptions options_;
  std::deque<EventRef> events_;
  std::size_t bytes_ = 0;
};

}  // namespace xes::hub
