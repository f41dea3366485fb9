// SPDX-License-Identifier: MIT
#include "xmpp/pubsub/access_answers.hpp"

#include "base/text.hpp"
#include "xmpp/pubsub/pubsub.hpp"
#include "xmpp/session/answers.hpp"

namespace xes::xmpp {
namespace {

using hub::Verdict;

constexpr std::string_view owner_ns = "http://jabber.org/protocol/pubsub#owner";
constexpr std::string_view privilege_ns = "urn:xmpp:privilege:2";
constexpr std::string_view forward_ns = "urn:xmpp:forward:0";
constexpr std::string_view client_ns = "jabber:client";
constexpr std::string_view data_ns = "jabber:x:data";

OutStanza owners(std::string_view request, std::string_view node) {
  return OutStanza("pubsub", owner_ns).child(OutStanza(request).attribute("node", node));
}

std::string bare(std::string_view jid) { return ascii_lower(jid.substr(0, jid.find('/'))); }

/// The list of that name in an owner's answer, or nullptr.
const Element* owners_list(const Element& iq, std::string_view name) {
  const Element* root = iq.child("pubsub", owner_ns);
  return root ? root->child(name, owner_ns) : nullptr;
}

Answered read_probe_failure(const IqFailure& failure) {
  switch (failure.error) {
    case Error::missing: return {Verdict::no_such_node};
    case Error::refused:
    case Error::malformed: return {Verdict::refused};
    case Error::unsupported:
      // A node that stores nothing: it is asked what it has only of those who may read it.
      if (failure.stanza.application == "unsupported" && failure.stanza.feature == "persistent-items")
        return {Verdict::allowed};
      if (failure.stanza.application == "persistent-items") return {Verdict::allowed};
      return {Verdict::refused, "does not say who may read: " + failure.reason};
    default: return {std::nullopt, {}, failure.reason};
  }
}

}  // namespace

OutStanza probe(std::string_view node) { return pubsub::item(node, "xmpp-eventsource-may-read"); }

Answered read_probe(const IqResult& result) {
  if (result) return {Verdict::allowed};
  return read_probe_failure(result.error());
}

OutStanza privileged_probe(std::string_view service, std::string_view node) {
  OutStanza iq("iq", client_ns);
  iq.attribute("type", "get").attribute("id", "probe").attribute("to", service).child(probe(node));
  return OutStanza("privileged_iq", privilege_ns).child(std::move(iq));
}

/// The outer answer is the user's server's, the inner one the service's, which alone decides.
Answered read_privileged_probe(const IqResult& result, std::string_view service) {
  if (!result) {
    const IqFailure& failure = result.error();
    if (failure.error == Error::refused)
      return {Verdict::refused, "cannot be asked in the name of users (XEP-0356): " + failure.reason};
    return {std::nullopt, {}, failure.reason};
  }
  const Element* privilege = result->child("privilege", privilege_ns);
  const Element* forwarded = privilege ? privilege->child("forwarded", forward_ns) : nullptr;
  const Element* inner = forwarded ? forwarded->child("iq", client_ns) : nullptr;
  if (!inner || bare(inner->attribute("from")) != ascii_lower(service))
    return {std::nullopt, {}, "the server's answer does not contain the service's answer"};
  if (inner->attribute("type") == "result") return {Verdict::allowed};
  if (inner->attribute("type") == "error") return read_probe_failure(to_failure(read_stanza_error(*inner)));
  return {std::nullopt, {}, "the service's answer is neither a result nor an error"};
}

OutStanza affiliations(std::string_view node) { return owners("affiliations", node); }
OutStanza configuration(std::string_view node) { return owners("configure", node); }
OutStanza node_subscriptions(std::string_view node) { return owners("subscriptions", node); }

Answered read_owner_failure(const IqFailure& failure) {
  if (failure.error == Error::missing) return {Verdict::no_such_node};
  if (failure.error == Error::refused || failure.error == Error::unsupported || failure.error == Error::malformed)
    return {Verdict::refused, "does not let this component ask as an owner: " + failure.reason};
  return {std::nullopt, {}, failure.reason};
}

std::optional<Verdict> read_affiliations(const Element& iq, std::string_view jid) {
  const Element* list = owners_list(iq, "affiliations");
  if (!list) return Verdict::refused;
  for (const Element& one : list->children) {
    if (!one.is("affiliation", owner_ns) || bare(one.attribute("jid")) != jid) continue;
    const std::string_view affiliation = one.attribute("affiliation");
    if (affiliation == "owner" || affiliation == "publisher" || affiliation == "member") return Verdict::allowed;
    if (affiliation != "none") return Verdict::refused;  // outcast, publish-only, and what is not known yet
  }
  return std::nullopt;
}

/// Presence and roster models depend on a roster that an owner does not see.
std::optional<Verdict> read_access_model(const Element& iq) {
  const Element* configure = owners_list(iq, "configure");
  const Element* form = configure ? configure->child("x", data_ns) : nullptr;
  if (!form) return Verdict::refused;
  for (const Element& field : form->children) {
    if (!field.is("field", data_ns) || field.attribute("var") != "pubsub#access_model") continue;
    const Element* value = field.child("value", data_ns);
    if (value && value->text == "open") return Verdict::allowed;
    if (value && value->text == "authorize") return std::nullopt;
  }
  return Verdict::refused;
}

Verdict read_node_subscriptions(const Element& iq, std::string_view jid) {
  const Element* list = owners_list(iq, "subscriptions");
  if (!list) return Verdict::refused;
  for (const Element& one : list->children)
    if (one.is("subscription", owner_ns) && bare(one.attribute("jid")) == jid &&
        one.attribute("subscription") == "subscribed")
      return Verdict::allowed;
  return Verdict::refused;
}

}  // namespace xes::xmpp
