// SPDX-License-Identifier: MIT
#include "hub/feed.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace xes::hub {

/// What a list of stored items and the changes since it was asked for say about each other.
class Feed::Merge {
 public:
  /// The first `stale` changes are older than the list by an outage.
  Merge(const Feed& feed, std::vector<Change> changes, std::size_t stale, const std::vector<Item>& stored)
      : feed_(feed), changes_(std::move(changes)), stored_(stored), stale_(stale), shown_(changes_.size()) {
    for (const Item& item : stored) listed_[item.id] = item.content_hash(*feed.name_);
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      if (changes_[i].happening == Happening::purge) purged_ = i + 1;
      if (i >= stale && !changes_[i].item.id.empty()) last_[changes_[i].item.id] = i;
    }
    while (shown_ > stale && !is_shown(changes_[shown_ - 1])) --shown_;
  }

  const std::vector<Change>& changes() const { return changes_; }
  bool purges() const { return purged_ > 0; }
  bool lists(const std::string& id) const { return listed_.count(id) != 0; }
  std::uint64_t content(const std::string& id) const { return listed_.at(id); }
  bool shows(const std::string& id, std::uint64_t content) const {
    const auto found = listed_.find(id);
    return found != listed_.end() && found->second == content;
  }
  /// The newest change of an item, if there is one.
  const Change* last_change(const std::string& id) const {
    const auto last = last_.find(id);
    return last == last_.end() ? nullptr : &changes_[last->second];
  }
  /// The newest change of a listed item is not what the list shows, so newer (or its notification is on its way).
  bool is_changed_otherwise(const std::string& id) const {
    const Change* last = last_change(id);
    return last && !is_shown(*last);
  }
  bool has_new_items() const {
    return std::any_of(stored_.begin(), stored_.end(), [&](const Item& item) {
      return !feed_.is_known(item.id, content(item.id)) && !is_changed_otherwise(item.id);
    });
  }
  /// Every new item of the list is among the changes.
  bool is_told_by_changes() const {
    return std::all_of(stored_.begin(), stored_.end(), [&](const Item& item) {
      return last_change(item.id) || (purged_ == 0 && feed_.is_known(item.id, content(item.id)));
    });
  }
  /// From before an outage, and not stored any more.
  bool is_stale(std::size_t i) const {
    const Change& change = changes_[i];
    if (i >= stale_ || change.happening == Happening::purge) return false;
    return change.happening == Happening::retract ? lists(change.item.id) : !is_shown(change);
  }
  /// Still to be told after the list.
  bool is_left(std::size_t i) const {
    const Change& change = changes_[i];
    if (i < purged_) return false;  // a purge itself goes before the list
    if (change.happening == Happening::retract) {
      const auto last = last_.find(change.item.id);
      return last == last_.end() ? !lists(change.item.id) : last->second == i;
    }
    if (change.happening != Happening::item) return true;
    // What came before a change that the list shows is older than the list.
    return i >= shown_ && last_.at(change.item.id) == i;
  }

 private:
  bool is_shown(const Change& change) const {
    return change.happening == Happening::item && shows(change.item.id, change.item.content_hash(*feed_.name_));
  }

  const Feed& feed_;
  const std::vector<Change> changes_;
  const std::vector<Item>& stored_;
  std::size_t stale_;
  std::size_t shown_;       ///< changes before this one are older than the list
  std::size_t purged_ = 0;  ///< changes before this one were overtaken by a purge
  std::unordered_map<std::string, std::uint64_t> listed_;
  std::unordered_map<std::string, std::size_t> last_;  ///< of changes that are not stale
};

Feed::Events Feed::change(Change change, Clock::time_point now) {
  Events out;
  if (backfilling_ && hold_) {
    keep(std::move(change));
    return out;
  }
  if (take_echo(change, now)) return out;
  if (!backfilling_) {
    out.push_back(emit(std::move(change), Origin::live));
    return out;
  }
  out.push_back(emit(change, Origin::live));
  if (change.happening == Happening::item) meanwhile_.push_back(out.back());
  keep(std::move(change));
  return out;
}

void Feed::keep(Change change) {
  since_bytes_ += sizeof(Change) + change.item.payload.size();
  since_.push_back(std::move(change));
  if (since_.size() <= options_.max_known && since_bytes_ <= options_.max_since_bytes) return;
  const std::size_t older = (since_.size() + 1) / 2;
  since_.erase(since_.begin(), since_.begin() + static_cast<std::ptrdiff_t>(older));
  since_bytes_ = 0;
  for (const Change& one : since_) since_bytes_ += sizeof(Change) + one.item.payload.size();
  stale_ -= std::min(stale_, older);
  overrun_ = overrun_ || hold_;
  if (meanwhile_.size() > since_.size())
    meanwhile_.erase(meanwhile_.begin(), meanwhile_.end() - static_cast<std::ptrdiff_t>(since_.size()));
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
  const bool same = change.happening == Happening::item && change.item.content_hash(*name_) == echo->second;
  echoes_.erase(echo);
  return same;
}

void Feed::begin_backfill(bool hold) {
  // Changes that went out as they came are no concern of a hold that begins now.
  if (!backfilling_ || (hold && !hold_)) {
    since_.clear();
    since_bytes_ = 0;
    overrun_ = false;
  }
  if (!backfilling_) meanwhile_.clear();
  // Held ones that no list has answered are older than whatever happened since unseen, so older than the list to come.
  if (hold) stale_ = since_.size();
  backfilling_ = true;
  hold_ = hold_ || hold;
}

Feed::Backfill Feed::abandon_backfill(Clock::time_point now) {
  std::vector<Change> held = hold_ ? std::move(since_) : std::vector<Change>();
  backfilling_ = hold_ = false;
  primed_ = true;
  stale_ = 0;
  since_.clear();
  Backfill out;
  if (std::exchange(overrun_, false)) out.events.push_back(emit({Happening::reset, {}, false}, Origin::store));
  for (Change& one : held)
    for (EventRef& event : change(std::move(one), now)) out.events.push_back(std::move(event));
  return out;
}

/// Held changes and the list overlap. Where they tell of every listed item that is new, they go out as they came. Else a
/// purge goes out, then the list in its own order without what streams have had, then the held changes that it does not
/// show. Versions that were overtaken meanwhile are left out then: before the list they would stand ahead of older
/// items, and no ID in between could say what a client has had.
Feed::Backfill Feed::end_backfill(const std::vector<Item>& stored, Clock::time_point now) {
  const Merge merge(*this, std::exchange(since_, {}), std::exchange(stale_, 0), stored);
  const bool held = std::exchange(hold_, false);
  backfilling_ = false;

  Backfill out;
  std::optional<std::size_t> live_from;
  auto send = [&](const Change& change, Origin origin, bool news) {
    if (news && held && !live_from) live_from = out.events.size();
    out.events.push_back(emit(change, origin));
  };
  const bool newest_is_stored = newest_content_ != 0 && merge.shows(newest_item_id_, newest_content_);
  const bool came_and_went = held && std::exchange(primed_, true) && !newest_is_stored && merge.has_new_items();
  const bool overrun = std::exchange(overrun_, false);
  if (came_and_went || overrun) {
    // The newest item that streams have had is no longer stored, or they knew the node empty: others may have come and
    // gone since. Or more was held than could be.
    send({Happening::reset, {}, false}, Origin::store, false);
  }
  // What is stored no longer was retracted or evicted unseen.
  std::vector<std::string> gone;
  for (const auto& [id, known] : known_)
    if (!merge.lists(id) && !merge.last_change(id)) gone.push_back(id);
  for (const std::string& id : gone) forget(id);

  const bool in_order = held && merge.is_told_by_changes();
  if (held && !in_order && merge.purges()) send({Happening::purge, {}, false}, Origin::live, true);

  echoes_.clear();
  echoes_until_ = now + options_.echo_window;
  for (const Item& item : stored) {
    const std::uint64_t content = merge.content(item.id);
    const Change* last = merge.last_change(item.id);
    if (!last && &item == &stored.back()) echoes_[item.id] = content;
    if (in_order || is_known(item.id, content) || merge.is_changed_otherwise(item.id)) continue;
    send({Happening::item, item, false}, Origin::store, last && !last->delayed);
    if (!last) echoes_[item.id] = content;
  }
  for (std::size_t i = 0; held && i < merge.changes().size(); ++i) {
    const Change& change = merge.changes()[i];
    if (in_order ? !merge.is_stale(i) : merge.is_left(i))
      // Not what was sent with the list just now, or pushed as the last item at the subscribe.
      if (change.happening != Happening::item || !is_known(change.item.id, change.item.content_hash(*name_)))
        send(change, Origin::live, !change.delayed);
  }
  out.live_from = live_from.value_or(out.events.size());
  return out;
}

/// To be called right after end_backfill(): what that sent is part of it, and so is what was published since the list was
/// made, which the list does not hold.
Feed::Events Feed::snapshot(const std::vector<Item>& stored) const {
  Events newer;
  std::unordered_set<std::string_view> in_history;
  for (const EventRef& event : history_.events()) {
    if (event->happening != Happening::item) continue;
    const auto known = known_.find(event->item.id);
    // Its newest version that streams have had: where the list is a moment ahead, the notification is on its way.
    if (known == known_.end() || known->second.sequence != event->id.sequence) continue;
    newer.push_back(event);
    in_history.insert(event->item.id);
  }

  // A small history may have forgotten some of what was sent while the list was fetched.
  Events forgotten;
  for (const EventRef& event : meanwhile_) {
    const auto known = known_.find(event->item.id);
    if (known == known_.end() || known->second.sequence != event->id.sequence) continue;
    if (in_history.insert(event->item.id).second) forgotten.push_back(event);
  }
  newer.insert(newer.begin(), forgotten.begin(), forgotten.end());

  Events all;
  std::uint64_t sum = 0, before = 0;
  for (const Item& item : stored) {
    if (in_history.count(item.id) || !(known_.count(item.id) || known_.size() >= options_.max_known)) continue;
    const std::uint64_t content = item.content_hash(*name_);
    sum += content;  // of what a client has had by then, and the newer ones come last wherever they are listed
    const wire::EventId id = id_of(0, content, sum, before);
    before = wire::push_before(before, content);
    all.push_back(event(Happening::item, Origin::store, id, item));
  }
  all.insert(all.end(), newer.begin(), newer.end());
  return all;
}

Feed::Events Feed::remembered() const {
  std::unordered_map<std::string, EventRef> newest;
  for (const EventRef& event : history_.events()) {
    if (event->happening == Happening::item) newest[event->item.id] = event;
    if (event->happening == Happening::retract) newest.erase(event->item.id);
    if (event->happening == Happening::purge || event->happening == Happening::reset) newest.clear();
  }
  Events events;
  for (const auto& [id, event] : newest) events.push_back(event);
  std::sort(events.begin(), events.end(),
            [](const EventRef& a, const EventRef& b) { return a->id.sequence < b->id.sequence; });
  return events;
}

/// Of the items published last before the newest one, each by its current version.
std::uint64_t Feed::before_newest() const {
  std::uint64_t before = 0;
  unsigned slot = 0;
  for (auto entry = known_order_.rbegin(); entry != known_order_.rend() && slot < wire::before_slots; ++entry) {
    const auto known = known_.find(entry->second);
    if (known == known_.end() || known->second.sequence != entry->first || entry->second == newest_item_id_) continue;
    before |= wire::before_slot(known->second.content) << wire::before_slot_bits * slot++;
  }
  return before;
}

EventRef Feed::emit(Change change, Origin origin) {
  const std::string& item_id = change.item.id;
  ++sequence_;
  switch (change.happening) {
    case Happening::item:
      newest_content_ = change.item.content_hash(*name_);
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
  EventRef made = event(change.happening, origin, position(), std::move(change.item));
  history_.append(made);
  return made;
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
