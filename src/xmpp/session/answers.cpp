// SPDX-License-Identifier: MIT
#include "xmpp/session/answers.hpp"

#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace xes::xmpp {
namespace {

constexpr std::string_view kStanzas = "urn:ietf:params:xml:ns:xmpp-stanzas";
constexpr std::string_view kDiscoInfo = "http://jabber.org/protocol/disco#info";
constexpr std::string_view kDiscoItems = "http://jabber.org/protocol/disco#items";
constexpr std::string_view kPing = "urn:xmpp:ping";
constexpr std::string_view kVersion = "jabber:iq:version";

OutStanza reply(const Element& iq, std::string_view type) {
  OutStanza out("iq");
  out.attribute("type", type);
  if (const std::string_view* id = iq.find_attribute("id")) out.attribute("id", *id);
  if (const std::string_view* from = iq.find_attribute("from")) out.attribute("to", *from);
  return out;
}

OutStanza error_reply(const Element& iq, std::string_view type, std::string_view condition) {
  return reply(iq, "error")
      .child(OutStanza("error").attribute("type", type).child(OutStanza(condition, kStanzas)));
}

OutStanza disco_info() {
  OutStanza query("query", kDiscoInfo);
  query.child(OutStanza("identity")
                  .attribute("category", "component")
                  .attribute("type", "generic")
                  .attribute("name", "xmpp-eventsource"));
  for (std::string_view feature : {kDiscoInfo, kDiscoItems, kPing, kVersion})
    query.child(OutStanza("feature").attribute("var", feature));
  return query;
}

OutStanza version() {
  return OutStanza("query", kVersion)
      .child(OutStanza("name").text("xmpp-eventsource"))
      .child(OutStanza("version").text(XES_VERSION));
}

}  // namespace

OutStanza answer(const Element& iq) {
  const std::string_view type = iq.attribute("type");
  if ((type != "get" && type != "set") || iq.children.size() != 1)
    return error_reply(iq, "modify", "bad-request");
  const Element& request = iq.children.front();
  if (type == "set") return error_reply(iq, "cancel", "service-unavailable");
  if (request.is("ping", kPing)) return reply(iq, "result");
  if (request.is("query", kVersion)) return reply(iq, "result").child(version());
  if (request.is("query", kDiscoInfo) || request.is("query", kDiscoItems)) {
    if (!request.attribute("node").empty()) return error_reply(iq, "cancel", "item-not-found");
    return reply(iq, "result").child(request.ns == kDiscoInfo ? disco_info() : OutStanza("query", kDiscoItems));
  }
  return error_reply(iq, "cancel", "service-unavailable");
}

OutStanza answer_too_large(const Element& iq) { return error_reply(iq, "modify", "policy-violation"); }

StanzaError read_stanza_error(const Element& stanza) {
  StanzaError out;
  for (const Element& error : stanza.children) {
    if (error.name != "error") continue;
    out.type = error.attribute("type");
    for (const Element& part : error.children) {
      if (part.is("text", kStanzas)) {
        out.text = part.text;
      } else if (part.ns == kStanzas) {
        out.condition = part.name;
      } else if (out.application.empty()) {
        out.application = part.name;
        out.application_ns = part.ns;
        out.feature = part.attribute("feature");
      }
    }
    break;
  }
  return out;
}

IqFailure to_failure(StanzaError error) {
  constexpr std::pair<std::string_view, Error> meanings[] = {
      {"bad-request", Error::malformed},
      {"jid-malformed", Error::malformed},
      {"not-acceptable", Error::malformed},
      {"feature-not-implemented", Error::unsupported},
      {"item-not-found", Error::missing},
      {"gone", Error::missing},
      {"internal-server-error", Error::unavailable},
      {"recipient-unavailable", Error::unavailable},
      {"remote-server-not-found", Error::unavailable},
      {"remote-server-timeout", Error::unavailable},
      {"resource-constraint", Error::unavailable},
      {"service-unavailable", Error::unavailable},
      {"undefined-condition", Error::unavailable},
      {"unexpected-request", Error::unavailable},
  };
  // The rest of RFC 6120 §8.3.3 (forbidden, not-allowed, not-authorized, conflict, …) is a no.
  Error kind = error.condition.empty() ? Error::unavailable : Error::refused;
  for (const auto& [condition, meaning] : meanings)
    if (condition == error.condition) kind = meaning;
  std::string reason = "the service answered " + (error.condition.empty() ? "an error" : quote(error.condition, 60));
  if (!error.application.empty()) reason += " with " + quote(error.application, 60);
  if (!error.text.empty()) reason += ": " + quote(error.text);
  return {kind, std::move(reason), std::move(error)};
}

}  // namespace xes::xmpp
