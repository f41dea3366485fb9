// SPDX-License-Identifier: MIT
// Purpose: the one kind of door between threads. Thread: exactly one pushes, exactly one drains.
//
//   writer:  push(letter) …, then wake() once per batch          (wake() is coalesced: one post until the next drain)
//   reader:  drain(handler) in the posted call, on its own io_context
//
// Bounds: `capacity` letters, and `capacity_bytes` of what they carry (as the writer counts it). A full mailbox drops
// nothing: a letter goes to the writer's own overflow list, and congested() stays true until flush_overflow() has moved it
// and the reader has taken enough; the writer stops taking in work meanwhile (the XMPP thread stops reading its socket,
// which is back-pressure by TCP).
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

namespace xes {

template <class Letter>
class Mailbox {
 public:
  /// `reader` is the io_context on which `on_wake` runs.
  Mailbox(boost::asio::io_context& reader, std::size_t capacity, std::size_t capacity_bytes = 16u << 20)
      : queue_(capacity), capacity_bytes_(capacity_bytes), reader_(reader) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox() {
    queue_.consume_all([](Posted* posted) { delete posted; });
  }

  /// Reader's side, before the first push: what a wake runs.
  void on_wake(std::function<void()> handler) { handler_ = std::move(handler); }

  // Writer's side.
  void push(Letter letter, std::size_t bytes = 0) {
    auto owned = std::make_unique<Posted>(std::move(letter), bytes);
    // Counted by then: the reader takes it off when it has the letter.
    if (bytes > 0) bytes_.fetch_add(bytes, std::memory_order_relaxed);
    if (overflow_.empty() && queue_.push(owned.get())) {
      static_cast<void>(owned.release());  // the queue's now
      return;
    }
    try {
      overflow_.push_back(std::move(owned));
    } catch (...) {
      bytes_.fetch_sub(bytes, std::memory_order_relaxed);
      throw;
    }
  }
  bool congested() const {
    return !overflow_.empty() || bytes_.load(std::memory_order_relaxed) > capacity_bytes_;
  }
  /// Moves what fits; true once nothing is left over.
  bool flush_overflow() {
    while (!overflow_.empty() && queue_.push(overflow_.front().get())) {
      static_cast<void>(overflow_.front().release());  // the queue's now
      overflow_.pop_front();
    }
    return overflow_.empty();
  }
  void wake() {
    if (awake_.exchange(true, std::memory_order_acq_rel)) return;
    try {
      boost::asio::post(reader_, [this] { handler_(); });
    } catch (...) {
      awake_.store(false, std::memory_order_release);  // or nobody would ever wake it again
      throw;
    }
  }

  // Reader's side. Letters that arrive while it drains come with the next wake; those beyond `at_most` with the next turn
  // of the reader's loop, so that its other work is not kept waiting. Where the handler throws, that letter is gone and
  // the rest comes with the next turn.
  template <class Handler>
  void drain(Handler handler, std::size_t at_most = std::numeric_limits<std::size_t>::max()) {
    // The flag is down before the queue is read: a letter either is seen below or wakes again. It is an exchange, since
    // reading the flag of a wake() is what makes the letters pushed before it visible here.
    awake_.exchange(false, std::memory_order_acq_rel);
    try {
      for (std::size_t taken = 0; taken < at_most; ++taken) {
        // Out of the queue before anything is done with it: what throws in consume_one() is still in there.
        Posted* posted = nullptr;
        if (!queue_.pop(posted)) return;
        const std::unique_ptr<Posted> owned(posted);
        if (owned->bytes > 0) bytes_.fetch_sub(owned->bytes, std::memory_order_relaxed);
        handler(std::move(owned->letter));
      }
    } catch (...) {
      if (queue_.read_available() > 0) wake();
      throw;
    }
    if (queue_.read_available() > 0) wake();
  }

 private:
  struct Posted {
    Posted(Letter&& what, std::size_t size) : letter(std::move(what)), bytes(size) {}
    Letter letter;
    std::size_t bytes;
  };

  boost::lockfree::spsc_queue<Posted*> queue_;
  std::deque<std::unique_ptr<Posted>> overflow_;
  const std::size_t capacity_bytes_;
  std::atomic<std::size_t> bytes_{0};  ///< in the queue and the overflow list
  boost::asio::io_context& reader_;
  std::function<void()> handler_;
  std::atomic<bool> awake_{false};
};

}  // namespace xes
