// SPDX-License-Identifier: MIT
#include "hub/node.hpp"

#include <algorithm>
#include <utility>

#include "hub/audience.hpp"
#include "hub/shard.hpp"

namespace xes::hub {
namespace {

/// What is stored after one more event.
void apply(std::vector<EventRef>& stored, const EventRef& event, bool republish_moves) {
  if (event->happening != Happening::item && event->happening != Happening::retract) return stored.clear();
  const auto same = std::find_if(stored.begin(), stored.end(),
                                 [&](const EventRef& one) { return one->item.id == event->item.id; });
  if (event->happening == Happening::item && !republish_moves && same != stored.end()) {
    *same = event;
    return;
  }
  if (same != stored.end()) stored.erase(same);
  if (event->happening == Happening::item) stored.push_back(event);
}

}  // namespace

// ---- what the XMPP side tells

/// A shard that left and came back within moments may be answered twice: only what is newer counts then. What happened
/// between its leaving and its coming back may be missing from both answers, where the history is short.
void Node::opened(const Opened& news) {
  const bool was_open = state_ == State::open;
  const std::uint64_t first = news.history.empty() ? news.position.sequence + 1 : news.history.front()->id.sequence;
  const bool misses_some =
      was_open && (first > position_.sequence + 1 || news.position.epoch != position_.epoch);
  flush();
  if (misses_some) history_.clear();
  for (const EventRef& event : news.history) {
    if (was_open && !misses_some && event->id.sequence <= position_.sequence) continue;
    history_.append(event);
    if (!was_open || misses_some) continue;
    unsent_.push_back(event);
    unsent_bytes_ += event->block_bytes();
  }
  flush();
  if (!was_open) asked_ = Clock::now();
  state_ = State::open;
  position_ = news.position;
  republish_moves_ = news.republish_moves;
  for (Audience* audience : audiences_) {
    if (misses_some) audience->begin_again();
    audience->node_changed(*this);
  }
}

void Node::held(const Held& news) {
  if (state_ == State::opening) state_ = State::held;
  pending_ = news.pending;
  quarantined_ = news.quarantined;
  if (state_ == State::open && quarantined_) {
    close(State::held);
    for (Audience* audience : audiences_) audience->node_quarantined(*this);
  }
  for (Audience* audience : audiences_) audience->node_changed(*this);
}

/// Also of one that is open: a shard that left and came back may have read the answer to its first question last.
void Node::refused(Refusal refusal) {
  close(State::refused);
  refusal_ = refusal;
  for (Audience* audience : audiences_) audience->node_refused(*this);
}

void Node::close(State state) {
  flush();
  state_ = state;
  position_ = {};
  history_.clear();
  store_.reset();
  fetching_ = false;
}

void Node::ask_again() {
  if (state_ == State::open) return check();
  if ((state_ != State::refused && !quarantined()) || absent_) return;
  shard_.want({Want::What::follow, name_});
  if (state_ == State::refused) state_ = State::opening;
}

void Node::check() {
  const auto now = Clock::now();
  if (now - asked_ < shard_.options().check) return;
  shard_.want({Want::What::check, name_});
  asked_ = now;
}

void Node::happened(const std::vector<EventRef>& events) {
  if (state_ != State::open) return;  // Opened will bring them
  for (const EventRef& event : events) {
    history_.append(event);
    unsent_.push_back(event);
    unsent_bytes_ += event->block_bytes();
    position_ = event->id;
  }
}

void Node::flush() {
  if (unsent_.empty()) return;
  shard_.count_events(unsent_.size());
  const std::vector<EventRef> events = std::exchange(unsent_, {});
  unsent_bytes_ = 0;
  for (Audience* audience : audiences_) {
    try {
      audience->happened(*this, events);
    } catch (const std::exception& why) {
      shard_.count_failure("events", why);
      audience->end(CloseReason::internal_error);  // nothing is missed by those who come back
    }
  }
}

void Node::end_streams(CloseReason reason) {
  unsent_.clear();
  unsent_bytes_ = 0;
  for (Audience* audience : audiences_) audience->end(reason);
}

std::optional<Node::Clock::time_point> Node::flush_if_due(Clock::time_point now) {
  if (unsent_.empty()) return std::nullopt;
  if (now < due_) return due_;
  flush();
  due_ = now + shard_.options().pace;
  return std::nullopt;
}

// ---- where a client goes on

std::optional<Node::Replay> Node::replay(const Query& query) const {
  if (query.from == Query::From::now) return Replay{};
  if (query.from == Query::From::position)
    if (const auto index = history_.after(query.position, position_, republish_moves_)) return from(*index);
  return replay_from_store(query);
}

Node::Replay Node::from(std::size_t index) const {
  const auto& events = history_.events();
  Replay replay{{events.begin() + static_cast<std::ptrdiff_t>(index), events.end()}};
  if (index > 0) {
    replay.before = events[index - 1]->id;
  } else if (!events.empty()) {
    replay.before = wire::EventId{position_.epoch, events.front()->id.sequence - 1, 0, 0, 0};
  }
  return replay;
}

/// The stored items, and whatever has happened since they were read.
std::optional<Node::Replay> Node::replay_from_store(const Query& query) const {
  if (!store_) return std::nullopt;
  const auto& kept = history_.events();
  const auto later = kept.empty() ? std::optional<std::size_t>(0) : history_.after_sequence(store_->as_of);
  if (!later) return std::nullopt;
  if (query.from == Query::From::newest) return newest(query, *later);
  const auto& items = store_->items;
  Replay out;
  const bool has_position = query.from == Query::From::position;
  for (std::size_t i = 0; has_position && i < items.size(); ++i) {
    const wire::EventId& id = items[i]->id;
    if (id.sequence != 0 || !query.position.has_content(id.content)) continue;
    if (republish_moves_ ? !query.position.follows(id.before) : !query.position.has_stored(id.stored)) break;
    const std::uint64_t first_kept = kept.empty() ? ~std::uint64_t{0} : kept.front()->id.sequence;
    for (++i; i < items.size() && items[i]->id.sequence < first_kept; ++i) out.events.push_back(items[i]);
    out.events.insert(out.events.end(), kept.begin(), kept.end());
    out.before = id;
    return out;
  }
  // Where the node was empty and is, there is nothing to say.
  if (!has_position || query.position.id.content != 0 || !items.empty())
    out.reset = has_position ? "position-lost" : "unknown-id";
  out.events = items;
  out.events.insert(out.events.end(), kept.begin() + static_cast<std::ptrdiff_t>(*later), kept.end());
  return out;
}

/// The store may be older than the question, or newer: others asked before, or it took a while to come.
Node::Replay Node::newest(const Query& query, std::size_t later) const {
  std::vector<EventRef> stored, since;
  for (const EventRef& item : store_->items) (item->id.sequence > query.since ? since : stored).push_back(item);
  const auto& kept = history_.events();
  for (std::size_t i = later; i < kept.size(); ++i) {
    if (kept[i]->id.sequence > query.since) {
      since.push_back(kept[i]);
    } else {
      apply(stored, kept[i], republish_moves_);
    }
  }
  const std::size_t first = stored.size() - std::min<std::size_t>(stored.size(), query.count);
  Replay out{{stored.begin() + static_cast<std::ptrdiff_t>(first), stored.end()}};
  out.events.insert(out.events.end(), since.begin(), since.end());
  if (first > 0) out.before = stored[first - 1]->id;
  return out;
}

void Node::fetch() {
  if (!fetching_) shard_.want({Want::What::fetch, name_});
  fetching_ = true;
}

void Node::snapshot(const std::vector<EventRef>& items) {
  if (state_ != State::open) return;
  flush();
  fetching_ = false;
  store_ = Store{items, position_.sequence};
  for (Audience* audience : audiences_) audience->node_changed(*this);
  release_store();
}

void Node::release_store() {
  for (const Audience* audience : audiences_)
    if (audience->waits()) return;
  store_.reset();
}

}  // namespace xes::hub
