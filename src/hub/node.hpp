// SPDX-License-Identifier: MIT
// Purpose: one node within one shard: its share of the history, what is still to be sent, where a client goes on.
// Thread: its shard's.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "hub/close_reason.hpp"
#include "hub/history.hpp"
#include "hub/letters.hpp"
#include "hub/selection.hpp"
#include "wire/positions.hpp"

namespace xes::hub {

class Audience;
class Shard;

class Node {
 public:
  using Clock = std::chrono::steady_clock;
  enum class State : unsigned char {
    opening,  ///< asked for
    held,     ///< not yet, but it may pass: streams get their 200 and wait
    open,
    refused,  ///< not for now; another stream asks again
  };

  Node(Shard& shard, NodeName name, const HistoryOptions& history)
      : shard_(shard), name_(std::move(name)), history_(history) {}
  /// One that stays missing, for those who must not follow it (Selection::absent).
  struct Absent {};
  Node(Shard& shard, NodeName name, Absent)
      : shard_(shard), name_(std::move(name)), state_(State::refused), absent_(true), history_(HistoryOptions{}) {}

  const NodeName& name() const { return name_; }
  bool absent() const { return absent_; }
  State state() const { return state_; }
  Refusal refusal() const { return refusal_; }
  bool settled() const { return state_ == State::open || state_ == State::refused; }
  /// Held, until one of its owners approves.
  bool pending() const { return state_ == State::held && pending_; }
  /// Held, until a stream comes anew.
  bool quarantined() const { return state_ == State::held && quarantined_; }
  const wire::EventId& position() const { return position_; }

  void join(Audience& audience) { audiences_.push_back(&audience); }
  void leave(Audience& audience) { std::erase(audiences_, &audience); }
  bool unused() const { return audiences_.empty(); }

  // What the XMPP side tells.
  void opened(const Opened& news);
  void held(const Held& news);
  void refused(Refusal refusal);  ///< or it is gone
  void happened(const std::vector<EventRef>& events);
  void snapshot(const std::vector<EventRef>& items);
  /// A stream has come. Asks for the node again after a refusal, or in quarantine; where it is open, whether it may still be
  /// read, if nobody has been asked for a while: what is remembered of a node is for those whom its service lets read.
  void ask_again();

  /// Hands what happened since the last flush to the audiences, each in one piece.
  void flush();
  /// Something went wrong, nobody knows how far it got: all its streams end, and come back.
  void end_streams(CloseReason reason);
  /// Like flush(), paced: an event after a quiet moment goes out at once; while more follow in quick succession, they are
  /// put together, so that the cost of each falls as their rate rises. Returns when to call again, if some wait.
  std::optional<Clock::time_point> flush_if_due(Clock::time_point now);
  bool needs_flush() const { return !unsent_.empty(); }
  std::size_t unsent_bytes() const { return unsent_bytes_; }

  /// Where in this node a client wants to go on.
  struct Query {
    enum class From : unsigned char { now, position, newest, nowhere } from = From::now;
    wire::Position position;
    unsigned count = 0;       ///< of the newest that were stored at sequence `since`;
    std::uint64_t since = 0;  ///< all that happened after it follows
    static Query after(const wire::Position& where) { return {From::position, where, 0, 0}; }
  };
  /// What it is sent before it goes live.
  struct Replay {
    std::vector<EventRef> events = {};
    std::string_view reset = {};  ///< not empty: the reason of a reset that comes first
    /// A position from which exactly `events` follow; nothing if no ID says that.
    std::optional<wire::EventId> before = {};
  };
  /// Nothing if only the service's store can tell, and it has not: fetch(), and ask again when it is there. To be called
  /// when open and flushed.
  std::optional<Replay> replay(const Query& query) const;
  /// The stored items, once for all that wait for them.
  void fetch();
  /// They are kept while somebody waits, here or at another node.
  void release_store();

 private:
  struct Store {
    std::vector<EventRef> items;
    std::uint64_t as_of;  ///< the sequence that they are complete up to
  };

  void close(State state);
  void check();
  std::optional<Replay> replay_from_store(const Query& query) const;
  Replay newest(const Query& query, std::size_t later) const;
  Replay from(std::size_t index) const;

  Shard& shard_;
  NodeName name_;
  State state_ = State::opening;
  Refusal refusal_ = Refusal::no_such_node;
  bool absent_ = false;
  bool republish_moves_ = false;
  bool pending_ = false;  ///< if held
  bool quarantined_ = false;  ///< if held
  bool fetching_ = false;
  wire::EventId position_;
  History history_;
  std::optional<Store> store_;
  std::vector<EventRef> unsent_;
  std::size_t unsent_bytes_ = 0;
  Clock::time_point due_{};  ///< when the next flush may be
  Clock::time_point asked_{};  ///< when the service was last asked, if open
  std::vector<Audience*> audiences_;
};

}  // namespace xes::hub
