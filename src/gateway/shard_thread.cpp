// SPDX-License-Identifier: MIT
#include "gateway/shard_thread.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "gateway/connection.hpp"
#include "wire/event_stream.hpp"
#include "wire/http.hpp"

namespace xes::gateway {
namespace {

/// nginx reads X-Accel-Buffering; no-store rather than no-cache, since an event stream is no document to keep.
std::string stream_head() {
  std::string out;
  wire::append_status(out, wire::status_ok);
  out += "Content-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n";
  wire::append_head_end(out);
  return out;
}

hub::FrameRef stream_opening(std::chrono::milliseconds retry, std::size_t padding_bytes) {
  std::string out = stream_head();
  if (padding_bytes > 0) wire::append_comment(out, std::string(padding_bytes, ' '));
  wire::append_retry(out, retry);
  wire::append_block_end(out);
  return hub::make_frame(out);
}

}  // namespace

ShardThread::ShardThread(ShardThreadOptions options, Gate& gate, Wants& wants)
    : options_(std::move(options)),
      work_(boost::asio::make_work_guard(io_)),
      beat_timer_(io_),
      flush_timer_(io_),
      gate_(gate),
      wants_(wants),
      news_(io_, options_.mailbox_letters),
      accepted_(io_, options_.mailbox_letters),
      shard_(options_.shard, [this](hub::Want one) { want(std::move(one)); }),
      buffer_(64UL * 1024),
      stream_head_(stream_opening(options_.shard.retry, 0)),
      bare_head_(hub::make_frame(stream_head())) {
  news_.on_wake([this] { take_news(); });
  accepted_.on_wake([this] { take_accepted(); });
}

ShardThread::~ShardThread() {
  if (thread_.joinable()) stop(hub::CloseReason::shutting_down);
}

void ShardThread::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "shard");
    run();
  });
}

/// What is done for a stream, for news or by the clock catches its own exceptions; here are the rest, such as a timer that
/// cannot be set for want of memory.
void ShardThread::run() {
  for (;;) {
    try {
      if (!beats_) beat();
      io_.run();
      return;
    } catch (const std::exception& why) {
      shard_.count_failure("shard", why);
    }
  }
}

void ShardThread::stop(hub::CloseReason reason) {
  boost::asio::post(io_, [this, reason] {
    guard("shard", [&] {
      take_accepted();
      shard_.end_all(reason);
    });
    io_.stop();
  });
  thread_.join();
}

void ShardThread::end_withdrawn(std::shared_ptr<const Keys> keys) {
  boost::asio::post(io_, [this, keys = std::move(keys)] {
    std::vector<std::weak_ptr<Connection>> withdrawn;  // ending one takes it out of the list
    for (const auto& [at, bearer] : expiries_)
      if (!keys->has(bearer.key)) withdrawn.push_back(bearer.connection);
    for (const auto& one : withdrawn)
      if (const auto connection = one.lock()) connection->on_key_withdrawn();
  });
}

void ShardThread::take_accepted() {
  accepted_.drain([this](Accepted accepted) {
    std::shared_ptr<Connection> connection;
    // The system may refuse to watch it (epoll has a limit for each user).
    guard("connection", [&] { connection = std::make_shared<Connection>(*this, accepted.descriptor, accepted.framing); });
    if (!connection) {
      ::close(accepted.descriptor);
      return;
    }
    connection->start();
  });
}

void ShardThread::take_news() {
  // Between bursts, sockets that take bytes again are served: who keeps up is not taken for slow.
  constexpr std::size_t letters_at_a_time = 64;
  news_.drain([this](hub::News news) { guard("news", [&] { shard_.read(std::move(news)); }); }, letters_at_a_time);
  guard("news", [&] { flush(); });
}

void ShardThread::want(hub::Want want) {
  wants_.push(std::move(want));
  wants_.wake();
}

void ShardThread::flush() {
  const auto next = shard_.flush(std::chrono::steady_clock::now());
  if (!next || flush_waits_) return;
  flush_timer_.expires_at(*next);
  flush_timer_.async_wait([this](const boost::system::error_code& error) {
    flush_waits_ = false;
    if (!error) flush();
  });
  flush_waits_ = true;
}

void ShardThread::beat() {
  beat_timer_.expires_after(options_.shard.heartbeat / hub::Shard::beats_per_heartbeat);
  beat_timer_.async_wait([this](const boost::system::error_code& error) {
    beats_ = false;
    if (error) return;
    guard("beat", [&] {
      shard_.beat();
      check_deadlines();
      check_expiries();
      flush();
      wants_.flush_overflow();
      wants_.wake();
    });
    beat();
  });
  beats_ = true;
}

hub::FrameRef ShardThread::response_head(bool head_only, std::size_t padding_bytes) const {
  if (head_only) return bare_head_;
  return padding_bytes == 0 ? stream_head_ : stream_opening(options_.shard.retry, padding_bytes);
}

void ShardThread::add_deadline(const std::shared_ptr<Connection>& connection) {
  deadlines_.push_back({std::chrono::steady_clock::now() + options_.head_timeout, connection});
}

void ShardThread::check_deadlines() {
  const auto now = std::chrono::steady_clock::now();
  while (!deadlines_.empty() && deadlines_.front().at <= now) {
    const auto connection = deadlines_.front().connection.lock();
    deadlines_.pop_front();
    if (connection) connection->on_deadline();
  }
}

hub::FrameRef ShardThread::come_back_later(std::string_view why, bool head_only, bool has_begun) {
  if (head_only) return bare_head_;
  auto retry = gate_.options().retry;
  retry += std::chrono::milliseconds(std::uniform_int_distribution<std::chrono::milliseconds::rep>(0, retry.count())(jitter_));
  std::string out = has_begun ? std::string() : stream_head();
  wire::append_comment(out, why);
  wire::append_retry(out, retry);
  wire::append_block_end(out);
  return hub::make_frame(out);
}

Expiries::iterator ShardThread::add_expiry(Gate::Clock::time_point at, std::uint64_t key,
                                           const std::shared_ptr<Connection>& connection) {
  return expiries_.emplace(at, Bearer{connection, key});
}

void ShardThread::check_expiries() {
  const auto now = Gate::Clock::now();
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const auto connection = expiries_.begin()->second.connection.lock();
    expiries_.erase(expiries_.begin());
    if (connection) connection->on_expired();
  }
}

}  // namespace xes::gateway
