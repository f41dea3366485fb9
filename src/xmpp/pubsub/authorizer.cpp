// SPDX-License-Identifier: MIT
#include "xmpp/pubsub/authorizer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <vector>

#include "base/log_limited.hpp"
#include "base/text.hpp"
#include "wire/jid.hpp"

namespace xes::xmpp {
namespace {

using hub::Verdict;

constexpr std::chrono::minutes complaint_period{1};

std::string display(const hub::NodeName& name) { return quote(name.node) + " at " + quote(name.service); }

/// Who answers.
const std::string& asked_of(const hub::NodeName& name, const hub::User& user) {
  return user.ask_as == hub::AskAs::privileged ? user.jid : name.service;
}

}  // namespace

Authorizer::Authorizer(boost::asio::io_context& io, AuthorizerOptions options, Send send,
                       std::function<void(Shard, hub::Judged)> tell)
    : options_(options), send_(std::move(send)), tell_(std::move(tell)), queue_(io, options.asking), timer_(io) {}

// ---- what shards want

void Authorizer::ask(Shard shard, const hub::NodeName& name, const hub::User& user) {
  EntryRef& found = entries_[{name.service, name.node, user.jid}];
  if (!found) found = std::make_shared<Entry>(Entry{name, user});
  Entry& entry = *found;
  entry.user = user;
  entry.shards.insert(shard);
  if (entry.idle) idle_.erase(*std::exchange(entry.idle, std::nullopt));
  if (entry.verdict && *entry.verdict != Verdict::lapsed) {
    tell_(shard, {name, user.jid, *entry.verdict});
  } else if (!ready_) {
    entry.verdict = Verdict::held;
    tell_(shard, {name, user.jid, Verdict::held});
  }
  if (ready_ && (!entry.verdict || *entry.verdict == Verdict::held || *entry.verdict == Verdict::lapsed)) enqueue(entry);
}

void Authorizer::leave(Shard shard, const hub::NodeName& name, const hub::User& user) {
  const auto found = entries_.find({name.service, name.node, user.jid});
  if (found == entries_.end()) return;
  Entry& entry = *found->second;
  entry.shards.erase(shard);
  if (entry.shards.empty() && !entry.idle) make_idle(entry);
}

/// The answer serves those who come back, a no for a moment. Without an answer, and without a date by which it is forgotten,
/// there is nothing to keep.
void Authorizer::make_idle(Entry& entry) {
  entry.idle = idle_.insert(idle_.end(), &entry);
  if (!entry.due && !entry.asking) return forget(entry);
  if (entry.due && entry.verdict != Verdict::allowed) schedule(entry, std::min(*entry.due, Clock::now() + options_.no_counts));
  if (idle_.size() > options_.max_cached) forget(*idle_.front());
}

void Authorizer::forget(Entry& entry) {
  unschedule(entry);
  if (entry.idle) idle_.erase(*std::exchange(entry.idle, std::nullopt));
  entries_.erase(key_of(entry));
}

// ---- asking

void Authorizer::enqueue(Entry& entry) {
  if (entry.queued || entry.asking) return;
  entry.queued = true;
  const std::weak_ptr<Entry> weak = entries_.at(key_of(entry));
  queue_.push(std::string(wire::domain_of(asked_of(entry.name, entry.user))), [this, weak](const Turn& turn) {
    const EntryRef next = weak.lock();
    if (!next || !std::exchange(next->queued, false)) return;
    if (!next->shards.empty()) send(next, turn);
  });
}

/// Answers of an earlier session, or to somebody who is forgotten, do not count.
template <class Body>
OnIqResult Authorizer::answered(const EntryRef& entry, const Turn& turn, Body body) {
  return [this, session = session_, weak = std::weak_ptr(entry), turn, body](const IqResult& result) {
    const EntryRef asked = weak.lock();
    if (session == session_ && asked) body(*this, asked, result, turn);
  };
}

void Authorizer::send(const EntryRef& entry, const Turn& turn) {
  unschedule(*entry);
  entry->asking = true;
  const std::string& service = entry->name.service;
  switch (entry->user.ask_as) {
    case hub::AskAs::user_at_component:
      return send_(service, probe(entry->name.node),
                   answered(entry, turn, [](Authorizer& self, const EntryRef& asked, const IqResult& result,
                                            const Turn&) { self.on_answer(*asked, read_probe(result)); }),
                   entry->user.jid);
    case hub::AskAs::privileged:
      return send_(entry->user.jid, privileged_probe(service, entry->name.node),
                   answered(entry, turn,
                            [](Authorizer& self, const EntryRef& asked, const IqResult& result, const Turn&) {
                              self.on_answer(*asked, read_privileged_probe(result, asked->name.service));
                            }),
                   {});
    case hub::AskAs::owner: return ask_owner(entry, turn);
  }
}

/// Affiliations first: they decide for everybody who has one. Then the access model; then, where an owner approves of
/// everybody, whom he has approved.
void Authorizer::ask_owner(const EntryRef& entry, const Turn& turn) {
  // One question leads to the next, each for the same entry.
  const auto ask = [](Authorizer& self, const EntryRef& about, const Turn& own, OutStanza question, auto read, auto next) {
    self.send_(about->name.service, std::move(question),
               self.answered(about, own,
                             [read, next](Authorizer& here, const EntryRef& asked, const IqResult& result, const Turn& same) {
                               if (!result) return here.on_owners_refusal(asked, read_owner_failure(result.error()), same);
                               if (const std::optional<Verdict> verdict = read(*result, asked->user.jid))
                                 return here.on_answer(*asked, {verdict});
                               next(here, asked, same);
                             }),
               {});
  };
  const auto nothing = [](Authorizer&, const EntryRef&, const Turn&) {};
  const auto subscriptions = [ask, nothing](Authorizer& self, const EntryRef& asked, const Turn& own) {
    ask(self, asked, own, node_subscriptions(asked->name.node),
        [](const Element& iq, const std::string& jid) { return std::optional(read_node_subscriptions(iq, jid)); }, nothing);
  };
  const auto access_model = [ask, subscriptions](Authorizer& self, const EntryRef& asked, const Turn& own) {
    ask(self, asked, own, configuration(asked->name.node),
        [](const Element& iq, const std::string&) { return read_access_model(iq); }, subscriptions);
  };
  ask(*this, entry, turn, affiliations(entry->name.node),
      [](const Element& iq, const std::string& jid) { return read_affiliations(iq, jid); }, access_model);
}

/// Prosody says of a node that is missing, too, that it is none of ours: what everybody may ask tells the difference.
void Authorizer::on_owners_refusal(const EntryRef& entry, Answered refusal, const Turn& turn) {
  if (refusal.verdict != Verdict::refused) return on_answer(*entry, std::move(refusal));
  send_(entry->name.service, probe(entry->name.node),
        answered(entry, turn,
                 [refusal](Authorizer& self, const EntryRef& asked, const IqResult& result, const Turn&) {
                   const bool is_missing = read_probe(result).verdict == Verdict::no_such_node;
                   self.on_answer(*asked, is_missing ? Answered{Verdict::no_such_node} : refusal);
                 }),
        {});
}

// ---- answers

void Authorizer::on_answer(Entry& entry, Answered answered) {
  entry.asking = false;
  if (!answered.fault.empty()) complain(quote(entry.name.service) + " " + answered.fault);
  if (answered.verdict) {
    on_verdict(entry, *answered.verdict);
  } else {
    on_silence(entry, answered.reason);
  }
}

void Authorizer::on_verdict(Entry& entry, Verdict verdict) {
  entry.failures = 0;
  const auto counts = verdict != Verdict::allowed && entry.shards.empty() ? options_.no_counts : entry.user.ask_every;
  schedule(entry, Clock::now() + std::min(counts, entry.user.ask_every));
  if (entry.verdict == Verdict::allowed && verdict != Verdict::allowed)
    log_limited::info("access: {} may no longer read {}", quote(entry.user.jid), display(entry.name));
  conclude(entry, verdict);
}

/// Not a refusal. Those who read already read on for a few tries.
void Authorizer::on_silence(Entry& entry, const std::string& why) {
  ++entry.failures;
  spdlog::debug("access: the service does not say whether {} may read {}: {}", quote(entry.user.jid), display(entry.name), why);
  if (entry.failures == options_.max_tries)
    complain(quote(entry.name.service) + " does not say what users may read: " + why);
  schedule(entry, Clock::now() + options_.retry);
  conclude(entry, entry.failures >= options_.max_tries ? Verdict::lapsed : Verdict::held);
}

void Authorizer::conclude(Entry& entry, Verdict verdict) {
  if (entry.verdict == verdict) return;
  entry.verdict = verdict;
  const auto shards = entry.shards;
  for (const Shard shard : shards) tell_(shard, {entry.name, entry.user.jid, verdict});
}

// ---- the session

void Authorizer::on_ready() {
  ready_ = true;
  std::vector<EntryRef> all;
  for (const auto& [key, entry] : entries_) all.push_back(entry);
  for (const EntryRef& entry : all) {
    entry->failures = 0;
    if (entry->shards.empty()) {
      forget(*entry);
    } else {
      enqueue(*entry);
    }
  }
}

void Authorizer::on_down() {
  ready_ = false;
  ++session_;
  queue_.clear();
  for (const auto& [key, entry] : entries_) {
    entry->queued = entry->asking = false;
    // Where nothing is due, it was being asked anew: what it said before has had its time.
    if (!entry->verdict || !entry->due) conclude(*entry, Verdict::held);
  }
}

void Authorizer::stop() {
  on_down();
  timer_.cancel();
  idle_.clear();
  due_.clear();
  entries_.clear();
}

// ---- time

void Authorizer::schedule(Entry& entry, Clock::time_point at) {
  unschedule(entry);
  entry.due = at;
  due_.insert({at, &entry});
  wait();
}

void Authorizer::unschedule(Entry& entry) {
  if (entry.due) due_.erase({*std::exchange(entry.due, std::nullopt), &entry});
}

void Authorizer::wait() {
  if (due_.empty() || timer_.expiry() == due_.begin()->first) return;
  timer_.at(due_.begin()->first, [this] { take_due(); });
}

void Authorizer::take_due() {
  const auto now = Clock::now();
  while (!due_.empty() && due_.begin()->first <= now) {
    Entry& entry = *due_.begin()->second;
    unschedule(entry);
    if (entry.shards.empty()) {
      forget(entry);
    } else if (ready_) {
      enqueue(entry);
    } else {
      conclude(entry, Verdict::held);  // an old answer is none for those who come now
    }
  }
  wait();
}

/// What an operator has to mend would otherwise fill the log.
void Authorizer::complain(const std::string& what) {
  const auto now = Clock::now();
  if (complained_ && now - *complained_ < complaint_period) return;
  complained_ = now;
  log_limited::warn("access: {}", what);
}

}  // namespace xes::xmpp
