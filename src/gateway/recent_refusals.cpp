// SPDX-License-Identifier: MIT
#include "gateway/recent_refusals.hpp"

#include <iterator>

namespace xes::gateway {

void RecentRefusals::note(std::string_view key, hub::Refusal refusal, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    const auto entry = known->second;
    by_key_.erase(known);
    entries_.erase(entry);
  }
  while (!entries_.empty() && (entries_.size() >= max_nodes || entries_.front().until <= now)) {
    by_key_.erase(entries_.front().key);
    entries_.pop_front();
  }
  entries_.push_back({std::string(key), refusal, now + life});
  by_key_.emplace(entries_.back().key, std::prev(entries_.end()));
}

std::optional<hub::Refusal> RecentRefusals::find(std::string_view key, Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto known = by_key_.find(key);
  if (known == by_key_.end() || known->second->until <= now) return std::nullopt;
  return known->second->refusal;
}

std::size_t RecentRefusals::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace xes::gateway
