// SPDX-License-Identifier: MIT
// Purpose: one shard's thread: its loop, its hub::Shard, its connections, their deadlines.
// Thread: its own, except where a method says otherwise.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mailbox.hpp"
#include "gateway/connection.hpp"
#include "gateway/fcgi_decoder.hpp"
#include "gateway/request.hpp"
#include "hub/shard.hpp"

namespace xes::gateway {

struct ShardThreadOptions {
  hub::ShardOptions shard;
  RouteOptions route;
  std::chrono::milliseconds head_timeout{10'000};  ///< from accepting to a complete request's head; then it is closed
  /// What a request whose params say EVENTSOURCE_METRICS is answered; called on any shard's thread.
  std::function<std::string()> metrics;
  std::size_t max_document_bytes = 32u << 20;      ///< more is answered with 400
  std::size_t mailbox_letters = 16'384;            ///< see base/mailbox.hpp for what happens at it
};

/// A connection that the listener accepted.
struct Accepted {
  int descriptor;
  hub::Framing framing;
};

class ShardThread {
 public:
  using Wants = Mailbox<hub::Want>;
  using NewsBox = Mailbox<hub::News>;
  using AcceptedBox = Mailbox<Accepted>;

  /// `wants`: the XMPP thread's end for this shard. It and the gate outlive the shard.
  ShardThread(ShardThreadOptions options, Gate& gate, Wants& wants);
  ShardThread(const ShardThread&) = delete;
  ShardThread& operator=(const ShardThread&) = delete;
  ~ShardThread();

  // Any thread.
  void start();
  /// Ends every stream with `reason`, then the thread; returns once it has ended.
  void stop(hub::CloseReason reason);
  /// Ends the streams whose tokens are signed with another key than these. After Gate::set_keys(), so that none comes later.
  void end_withdrawn(std::shared_ptr<const Keys> keys);
  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }
  const hub::ShardCounters& counters() const { return shard_.counters(); }

  NewsBox& news() { return news_; }              ///< the XMPP thread pushes
  AcceptedBox& accepted() { return accepted_; }  ///< the listener's thread pushes

  // For Connection.
  boost::asio::io_context& io() { return io_; }
  hub::Shard& shard() { return shard_; }
  const ShardThreadOptions& options() const { return options_; }
  Gate& gate() { return gate_; }
  FcgiDecoder& decoder() { return decoder_; }
  std::span<char> buffer() { return buffer_; }
  /// What a stream begins with; the head alone for a HEAD request.
  hub::FrameRef response_head(bool head_only, std::size_t padding_bytes) const;
  /// For who is over a limit: a whole response, or the rest of one that has begun. `why` is for people: a comment.
  hub::FrameRef come_back_later(std::string_view why, bool head_only, bool has_begun);
  void add_deadline(const std::shared_ptr<Connection>& connection);
  /// on_expired() is called then, up to a beat (Shard::beats_per_heartbeat) later, and forgets the expiry.
  Expiries::iterator add_expiry(Gate::Clock::time_point at, std::uint64_t key, const std::shared_ptr<Connection>& connection);
  void remove_expiry(Expiries::iterator expiry) { expiries_.erase(expiry); }
  void connection_opened() { connections_.fetch_add(1, std::memory_order_relaxed); }
  void connection_closed() { connections_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  struct Deadline {
    std::chrono::steady_clock::time_point at;
    std::weak_ptr<Connection> connection;
  };

  void run();
  /// Whatever fails with an exception, the others go on.
  template <class Body>
  void guard(std::string_view what, Body body) {
    try {
      body();
    } catch (const std::exception& why) {
      shard_.count_failure(what, why);
    }
  }
  void take_accepted();
  void take_news();
  void want(hub::Want want);
  void flush();
  void beat();
  void check_deadlines();
  void check_expiries();

  ShardThreadOptions options_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer beat_timer_;
  boost::asio::steady_timer flush_timer_;
  bool flush_waits_ = false;  ///< for the timer
  bool beats_ = false;        ///< the timer is set
  Gate& gate_;
  Wants& wants_;
  NewsBox news_;
  AcceptedBox accepted_;
  std::atomic<std::size_t> connections_{0};
  hub::Shard shard_;
  FcgiDecoder decoder_;
  std::vector<char> buffer_;
  hub::FrameRef stream_head_;
  hub::FrameRef bare_head_;
  std::deque<Deadline> deadlines_;  ///< all equally long, so the first is due first
  Expiries expiries_;
  std::minstd_rand jitter_{std::random_device()()};
  std::thread thread_;
};

}  // namespace xes::gateway
