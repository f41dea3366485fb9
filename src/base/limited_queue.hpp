// SPDX-License-Identifier: MIT
// Purpose: requests that take turns: at most so many under way for each key (a server's domain), and in all. A key that
// is slow delays itself alone; those with something to do go round. Thread: the one that runs the io_context.
// Bounds: what is under way; what waits is bounded by whoever pushes (one entry for each node, user or service).
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace xes {

class LimitedQueue {
 public:
  struct Limits {
    std::size_t per_key;
    std::size_t in_all;
  };
  /// Held while a request is under way. The next job starts after the last copy has gone, from the io_context.
  using Turn = std::shared_ptr<void>;
  using Job = std::function<void(Turn)>;

  LimitedQueue(boost::asio::io_context& io, Limits limits);
  LimitedQueue(const LimitedQueue&) = delete;
  LimitedQueue& operator=(const LimitedQueue&) = delete;
  ~LimitedQueue();

  /// Runs the job when it is its turn, which may be at once. Jobs of one key run in their order.
  void push(const std::string& key, Job job);
  /// Forgets all that waits; turns that were given before this count no more.
  void clear();

  /// Nothing of that key waits or is under way.
  bool idle(const std::string& key) const;
  std::size_t under_way() const;

 private:
  struct State;
  boost::asio::io_context& io_;
  Limits limits_;
  std::shared_ptr<State> state_;
};

}  // namespace xes
