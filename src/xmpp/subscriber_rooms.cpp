// SPDX-License-Identifier: MIT
// A chat room as a node: joining stands for subscribing, the join's history and subject for the stored items. The rest is
// in subscriber_node.cpp.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/log_limited.hpp"
#include "base/text.hpp"
#include "wire/jid.hpp"
#include "xmpp/session/answers.hpp"
#include "xmpp/subscriber.hpp"

namespace xes::xmpp {
namespace {

using hub::NodeName;
using Clock = hub::Feed::Clock;
using What = room::Presence::What;
constexpr unsigned max_nicks = 100;

IqFailure no_such_room() {
  IqFailure failure{Error::missing, "there is no such room", {}};
  failure.stanza.condition = "item-not-found";
  return failure;
}

std::string now() { return room::utc(std::chrono::system_clock::now()); }

}  // namespace

const RoomService* Subscriber::room_service(const std::string& jid) const {
  const auto found = std::find_if(options_.rooms.begin(), options_.rooms.end(),
                                  [&](const RoomService& one) { return one.jid == jid; });
  return found == options_.rooms.end() ? nullptr : &*found;
}

/// Asks first whether the room is there: joining one that is not would make it (XEP-0045 §10.1).
void Subscriber::look_at_room(Follow& follow, const Turn& turn) {
  session_.send_iq(IqType::get, room::jid_of(*follow.name), OutStanza("query", "http://jabber.org/protocol/disco#info"),
                   options_.deadline, [this, turn, weak = std::weak_ptr(find(*follow.name))](IqResult result) {
                     const FollowRef seen = weak.lock();
                     if (!seen || seen->state != State::subscribing) return;
                     if (!result) return on_refused(seen, result.error());
                     seen->room->turn = turn;
                     enter(*seen);
                   });
}

void Subscriber::enter(Follow& follow) {
  Room& room = *follow.room;
  room.list.clear();
  room.told_history = false;
  room.occupant = room::jid_of(*follow.name) + "/" + room.nick();
  (void)session_.send(room::join(room.occupant, room.service.history));
  room.deadline.after(options_.deadline, [this, weak = std::weak_ptr(find(*follow.name))] {
    const FollowRef late = weak.lock();
    if (!late || late->state != State::subscribing || !session_.ready()) return;
    log_limited::warn("room: the service did not answer when entering {}", quote(late->room->occupant));
    leave_room(*late);
    tell_held(*late);
    try_later(*late);
  });
}

void Subscriber::on_presence(const Element& presence) {
  const FollowRef follow = find(room::name_of(presence.attribute("from")));
  if (!follow || !follow->room || follow->room->occupant.empty()) return;
  const std::string& occupant = follow->room->occupant;
  const room::Presence read = room::read_presence(presence, std::string_view(occupant).substr(occupant.find('/') + 1));
  const bool entering = follow->state == State::subscribing;
  const bool inside = follow->state == State::filling || follow->state == State::active;
  if (read.what == What::entered && entering) return on_entered(*follow, read);
  if (read.what == What::conflict && entering) {
    if (++follow->room->number <= max_nicks) return enter(*follow);
    follow->room->number = 1;
    follow->room->turn.reset();
    return on_refused(follow, {Error::unavailable, "every nickname is in use", {}});
  }
  if (read.what == What::refused && entering) {
    follow->room->occupant.clear();
    follow->room->turn.reset();
    return on_refused(follow, to_failure(read_stanza_error(presence)));
  }
  if (!inside || read.reason.empty()) return;
  log_limited::info("room: {}: {}", quote(occupant), read.reason);
  follow->room->occupant.clear();
  if (read.what == What::out) return try_later(*follow);
  if (read.what == What::destroyed)
    tell_events(*follow, follow->feed.change({hub::Happening::deletion, {}, false}, Clock::now()));
  drop(NodeName(*follow->name), read.what == What::destroyed ? hub::Refusal::no_such_node : hub::Refusal::forbidden);
}

void Subscriber::on_entered(Follow& follow, const room::Presence& presence) {
  Room& room = *follow.room;
  room.deadline.cancel();
  room.occupant = room::jid_of(*follow.name) + "/" + presence.nick;
  if (presence.made) {
    // It went away after we had asked. Without us it goes away again.
    leave_room(follow);
    return on_refused(find(*follow.name), no_such_room());
  }
  spdlog::debug("room: entered as {}", quote(room.occupant));
  follow.state = State::filling;
  session_.send_iq(IqType::get, room.occupant, room::ping(), options_.deadline,
                   [this, turn = std::exchange(room.turn, {}), weak = std::weak_ptr(find(*follow.name))](IqResult pong) {
                     const FollowRef filled = weak.lock();
                     if (filled && filled->state == State::filling && session_.ready()) fill_room(*filled, pong);
                   });
}

/// The pong comes after all that the join brought. XEP-0410 §3.3: some errors say that we are in as well as a result.
void Subscriber::fill_room(Follow& follow, const IqResult& pong) {
  if (!pong && (pong.error().error == Error::timed_out || pong.error().stanza.condition == "not-acceptable")) {
    log_limited::warn("room: {} does not answer: {}", quote(follow.room->occupant), pong.error().reason);
    tell_held(follow);
    return try_later(follow);
  }
  follow.room->told_history = true;
  const hub::Feed::Backfill filled = follow.feed.end_backfill(follow.room->list.items(), Clock::now());
  spdlog::debug("room: {} had {} items, which made {} events", display(*follow.name), follow.room->list.items().size(),
                filled.events.size());
  activate(follow, filled);
}

/// Only what the room itself hands on counts; private messages are of another type.
void Subscriber::on_room_message(const Element& message) {
  const FollowRef follow = find(room::name_of(message.attribute("from")));
  if (!follow || !follow->room || follow->state == State::idle || follow->state == State::queued) return;
  auto read = room::read_message(message);
  if (!read) return;
  Room& room = *follow->room;
  if (room.told_history) read->stamp.clear();
  const bool was_there = !room.told_history && (read->is_subject || !read->stamp.empty());
  // All of a history is dated, and the subject comes last.
  if (read->is_subject && read->stamp.empty()) room.told_history = true;
  if (was_there && read->is_subject && read->text.empty()) return;  // there is none
  hub::Item item = room::to_item(*follow->name, *read, was_there, now());
  if (was_there && read->is_subject) return room.list.add_subject(std::move(item), !read->stamp.empty());
  room.list.add(item);
  if (!was_there)
    tell_events(*follow, follow->feed.change({hub::Happening::item, std::move(item), false}, Clock::now()));
}

void Subscriber::leave_room(Follow& follow) {
  Room& room = *follow.room;
  room.deadline.cancel();
  room.turn.reset();
  if (!room.occupant.empty()) (void)session_.send(room::leave(room.occupant));
  room.occupant.clear();
}

/// A room may have lost us without a word (XEP-0410).
void Subscriber::check_room(Follow& follow, const Turn& turn) {
  session_.send_iq(IqType::get, follow.room->occupant, room::ping(), options_.deadline,
                   [this, turn, weak = std::weak_ptr(find(*follow.name))](const IqResult& pong) {
                     const FollowRef asked = weak.lock();
                     if (pong || !asked || asked->state != State::active || !session_.ready()) return;
                     const std::string& condition = pong.error().stanza.condition;
                     if (condition != "not-acceptable" && condition != "item-not-found" && !pubsub::is_no(pong.error())) return;
                     log_limited::warn("room: {} is no longer in the room; entering again", quote(asked->room->occupant));
                     subscribe(*asked);
                   });
}

}  // namespace xes::xmpp
