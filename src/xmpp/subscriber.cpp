// SPDX-License-Identifier: MIT
#include "xmpp/subscriber.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>

#include "base/text.hpp"
#include "xmpp/stored_items.hpp"

namespace xes::xmpp {
namespace {

using hub::NodeName;
using Clock = hub::Feed::Clock;

std::uint64_t random_epoch() {
  std::random_device device;
  return (std::uint64_t{device()} << 32 | device()) & wire::epoch_mask;
}

std::string display(const NodeName& name) { return quoted(name.node) + " at " + name.service; }

std::string bare(std::string_view jid) { return std::string(jid.substr(0, jid.find('/'))); }

}  // namespace

Subscriber::Subscriber(boost::asio::io_context& io, SessionOptions session, SubscriberOptions options,
                       std::vector<ShardDoors> shards)
    : io_(io),
      options_(std::move(options)),
      jid_(session.jid),
      shards_(std::move(shards)),
      recheck_timer_(io),
      down_timer_(io),
      relief_timer_(io),
      session_(io, std::move(session),
               {.on_ready = [this] { on_ready(); },
                .on_down = [this](const Failure&) { on_down(); },
                .on_message = [this](Element&& message) { on_message(std::move(message)); },
                .on_presence = {}}) {
  for (ShardIndex shard = 0; shard < shards_.size(); ++shard)
    shards_[shard].wants->on_wake([this, shard] { take_wants(shard); });
}

Subscriber::~Subscriber() = default;

void Subscriber::stop() {
  session_.stop();
  recheck_timer_.cancel();
  down_timer_.cancel();
  relief_timer_.cancel();
  follows_.clear();
}

Subscriber::FollowRef Subscriber::find(const NodeName& name) const {
  const auto found = follows_.find(name);
  return found == follows_.end() ? nullptr : found->second;
}

bool Subscriber::is_service(const std::string& jid) const {
  return std::any_of(options_.services.begin(), options_.services.end(),
                     [&](const Service& service) { return service.jid == jid; });
}

// ---- what shards want

void Subscriber::take_wants(ShardIndex shard) {
  shards_[shard].wants->drain([&](const hub::Want& want) {
    switch (want.what) {
      case hub::Want::What::follow: return follow(shard, want.name);
      case hub::Want::What::unfollow: return unfollow(shard, want.name);
      case hub::Want::What::fetch: return fetch(shard, want.name);
    }
  });
}

void Subscriber::follow(ShardIndex shard, const NodeName& name) {
  const auto service = std::find_if(options_.services.begin(), options_.services.end(),
                                    [&](const Service& one) { return one.jid == name.service; });
  if (service == options_.services.end()) return tell(shard, hub::Refused{name, hub::Refusal::no_such_node});

  FollowRef& follow = follows_[name];
  const bool is_new = !follow;
  if (is_new) {
    hub::FeedOptions options;
    options.epoch = random_epoch();  // its sequences begin anew, so an ID of an earlier feed must not fit
    options.view = service->view;
    options.history = options_.history;
    follow = std::make_shared<Follow>(io_, name, options);
  }
  if (follow->lingering) {
    follow->timer.cancel();
    follow->lingering = false;
  }
  count_nodes();
  follow->shards.insert(shard);
  if (follow->primed) {
    tell_opened(*follow, shard);
  } else if (!session_.ready() || follow->state == State::pending || (!is_new && follow->state == State::idle)) {
    tell(shard, hub::Held{name});
  }
  if (is_new && session_.ready()) subscribe(*follow);
}

void Subscriber::unfollow(ShardIndex shard, const NodeName& name) {
  const FollowRef follow = find(name);
  if (!follow) return;
  follow->shards.erase(shard);
  follow->open.erase(shard);
  follow->wants_snapshot.erase(shard);
  if (!follow->shards.empty()) return;
  follow->lingering = true;
  follow->timer.expires_after(options_.linger);
  follow->timer.async_wait([this, weak = std::weak_ptr(follow)](const boost::system::error_code& error) {
    const FollowRef left = weak.lock();
    if (!error && left && left->lingering) leave(*left);
  });
}

void Subscriber::fetch(ShardIndex shard, const NodeName& name) {
  const FollowRef follow = find(name);
  if (!follow) return;
  follow->wants_snapshot.insert(shard);
  if (follow->state == State::active && session_.ready()) fetch_snapshot(*follow);
}

// ---- what shards are told

void Subscriber::tell(ShardIndex shard, hub::News news) {
  shards_[shard].news->push(std::move(news));
  after_telling();
}

void Subscriber::tell_events(Follow& follow, const hub::Feed::Events& events) {
  if (events.empty()) return;
  counters_.events.fetch_add(events.size(), std::memory_order_relaxed);
  for (const hub::EventRef& event : events)
    if (event->happening == hub::Happening::reset) counters_.resets.fetch_add(1, std::memory_order_relaxed);
  for (const ShardIndex shard : follow.open) shards_[shard].news->push(hub::Happened{follow.name, events});
  after_telling();
}

void Subscriber::tell_opened(Follow& follow, ShardIndex shard, std::size_t live) {
  const auto& events = follow.feed.history().events();
  const auto split = events.end() - static_cast<std::ptrdiff_t>(std::min(live, events.size()));
  wire::EventId position = follow.feed.position();
  if (split != events.end()) {
    // Before the first live event: sequences have no holes; where the history is cut, content 0 is "from the start".
    position = split != events.begin() ? (*std::prev(split))->id
                                       : wire::EventId{position.epoch, (*split)->id.sequence - 1, 0, 0, 0};
  }
  follow.open.insert(shard);
  tell(shard, hub::Opened{*follow.name, {events.begin(), split}, position,
                          republish_moves_.count(follow.name->service) != 0});
  if (split != events.end()) tell(shard, hub::Happened{follow.name, {split, events.end()}});
}

void Subscriber::tell_held(Follow& follow) {
  for (const ShardIndex shard : follow.shards)
    if (!follow.open.count(shard)) tell(shard, hub::Held{*follow.name});
}

/// One wake per shard for all that one read from the socket brought. A full mailbox stops the reading.
void Subscriber::after_telling() {
  if (!wake_posted_) {
    wake_posted_ = true;
    boost::asio::post(io_, [this] {
      wake_posted_ = false;
      for (const ShardDoors& shard : shards_) shard.news->wake();
    });
  }
  const bool congested =
      std::any_of(shards_.begin(), shards_.end(), [](const ShardDoors& shard) { return shard.news->congested(); });
  if (!congested || paused_) return;
  paused_ = true;
  counters_.pauses.fetch_add(1, std::memory_order_relaxed);
  session_.pause();
  relieve();
}

void Subscriber::relieve() {
  bool congested = false;
  for (const ShardDoors& shard : shards_) {
    if (!shard.news->flush_overflow()) congested = true;
    shard.news->wake();
  }
  if (!congested) {
    paused_ = false;
    return session_.resume();
  }
  relief_timer_.expires_after(std::chrono::milliseconds(1));
  relief_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) relieve();
  });
}

// ---- the session

void Subscriber::on_ready() {
  counters_.session_up = true;
  counters_.sessions.fetch_add(1, std::memory_order_relaxed);
  down_timer_.cancel();
  tell_session(true);
  for (const Service& service : options_.services) learn_service(service.jid);
  for (const auto& [name, follow] : follows_) subscribe(*follow);
  recheck();
}

/// Streams stay open over an outage. Those that have not begun get their 200 now.
void Subscriber::on_down() {
  counters_.session_up = false;
  recheck_timer_.cancel();
  turn_.clear();
  subscribing_ = 0;
  for (const auto& [name, follow] : follows_) {
    follow->state = State::idle;
    follow->fetching = follow->fetching_payload = false;
    if (!follow->lingering) follow->timer.cancel();
    if (!follow->primed) tell_held(*follow);
  }
  down_timer_.expires_after(options_.tell_down_after);
  down_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !session_.ready()) tell_session(false);
  });
}

void Subscriber::tell_session(bool up) {
  if (told_down_ == !up) return;
  told_down_ = !up;
  for (ShardIndex shard = 0; shard < shards_.size(); ++shard) tell(shard, hub::SessionChanged{up});
}

/// Only the service that was asked is believed (XEP-0060 §12.2 leaves this to the subscriber).
void Subscriber::on_message(Element&& message) {
  auto notification = pubsub::read_notification(message);
  if (!notification) return;
  const FollowRef follow = find({std::string(message.attribute("from")), notification->node});
  if (!follow || follow->state == State::idle || follow->state == State::leaving) {
    spdlog::debug("pubsub: ignored a notification from {} for {}", quoted(message.attribute("from")),
                  quoted(notification->node));
    return;
  }
  struct Reader {
    Subscriber& subscriber;
    const FollowRef& follow;
    void operator()(std::vector<hub::Change>& changes) {
      if (follow->state != State::pending) subscriber.apply(*follow, std::move(changes));
    }
    void operator()(const pubsub::Notification::ConfigurationChanged&) {
      if (follow->state == State::active) subscriber.subscribe(*follow);
    }
    void operator()(const pubsub::Notification::Deleted&) {
      subscriber.tell_events(*follow, follow->feed.change({hub::Happening::deletion, {}, false}, Clock::now()));
      subscriber.drop(*follow->name);
    }
    void operator()(const pubsub::Subscription& subscription) {
      if (!subscription.jid.empty() && bare(subscription.jid) != subscriber.jid_) return;
      if (subscription.state == pubsub::SubscriptionState::subscribed && follow->state == State::pending) {
        follow->feed.begin_backfill(true);
        return subscriber.fill(*follow);
      }
      // Withdrawn: asking again says why, and whether for good.
      if (subscription.state == pubsub::SubscriptionState::none && follow->state == State::active)
        subscriber.subscribe(*follow);
    }
  };
  std::visit(Reader{*this, follow}, notification->what);
}

// ---- one node's way

void Subscriber::subscribe(Follow& follow) {
  follow.state = State::queued;
  follow.feed.begin_backfill(true);
  turn_.push_back(find(*follow.name));
  subscribe_next();
}

void Subscriber::subscribe_next() {
  while (subscribing_ < options_.max_subscribing && !turn_.empty()) {
    const FollowRef follow = turn_.front().lock();
    turn_.pop_front();
    if (follow && follow->state == State::queued) send_subscribe(*follow);
  }
}

void Subscriber::send_subscribe(Follow& follow) {
  ++subscribing_;
  follow.state = State::subscribing;
  session_.send_iq(IqType::set, follow.name->service, pubsub::subscribe(follow.name->node, jid_), options_.deadline,
                   [this, weak = std::weak_ptr(find(*follow.name))](IqResult result) {
                     if (subscribing_ > 0) --subscribing_;
                     if (const FollowRef asked = weak.lock(); asked && asked->state == State::subscribing) {
                       if (result) {
                         on_subscribed(asked, *result);
                       } else {
                         on_refused(asked, result.error());
                       }
                     }
                     subscribe_next();
                   });
}

void Subscriber::on_subscribed(const FollowRef& follow, const Element& iq) {
  const auto subscription = pubsub::read_subscription(iq);
  // §6.1.2: the reply's <subscription/> is recommended, not required; without one the result itself says yes.
  if (subscription) follow->subid = subscription->subid;
  if (subscription && subscription->state == pubsub::SubscriptionState::pending) {
    follow->state = State::pending;
    tell_events(*follow, follow->feed.abandon_backfill(Clock::now()).events);
    return tell_held(*follow);
  }
  spdlog::debug("pubsub: subscribed to {}", display(*follow->name));
  fill(*follow);
}

void Subscriber::on_refused(const FollowRef& follow, const IqFailure& failure) {
  if (!session_.ready()) return;  // on_down has seen to it, on_ready will ask again
  tell_events(*follow, follow->feed.abandon_backfill(Clock::now()).events);
  const auto refusal = pubsub::read_refusal(failure);
  if (refusal == pubsub::Refusal::pending) {
    follow->state = State::pending;
    return tell_held(*follow);
  }
  if (refusal == pubsub::Refusal::passing) {
    spdlog::warn("pubsub: cannot subscribe to {} now: {}", display(*follow->name), failure.reason);
    tell_held(*follow);
    return try_later(*follow);
  }
  spdlog::info("pubsub: {} is refused: {}", display(*follow->name), failure.reason);
  const bool missing = refusal == pubsub::Refusal::no_such_node;
  if (follow->primed && missing)
    tell_events(*follow, follow->feed.change({hub::Happening::deletion, {}, false}, Clock::now()));
  if (!follow->primed) {
    for (const ShardIndex shard : follow->shards)
      tell(shard, hub::Refused{*follow->name, missing ? hub::Refusal::no_such_node : hub::Refusal::forbidden});
    follow->shards.clear();
  }
  drop(*follow->name);
}

/// Shards that still follow it end their streams; the next try starts anew.
void Subscriber::drop(const NodeName& name) {
  const FollowRef follow = find(name);
  if (!follow) return;
  for (const ShardIndex shard : follow->shards) tell(shard, hub::Ended{name});
  follow->state = State::idle;
  follow->timer.cancel();
  follows_.erase(name);
  count_nodes();
}

void Subscriber::fill(Follow& follow) {
  follow.state = State::filling;
  read_stored_items(session_, *follow.name, {}, [this, weak = std::weak_ptr(find(*follow.name))](StoredItems stored) {
    const FollowRef filled = weak.lock();
    if (!filled || filled->state != State::filling || !session_.ready()) return;
    if (stored) {
      const hub::Feed::Backfill backfill = filled->feed.end_backfill(*stored, Clock::now());
      spdlog::debug("pubsub: {} stores {} items; {} events follow from them", display(*filled->name), stored->size(),
                    backfill.events.size());
      return activate(*filled, backfill);
    }
    if (pubsub::read_refusal(stored.error()) == pubsub::Refusal::passing) {
      spdlog::warn("pubsub: cannot read the items of {} now: {}", display(*filled->name), stored.error().reason);
      tell_held(*filled);
      return try_later(*filled);
    }
    // The node keeps no items, or lets nobody read them back: there is nothing to miss then.
    spdlog::debug("pubsub: {} has no stored items: {}", display(*filled->name), stored.error().reason);
    activate(*filled, filled->feed.abandon_backfill(Clock::now()));
  });
}

void Subscriber::activate(Follow& follow, const hub::Feed::Backfill& filled) {
  follow.state = State::active;
  follow.primed = true;
  tell_events(follow, filled.events);
  for (const ShardIndex shard : follow.shards)
    if (!follow.open.count(shard)) tell_opened(follow, shard, filled.events.size() - filled.live_from);
  if (!follow.wants_snapshot.empty()) fetch_snapshot(follow);
}

void Subscriber::try_later(Follow& follow) {
  follow.state = State::idle;
  if (follow.lingering) return;
  follow.timer.expires_after(options_.retry);
  follow.timer.async_wait([this, weak = std::weak_ptr(find(*follow.name))](const boost::system::error_code& error) {
    const FollowRef again = weak.lock();
    if (!error && again && again->state == State::idle && session_.ready()) subscribe(*again);
  });
}

void Subscriber::leave(Follow& follow) {
  spdlog::debug("pubsub: leaving {}", display(*follow.name));
  follow.lingering = false;
  follow.state = State::leaving;
  const FollowRef left = find(*follow.name);
  if (!session_.ready()) return on_left(left);
  session_.send_iq(IqType::set, follow.name->service, pubsub::unsubscribe(follow.name->node, jid_, follow.subid),
                   options_.deadline, [this, weak = std::weak_ptr(left)](IqResult) {
                     const FollowRef gone = weak.lock();
                     if (gone && gone->state == State::leaving) on_left(gone);
                   });
}

/// A server may work on several requests at a time (ejabberd does), so a node is subscribed to again only now.
void Subscriber::on_left(const FollowRef& follow) {
  if (!follow->shards.empty() && session_.ready()) return subscribe(*follow);
  follow->state = State::idle;
  if (!follow->shards.empty()) return;  // on_ready() will ask
  follows_.erase(NodeName(*follow->name));
  count_nodes();
}

// ---- changes

void Subscriber::apply(Follow& follow, std::vector<hub::Change> changes) {
  hub::Feed::Events events;
  for (hub::Change& change : changes) {
    // deliver_payloads=0 (§4.3): the item's payload is asked for, and what comes after it waits.
    const bool stripped = change.happening == hub::Happening::item && change.item.payload.empty();
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
    const bool stripped = next.happening == hub::Happening::item && next.item.payload.empty();
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

void Subscriber::fetch_snapshot(Follow& follow) {
  if (follow.fetching) return;
  follow.fetching = true;
  follow.feed.begin_backfill(false);
  read_stored_items(session_, *follow.name, {}, [this, weak = std::weak_ptr(find(*follow.name))](StoredItems stored) {
    const FollowRef fetched = weak.lock();
    if (!fetched || !fetched->fetching) return;
    fetched->fetching = false;
    if (!session_.ready() || fetched->state != State::active) return;  // activate() asks again
    if (!stored) {
      spdlog::warn("pubsub: cannot read the items of {}: {}", display(*fetched->name), stored.error().reason);
      fetched->feed.abandon_backfill(Clock::now());
      return answer_snapshot(*fetched, fetched->feed.remembered());
    }
    tell_events(*fetched, fetched->feed.end_backfill(*stored, Clock::now()).events);
    answer_snapshot(*fetched, fetched->feed.snapshot(*stored));
  });
}

void Subscriber::answer_snapshot(Follow& follow, const hub::Feed::Events& items) {
  for (const ShardIndex shard : std::exchange(follow.wants_snapshot, {})) tell(shard, hub::Snapshot{*follow.name, items});
}

// ---- own subscriptions

/// Which end of a list a re-published item stands at decides whether a stored item's neighbours tell what came after
/// it. No protocol says so; the server's name does.
void Subscriber::learn_service(const std::string& jid) {
  session_.send_iq(IqType::get, jid, OutStanza("query", "http://jabber.org/protocol/disco#info"), options_.deadline,
                   [this, jid](IqResult result) {
                     const Element* query =
                         result ? result->child("query", "http://jabber.org/protocol/disco#info") : nullptr;
                     if (!query) return;
                     for (const Element& child : query->children)
                       if (child.name == "identity" && child.attribute("category") == "pubsub" &&
                           child.attribute("name").find("Prosody") != std::string_view::npos)
                         republish_moves_.insert(jid);
                   });
}

void Subscriber::recheck() {
  for (const Service& service : options_.services) recheck_service(service.jid);
  schedule_recheck();
}

void Subscriber::schedule_recheck() {
  recheck_timer_.expires_after(options_.recheck);
  recheck_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && session_.ready()) recheck();
  });
}

/// A server may have lost a subscription, or a node, without a word; and it may keep subscriptions of an earlier run.
void Subscriber::recheck_service(const std::string& jid) {
  std::unordered_set<std::string> active_before;
  for (const auto& [name, follow] : follows_)
    if (name.service == jid && follow->state == State::active) active_before.insert(name.node);
  session_.send_iq(
      IqType::get, jid, pubsub::subscriptions(), options_.deadline,
      [this, jid, active_before = std::move(active_before)](IqResult result) {
        if (!result) return;
        std::unordered_set<std::string> listed;
        std::unordered_set<NodeName, hub::NodeNameHash> unused;
        for (const pubsub::Subscription& one : pubsub::read_subscriptions(*result)) {
          if (bare(one.jid) != jid_ || one.state == pubsub::SubscriptionState::none) continue;
          listed.insert(one.node);
          if (find({jid, one.node})) continue;
          unused.insert({jid, one.node});
          if (!unused_.count({jid, one.node})) continue;
          spdlog::info("pubsub: dropping the left-over subscription to {}", display({jid, one.node}));
          session_.send_iq(IqType::set, jid, pubsub::unsubscribe(one.node, jid_, one.subid), options_.deadline,
                           [](IqResult) {});
        }
        std::erase_if(unused_, [&](const NodeName& name) { return name.service == jid; });
        unused_.merge(unused);
        for (const std::string& node : active_before) {
          const FollowRef follow = find({jid, node});
          if (!follow || follow->state != State::active || listed.count(node)) continue;
          spdlog::warn("pubsub: the subscription to {} is gone; subscribing again", display(*follow->name));
          subscribe(*follow);
        }
      });
}

}  // namespace xes::xmpp
