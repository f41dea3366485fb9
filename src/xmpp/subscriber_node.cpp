// SPDX-License-Identifier: MIT
// One node's way: subscribing, filling, changes, snapshots, leaving. The rest is in subscriber.cpp.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/log_limited.hpp"
#include "base/text.hpp"
#include "xmpp/pubsub/stored_items.hpp"
#include "xmpp/subscriber.hpp"

namespace xes::xmpp {

using hub::NodeName;
using Clock = hub::Feed::Clock;

namespace {

/// deliver_payloads=0 (§4.3): the item's payload is asked for, and what comes after it waits.
bool is_stripped(const hub::Change& change) {
  return change.happening == hub::Happening::item && change.item.payload.empty() && !change.item.left_out;
}

}  // namespace

std::string Subscriber::display(const NodeName& name) { return quote(name.node) + " at " + quote(name.service); }

// ---- one node's way

void Subscriber::subscribe(Follow& follow) {
  if (follow.in_quarantine()) return try_after_quarantine(follow);
  follow.state = State::queued;
  follow.feed.begin_backfill(true);
  const auto stand_in_line = [this, key = key_of(follow.name->service), weak = std::weak_ptr(find(*follow.name))](const Turn& alone) {
    subscribing_.push(key, [this, alone, weak](const Turn& turn) {
      const FollowRef next = weak.lock();
      if (!next || next->state != State::queued) return;
      start_subscribing(*next, alone ? std::make_shared<std::pair<Turn, Turn>>(alone, turn) : turn);
    });
  };
  // One suspect at a time has a place in the line.
  if (follow.is_suspect()) return suspects_.push(key_of(follow.name->service), stand_in_line);
  stand_in_line({});
}

void Subscriber::start_subscribing(Follow& follow, const Turn& turn) {
  // A server may work on several requests at a time (ejabberd does), so what is being unsubscribed waits for the reply.
  const auto left = left_over_.find(*follow.name);
  if (left != left_over_.end() && left->second.asked) return;
  if (left != left_over_.end()) left_over_.erase(left);
  follow.state = State::subscribing;
  follow.unreadable = false;
  if (follow.room) return look_at_room(follow, turn);
  if (is_account(follow.name->service) && !follow.primed) return look_before_subscribing(follow, turn);
  send_subscribe(follow, turn);
}

void Subscriber::look_before_subscribing(Follow& follow, const Turn& turn) {
  session_.send_iq(IqType::get, follow.name->service, pubsub::newest_items(follow.name->node, 1), options_.deadline,
                   [this, turn, weak = std::weak_ptr(find(*follow.name))](IqResult result) {
                     const FollowRef asked = weak.lock();
                     if (!session_.ready() || !asked || asked->state != State::subscribing) return;
                     if (asked->over) return leave_now(*asked);
                     const auto items = result ? pubsub::read_items(*result) : std::vector<hub::Item>();
                     asked->is_missing = !result && pubsub::read_refusal(result.error()) == pubsub::Refusal::no_such_node;
                     asked->pushed = items.empty() ? 0 : items.back().content_hash(*asked->name);
                     send_subscribe(*asked, turn);
                   });
}

void Subscriber::send_subscribe(Follow& follow, const Turn& turn) {
  follow.subscribed = true;
  session_.send_iq(IqType::set, follow.name->service, pubsub::subscribe(follow.name->node, jid_), options_.deadline,
                   [this, turn, weak = std::weak_ptr(find(*follow.name))](IqResult result) {
                     const FollowRef asked = weak.lock();
                     if (!asked || asked->state != State::subscribing) return;
                     if (!result) return on_refused(asked, result.error(), turn);
                     on_subscribed(asked, *result, turn);
                   });
}

void Subscriber::on_subscribed(const FollowRef& follow, const Element& iq, const Turn& turn) {
  const auto subscription = pubsub::read_subscription(iq);
  // §6.1.2: the reply's <subscription/> is recommended, not required; without one the result itself says yes.
  if (subscription) follow->subid = subscription->subid;
  if (follow->over) return leave_now(*follow);
  if (subscription && subscription->state == pubsub::SubscriptionState::pending) {
    tell_events(*follow, follow->feed.abandon_backfill(Clock::now()).events);
    return await_approval(*follow);
  }
  spdlog::debug("pubsub: subscribed to {}", display(*follow->name));
  fill(*follow, turn);
}

void Subscriber::on_refused(const FollowRef& follow, const IqFailure& failure, const Turn& turn) {
  if (!session_.ready()) return;  // on_down has seen to it, on_ready will ask again
  tell_events(*follow, follow->feed.abandon_backfill(Clock::now()).events);
  // Prosody 13 says of an account that a node is missing where its items are asked for, and forbids the subscription.
  pubsub::Refusal refusal = pubsub::read_refusal(failure);
  if (refusal == pubsub::Refusal::forbidden && follow->is_missing) refusal = pubsub::Refusal::no_such_node;
  switch (refusal) {
    case pubsub::Refusal::pending:
      if (follow->over) return leave_now(*follow);
      return await_approval(*follow);
    case pubsub::Refusal::passing:
      log_limited::warn("pubsub: cannot subscribe to {} now: {}", display(*follow->name), failure.reason);
      tell_held(*follow);
      return try_later(*follow);
    case pubsub::Refusal::no_such_node:
      directory_.forget(*follow->name);
      if (follow->primed)
        tell_events(*follow, follow->feed.change({hub::Happening::deletion, {}, false}, Clock::now()));
      return refuse(follow, failure.reason, hub::Refusal::no_such_node);
    case pubsub::Refusal::forbidden: return make_sure(follow, failure, turn);
  }
}

/// An approval that was withdrawn, too: what is known is not for those who wait for one.
void Subscriber::await_approval(Follow& follow) {
  clear(follow);
  if (follow.primed) return drop(NodeName(*follow.name), hub::Refusal::forbidden);
  follow.state = State::pending;
  tell_held(follow);
}

/// A server may answer "forbidden" in the name of a service that is away (ejabberd without s2s). Then it does so to what
/// the service would tell everybody.
void Subscriber::make_sure(const FollowRef& follow, const IqFailure& failure, const Turn& turn) {
  const auto service = services_.find(follow->name->service);
  if (service == services_.end() || !service->second.answers) return refuse(follow, failure.reason, hub::Refusal::forbidden);
  session_.send_iq(IqType::get, key_of(follow->name->service), OutStanza("query", "http://jabber.org/protocol/disco#info"),
                   options_.deadline, [this, turn, reason = failure.reason, weak = std::weak_ptr(follow)](const IqResult& info) {
                     const FollowRef asked = weak.lock();
                     if (!asked || asked->state != State::subscribing || !session_.ready()) return;
                     if (info) return refuse(asked, reason, hub::Refusal::forbidden);
                     log_limited::warn("pubsub: {} is not reachable: {}", quote(asked->name->service), info.error().reason);
                     tell_held(*asked);
                     try_later(*asked);
                   });
}

void Subscriber::refuse(const FollowRef& follow, const std::string& why, hub::Refusal refusal) {
  log_limited::info("pubsub: access to {} was refused: {}", display(*follow->name), why);
  if (!follow->primed) {
    for (const ShardIndex shard : follow->shards) tell(shard, hub::Refused{*follow->name, refusal});
    follow->shards.clear();
  }
  drop(NodeName(*follow->name), refusal);
}

/// Shards that still follow it end their streams; the next try starts anew. It may be made again before the service is
/// asked for its nodes: the same list is news then.
void Subscriber::drop(const NodeName& name, hub::Refusal refusal) {
  const FollowRef follow = find(name);
  if (!follow) return;
  if (!follow->shards.empty()) directory_.forget(name);
  for (const ShardIndex shard : follow->shards) tell(shard, hub::Ended{name, refusal});
  follow->state = State::idle;
  follow->timer.cancel();
  forget(name);
}

void Subscriber::forget(const NodeName& name) {
  const std::string service = name.service;
  if (const FollowRef follow = find(name)) stop_lingering(*follow);
  follows_.erase(NodeName(name));
  remove_service(service);
  count_nodes();
}

void Subscriber::fill(Follow& follow, const Turn& turn) {
  follow.state = State::filling;
  read_stored_items(session_, *follow.name, {}, [this, turn, weak = std::weak_ptr(find(*follow.name))](StoredItems stored) {
    const FollowRef filled = weak.lock();
    if (!filled || filled->state != State::filling || !session_.ready()) return;
    if (stored) {
      const hub::Feed::Backfill backfill = filled->feed.end_backfill(*stored, Clock::now());
      spdlog::debug("pubsub: {} stores {} items, which made {} events", display(*filled->name), stored->size(),
                    backfill.events.size());
      return activate(*filled, backfill, turn);
    }
    if (pubsub::read_refusal(stored.error()) == pubsub::Refusal::passing) {
      log_limited::warn("pubsub: cannot read the items of {} now: {}", display(*filled->name), stored.error().reason);
      tell_held(*filled);
      return try_later(*filled);
    }
    // The node keeps no items, or lets nobody read them back: there is nothing to miss then.
    filled->unreadable = pubsub::is_no(stored.error());
    spdlog::debug("pubsub: {} has no stored items: {}", display(*filled->name), stored.error().reason);
    activate(*filled, filled->feed.abandon_backfill(Clock::now()), turn);
  });
}

void Subscriber::activate(Follow& follow, const hub::Feed::Backfill& filled, const Turn& turn) {
  follow.state = State::active;
  follow.primed = true;
  if (follow.over) return leave_now(follow);
  tell_events(follow, filled.events);
  for (const ShardIndex shard : follow.shards)
    if (!follow.open.count(shard)) tell_opened(follow, shard, filled.events.size() - filled.live_from);
  if (!follow.wants_snapshot.empty()) fetch_snapshot(follow, turn);
  if (!follow.fetching) clear(follow);
}

void Subscriber::try_later(Follow& follow) {
  follow.state = State::idle;
  clear(follow);
  if (follow.over) return leave_now(follow);
  if (follow.lingering) return;
  follow.timer.after(options_.retry, [this, weak = std::weak_ptr(find(*follow.name))] {
    const FollowRef again = weak.lock();
    if (again && again->state == State::idle && session_.ready()) subscribe(*again);
  });
}

/// Once what was asked is answered.
void Subscriber::leave(Follow& follow) {
  const bool asked = follow.state == State::subscribing || follow.state == State::filling || follow.checking;
  if (!asked || follow.room) return leave_now(follow);
  stop_lingering(follow);
  follow.over = true;
}

void Subscriber::leave_now(Follow& follow) {
  const FollowRef left = find(*follow.name);
  if (follow.room && session_.ready()) leave_room(follow);
  spdlog::debug("pubsub: leaving {}", display(*follow.name));
  follow.state = State::idle;
  forget(*follow.name);
  if (follow.subscribed && session_.ready()) unsubscribe(*follow.name, follow.subid);
}

/// A few at a time: there may be more than the session takes at once.
void Subscriber::unsubscribe(const NodeName& name, const std::string& subid) {
  if (left_over_.size() >= options_.max_left_over || !left_over_.try_emplace(name, LeftOver{subid}).second) return;
  leaving_.push(key_of(name.service), [this, name](const Turn& turn) { send_unsubscribe(name, turn); });
}

void Subscriber::send_unsubscribe(const NodeName& name, const Turn& turn) {
  const auto left = left_over_.find(name);
  if (left == left_over_.end() || left->second.asked) return;
  if (find(name)) {  // wanted again
    left_over_.erase(left);
    return;
  }
  left->second.asked = true;
  session_.send_iq(IqType::set, name.service, pubsub::unsubscribe(name.node, jid_, left->second.subid), options_.deadline,
                   [this, turn, name](const IqResult&) {
                     if (left_over_.erase(name) == 0 || !session_.ready()) return;
                     const FollowRef again = find(name);
                     if (again && again->state == State::queued) subscribe(*again);
                   });
}

// ---- changes

void Subscriber::apply(Follow& follow, std::vector<hub::Change> changes) {
  hub::Feed::Events events;
  for (hub::Change& change : changes) {
    const bool stripped = is_stripped(change);
    if (follow.held.empty() && !stripped) {
      for (hub::EventRef& event : follow.feed.change(std::move(change), Clock::now()))
        events.push_back(std::move(event));
    } else {
      follow.held.push_back(std::move(change));
    }
  }
  tell_events(follow, events);
  if (!follow.held.empty()) apply_held(follow);
}

void Subscriber::apply_held(Follow& follow) {
  while (!follow.held.empty() && !follow.fetching_payload) {
    const hub::Change& next = follow.held.front();
    const bool stripped = is_stripped(next);
    if (stripped && session_.ready() && follow.held.size() <= options_.max_held_changes) return fetch_payload(follow);
    hub::Change change = std::move(follow.held.front());
    follow.held.pop_front();
    tell_events(follow, follow.feed.change(std::move(change), Clock::now()));
  }
}

void Subscriber::fetch_payload(Follow& follow) {
  follow.fetching_payload = true;
  const std::string item_id = follow.held.front().item.id;
  session_.send_iq(IqType::get, follow.name->service, pubsub::item(follow.name->node, item_id), options_.deadline,
                   [this, weak = std::weak_ptr(find(*follow.name))](IqResult result) {
                     const FollowRef fetched = weak.lock();
                     if (!fetched || fetched->held.empty()) return;
                     fetched->fetching_payload = false;
                     hub::Change change = std::move(fetched->held.front());
                     fetched->held.pop_front();
                     if (result)
                       for (hub::Item& item : pubsub::read_items(*result))
                         if (item.id == change.item.id) change.item = std::move(item);
                     tell_events(*fetched, fetched->feed.change(std::move(change), Clock::now()));
                     apply_held(*fetched);
                   });
}

// ---- snapshots

void Subscriber::fetch_snapshot(Follow& follow, const Turn& turn) {
  if (follow.room) return answer_snapshot(follow, follow.feed.snapshot(follow.room->list.items()));
  if (follow.fetching) return;
  if (follow.unreadable) return answer_snapshot(follow, follow.feed.remembered());
  follow.fetching = true;
  follow.feed.begin_backfill(false);
  read_stored_items(session_, *follow.name, {}, [this, turn, weak = std::weak_ptr(find(*follow.name))](StoredItems stored) {
    const FollowRef fetched = weak.lock();
    // on_down() sees to those that were under way.
    if (!fetched || !fetched->fetching || !session_.ready()) return;
    fetched->fetching = false;
    if (fetched->state != State::active) return;  // activate() asks again
    clear(*fetched);
    if (!stored) {
      log_limited::warn("pubsub: cannot read the items of {}: {}", display(*fetched->name), stored.error().reason);
      fetched->feed.abandon_backfill(Clock::now());
      if (pubsub::is_no(stored.error())) return subscribe(*fetched);  // the answer to that decides; activate() asks again
      return answer_snapshot(*fetched, fetched->feed.remembered());
    }
    const hub::Feed::Events unseen = fetched->feed.end_backfill(*stored, Clock::now()).events;
    tell_events(*fetched, unseen);
    if (!unseen.empty()) tell_deaf(*fetched);
    answer_snapshot(*fetched, fetched->feed.snapshot(*stored));
  });
}

/// ejabberd accepts a component's subscription to an account's node and then notifies nothing, unless it is told to.
void Subscriber::tell_deaf(Follow& follow) {
  if (follow.heard || follow.told_deaf || !is_account(follow.name->service)) return;
  follow.told_deaf = true;
  log_limited::warn("pubsub: {} changed without a notification from its server; if this goes on, see \"Accounts' own nodes\" in deploy/README.md",
               display(*follow.name));
}

void Subscriber::answer_snapshot(Follow& follow, const hub::Feed::Events& items) {
  for (const ShardIndex shard : std::exchange(follow.wants_snapshot, {})) tell(shard, hub::Snapshot{*follow.name, items});
}

}  // namespace xes::xmpp
