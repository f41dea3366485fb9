// SPDX-License-Identifier: MIT
// Purpose: one node within one shard: its streams, its share of the history, and where each stream begins.
// Thread: its shard's.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "hub/history.hpp"
#include "hub/letters.hpp"
#include "hub/stream.hpp"

namespace xes::hub {

/// Where a stream wants to begin.
struct Start {
  enum class At : unsigned char {
    now,      ///< no last event ID
    after,    ///< after `last`
    newest,   ///< with the `count` newest stored items
    unknown,  ///< after an ID that no worker wrote
  };
  At at = At::now;
  wire::EventId last;
  unsigned count = 0;
};

class Node {
 public:
  Node(Shard& shard, NodeName name, const HistoryOptions& history)
      : shard_(shard), name_(std::move(name)), history_(history) {}

  const NodeName& name() const { return name_; }
  bool unused() const { return live_.empty() && waiting_.empty(); }
  std::size_t stream_count() const { return live_.size() + waiting_.size(); }

  /// Takes a new stream in. It begins at once if the node is open, else when it is.
  void add(Stream& stream, const Start& start);
  void remove(Stream& stream);

  void opened(const Opened& news);
  void held();
  void refused(Refusal refusal);
  void happened(const std::vector<EventRef>& events);
  void snapshot(const std::vector<EventRef>& items);
  /// Its streams end once they have written what waits; the node is unused then.
  void ended();

  using Clock = std::chrono::steady_clock;

  /// Hands what happened since the last flush to every live stream, in one write each.
  void flush();
  /// The same, paced: an event after a quiet moment goes out at once; while more follow in quick succession, they are
  /// put together, so that the cost of each falls as their rate rises. Returns when to call again, if some wait.
  std::optional<Clock::time_point> flush_if_due(Clock::time_point now);
  bool needs_flush() const { return !unsent_.empty(); }
  std::size_t unsent_bytes() const { return unsent_bytes_; }
  /// Not part of the history: nobody resumes there.
  void broadcast(const FrameRef& frame);

 private:
  struct Waiting {
    Stream* stream;
    Start start;
    bool for_snapshot;
    std::uint64_t since;  ///< sequence as it began to wait: what comes later is news to it
  };

  void begin(Stream& stream, const Start& start);
  /// False if only the service's store can tell.
  bool begin_from_history(Stream& stream, const Start& start);
  void begin_from_snapshot(const Waiting& waiting, const std::vector<EventRef>& items);
  void go_live(Stream& stream, const std::vector<FrameRef>& frames);
  void wait(Stream& stream, const Start& start, bool for_snapshot);
  std::vector<FrameRef> history_from(std::size_t index) const;

  Shard& shard_;
  NodeName name_;
  enum class State : unsigned char { opening, held, open } state_ = State::opening;
  bool republish_moves_ = false;
  bool fetching_ = false;
  wire::EventId position_;
  History history_;
  std::vector<EventRef> unsent_;
  std::size_t unsent_bytes_ = 0;
  Clock::time_point due_{};  ///< when the next flush may be
  std::vector<Stream*> live_;
  std::vector<Waiting> waiting_;
};

}  // namespace xes::hub
