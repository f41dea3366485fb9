// SPDX-License-Identifier: MIT
#include "hub/history.hpp"

namespace xes::hub {

void History::append(EventRef event) {
  bytes_ += event->size();
  events_.push_back(std::move(event));
  while (events_.size() > 1 && (events_.size() > options_.max_events || bytes_ > options_.max_event_bytes())) {
    bytes_ -= events_.front()->size();
    events_.pop_front();
  }
}

std::optional<std::size_t> History::after_sequence(std::uint64_t sequence) const {
  if (events_.empty()) return std::nullopt;
  const std::uint64_t first = events_.front()->id.sequence, last = events_.back()->id.sequence;
  if (sequence > last || sequence + 1 < first) return std::nullopt;
  // Sequences of a node have no holes, so the place follows from the number.
  const auto next = static_cast<std::size_t>(sequence + 1 - first);
  // Unless one was lost for want of memory.
  if (next > 0 && (next > events_.size() || events_[next - 1]->id.sequence != sequence)) return std::nullopt;
  return next;
}

/// An ID that holds a part of the sequence alone: the content has to agree.
std::optional<std::size_t> History::after_this_run(const wire::Position& position) const {
  if (position.bits == wire::whole_id) return after_sequence(position.id.sequence);
  if (position.id.sequence == 0) return after_sequence(0);
  for (std::size_t i = events_.size(); i-- > 0;)
    if (position.has_sequence(events_[i]->id.sequence) && position.has_content(events_[i]->id.content)) return i + 1;
  return std::nullopt;
}

std::optional<std::size_t> History::after(const wire::Position& position, const wire::EventId& now,
                                          bool republish_moves) const {
  const bool has_content = position.id.content != 0;
  if (position.this_run) {
    if (position.has_sequence(now.sequence) && position.has_content(now.content)) return events_.size();
    if (position.id.sequence != 0 || !has_content) return after_this_run(position);
  }
  if (!has_content) return std::nullopt;
  return republish_moves ? after_neighbours(position) : after_content(position);
}

/// A list in the order of publishing: an item's neighbours tell which publish of it a client has had.
std::optional<std::size_t> History::after_neighbours(const wire::Position& position) const {
  std::optional<std::size_t> same, possible;
  bool doubtful = false;
  for (std::size_t i = events_.size(); i-- > 0;) {
    const Event& event = *events_[i];
    if (!position.has_content(event.id.content)) continue;
    const bool same_neighbours = position.has_before(event.id.before);
    if (position.has_stored(event.id.stored) && same_neighbours) return i + 1;
    if (event.happening != Happening::item || !position.follows(event.id.before)) continue;
    if (same_neighbours && position.id.before != 0 && !same) same = i + 1;
    if (possible) doubtful = true;
    possible = i + 1;
  }
  if (same) return same;
  return doubtful ? std::nullopt : possible;
}

std::optional<std::size_t> History::after_content(const wire::Position& position) const {
  std::optional<std::size_t> same_set, same_content;
  bool exact = false, set_is_sure = false;
  for (std::size_t i = events_.size(); i-- > 0;) {
    const Event& event = *events_[i];
    const bool has_content = position.has_content(event.id.content);
    if (position.has_stored(event.id.stored) && !same_set) {
      same_set = i + 1;
      exact = has_content;
    }
    if (!has_content) continue;
    // Without the newest item at or before it, the set would be an earlier one that only looks the same.
    if (same_set) set_is_sure = true;
    if (event.happening == Happening::item && !same_content) same_content = i + 1;
  }
  // The same items: this very place, or the same seen in another order.
  if (same_set && !exact && same_content && *same_content > *same_set) return std::nullopt;
  // A list's newest item is not what was published last, so without the set nothing tells what else has changed.
  return same_set && set_is_sure ? same_set : std::nullopt;
}

}  // namespace xes::hub
