// SPDX-License-Identifier: MIT
// Purpose: all that one shard thread owns of the hub: its nodes, audiences and streams. Reads news, asks for what it lacks, beats.
// Thread: its own, all calls. No sockets, no timers: the gateway calls flush() after a batch of news and when it asks for it, beat() often.
#pragma once

#include <atomic>
#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hub/audience.hpp"
#include "hub/letters.hpp"
#include "hub/node.hpp"
#include "hub/node_list.hpp"
#include "hub/rights.hpp"
#include "hub/selection.hpp"
#include "hub/stream.hpp"

namespace xes::hub {

struct ShardOptions {
  std::size_t max_lag_bytes = 1u << 20;       ///< a stream that lags more is closed
  BacklogBudget* backlogs = nullptr;          ///< that bounds what all of them have waiting; outlives the shard
  std::chrono::milliseconds retry{3000};      ///< EventSource reconnection time; at a shutdown up to twice that
  std::chrono::milliseconds heartbeat{15000}; ///< at the latest so long after the last bytes, a comment is sent
  HistoryOptions history;
  std::size_t max_nodes = 16;  ///< that a stream with a pattern follows; of as many others it is told
  /// Events of one node that follow each other faster than this share a write. Ten milliseconds nobody sees, and at
  /// 1,000 events a second they save nine writes in ten, here and in the web server.
  std::chrono::milliseconds pace{10};
  std::chrono::milliseconds check{5'000};  ///< a node's access is asked about for new streams once in so long at most
  std::size_t paced_bytes = 32u << 10;  ///< of one node that wait at most; then they go out at once
};

/// Counters that other threads may read.
struct ShardCounters {
  std::atomic<std::uint64_t> streams{0};     ///< open now
  std::atomic<std::uint64_t> opened{0};      ///< streams since the start
  std::atomic<std::uint64_t> events{0};      ///< events taken in
  std::atomic<std::uint64_t> deliveries{0};  ///< events times streams
  std::atomic<std::uint64_t> failures{0};    ///< exceptions that ended something
  std::array<std::atomic<std::uint64_t>, close_reason_count> closed{};
};

class Shard {
 public:
  /// beat() is to be called this often per heartbeat period; each call visits its part of the streams.
  static constexpr unsigned beats_per_heartbeat = 32;

  Shard(ShardOptions options, std::function<void(Want)> want);
  ~Shard();

  /// A stream that will be opened once somebody has said that it may be. It counts, and ends with the others.
  void expect(Stream& stream);
  /// That takes longer: its response begins, so that the client waits.
  void hold(Stream& stream);
  void open(Stream& stream, const Selection& selection, const Start& start);
  /// What fails with an exception (for want of memory) ends the streams that it was about, or else all of them: they come
  /// back and miss nothing.
  void read(News&& news);
  /// After news was read. Returns when to call again, if paced events wait.
  std::optional<Node::Clock::time_point> flush(Node::Clock::time_point now);
  void beat();
  /// As below, one of them.
  void end(Stream& stream, CloseReason reason);
  /// Every stream gets a jittered `retry:` where the reason says so, and ends.
  void end_all(CloseReason reason);

  const ShardOptions& options() const { return options_; }
  const ShardCounters& counters() const { return counters_; }
  std::uint32_t ticks() const { return ticks_; }
  bool session_up() const { return session_up_; }

  // For Node, Audience, Stream and what derives from it.
  void want(Want want) { want_(std::move(want)); }
  Rights& rights() { return rights_; }
  /// Its reader may read others of the nodes that match than before.
  void list_again(Audience& audience);
  void forget(Stream& stream, CloseReason reason);
  void say_retry(Stream& stream);
  /// It has lost a stream, or never got one: looked at when no node's code is running.
  void maybe_unused(Audience& audience) noexcept;
  /// Logs it, too, once a second at most.
  void count_failure(std::string_view where, const std::exception& why);
  void count_events(std::size_t events) { counters_.events.fetch_add(events, std::memory_order_relaxed); }
  void count_deliveries(std::size_t deliveries) {
    counters_.deliveries.fetch_add(deliveries, std::memory_order_relaxed);
  }

 private:
  Node* find(const NodeName& name);
  Node& node(const NodeName& name);
  /// Of a selection's nodes, the one of that name.
  Node& member(const Selection& selection, const std::string& name);
  /// The bool: it is new.
  std::pair<Audience*, bool> audience(const Selection& selection);
  void take(News& news);
  /// Ends what may have missed something.
  void give_up(const News& news);
  void listed(const Listed& news);
  struct Listing;
  void apply_list(Audience& audience, Listing& listing);
  void log_end(const Stream& stream, CloseReason reason) const;
  void drop_if_unused(Node& node) noexcept;
  void drop_unused() noexcept;
  void leave(Want::What what, const std::string& service, const std::string& node) noexcept;

  ShardOptions options_;
  std::function<void(Want)> want_;
  ShardCounters counters_;
  Rights rights_;  ///< audiences_ refer to it
  std::unordered_map<NodeName, std::unique_ptr<Node>, NodeNameHash> nodes_, absent_nodes_;
  std::unordered_map<Selection, std::shared_ptr<Audience>, SelectionHash> audiences_;  ///< refer to nodes_
  struct Listing {
    std::size_t audiences = 0;  ///< that have patterns
    std::optional<NodeList> newest = {};  ///< none: not told yet
    bool held = false;                    ///< and the service cannot be asked now
  };
  std::unordered_map<std::string, Listing> listings_;  ///< by service
  std::vector<Node*> unsent_;  ///< nodes with something to flush
  std::vector<Audience*> maybe_unused_;
  std::vector<Stream*> streams_;
  std::size_t next_visit_ = 0;
  std::uint32_t ticks_ = 0;  ///< beats so far
  bool session_up_ = true;
  FrameRef heartbeat_frame_;
  std::vector<FrameRef> retry_frames_;  ///< retry: from once to twice the configured time
  std::size_t next_retry_ = 0;
};

}  // namespace xes::hub
