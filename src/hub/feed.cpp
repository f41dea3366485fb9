// SPDX-License-Identifier: MIT
#include "hub/feed.hpp"

#include <algorithm>
#include <utility>

namespace xes::hub {

Feed::Events Feed::change(Change change, Clock::time_point now) {
  Events out;
  if (backfilling_ && hold_) {
    since_.push_back(std::move(change));
    return out;
  }
  if (take_echo(change, now)) return out;
  out.push_back(emit(change, Origin::live));
  if (backfilling_) since_.push_back(std::move(change));
  return out;
}

/// A server may notify an item after it has listed it already, or push the last item at each subscribe
/// (XEP-0060 §6.1.7). Once for each listed item, and not for long: publishing the same again is an event.
bool Feed::take_echo(const Change& change, Clock::time_point now) {
  if (echoes_.empty()) return false;
  if (now > echoes_until_) {
    echoes_.clear();
    return false;
  }
  const auto echo = echoes_.find(change.item.id);
  if (echo == echoes_.end()) {
    // What is published after a purge is new, however much it looks like what was listed before.
    if (change.happening != Happening::item && change.item.id.empty()) echoes_.clear();
    return false;
  }
  const bool same = change.happening == Happening::item && change.item.content_hash(name_) == echo->second;
  echoes_.erase(echo);
  return same;
}

void Feed::begin_backfill(bool hold) {
  // Changes that went out as they came are no concern of a hold that begins now.
  if (!backfilling_ || (hold && !hold_)) since_.clear();
  // Held ones that no list has answered are older than whatever happened since unseen, so older than the list to come.
  if (hold) stale_ = since_.size();
  backfilling_ = true;
  hold_ = hold_ || hold;
}

Feed::Backfill Feed::abandon_backfill(Clock::time_point now) {
  std::vector<Change> held = hold_ ? std::move(since_) : std::vector<Change>();
  backfilling_ = hold_ = false;
  stale_ = 0;
  since_.clear();
  Backfill out;
  for (Change& one : held)
    for (EventRef& event : change(std::move(one), now)) out.events.push_back(std::move(event));
  return out;
}

/// Held changes and the list overlap. They go out in three parts: held changes that a later one of the same item, a
/// purge or the list overtook, then the list in its own order without what streams have had, then the other held
/// changes. Each item's versions so stay in order, and the list's order is the service's.
Feed::Backfill Feed::end_backfill(const std::vector<Item>& stored, Clock::time_point now) {
  std::vector<Change> since = std::move(since_);
  const bool held = hold_;
  const std::size_t stale = std::exchange(stale_, 0);
  backfilling_ = hold_ = false;
  since_.clear();

  std::unordered_map<std::string, std::size_t> last_change;  // item ID → index of its newest change in `since`
  std::size_t purged = 0;                                    // changes before this index were overtaken by a purge
  for (std::size_t i = stale; i < since.size(); ++i) {
    if (since[i].happening == Happening::purge) purged = i + 1;
    if (!since[i].item.id.empty()) last_change[since[i].item.id] = i;
  }
  std::unordered_map<std::string, std::uint64_t> listed;
  for (const Item& item : stored) listed[item.id] = item.content_hash(name_);

  auto changed_otherwise = [&](const std::string& id, std::uint64_t content) {
    const auto last = last_change.find(id);
    if (last == last_change.end()) return false;
    const Change& change = since[last->second];
    return change.happening != Happening::item || change.item.content_hash(name_) != content;
  };

  Events out;
  std::optional<std::size_t> live_from;
  auto mark_live = [&](const Change& change) {
    if (held && !change.delayed && !live_from) live_from = out.size();
  };
  const bool primed = sequence_ != 0;
  const auto newest = listed.find(newest_item_id_);
  const bool newest_is_listed = newest != listed.end() && newest->second == newest_content_;
  const bool something_new = std::any_of(stored.begin(), stored.end(), [&](const Item& item) {
    return !is_known(item.id, listed[item.id]) && !changed_otherwise(item.id, listed[item.id]);
  });
  if (held && primed && newest_content_ != 0 && !newest_is_listed && something_new) {
    // The newest item that streams have had is no longer stored: others may have come and gone after it.
    out.push_back(emit(Change{Happening::reset, {}, false}, Origin::store));
  }
  // What is stored no longer was retracted or evicted unseen.
  std::vector<std::string> gone;
  for (const auto& [id, known] : known_)
    if (!listed.count(id) && !last_change.count(id)) gone.push_back(id);
  for (const std::string& id : gone) forget(id);

  auto is_listed = [&](const Change& change) {
    const auto found = listed.find(change.item.id);
    return change.happening == Happening::item && found != listed.end() &&
           found->second == change.item.content_hash(name_);
  };
  // What came before a change that the list shows is older than the list.
  std::size_t shown = since.size();
  while (shown > stale && !is_listed(since[shown - 1])) --shown;
  auto overtaken = [&](std::size_t i) {
    if (is_listed(since[i])) return false;  // it has its place in the list
    if (i < stale || i < purged || i < shown) return true;
    const auto last = last_change.find(since[i].item.id);
    return last != last_change.end() && last->second != i;
  };
  auto had = [&](const Change& change) {
    return change.happening == Happening::item && is_known(change.item.id, change.item.content_hash(name_));
  };
  if (held) {
    for (std::size_t i = 0; i < since.size(); ++i) {
      if (!overtaken(i) || had(since[i])) continue;
      if (i >= stale) mark_live(since[i]);
      out.push_back(emit(since[i], Origin::early));
    }
  }

  echoes_.clear();
  echoes_until_ = now + options_.echo_window;
  for (const Item& item : stored) {
    const std::uint64_t content = listed[item.id];
    if (is_known(item.id, content) || changed_otherwise(item.id, content)) continue;
    const auto changed = last_change.find(item.id);
    if (changed != last_change.end()) mark_live(since[changed->second]);
    out.push_back(emit(Change{Happening::item, item, false}, Origin::store));
    if (changed == last_change.end()) echoes_[item.id] = content;
  }
  if (!stored.empty() && !last_change.count(stored.back().id))
    echoes_[stored.back().id] = listed[stored.back().id];

  if (held) {
    for (std::size_t i = stale; i < since.size(); ++i) {
      const Change& change = since[i];
      // Sent with the list just now, or pushed as the last item at the subscribe.
      if (overtaken(i) || had(change)) continue;
      mark_live(change);
      out.push_back(emit(change, Origin::live));
    }
  }
  const std::size_t all = out.size();
  return {std::move(out), live_from.value_or(all)};
}

Feed::Events Feed::snapshot(const std::vector<Item>& stored) const {
  std::unordered_map<std::string, EventRef> in_history;
  for (const EventRef& event : history_.events())
    if (event->happening == Happening::item) in_history[event->item_id] = event;

  Events older, newer;
  std::uint64_t sum = 0;
  for (const Item& item : stored) {
    const std::uint64_t content = item.content_hash(name_);
    const auto kept = in_history.find(item.id);
    // Its newest version that streams have had: where the list is a moment ahead, the notification is on its way.
    if (kept != in_history.end() && is_known(item.id, kept->second->id.content)) {
      newer.push_back(kept->second);
    } else {
      sum += content;  // of what a client has had by then, and the newer ones come last wherever they are listed
      const wire::EventId id = id_of(0, content, sum);
      older.push_back(std::make_shared<const Event>(Happening::item, Origin::store, id, item.id,
                                                    item_block(id, item, options_.view)));
    }
  }
  std::sort(newer.begin(), newer.end(),
            [](const EventRef& a, const EventRef& b) { return a->id.sequence < b->id.sequence; });
  older.insert(older.end(), newer.begin(), newer.end());
  return older;
}

Feed::Events Feed::remembered() const {
  std::unordered_map<std::string, EventRef> newest;
  for (const EventRef& event : history_.events()) {
    if (event->happening == Happening::item) newest[event->item_id] = event;
    if (event->happening == Happening::retract) newest.erase(event->item_id);
    if (event->happening == Happening::purge || event->happening == Happening::reset) newest.clear();
  }
  Events events;
  for (const auto& [id, event] : newest) events.push_back(event);
  std::sort(events.begin(), events.end(),
            [](const EventRef& a, const EventRef& b) { return a->id.sequence < b->id.sequence; });
  return events;
}

EventRef Feed::emit(const Change& change, Origin origin) {
  const std::string& item_id = change.item.id;
  ++sequence_;
  switch (change.happening) {
    case Happening::item:
      newest_content_ = change.item.content_hash(name_);
      newest_item_id_ = item_id;
      learn(item_id, newest_content_);
      break;
    case Happening::retract:
      forget(item_id);
      break;
    case Happening::purge:
    case Happening::deletion:
    case Happening::reset:
      known_.clear();
      known_order_.clear();
      stored_sum_ = newest_content_ = 0;
      newest_item_id_.clear();
      break;
  }
  const wire::EventId id = position();
  std::string block;
  switch (change.happening) {
    case Happening::item: block = item_block(id, change.item, options_.view); break;
    case Happening::retract: block = retract_block(id, name_, item_id); break;
    case Happening::purge: block = purge_block(id, name_); break;
    case Happening::deletion: block = deletion_block(id, name_); break;
    case Happening::reset: block = reset_block(id, name_, "history-lost"); break;
  }
  auto event = std::make_shared<const Event>(change.happening, origin, id, item_id, block);
  history_.append(event);
  return event;
}

void Feed::learn(const std::string& item_id, std::uint64_t content) {
  Known& known = known_[item_id];
  stored_sum_ += content - known.content;
  known = {content, sequence_};
  known_order_.emplace_back(sequence_, item_id);
  auto outdated = [this](const auto& entry) {
    const auto current = known_.find(entry.second);
    return current == known_.end() || current->second.sequence != entry.first;
  };
  if (known_order_.size() > 2 * options_.max_known) std::erase_if(known_order_, outdated);
  while (known_.size() > options_.max_known) {
    if (!outdated(known_order_.front())) forget(known_order_.front().second);
    known_order_.pop_front();
  }
}

void Feed::forget(const std::string& item_id) {
  const auto known = known_.find(item_id);
  if (known == known_.end()) return;
  stored_sum_ -= known->second.content;
  known_.erase(known);
}

bool Feed::is_known(const std::string& item_id, std::uint64_t content) const {
  const auto known = known_.find(item_id);
  return known != known_.end() && known->second.content == content;
}

}  // namespace xes::hub
