// SPDX-License-Identifier: MIT
#include "hub/history.hpp"

namespace xes::hub {

void History::append(EventRef event) {
  bytes_ += event->size();
  events_.push_back(std::move(event));
  while (events_.size() > 1 && (events_.size() > options_.max_events || bytes_ > options_.max_bytes)) {
    bytes_ -= events_.front()->size();
    events_.pop_front();
  }
}

std::optional<std::size_t> History::after_sequence(std::uint64_t sequence) const {
  if (events_.empty()) return std::nullopt;
  const std::uint64_t first = events_.front()->id.sequence, last = events_.back()->id.sequence;
  if (sequence > last || sequence + 1 < first) return std::nullopt;
  // Sequences of a node have no holes, so the place follows from the number.
  return static_cast<std::size_t>(sequence + 1 - first);
}

std::optional<std::size_t> History::after_content(const wire::EventId& id, bool republish_moves) const {
  std::optional<std::size_t> same_set, same_content;
  bool exact = false, set_is_sure = false;
  bool doubtful = !republish_moves;  // a list's newest item is not what was published last, so other items may be
  for (std::size_t i = events_.size(); i-- > 0;) {
    const Event& event = *events_[i];
    if (event.id.stored == id.stored && !same_set) {
      same_set = i + 1;
      exact = event.id.content == id.content;
    }
    if (event.id.content != id.content) continue;
    // Without the newest item at or before it, the set would be an earlier one that only looks the same.
    if (same_set) set_is_sure = true;
    if (event.happening != Happening::item) continue;
    if (same_content) doubtful = true;
    if (!same_content) same_content = i + 1;
  }
  // The same items: this very place, or the same seen in another order.
  if (same_set && !exact && same_content && *same_content > *same_set) return std::nullopt;
  if (same_set) return set_is_sure ? same_set : std::nullopt;
  return doubtful ? std::nullopt : same_content;
}

}  // namespace xes::hub
