// SPDX-License-Identifier: MIT
#include "xmpp/muc/room.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "base/text.hpp"
#include "wire/jid.hpp"
#include "wire/json.hpp"
#include "wire/xml_text.hpp"
#include "xmpp/session/answers.hpp"

namespace xes::xmpp::room {
namespace {

constexpr std::string_view muc_ns = "http://jabber.org/protocol/muc";
constexpr std::string_view user_ns = "http://jabber.org/protocol/muc#user";
constexpr std::string_view delay_ns = "urn:xmpp:delay";
constexpr std::string_view stanza_id_ns = "urn:xmpp:sid:0";

std::string_view resource(std::string_view jid) {
  const std::size_t slash = jid.find('/');
  return slash == jid.npos ? std::string_view() : jid.substr(slash + 1);
}

/// §15.6's codes of a presence.
std::vector<unsigned> codes_of(const Element& x) {
  std::vector<unsigned> codes;
  for (const Element& child : x.children) {
    if (!child.is("status", user_ns)) continue;
    const std::string_view text = child.attribute("code");
    unsigned code = 0;
    std::from_chars(text.data(), text.data() + text.size(), code);
    codes.push_back(code);
  }
  return codes;
}

bool has_any(const std::vector<unsigned>& codes, std::initializer_list<unsigned> any) {
  return std::any_of(codes.begin(), codes.end(),
                     [&](unsigned code) { return std::find(any.begin(), any.end(), code) != any.end(); });
}

/// What the room or whoever threw us out says about it.
std::string reason_of(const Element& holder) {
  for (const Element& child : holder.children) {
    if (child.is("reason", user_ns) && !child.text.empty()) return " (" + quote(child.text) + ")";
    if (child.is("item", user_ns))
      if (std::string reason = reason_of(child); !reason.empty()) return reason;
  }
  return {};
}

Presence read_end(const Element& x, const std::vector<unsigned>& codes) {
  if (const Element* destroy = x.child("destroy", user_ns))
    return {Presence::What::destroyed, false, {}, "the room was destroyed" + reason_of(*destroy)};
  constexpr std::array ends = {std::pair{301u, "banned"}, std::pair{307u, "kicked"},
                               std::pair{321u, "removed because of an affiliation change"},
                               std::pair{322u, "removed because the room is now members-only"}};
  // 333 (an error of delivery) comes with a 307 on some servers: it is no ill will.
  if (!has_any(codes, {332, 333}))
    for (const auto& [code, what] : ends)
      if (has_any(codes, {code})) return {Presence::What::thrown_out, false, {}, what + reason_of(x)};
  return {Presence::What::out, false, {}, "no longer in the room" + reason_of(x)};
}

/// Marks that no XML text can hold stand between the parts.
std::uint64_t digest_of(const Message& message) {
  std::string all = message.nick;
  all += message.is_subject ? '\x01' : '\x02';
  all += message.text;
  if (!message.is_subject) {
    all += '\x03';
    all += message.id;
  }
  const std::uint64_t digest = XXH3_64bits(all.data(), all.size());
  return digest == 0 ? 1 : digest;
}

std::string hex(std::uint64_t number) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  return std::string(digits.data(), end);
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (out.size() > 1) out += ',';
  wire::append_json_string(out, name);
  out += ':';
  wire::append_json_string(out, value);
}

std::size_t size_of(const hub::Item& item) { return sizeof item + 2 * item.payload.size(); }

/// The part of a time that two servers write alike: "2026-11-22T18:29:19".
std::string_view seconds_of(std::string_view stamp) { return stamp.substr(0, 19); }

}  // namespace

std::string jid_of(const hub::NodeName& name) { return name.node + "@" + name.service; }

hub::NodeName name_of(std::string_view from) {
  const std::string_view bare = wire::without_resource(from);
  const std::size_t at = bare.find('@');
  if (at == bare.npos) return {};
  return {std::string(bare.substr(at + 1)), std::string(bare.substr(0, at))};
}

OutStanza join(std::string_view occupant, std::size_t history) {
  return OutStanza("presence")
      .attribute("to", occupant)
      .child(OutStanza("x", muc_ns).child(OutStanza("history").attribute("maxstanzas", std::to_string(history))));
}

OutStanza leave(std::string_view occupant) {
  return OutStanza("presence").attribute("to", occupant).attribute("type", "unavailable");
}

OutStanza ping() { return OutStanza("ping", "urn:xmpp:ping"); }

Presence read_presence(const Element& presence, std::string_view nick) {
  const std::string_view type = presence.attribute("type");
  const std::string_view who = resource(presence.attribute("from"));
  if (type == "error") {
    // An error to the join comes from the occupant that we wanted to be, or from the room.
    if (!who.empty() && who != nick) return {};
    const bool conflict = read_stanza_error(presence).condition == "conflict";
    return {conflict ? Presence::What::conflict : Presence::What::refused, false, {}, {}};
  }
  const Element* x = presence.child("x", user_ns);
  if (x == nullptr) return {};
  const std::vector<unsigned> codes = codes_of(*x);
  const bool is_us = has_any(codes, {110}) || who == nick;
  if (!is_us || who.empty()) return {};
  if (type == "unavailable") return has_any(codes, {303}) ? Presence{} : read_end(*x, codes);
  if (!type.empty() || !has_any(codes, {110})) return {};
  return {Presence::What::entered, has_any(codes, {201}), std::string(who), {}};
}

std::optional<Message> read_message(const Element& message) {
  if (message.attribute("type") != "groupchat") return std::nullopt;
  const std::string_view room = wire::without_resource(message.attribute("from"));
  const Element* body = nullptr;
  const Element* subject = nullptr;
  Message read;
  read.id = message.attribute("id");
  for (const Element& child : message.children) {
    if (child.name == "body" && child.ns == message.ns && !body) body = &child;
    if (child.name == "subject" && child.ns == message.ns && !subject) subject = &child;
    if (child.is("stanza-id", stanza_id_ns) && child.attribute("by") == room && !child.attribute("id").empty())
      read.id = child.attribute("id");
    if (child.is("delay", delay_ns) && child.attribute("from") == room) read.stamp = child.attribute("stamp");
  }
  // §8.1: with a body it is a message that happens to have a subject, as mails have.
  if (!body && !subject) return std::nullopt;
  read.is_subject = !body;
  read.text = body ? body->text : subject->text;
  read.nick = resource(message.attribute("from"));
  return read;
}

hub::Item to_item(const hub::NodeName& name, const Message& message, bool was_there, std::string_view now) {
  hub::Item item;
  item.payload_digest = digest_of(message);
  // A sender may give one ID to several messages, or another's; what is said tells them apart.
  const std::string digest = hex(item.payload_digest);
  item.id = message.is_subject ? "subject-" + digest : message.id.empty() ? digest : message.id + "-" + digest;
  item.publisher = jid_of(name) + (message.nick.empty() ? "" : "/" + message.nick);
  item.published = message.stamp.empty() ? std::string(now) : message.stamp;

  std::string json = "{";
  append_member(json, "nick", message.nick);
  append_member(json, message.is_subject ? "subject" : "body", message.text);
  append_member(json, "id", message.id.empty() ? item.id : message.id);
  append_member(json, "stamp", item.published);
  if (was_there) json += ",\"history\":true";
  json += '}';
  item.payload = "<json xmlns='urn:xmpp:json:0'>";
  wire::append_xml_text(item.payload, json);
  item.payload += "</json>";
  item.text = std::move(json);
  return item;
}

std::string utc(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text;
  return std::string(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
}

void List::add(hub::Item item) {
  std::erase_if(items_, [&](const hub::Item& one) { return one.id == item.id; });
  items_.push_back(std::move(item));
  trim();
}

void List::add_subject(hub::Item subject, bool dated) {
  const auto same = [&](const hub::Item& item) { return item.id == subject.id; };
  // ejabberd lists changes of subject among the messages.
  if (std::any_of(items_.begin(), items_.end(), same)) return;
  const auto later = [&](const hub::Item& item) { return seconds_of(item.published) > seconds_of(subject.published); };
  items_.insert(dated ? std::find_if(items_.begin(), items_.end(), later) : items_.end(), std::move(subject));
  trim();
}

void List::trim() {
  std::size_t bytes = 0, kept = 0;
  while (kept < items_.size() && kept < max_) {
    bytes += size_of(items_[items_.size() - 1 - kept]);
    if (bytes > max_bytes_ && kept > 0) break;
    ++kept;
  }
  items_.erase(items_.begin(), items_.end() - static_cast<std::ptrdiff_t>(kept));
}

}  // namespace xes::xmpp::room
