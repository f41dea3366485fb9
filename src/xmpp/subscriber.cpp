// SPDX-License-Identifier: MIT
#include "xmpp/subscriber.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>

#include "base/log_limited.hpp"
#include "base/text.hpp"
#include "wire/glob.hpp"
#include "wire/jid.hpp"

namespace xes::xmpp {
namespace {

using hub::NodeName;
using Clock = hub::Feed::Clock;

std::uint64_t random_epoch() {
  std::random_device device;
  return (std::uint64_t{device()} << 32 | device()) & wire::epoch_mask;
}

}  // namespace

Subscriber::Subscriber(boost::asio::io_context& io, SessionOptions session, SubscriberOptions options,
                       std::vector<ShardDoors> shards, std::shared_ptr<SubscriberCounters> counters)
    : io_(io),
      options_(std::move(options)),
      jid_(session.jid),
      shards_(std::move(shards)),
      subscribing_(io, options_.subscribing),
      suspects_(io, options_.suspects),
      checking_(io, options_.checking),
      rereading_(io, options_.rereading),
      leaving_(io, options_.leaving),
      recheck_timer_(io),
      down_timer_(io),
      relief_timer_(io),
      forgive_timer_(io),
      counters_(std::move(counters)),
      session_(io, std::move(session),
               {.on_ready = [this] { on_ready(); },
                .on_down = [this](const Failure&) { on_down(); },
                .on_message = [this](Element&& message) { on_message(std::move(message)); },
                .on_presence = [this](Element&& presence) { on_presence(presence); },
                .on_unanswered = [this] { counters_->unanswered.fetch_add(1, std::memory_order_relaxed); },
                .on_passed_over = [this] { counters_->passed_over.fetch_add(1, std::memory_order_relaxed); }}),
      directory_(io, session_, options_.directory,
                 [this](ShardIndex shard, hub::Listed listed) { tell(shard, std::move(listed)); }),
      authorizer_(
          io, options_.authorizer,
          [this](const std::string& to, OutStanza payload, OnIqResult callback, const std::string& from) {
            // What went unanswered for an outage is no silence of the service's: on_down() tells of it.
            const auto unless_down = [this, callback = std::move(callback)](IqResult result) {
              if (session_.ready()) callback(std::move(result));
            };
            session_.send_iq(IqType::get, to, std::move(payload), options_.deadline, unless_down, from);
          },
          [this](ShardIndex shard, hub::Judged judged) { tell(shard, std::move(judged)); }) {
  for (const Service& service : options_.services)
    if (!wire::is_glob(service.jid)) services_[service.jid];
}

Subscriber::~Subscriber() {
  for (const ShardDoors& shard : shards_) shard.wants->on_wake([] {});
  counters_->session_up = false;
  counters_->nodes = 0;
}

void Subscriber::start() {
  session_.start();
  for (ShardIndex shard = 0; shard < shards_.size(); ++shard) {
    shards_[shard].wants->on_wake([this, shard] { take_wants(shard); });
    take_wants(shard);  // what has been wanted so far
  }
  after_telling();  // what somebody before this one has told may still be waiting
}

void Subscriber::stop() {
  for (const auto& [name, follow] : follows_)
    if (follow->room && session_.ready()) leave_room(*follow);
  session_.stop();
  directory_.stop();
  authorizer_.stop();
  recheck_timer_.cancel();
  down_timer_.cancel();
  relief_timer_.cancel();
  forgive_timer_.cancel();
  lingering_.clear();
  follows_.clear();
}

Subscriber::FollowRef Subscriber::find(const NodeName& name) const {
  const auto found = follows_.find(name);
  return found == follows_.end() ? nullptr : found->second;
}

bool Subscriber::is_service(const std::string& jid) const {
  return std::any_of(options_.services.begin(), options_.services.end(),
                     [&](const Service& service) { return wire::jid_matches(service.jid, jid); });
}

// ---- what shards want

void Subscriber::take_wants(ShardIndex shard) {
  shards_[shard].wants->drain([&](const hub::Want& want) {
    switch (want.what) {
      case hub::Want::What::follow: return follow(shard, want.name);
      case hub::Want::What::unfollow: return unfollow(shard, want.name);
      case hub::Want::What::check: return check(want.name);
      case hub::Want::What::fetch: return fetch(shard, want.name);
      case hub::Want::What::list:
        if (is_service(want.name.service)) directory_.want(shard, want.name.service);
        return;
      case hub::Want::What::unlist: return directory_.leave(shard, want.name.service);
      case hub::Want::What::judge: return judge(shard, want.name, want.user);
      case hub::Want::What::unjudge: return authorizer_.leave(shard, want.name, want.user);
    }
  });
}

void Subscriber::follow(ShardIndex shard, const NodeName& name) {
  const RoomService* rooms = room_service(name.service);
  const bool allowed = rooms ? std::any_of(rooms->rooms.begin(), rooms->rooms.end(),
                                           [&](const std::string& glob) { return wire::glob_matches(glob, name.node); })
                             : is_service(name.service);
  if (!allowed) return tell(shard, hub::Refused{name, hub::Refusal::no_such_node});

  FollowRef& follow = follows_[name];
  const bool is_new = !follow;
  if (is_new) {
    hub::FeedOptions options;
    options.epoch = random_epoch();  // its sequences begin anew, so an ID of an earlier feed must not fit
    options.history = options_.history;
    follow = std::make_shared<Follow>(io_, name, options);
    if (rooms) {
      follow->room = std::make_unique<Room>(io_, *rooms, options_.history.max_bytes);
    } else {
      add_service(name.service);
    }
  }
  // A try that fails while nobody is there is the last one.
  const bool has_rested = stop_lingering(*follow);
  follow->asked_anew = follow->asked_anew || follow->in_quarantine();
  if ((has_rested || follow->asked_anew) && follow->state == State::idle && session_.ready()) subscribe(*follow);
  if (follow->shards.empty() && follow->state == State::active && !follow->room) push_access_check(rereading_, follow);
  if (!follow->shards.insert(shard).second) return;  // it asked anew, and has been told what there is to tell
  make_room();
  count_nodes();
  if (follow->primed && !follow->in_quarantine()) {
    tell_opened(*follow, shard);
  } else if (!session_.ready() || follow->state == State::pending || (!is_new && follow->state == State::idle)) {
    tell(shard, held(*follow));
  }
  if (is_new && session_.ready()) subscribe(*follow);
}

void Subscriber::unfollow(ShardIndex shard, const NodeName& name) {
  const FollowRef follow = find(name);
  if (!follow) return;
  follow->shards.erase(shard);
  follow->open.erase(shard);
  follow->wants_snapshot.erase(shard);
  if (follow->shards.empty()) linger(*follow);
}

/// An answer that is no may come after the stream has begun; then it ends.
void Subscriber::check(const NodeName& name) {
  if (const FollowRef follow = find(name); follow && follow->state == State::active && !follow->room)
    push_access_check(rereading_, follow);
}

void Subscriber::fetch(ShardIndex shard, const NodeName& name) {
  const FollowRef follow = find(name);
  if (!follow) return;
  follow->wants_snapshot.insert(shard);
  if (follow->state == State::active && session_.ready()) fetch_snapshot(*follow);
}

void Subscriber::judge(ShardIndex shard, const NodeName& name, const hub::User& user) {
  if (is_service(name.service)) return authorizer_.ask(shard, name, user);
  tell(shard, hub::Judged{name, user.jid, hub::Verdict::no_such_node});
}

// ---- nodes that nobody reads

void Subscriber::linger(Follow& follow) {
  follow.lingering = lingering_.insert(lingering_.end(), &follow);
  // Who was suspected stays known: a visit may be short.
  const auto at_least = follow.is_suspect() ? std::max(follow.quarantine, options_.quarantine) : std::chrono::milliseconds(0);
  follow.timer.after(std::max(options_.linger, at_least), [this, weak = std::weak_ptr(find(*follow.name))] {
    const FollowRef left = weak.lock();
    if (left && left->lingering) leave(*left);
  });
}

/// True if it did, or was about to go.
bool Subscriber::stop_lingering(Follow& follow) {
  if (!follow.lingering) return std::exchange(follow.over, false);
  follow.timer.cancel();
  lingering_.erase(*std::exchange(follow.lingering, std::nullopt));
  return true;
}

/// A visit may be short, and names many.
void Subscriber::make_room() {
  while (options_.max_nodes != 0 && follows_.size() > options_.max_nodes && !lingering_.empty()) leave(*lingering_.front());
}

// ---- what shards are told

void Subscriber::tell(ShardIndex shard, hub::News news) {
  shards_[shard].news->push(std::move(news));
  after_telling();
}

void Subscriber::tell_events(Follow& follow, const hub::Feed::Events& events) {
  if (events.empty()) return;
  counters_->events.fetch_add(events.size(), std::memory_order_relaxed);
  for (const hub::EventRef& event : events)
    if (event->happening == hub::Happening::reset) counters_->resets.fetch_add(1, std::memory_order_relaxed);
  std::size_t bytes = 0;
  for (const hub::EventRef& event : events) bytes += event->size();
  for (const ShardIndex shard : follow.open) shards_[shard].news->push(hub::Happened{follow.name, events}, bytes);
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
                          follow.room || services_.at(follow.name->service).republish_moves});
  if (split != events.end()) tell(shard, hub::Happened{follow.name, {split, events.end()}});
}

void Subscriber::tell_held(Follow& follow) {
  for (const ShardIndex shard : follow.shards)
    if (!follow.open.count(shard)) tell(shard, held(follow));
}

hub::Held Subscriber::held(const Follow& follow) {
  return {*follow.name, follow.state == State::pending, follow.in_quarantine()};
}

/// One wake per shard for all that one read from the socket brought. A full mailbox stops the reading.
void Subscriber::after_telling() {
  if (!wake_posted_) {
    boost::asio::post(io_, [this, alive = std::weak_ptr(alive_)] {
      if (alive.expired()) return;
      wake_posted_ = false;
      for (const ShardDoors& shard : shards_) shard.news->wake();
    });
    wake_posted_ = true;
  }
  const bool congested =
      std::any_of(shards_.begin(), shards_.end(), [](const ShardDoors& shard) { return shard.news->congested(); });
  if (!congested || paused_) return;
  paused_ = true;
  counters_->pauses.fetch_add(1, std::memory_order_relaxed);
  session_.pause();
  relieve();
}

void Subscriber::relieve() {
  bool congested = false;
  for (const ShardDoors& shard : shards_) {
    shard.news->flush_overflow();
    if (shard.news->congested()) congested = true;
    shard.news->wake();
  }
  if (!congested) {
    paused_ = false;
    return session_.resume();
  }
  relief_timer_.after(std::chrono::milliseconds(1), [this] { relieve(); });
}

// ---- the session

void Subscriber::on_ready() {
  counters_->session_up = true;
  counters_->sessions.fetch_add(1, std::memory_order_relaxed);
  down_timer_.cancel();
  tell_session(true);
  authorizer_.on_ready();  // before any item comes
  for (const auto& [jid, service] : services_) learn_service(jid);
  for (const auto& [name, follow] : follows_)
    if (!follow->lingering || !follow->is_suspect()) subscribe(*follow);
  forgive_timer_.after(options_.forgive, [this] { forgive(); });
  directory_.on_ready();
  recheck();
}

/// Streams stay open over an outage. Those that have not begun get their 200 now.
void Subscriber::on_down() {
  counters_->session_up = false;
  recheck_timer_.cancel();
  forgive_timer_.cancel();
  directory_.on_down();
  authorizer_.on_down();
  subscribing_.clear();
  suspects_.clear();
  checking_.clear();
  rereading_.clear();
  leaving_.clear();
  for (auto& [jid, service] : services_) service.lists_none = false;
  left_over_.clear();
  std::vector<FollowRef> left;
  for (const auto& [name, follow] : follows_) {
    const bool was_asked = follow->state == State::subscribing || follow->state == State::filling || follow->fetching ||
                           follow->fetching_payload || follow->checking;
    follow->state = State::idle;
    follow->fetching = follow->fetching_payload = follow->checking = follow->check_waits = false;
    if (follow->room) {
      follow->room->deadline.cancel();
      follow->room->turn.reset();
    }
    if (!follow->lingering) follow->timer.cancel();
    if (was_asked) count_failure(*follow);
    if (follow->over || (follow->lingering && was_asked)) left.push_back(follow);
    if (!follow->primed || follow->in_quarantine()) tell_held(*follow);
  }
  for (const FollowRef& follow : left) {
    if (!follow->is_suspect()) {
      leave_now(*follow);
      continue;
    }
    stop_lingering(*follow);
    linger(*follow);  // for longer
  }
  down_timer_.after(options_.tell_down_after, [this] {
    if (!session_.ready()) tell_session(false);
  });
}

void Subscriber::tell_session(bool up) {
  if (told_down_ == !up) return;
  told_down_ = !up;
  for (ShardIndex shard = 0; shard < shards_.size(); ++shard) tell(shard, hub::SessionChanged{up});
}

// ---- nodes that the session failed at

void Subscriber::count_failure(Follow& follow) {
  ++follow.failures;
  if (!follow.in_quarantine()) return;
  counters_->quarantines.fetch_add(1, std::memory_order_relaxed);
  follow.quarantine = std::clamp(2 * follow.quarantine, options_.quarantine, options_.forgive);
  log_limited::warn("pubsub: the XMPP session failed twice while the worker asked for {}; it asks again when a new stream "
                    "opens, but not within {} s", display(*follow.name),
                    std::chrono::ceil<std::chrono::seconds>(follow.quarantine).count());
  follow.quarantined_until = std::chrono::steady_clock::now() + follow.quarantine;
  follow.asked_anew = false;
  follow.open.clear();
  follow.wants_snapshot.clear();
}

/// It was asked for, and the session goes on.
void Subscriber::clear(Follow& follow) {
  follow.failures = 0;
  follow.quarantine = std::chrono::milliseconds(0);
  follow.asked_anew = false;
}

/// Streams that come sooner wait, so browsers that come back by themselves cost one session at most in that time.
void Subscriber::try_after_quarantine(Follow& follow) {
  if (!follow.asked_anew) return;
  follow.timer.at(follow.quarantined_until, [this, weak = std::weak_ptr(find(*follow.name))] {
    const FollowRef again = weak.lock();
    if (!again || !again->in_quarantine() || !session_.ready()) return;
    again->asked_anew = false;
    again->failures = max_failures - 1;
    subscribe(*again);
  });
}

void Subscriber::forgive() {
  for (const auto& [name, follow] : follows_) {
    if (!follow->in_quarantine() || follow->lingering) continue;
    follow->asked_anew = true;
    try_after_quarantine(*follow);
  }
}

/// Only the service that was asked is believed (XEP-0060 §12.2 leaves this to the subscriber).
void Subscriber::on_message(Element&& message) {
  if (message.attribute("type") == "groupchat") return on_room_message(message);
  auto notification = pubsub::read_notification(message);
  if (!notification) return;
  const FollowRef follow = find({std::string(message.attribute("from")), notification->node});
  if (!follow || follow->state == State::idle) {
    spdlog::debug("pubsub: ignored a notification from {} for {}", quote(message.attribute("from")),
                  quote(notification->node));
    if (!follow) note_stray(std::string(wire::without_resource(message.attribute("from"))));
    return;
  }
  struct Reader {
    Subscriber& subscriber;
    const FollowRef& follow;
    void operator()(std::vector<hub::Change>& changes) {
      // The last item, which subscribing again pushes: it is known.
      if (follow->checking) std::erase_if(changes, [](const hub::Change& change) { return change.delayed; });
      for (hub::Change& change : changes) {
        if (follow->pushed != 0 && change.item.content_hash(*follow->name) == follow->pushed) change.delayed = true;
        follow->pushed = 0;
        follow->heard = follow->heard || !change.delayed;
      }
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
      if (!subscription.jid.empty() && wire::without_resource(subscription.jid) != subscriber.jid_) return;
      if (subscription.state == pubsub::SubscriptionState::subscribed && follow->state == State::pending) {
        follow->feed.begin_backfill(true);
        return subscriber.fill(*follow, {});
      }
      // Withdrawn: asking again says why, and whether for good.
      if (subscription.state != pubsub::SubscriptionState::subscribed && follow->state == State::active)
        subscriber.subscribe(*follow);
    }
  };
  std::visit(Reader{*this, follow}, notification->what);
}

}  // namespace xes::xmpp
