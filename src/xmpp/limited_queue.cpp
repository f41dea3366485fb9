// SPDX-License-Identifier: MIT
#include "xmpp/limited_queue.hpp"

#include <boost/asio/post.hpp>
#include <deque>
#include <unordered_map>
#include <utility>

namespace xes::xmpp {

struct LimitedQueue::State : std::enable_shared_from_this<State> {
  struct Key {
    std::deque<Job> waiting;
    std::size_t under_way = 0;
    bool in_line = false;
  };

  State(boost::asio::io_context& context, Limits most) : io(context), limits(most) {}

  boost::asio::io_context& io;
  const Limits limits;
  std::unordered_map<std::string, Key> keys;  ///< with something that waits or is under way
  std::deque<std::string> line;               ///< keys that may start a job, in turn
  std::size_t under_way = 0;
  bool start_posted = false;

  void stand_in_line(const std::string& name, Key& key) {
    if (key.in_line || key.waiting.empty() || key.under_way >= limits.per_key) return;
    key.in_line = true;
    line.push_back(name);
  }

  /// A job may push others.
  void start() {
    while (under_way < limits.in_all && !line.empty()) {
      const std::string name = std::move(line.front());
      line.pop_front();
      Key& key = keys.at(name);
      const Job job = std::move(key.waiting.front());
      key.waiting.pop_front();
      key.in_line = false;
      ++key.under_way;
      ++under_way;
      stand_in_line(name, key);
      job(turn(name));
    }
  }

  Turn turn(const std::string& name) {
    return {static_cast<void*>(this), [weak = weak_from_this(), name](void*) {
              if (const auto state = weak.lock()) state->give_back(name);
            }};
  }

  void give_back(const std::string& name) {
    const auto found = keys.find(name);
    Key& key = found->second;
    --key.under_way;
    --under_way;
    stand_in_line(name, key);
    if (key.waiting.empty() && key.under_way == 0) keys.erase(found);
    // Not from within: whoever gives a turn back may be in the middle of something.
    if (line.empty() || std::exchange(start_posted, true)) return;
    boost::asio::post(io, [weak = weak_from_this()] {
      if (const auto state = weak.lock()) {
        state->start_posted = false;
        state->start();
      }
    });
  }
};

LimitedQueue::LimitedQueue(boost::asio::io_context& io, Limits limits)
    : io_(io), limits_(limits), state_(std::make_shared<State>(io, limits)) {}

LimitedQueue::~LimitedQueue() = default;

void LimitedQueue::push(const std::string& key, Job job) {
  const auto state = state_;
  State::Key& entry = state->keys[key];
  entry.waiting.push_back(std::move(job));
  state->stand_in_line(key, entry);
  state->start();
}

void LimitedQueue::clear() { state_ = std::make_shared<State>(io_, limits_); }

bool LimitedQueue::idle(const std::string& key) const { return state_->keys.count(key) == 0; }

std::size_t LimitedQueue::under_way() const { return state_->under_way; }

}  // namespace xes::xmpp
