// SPDX-License-Identifier: MIT
// Purpose: chat rooms' stanzas ↔ values. Thread: xmpp (OutStanza). Sources: XEP-0045, sections as named; XEP-0203 (delayed
// delivery), XEP-0359 (stanza IDs), XEP-0410 (self-ping).
//
// What a join brings (§7.2.13), the same on Prosody and ejabberd: the occupants' presences, our own (status 110), the
// history, the subject. Nothing marks the history's end; the reply to a ping to ourselves in the room comes after it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/item.hpp"
#include "xmpp/session/out_stanza.hpp"
#include "xmpp/xml/element.hpp"

namespace xes::xmpp::room {

/// lobby@conference.example.org
std::string jid_of(const hub::NodeName& name);
/// Of a stanza's `from`: the node that stands for the room.
hub::NodeName name_of(std::string_view from);

/// §7.2: enters as `occupant` (ROOM/nick), and asks for the newest `history` messages.
OutStanza join(std::string_view occupant, std::size_t history);
OutStanza leave(std::string_view occupant);  // §7.14
OutStanza ping();

struct Presence {
  enum class What : unsigned char {
    other,      ///< of somebody else, or nothing to us
    entered,    ///< we are in
    refused,    ///< an error answers our join
    conflict,   ///< somebody has our nick (§7.2.8)
    thrown_out, ///< kicked, banned, no member any more (§8.2, §9.1, §9.3)
    out,        ///< out for a reason that passes: the service restarts, an error of delivery
    destroyed,  ///< the room is gone (§10.9)
  };
  What what = What::other;
  bool made = false;    ///< of entered: the join made the room (status 201)
  std::string nick;     ///< of entered: the room may have changed it (status 210)
  std::string reason;   ///< for a log line
};
/// `nick`: what we are called in the room, or want to be.
Presence read_presence(const Element& presence, std::string_view nick);

struct Message {
  std::string nick;           ///< empty: the room itself
  std::string text;
  bool is_subject = false;    ///< a change of subject (§8.1), the subject itself after a join (§7.2.15)
  std::string id;             ///< the room's stanza ID, else the sender's message ID; may be empty
  std::string stamp;          ///< when the room got it, if it says so: then it is from its history, or an old subject.
                              ///< Of a live message ejabberd hands on what the sender made up
};
/// Nothing for what is no message to everybody in the room: private ones, errors, notices of a configuration change.
std::optional<Message> read_message(const Element& message);

/// What pages get: `text` is {"nick","body","id","stamp"}, with "subject" in place of "body" of a change of subject, and
/// "history":true if it `was_there` before we were. Its digest and ID are the same however the message was seen.
/// `now` is the stamp of what has none.
hub::Item to_item(const hub::NodeName& name, const Message& message, bool was_there, std::string_view now);

/// XEP-0082, in UTC, to the second.
std::string utc(std::chrono::system_clock::time_point time);

/// The room's history and its subject as one list, oldest first. Where the subject's place is not known, it comes last: a
/// page may then be told it again, but never not at all. What comes again moves to the end.
class List {
 public:
  /// At most `max` items and about `max_bytes` are kept, the newest.
  List(std::size_t max, std::size_t max_bytes) : max_(max), max_bytes_(max_bytes) {}

  void clear() { items_.clear(); }
  void add(hub::Item item);
  /// The subject as a join tells it; `dated` if it came with a time.
  void add_subject(hub::Item subject, bool dated);
  const std::vector<hub::Item>& items() const { return items_; }

 private:
  void trim();

  std::size_t max_, max_bytes_;
  std::vector<hub::Item> items_;
};

}  // namespace xes::xmpp::room
