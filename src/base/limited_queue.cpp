// SPDX-License-Identifier: MIT
#include "base/limited_queue.hpp"

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <list>
#include <unordered_map>
#include <utility>

namespace xes {

/// A turn is given back while an exception unwinds, too, so that allocates nothing.
struct LimitedQueue::State : std::enable_shared_from_this<State> {
  struct Key {
    explicit Key(const std::string& name) : place{name} {}
    std::deque<Job> waiting;
    std::size_t under_way = 0;
    std::list<std::string> place;  ///< its name, while it is not in the line
  };

  State(boost::asio::io_context& io, Limits most) : limits(most), start_later(io) {}

  const Limits limits;
  std::unordered_map<std::string, Key> keys;  ///< with something that waits or is under way
  std::list<std::string> line;                ///< keys that may start a job, in turn
  std::size_t under_way = 0;
  boost::asio::steady_timer start_later;      ///< always waits; cancelling it has start() called from the io_context

  void wait() {
    start_later.expires_at(std::chrono::steady_clock::time_point::max());
    start_later.async_wait([weak = weak_from_this()](const boost::system::error_code&) {
      const auto state = weak.lock();
      if (!state) return;
      state->wait();
      state->start();
    });
  }

  void stand_in_line(Key& key) noexcept {
    if (key.waiting.empty() || key.under_way >= limits.per_key) return;
    line.splice(line.end(), key.place);  // nothing, if it stands there
  }

  /// A job may push others.
  void start() {
    while (under_way < limits.in_all && !line.empty()) {
      const std::string name = line.front();
      Key& key = keys.at(name);
      auto give = [weak = weak_from_this(), own_name = std::string(name)](void*) {
        if (const auto state = weak.lock()) state->give_back(own_name);
      };
      key.place.splice(key.place.end(), line, line.begin());
      ++key.under_way;
      ++under_way;
      Turn own(static_cast<void*>(this), std::move(give));  // where that fails, it gives it back
      const Job job = std::move(key.waiting.front());
      key.waiting.pop_front();
      stand_in_line(key);
      job(std::move(own));
    }
  }

  void give_back(const std::string& name) noexcept {
    const auto found = keys.find(name);
    Key& key = found->second;
    --key.under_way;
    --under_way;
    stand_in_line(key);
    if (key.waiting.empty() && key.under_way == 0) keys.erase(found);
    // Not from within: whoever gives a turn back may be in the middle of something.
    if (!line.empty()) start_later.cancel();
  }
};

LimitedQueue::LimitedQueue(boost::asio::io_context& io, Limits limits) : io_(io), limits_(limits) { clear(); }

LimitedQueue::~LimitedQueue() = default;

void LimitedQueue::push(const std::string& key, Job job) {
  const auto state = state_;
  State::Key& entry = state->keys.try_emplace(key, key).first->second;
  entry.waiting.push_back(std::move(job));
  state->stand_in_line(entry);
  state->start();
}

void LimitedQueue::clear() {
  state_ = std::make_shared<State>(io_, limits_);
  state_->wait();
}

bool LimitedQueue::idle(const std::string& key) const { return state_->keys.count(key) == 0; }

std::size_t LimitedQueue::under_way() const { return state_->under_way; }

}  // namespace xes
