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
  bool doubtful = !republish_moves;  // a list's newest item is not what was published last, so other items may be
  for (std::size_t i = events_.size(); i-- > 0;) {
    const Event& event = *events_[i];
    // This very place, even where the same content was published more than once.
    if (event.id.content == id.content && event.id.stored == id.stored) return i + 1;
    if (event.id.stored == id.stored && !same_set) same_set = i + 1;
    if (event.id.content != id.content || event.happening != Happening::item) continue;
    if (same_content || event.origin == Origin::early) doubtful = true;
    if (!same_content) same_content = i + 1;
  }
  // The same items, seen in another order. Without the newest of them before it, this would be an earlier such place.
  if (same_set) return same_content && *same_content <= *same_set ? same_set : std::nullopt;
  return doubtful ? std::nullopt : same_content;
}

}  // namespace xes::hub
