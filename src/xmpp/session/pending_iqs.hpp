// SPDX-License-Identifier: MIT
// Purpose: IQs that wait for their reply: by id, with deadlines. Thread: the xmpp thread. No I/O, no clock of its own.
//
// libstrophe's own id handlers are never removed and slow down as they gather, so it is not asked to match replies.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "xmpp/session/session.hpp"

namespace xes::xmpp {

class PendingIqs {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit PendingIqs(std::size_t max_pending) : max_pending_(max_pending) {}

  bool full() const { return waiting_.size() >= max_pending_; }
  std::size_t size() const { return waiting_.size(); }

  /// An id that was never given before and that a stranger does not guess.
  std::string new_id(const std::function<std::uint64_t()>& random);

  void add(const std::string& id, std::string to, TimePoint deadline, OnIqResult callback);

  /// The callback of the IQ that this reply answers; empty if it answers none. Only who was asked may answer: `from`
  /// must be `to` (the domain part without regard to ASCII case), or absent where `own_jid` was asked (a
  /// server may leave it out there).
  OnIqResult take(std::string_view id, std::string_view from, std::string_view own_jid);

  std::optional<TimePoint> next_deadline() const;

  // A callback may add new IQs: these are not touched by the call that is going on.
  void fail_overdue(TimePoint now);
  void fail_all(const IqFailure& why);
  /// Drops all without a word.
  void forget_all();

 private:
  struct Waiting {
    std::string to;
    OnIqResult callback;
    std::multimap<TimePoint, std::string>::iterator deadline;
  };

  std::size_t max_pending_;
  std::uint64_t count_ = 0;
  std::unordered_map<std::string, Waiting> waiting_;
  std::multimap<TimePoint, std::string> deadlines_;  ///< of ids
};

}  // namespace xes::xmpp
