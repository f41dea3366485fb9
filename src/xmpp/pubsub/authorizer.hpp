// SPDX-License-Identifier: MIT
// Purpose: asks pubsub services whether users may read nodes, once for all who want to know, again while anybody reads,
// and tells the shards. Thread: xmpp. Sources: XEP-0060 §4.1 and §4.5 (affiliations, access models), §8.9.1, XEP-0356.
//
//   ask ──▶ (cached) ──▶ asked ──answer──▶ told ──ask_every──▶ asked …        no server says that a right was withdrawn:
//                          └──no answer──▶ held, later lapsed ──retry──▶ asked …           asking again is the only way
//
// What is asked is cheap: for an item that does not exist, since a service looks at the rights first. Both Prosody 0.12
// and ejabberd 23.01 answer that with an empty result, or with why not (see read_probe()).
// Bounds: questions under way, for each server that is asked and in all, the others take turns; max_cached answers that
// nobody reads by; those that somebody does are bounded by [limits].
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "base/limited_queue.hpp"
#include "base/timer.hpp"
#include "hub/letters.hpp"
#include "xmpp/pubsub/access_answers.hpp"
#include "xmpp/session/session.hpp"

namespace xes::xmpp {

struct AuthorizerOptions {
  std::chrono::milliseconds retry{5000};     ///< after a question without an answer
  std::chrono::milliseconds no_counts{5000}; ///< how long a refusal is kept that nobody reads by, for those who come back at once
  unsigned max_tries = 3;                    ///< without an answer, until those who read have to wait, too
  LimitedQueue::Limits asking{.per_key = 256, .in_all = 3072};  ///< questions under way; the key is a server's domain
  std::size_t max_cached = 65'536;
};

class Authorizer {
 public:
  using Shard = std::size_t;
  using Clock = std::chrono::steady_clock;
  /// Session::send_iq, with a deadline; `from` is empty for our own JID. An outage is no answer: on_down() alone tells it.
  using Send = std::function<void(const std::string& to, OutStanza payload, OnIqResult callback, const std::string& from)>;

  Authorizer(boost::asio::io_context& io, AuthorizerOptions options, Send send,
             std::function<void(Shard, hub::Judged)> tell);

  void ask(Shard shard, const hub::NodeName& name, const hub::User& user);
  void leave(Shard shard, const hub::NodeName& name, const hub::User& user);
  /// Everything that somebody reads by is asked anew: rights may have changed, notice or not.
  void on_ready();
  void on_down();
  void stop();

  std::size_t size() const { return entries_.size(); }
  std::size_t asking() const { return queue_.under_way(); }

 private:
  struct Entry;
  using EntryRef = std::shared_ptr<Entry>;  ///< callbacks hold it weakly
  using Key = std::tuple<std::string, std::string, std::string>;  ///< service, node, JID
  struct Entry {
    hub::NodeName name;
    hub::User user;
    std::set<Shard> shards = {};
    std::optional<hub::Verdict> verdict = {};
    unsigned failures = 0;
    bool queued = false;
    bool asking = false;
    std::optional<Clock::time_point> due = {};         ///< to ask again or, if nobody reads by it, to forget it
    std::optional<std::list<Entry*>::iterator> idle = {};  ///< in idle_
  };

  static Key key_of(const Entry& entry) { return {entry.name.service, entry.name.node, entry.user.jid}; }
  void enqueue(Entry& entry);
  using Turn = LimitedQueue::Turn;
  void send(const EntryRef& entry, const Turn& turn);
  void ask_owner(const EntryRef& entry, const Turn& turn);
  void on_owners_refusal(const EntryRef& entry, Answered refusal, const Turn& turn);
  void on_answer(Entry& entry, Answered answered);
  void on_verdict(Entry& entry, hub::Verdict verdict);
  void on_silence(Entry& entry, const std::string& why);
  void conclude(Entry& entry, hub::Verdict verdict);
  void make_idle(Entry& entry);
  void forget(Entry& entry);
  void schedule(Entry& entry, Clock::time_point at);
  void unschedule(Entry& entry);
  void wait();
  void take_due();
  void complain(const std::string& what);
  template <class Body>
  OnIqResult answered(const EntryRef& entry, const Turn& turn, Body body);

  AuthorizerOptions options_;
  Send send_;
  std::function<void(Shard, hub::Judged)> tell_;
  std::map<Key, EntryRef> entries_;
  LimitedQueue queue_;
  std::list<Entry*> idle_;  ///< nobody reads by them; the oldest first
  std::set<std::pair<Clock::time_point, Entry*>> due_;
  Timer timer_;
  std::optional<Clock::time_point> complained_;
  std::uint64_t session_ = 0;  ///< answers of an earlier one do not count
  bool ready_ = false;
};

}  // namespace xes::xmpp
