// SPDX-License-Identifier: MIT
// Purpose: follows nodes for the shards: subscribes when the first stream of a node opens, once for all of them, keeps
// the subscription over every outage, fetches what is stored, tells the shards, unsubscribes a linger after the last
// stream has left (XEP-0060 §6). Thread: the one that runs the io_context (the XMPP thread).
//
// One request about a subscription is under way for each node at a time, in their order: who leaves a node while it is
// being subscribed to waits for the reply, and so does who comes back while it is being unsubscribed.
// Bounds: max_nodes; requests under way for each server (a service's domain) and in all; max_left_over.
//
// Quarantine: a request may be what the server ends the session for. A node that was being asked about when the session
// failed (subscribe, join, stored items) becomes a suspect, and suspects are subscribed to one at a time: a second failure
// can be blamed on one node alone. Such a node is in quarantine: it is sent nothing, its open streams end with a `retry:`,
// and new ones are held open, until a new stream asks for it. That allows one more try, not sooner than `quarantine` after
// the failure, and twice as long after each further one, up to `forgive`. An answer, whatever it says, clears the node. A
// session that has been up for `forgive` allows one more try of each node in quarantine that somebody reads: an unlucky
// restart of the server may have put it there.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/limited_queue.hpp"
#include "base/mailbox.hpp"
#include "base/timer.hpp"
#include "hub/feed.hpp"
#include "hub/letters.hpp"
#include "wire/jid.hpp"
#include "xmpp/muc/room.hpp"
#include "xmpp/pubsub/authorizer.hpp"
#include "xmpp/pubsub/directory.hpp"
#include "xmpp/pubsub/pubsub.hpp"
#include "xmpp/session/session.hpp"

namespace xes::xmpp {

/// A pubsub service that may be read, or a glob over JIDs (wire/jid.hpp) of accounts and services that may. No other is
/// ever contacted, but for the domain of an account: it is asked which server it is.
struct Service {
  std::string jid;
};

/// A service of chat rooms, and which of them may be read (XEP-0045).
struct RoomService {
  std::string jid;
  std::vector<std::string> rooms;    ///< globs over localparts
  std::string nick = "eventsource";  ///< of the listener; with a number behind it where somebody has it already
  std::size_t history = 20;          ///< messages asked for at a join, and kept for pages that come back
};

struct SubscriberOptions {
  std::vector<Service> services;
  std::vector<RoomService> rooms;
  hub::HistoryOptions history;
  std::chrono::milliseconds linger{60'000};        ///< from the last stream's end to the unsubscribe
  std::chrono::milliseconds recheck{60'000};       ///< how often the services are asked for our subscriptions
  std::chrono::milliseconds tell_down_after{1000}; ///< an outage is told to streams if it lasts so long
  std::chrono::milliseconds retry{5000};           ///< after a refusal that may pass
  std::chrono::milliseconds deadline{10'000};      ///< for a reply
  DirectoryOptions directory;
  AuthorizerOptions authorizer;
  /// Nodes followed, lingering ones included; the one that has lingered longest is given up for one more. 0: no bound.
  std::size_t max_nodes = 0;
  // At a time; the others take turns. With the authorizer's and the directory's, less than SessionOptions::max_pending_iqs.
  LimitedQueue::Limits subscribing{.per_key = 64, .in_all = 4096};  ///< nodes being subscribed to, or entered, and filled
  LimitedQueue::Limits suspects{.per_key = 1, .in_all = 1};         ///< of these, nodes at which the session has failed
  LimitedQueue::Limits checking{.per_key = 16, .in_all = 1024};     ///< questions of the periodic check
  LimitedQueue::Limits rereading{.per_key = 4, .in_all = 256};      ///< questions whether an open node may still be read
  LimitedQueue::Limits leaving{.per_key = 16, .in_all = 512};       ///< subscriptions being given up
  std::size_t max_left_over = 65'536;              ///< of these, waiting; a later check finds the others
  std::chrono::milliseconds quarantine{10'000};  ///< the first, of a node that the session failed at twice; then doubled
  std::chrono::milliseconds forgive{3'600'000};  ///< the longest; of a session, until what is in it is tried again unasked
  std::size_t max_strays = 1024;                   ///< services of which something came that nobody here asked for
  std::size_t max_held_changes = 10'000;           ///< per node, while a stripped payload is fetched
};

/// One shard's doors, see hub/letters.hpp.
struct ShardDoors {
  Mailbox<hub::News>* news;
  Mailbox<hub::Want>* wants;
};

/// Counters that other threads may read.
struct SubscriberCounters {
  std::atomic<bool> session_up{false};
  std::atomic<std::uint64_t> sessions{0};     ///< times that the session came up
  std::atomic<std::uint64_t> nodes{0};        ///< followed now, lingering ones included
  std::atomic<std::uint64_t> events{0};       ///< made of what services sent or stored
  std::atomic<std::uint64_t> resets{0};       ///< of them, those that say that history was lost
  std::atomic<std::uint64_t> unanswered{0};   ///< IQs of strangers that got no answer: over a bound
  std::atomic<std::uint64_t> passed_over{0};  ///< stanzas over a bound
  std::atomic<std::uint64_t> quarantines{0};  ///< times that a node was put in quarantine
  std::atomic<std::uint64_t> pauses{0};       ///< times that the shards held the session back
};

class Subscriber {
 public:
  Subscriber(boost::asio::io_context& io, SessionOptions session, SubscriberOptions options,
             std::vector<ShardDoors> shards,
             std::shared_ptr<SubscriberCounters> counters = std::make_shared<SubscriberCounters>());
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;
  ~Subscriber();

  void start();
  /// Says goodbye to the server. Without it the destructor only lets go.
  void stop();

  const SubscriberCounters& counters() const { return *counters_; }

 private:
  using ShardIndex = std::size_t;

  enum class State : unsigned char {
    idle,         ///< the session is down, or a try failed and the next is due
    queued,       ///< waits for its turn to subscribe
    subscribing,  ///< asked
    pending,      ///< an owner has to approve
    filling,      ///< subscribed; the stored items are on their way
    active,
  };

  /// What a node that stands for a chat room has besides.
  struct Room {
    Room(boost::asio::io_context& io, const RoomService& s, std::size_t max_bytes)
        : service(s), list(s.history + 1, max_bytes), deadline(io) {}
    std::string nick() const { return number == 1 ? service.nick : service.nick + "-" + std::to_string(number); }
    const RoomService& service;
    room::List list;
    bool told_history = false;  ///< what comes now is live
    unsigned number = 1;      ///< of the nick
    std::string occupant;     ///< whom we entered as, or try to: ROOM/nick; empty: nothing to leave
    Timer deadline;  ///< for what a join brings
    LimitedQueue::Turn turn;  ///< while entering
  };

  static constexpr unsigned max_failures = 2;  ///< then it is in quarantine

  struct Follow {
    Follow(boost::asio::io_context& io, const hub::NodeName& node, const hub::FeedOptions& options)
        : name(std::make_shared<const hub::NodeName>(node)), feed(node, options), timer(io) {}
    std::shared_ptr<const hub::NodeName> name;
    hub::Feed feed;
    State state = State::idle;
    bool primed = false;          ///< it was active once: its history can be handed out
    bool heard = false;           ///< the service has notified a change
    bool told_deaf = false;       ///< that it does not is in the log
    /// Content of the newest item before the subscription. An account on Prosody pushes it then, and does not mark it as
    /// old (XEP-0060 §6.1.7).
    std::uint64_t pushed = 0;
    /// The account said so when its items were looked at. Prosody 13 does, and refuses the subscription as it would any.
    bool is_missing = false;
    std::string subid;
    std::unique_ptr<Room> room;   ///< of a chat room
    std::set<ShardIndex> shards;  ///< that follow it
    std::set<ShardIndex> open;    ///< of them, those that have been told Opened
    std::set<ShardIndex> wants_snapshot;
    bool fetching = false;        ///< for snapshots
    std::deque<hub::Change> held; ///< changes behind one whose payload is being fetched
    bool fetching_payload = false;
    Timer timer;  ///< linger, or the next try
    bool subscribed = false;  ///< the service may have a subscription of ours
    bool unreadable = false;  ///< it lets us subscribe, but not ask for items
    bool check_waits = false; ///< to be asked so
    bool checking = false;    ///< it is being asked whether we may still subscribe
    std::optional<std::list<Follow*>::iterator> lingering;  ///< in lingering_
    bool over = false;        ///< it has lingered long enough, and goes once its request is answered
    unsigned failures = 0;    ///< sessions in a row that failed while it was being asked about
    std::chrono::milliseconds quarantine{0};  ///< the last one, without an answer since
    std::chrono::steady_clock::time_point quarantined_until{};  ///< where failures are max_failures
    bool asked_anew = false;  ///< by a stream that came since
    bool is_suspect() const { return failures > 0; }
    bool in_quarantine() const { return failures >= max_failures; }
  };
  using FollowRef = std::shared_ptr<Follow>;  ///< callbacks hold it weakly

  // What shards want.
  void take_wants(ShardIndex shard);
  void follow(ShardIndex shard, const hub::NodeName& name);
  void unfollow(ShardIndex shard, const hub::NodeName& name);
  void check(const hub::NodeName& name);
  void fetch(ShardIndex shard, const hub::NodeName& name);
  void judge(ShardIndex shard, const hub::NodeName& name, const hub::User& user);

  // What shards are told.
  void tell(ShardIndex shard, hub::News news);
  void tell_events(Follow& follow, const hub::Feed::Events& events);
  /// `live`: the newest events, which streams that wait for the node get as news.
  void tell_opened(Follow& follow, ShardIndex shard, std::size_t live = 0);
  void tell_held(Follow& follow);
  static hub::Held held(const Follow& follow);
  void after_telling();
  void relieve();
  void count_nodes() { counters_->nodes.store(follows_.size(), std::memory_order_relaxed); }

  // Nodes that nobody reads.
  void linger(Follow& follow);
  bool stop_lingering(Follow& follow);
  void make_room();

  // The session.
  void on_ready();
  void on_down();
  void on_message(Element&& message);
  void tell_session(bool up);

  // Nodes that the session failed at.
  void count_failure(Follow& follow);
  void clear(Follow& follow);
  void try_after_quarantine(Follow& follow);
  void forgive();

  // One node's way.
  using Turn = LimitedQueue::Turn;
  void subscribe(Follow& follow);
  void start_subscribing(Follow& follow, const Turn& turn);
  void send_subscribe(Follow& follow, const Turn& turn);
  void look_before_subscribing(Follow& follow, const Turn& turn);
  void on_subscribed(const FollowRef& follow, const Element& iq, const Turn& turn);
  void on_refused(const FollowRef& follow, const IqFailure& failure, const Turn& turn = {});
  void make_sure(const FollowRef& follow, const IqFailure& failure, const Turn& turn);
  void await_approval(Follow& follow);
  void refuse(const FollowRef& follow, const std::string& why, hub::Refusal refusal);
  void fill(Follow& follow, const Turn& turn);
  void activate(Follow& follow, const hub::Feed::Backfill& filled, const Turn& turn = {});
  void try_later(Follow& follow);
  void leave(Follow& follow);
  void leave_now(Follow& follow);
  void unsubscribe(const hub::NodeName& name, const std::string& subid);
  void send_unsubscribe(const hub::NodeName& name, const Turn& turn);
  void drop(const hub::NodeName& name, hub::Refusal refusal = hub::Refusal::no_such_node);
  void forget(const hub::NodeName& name);
  void apply(Follow& follow, std::vector<hub::Change> changes);
  void apply_held(Follow& follow);
  void fetch_payload(Follow& follow);
  void fetch_snapshot(Follow& follow, const Turn& turn = {});
  void tell_deaf(Follow& follow);
  void answer_snapshot(Follow& follow, const hub::Feed::Events& items);

  // Chat rooms.
  const RoomService* room_service(const std::string& jid) const;
  void look_at_room(Follow& follow, const Turn& turn);
  void enter(Follow& follow);
  void on_presence(const Element& presence);
  void on_entered(Follow& follow, const room::Presence& presence);
  void fill_room(Follow& follow, const IqResult& pong);
  void on_room_message(const Element& message);
  void leave_room(Follow& follow);
  void check_room(Follow& follow, const Turn& turn);

  // Services, and own subscriptions at them.
  void add_service(const std::string& jid);
  void remove_service(const std::string& jid);
  void learn_service(const std::string& jid);
  void recheck();
  /// What a service is asked about: our subscription to a node, or all of them.
  struct Check {
    std::string service;
    std::string node = {};
  };
  void push_check(const Check& check);
  void push_access_check(LimitedQueue& line, const FollowRef& follow);
  void check_access(Follow& follow, const Turn& turn);
  void check_subscribing(Follow& follow, const Turn& turn);
  void check(const Check& check, const Turn& turn);
  void check_each(const std::string& jid, const std::unordered_set<std::string>& nodes);
  bool is_ours(const pubsub::Subscription& subscription) const;
  void find_left_over(const std::string& jid, const std::vector<pubsub::Subscription>& listed);
  void find_lost(const std::string& jid, const std::unordered_set<std::string>& active_before,
                 const std::vector<pubsub::Subscription>& listed);
  void refresh_unheard(const std::string& jid);
  void schedule_recheck();
  void note_stray(const std::string& jid);
  void forget_unused(const std::string& jid);

  FollowRef find(const hub::NodeName& name) const;
  /// For log lines.
  static std::string display(const hub::NodeName& name);
  static bool is_account(std::string_view jid) { return jid.find('@') != jid.npos; }
  /// Whose turns a service takes: the accounts of a server share theirs.
  static std::string key_of(const std::string& service) { return std::string(wire::domain_of(service)); }
  /// Whether that JID may be read.
  bool is_service(const std::string& jid) const;

  boost::asio::io_context& io_;
  SubscriberOptions options_;
  std::string jid_;
  std::vector<ShardDoors> shards_;
  std::unordered_map<hub::NodeName, FollowRef, hub::NodeNameHash> follows_;
  std::list<Follow*> lingering_;  ///< those that nobody reads, the longest first
  LimitedQueue subscribing_, suspects_, checking_, rereading_, leaving_;
  struct KnownService {
    std::size_t follows = 0;
    bool answers = false;          ///< has said what it is (XEP-0030)
    bool adds_subids = false;      ///< gives each repeated subscription an ID of its own (Openfire)
    bool lists_none = false;       ///< does not answer which subscriptions we have; it does for each node
    bool republish_moves = false;  ///< lists a re-published item last (Prosody); others keep its place, or nobody knows yet
  };
  /// Those that are configured by name, and others while something of them is followed.
  std::unordered_map<std::string, KnownService> services_;
  /// Others that notified something that nobody here follows: an earlier run subscribed to it.
  std::unordered_set<std::string> strays_;
  /// Subscriptions that nobody here uses, as of the last check. After a restart pages take a moment to come back, so
  /// only what is unused at two checks in a row is left over.
  std::unordered_set<hub::NodeName, hub::NodeNameHash> unused_;
  struct LeftOver {
    std::string subid;
    bool asked = false;  ///< the request is under way
  };
  /// Subscriptions to be given up, in turn.
  std::unordered_map<hub::NodeName, LeftOver, hub::NodeNameHash> left_over_;
  Timer recheck_timer_;
  Timer down_timer_;
  Timer relief_timer_;
  Timer forgive_timer_;
  std::shared_ptr<SubscriberCounters> counters_;
  std::shared_ptr<void> alive_ = std::make_shared<char>();  ///< what is posted finds it gone
  bool told_down_ = false;
  bool paused_ = false;
  bool wake_posted_ = false;
  Session session_;
  Directory directory_;
  Authorizer authorizer_;
};

}  // namespace xes::xmpp
