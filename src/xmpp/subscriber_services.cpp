// SPDX-License-Identifier: MIT
// The services: what they are, and what they say of our subscriptions. The rest is in subscriber.cpp.
#include <algorithm>

#include "base/log_limited.hpp"
#include "base/text.hpp"
#include "wire/jid.hpp"
#include "xmpp/pubsub/access_answers.hpp"
#include "xmpp/subscriber.hpp"

namespace xes::xmpp {
namespace {

using hub::NodeName;
constexpr std::string_view disco_info = "http://jabber.org/protocol/disco#info";

}  // namespace

void Subscriber::add_service(const std::string& jid) {
  const auto [service, is_new] = services_.try_emplace(jid);
  ++service->second.follows;
  if (is_new && session_.ready()) learn_service(jid);
}

/// What is configured by name stays known.
void Subscriber::remove_service(const std::string& jid) {
  const auto service = services_.find(jid);
  if (service == services_.end() || --service->second.follows > 0) return;
  const bool by_name = std::any_of(options_.services.begin(), options_.services.end(),
                                   [&](const Service& one) { return one.jid == jid; });
  if (by_name) return;
  services_.erase(service);
  forget_unused(jid);
}

/// Which end of a list a re-published item stands at decides whether a stored item's neighbours tell what came after
/// it. No protocol says so; the server's name does. An account tells strangers nothing, its server does.
void Subscriber::learn_service(const std::string& jid) {
  const auto learn = [this, jid](const IqResult& result) {
    const Element* query = result ? result->child("query", disco_info) : nullptr;
    const auto service = services_.find(jid);
    if (!query || service == services_.end()) return;
    service->second.answers = true;
    const std::string_view category = is_account(jid) ? "server" : "pubsub";
    for (const Element& child : query->children)
      if (child.name == "identity" && child.attribute("category") == category &&
          child.attribute("name").find("Prosody") != std::string_view::npos)
        service->second.republish_moves = true;
  };
  // In the same line as its nodes, before they are subscribed to.
  subscribing_.push(key_of(jid), [this, jid, learn](const Turn& turn) {
    session_.send_iq(IqType::get, key_of(jid), OutStanza("query", disco_info), options_.deadline,
                     [learn, turn](const IqResult& result) { learn(result); });
  });
}

void Subscriber::recheck() {
  std::vector<Check> services;
  std::vector<FollowRef> rooms, nodes;
  // Where a round is not over yet, it goes on instead of a new one.
  const auto rests = [this](const std::string& jid) { return checking_.idle(key_of(jid)); };
  for (const auto& [jid, service] : services_)
    if (rests(jid)) services.push_back({jid});
  for (const std::string& jid : strays_)
    if (!services_.count(jid) && rests(jid)) services.push_back({jid});
  for (const auto& [name, follow] : follows_)
    if (follow->state == State::active && rests(name.service)) (follow->room ? rooms : nodes).push_back(follow);
  for (const Check& one : services) push_check(one);
  for (const std::weak_ptr<Follow> room : rooms)
    checking_.push(key_of(room.lock()->name->service), [this, room](const Turn& turn) {
      if (const FollowRef next = room.lock(); next && next->state == State::active) check_room(*next, turn);
    });
  for (const FollowRef& node : nodes) push_access_check(checking_, node);
  schedule_recheck();
}

/// Those of the periodic check and those for streams that come stand in lines of their own, so that neither holds up the
/// other.
void Subscriber::push_access_check(LimitedQueue& line, const FollowRef& follow) {
  if (std::exchange(follow->check_waits, true)) return;
  line.push(key_of(follow->name->service), [this, weak = std::weak_ptr(follow)](const Turn& turn) {
    const FollowRef next = weak.lock();
    if (!next) return;
    next->check_waits = false;
    if (next->state == State::active) check_access(*next, turn);
  });
}

/// A service says nothing when a node is made private, or its owner shuts us out: a server may go on sending us items
/// (ejabberd does), and answers forbidden only when it is asked. For an item that does not exist, since the rights are
/// looked at first. What is refused is subscribed to again, and the answer to that decides.
void Subscriber::check_access(Follow& follow, const Turn& turn) {
  if (follow.unreadable) return subscribe(follow);
  session_.send_iq(IqType::get, follow.name->service, probe(follow.name->node), options_.deadline,
                   [this, turn, weak = std::weak_ptr(find(*follow.name))](const IqResult& result) {
                     const FollowRef asked = weak.lock();
                     if (!asked || asked->state != State::active || !session_.ready()) return;
                     if (result) return check_subscribing(*asked, turn);
                     if (pubsub::is_no(result.error())) subscribe(*asked);
                   });
}

/// ejabberd lets who is subscribed read a node that was made private. Whether we may still subscribe, it says alone if we
/// do; it changes nothing but for the last item, which it may push (marked as delayed). Prosody needs no such question, nor
/// do accounts, whose servers push an item that looks live.
void Subscriber::check_subscribing(Follow& follow, const Turn& turn) {
  const KnownService& service = services_.at(follow.name->service);
  if (service.republish_moves || service.adds_subids || is_account(follow.name->service)) return;
  if (std::exchange(follow.checking, true)) return;
  session_.send_iq(IqType::set, follow.name->service, pubsub::subscribe(follow.name->node, jid_), options_.deadline,
                   [this, turn, weak = std::weak_ptr(find(*follow.name))](const IqResult& result) {
                     const FollowRef asked = weak.lock();
                     if (!asked || !session_.ready()) return;
                     asked->checking = false;
                     if (asked->over) return leave_now(*asked);
                     if (asked->state != State::active) return;
                     if (!result && pubsub::read_refusal(result.error()) == pubsub::Refusal::passing) return;
                     const auto granted = result ? pubsub::read_subscription(*result) : std::nullopt;
                     if (!result || (granted && granted->state == pubsub::SubscriptionState::pending)) return subscribe(*asked);
                     if (!granted || granted->subid.empty() || granted->subid == asked->subid) return;
                     if (asked->subid.empty()) {
                       asked->subid = granted->subid;
                       return;
                     }
                     services_.at(asked->name->service).adds_subids = true;
                     const std::string older = std::exchange(asked->subid, granted->subid);
                     session_.send_iq(IqType::set, asked->name->service, pubsub::unsubscribe(asked->name->node, jid_, older),
                                      options_.deadline, [turn](const IqResult&) {});
                   });
}

void Subscriber::push_check(const Check& one) {
  checking_.push(key_of(one.service), [this, one](const Turn& turn) { check(one, turn); });
}

void Subscriber::schedule_recheck() {
  recheck_timer_.after(options_.recheck, [this] {
    if (session_.ready()) recheck();
  });
}

/// A server may have lost a subscription, or a node, without a word; and it may keep subscriptions of an earlier run.
void Subscriber::check(const Check& check, const Turn& turn) {
  const bool all = check.node.empty();
  std::unordered_set<std::string> active_before;
  if (all) {
    for (const auto& [name, follow] : follows_)
      if (name.service == check.service && follow->state == State::active) active_before.insert(name.node);
  } else if (const FollowRef follow = find({check.service, check.node}); follow && follow->state == State::active) {
    active_before.insert(check.node);
  }
  if (all && is_account(check.service)) refresh_unheard(check.service);
  const auto service = services_.find(check.service);
  if (all && service != services_.end() && service->second.lists_none) return check_each(check.service, active_before);
  OutStanza question = pubsub::subscriptions(check.node);
  session_.send_iq(IqType::get, check.service, std::move(question), options_.deadline,
                   [this, turn, all, check, active_before = std::move(active_before)](IqResult result) {
                     const Error* error = result ? nullptr : &result.error().error;
                     const auto listed = result ? pubsub::read_subscriptions(*result) : std::vector<pubsub::Subscription>();
                     if (all && result) find_left_over(check.service, listed);
                     if (result || (!all && *error == Error::missing)) find_lost(check.service, active_before, listed);
                     if (all && error) {
                       strays_.erase(check.service);
                       forget_unused(check.service);
                       if (*error == Error::timed_out) check_each(check.service, active_before);
                     }
                   });
}

/// Prosody 0.12 gives no answer about all of them (a traceback in util/pubsub.lua) once a node to which we were subscribed
/// was deleted, until it restarts.
void Subscriber::check_each(const std::string& jid, const std::unordered_set<std::string>& nodes) {
  const auto service = services_.find(jid);
  if (service == services_.end()) return;
  if (!std::exchange(service->second.lists_none, true))
    log_limited::warn("pubsub: {} does not list our subscriptions; asking about each node from now on", quote(jid));
  for (const std::string& node : nodes) push_check({jid, node});
}

/// Subscriptions that nobody here wants.
void Subscriber::find_left_over(const std::string& jid, const std::vector<pubsub::Subscription>& listed) {
  std::unordered_set<NodeName, hub::NodeNameHash> unused;
  for (const pubsub::Subscription& one : listed) {
    const NodeName name{jid, one.node};
    if (!is_ours(one) || find(name)) continue;
    unused.insert(name);
    if (!unused_.count(name) || left_over_.count(name)) continue;
    log_limited::info("pubsub: dropping the leftover subscription to {}", display(name));
    unsubscribe(name, one.subid);
  }
  if (unused.empty()) strays_.erase(jid);
  std::erase_if(unused_, [&](const NodeName& name) { return name.service == jid; });
  unused_.merge(unused);
  forget_unused(jid);  // it may have been removed while it was asked
}

/// Subscriptions that are wanted and gone.
void Subscriber::find_lost(const std::string& jid, const std::unordered_set<std::string>& active_before,
                           const std::vector<pubsub::Subscription>& listed) {
  std::unordered_set<std::string> subscribed;
  for (const pubsub::Subscription& one : listed)
    if (is_ours(one)) subscribed.insert(one.node);
  for (const std::string& node : active_before) {
    const FollowRef follow = find({jid, node});
    if (!follow || follow->state != State::active || subscribed.count(node)) continue;
    log_limited::warn("pubsub: the subscription to {} is gone; subscribing again", display(*follow->name));
    subscribe(*follow);
  }
}

bool Subscriber::is_ours(const pubsub::Subscription& subscription) const {
  return wire::without_resource(subscription.jid) == jid_ && subscription.state != pubsub::SubscriptionState::none;
}

/// Whether an account's server notifies components shows only when it does (tell_deaf). Until then a look now and then
/// finds what was published.
void Subscriber::refresh_unheard(const std::string& jid) {
  for (const auto& [name, follow] : follows_)
    if (name.service == jid && follow->state == State::active && !follow->heard) fetch_snapshot(*follow);
}

/// A service that is configured by name is asked for our subscriptions in any case; another only if it says something.
void Subscriber::note_stray(const std::string& jid) {
  if (strays_.size() < options_.max_strays && !services_.count(jid) && is_service(jid)) strays_.insert(jid);
}

/// Of a service that nobody asks any more.
void Subscriber::forget_unused(const std::string& jid) {
  if (services_.count(jid) || strays_.count(jid)) return;
  std::erase_if(unused_, [&](const NodeName& name) { return name.service == jid; });
}

}  // namespace xes::xmpp
