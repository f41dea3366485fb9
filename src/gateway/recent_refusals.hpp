// SPDX-License-Identifier: MIT
// Purpose: nodes that a service refused a moment ago, so that asking for them again and again costs it, and the budget of
// everybody else, nothing.
// Thread: any; one mutex, held for a look-up when a stream opens or is refused; no event ever takes it.
// Only what is final is noted: the service said that there is no such node, or that this component may not read it. What
// passes (no session, no answer, too much to do) never comes here.
// Bounds: `life`, so a node that is made is found a moment later; max_nodes, beyond which the oldest is forgotten.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "hub/letters.hpp"

namespace xes::gateway {

class RecentRefusals {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds life{250};
  static constexpr std::size_t max_nodes = 4096;

  /// `key`: node_key(), limits.hpp.
  void note(std::string_view key, hub::Refusal refusal, Clock::time_point now);
  std::optional<hub::Refusal> find(std::string_view key, Clock::time_point now) const;
  std::size_t size() const;

 private:
  struct Entry {
    std::string key;
    hub::Refusal refusal;
    Clock::time_point until;
  };
  using Entries = std::list<Entry>;

  mutable std::mutex mutex_;  ///< over both
  Entries entries_;           ///< the one to be forgotten first is at the front
  std::map<std::string_view, Entries::iterator> by_key_;
};

}  // namespace xes::gateway
