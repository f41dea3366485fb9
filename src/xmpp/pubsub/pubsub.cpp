// SPDX-License-Identifier: MIT
#include "xmpp/pubsub/pubsub.hpp"

#include <array>

namespace xes::xmpp::pubsub {
namespace {

constexpr std::string_view rsm_ns = "http://jabber.org/protocol/rsm";

OutStanza pubsub(OutStanza child) { return OutStanza("pubsub", ns).child(std::move(child)); }

hub::Item to_item(const Element& element) {
  hub::Item item;
  item.id = element.attribute("id");
  item.publisher = element.attribute("publisher");
  if (!element.payloads.empty()) {
    item.payload = element.payloads.front().xml;
    item.text = element.payloads.front().text;
    item.payload_digest = element.payloads.front().digest;
    item.left_out = element.payloads.front().left_out;
  }
  return item;
}

Subscription to_subscription(const Element& element) {
  Subscription subscription;
  subscription.node = element.attribute("node");
  subscription.jid = element.attribute("jid");
  subscription.subid = element.attribute("subid");
  const std::string_view state = element.attribute("subscription");
  if (state == "pending") subscription.state = SubscriptionState::pending;
  if (state == "unconfigured") subscription.state = SubscriptionState::unconfigured;
  if (state == "subscribed") subscription.state = SubscriptionState::subscribed;
  return subscription;
}

/// §7.1.2.1, §7.2.2.1: one notification may carry several items and retractions, or none. `delay`: XEP-0203's, which an
/// item has that was published earlier (§6.1.7), or nullptr.
std::vector<hub::Change> to_changes(const Element& items, const Element* delay) {
  const bool delayed = delay != nullptr;
  std::vector<hub::Change> changes;
  for (const Element& child : items.children) {
    if (child.is("item", event_ns)) {
      hub::Item item = to_item(child);
      if (delay) item.published = delay->attribute("stamp");
      changes.push_back({hub::Happening::item, std::move(item), delayed});
    }
    if (child.is("retract", event_ns)) {
      hub::Item retracted;
      retracted.id = child.attribute("id");
      changes.push_back({hub::Happening::retract, std::move(retracted), delayed});
    }
  }
  return changes;
}

}  // namespace

OutStanza subscribe(std::string_view node, std::string_view jid) {
  return pubsub(OutStanza("subscribe").attribute("node", node).attribute("jid", jid));
}

OutStanza unsubscribe(std::string_view node, std::string_view jid, std::string_view subid) {
  OutStanza element("unsubscribe");
  element.attribute("node", node).attribute("jid", jid);
  if (!subid.empty()) element.attribute("subid", subid);
  return pubsub(std::move(element));
}

OutStanza subscriptions(std::string_view node) {
  OutStanza asked("subscriptions");
  if (!node.empty()) asked.attribute("node", node);
  return pubsub(std::move(asked));
}

OutStanza newest_items(std::string_view node, unsigned max) {
  return pubsub(OutStanza("items").attribute("node", node).attribute("max_items", std::to_string(max)));
}

OutStanza item(std::string_view node, std::string_view item_id) {
  return pubsub(OutStanza("items").attribute("node", node).child(OutStanza("item").attribute("id", item_id)));
}

OutStanza items_page(std::string_view node, unsigned max, std::string_view after) {
  OutStanza set("set", rsm_ns);
  set.child(OutStanza("max").text(std::to_string(max)));
  if (!after.empty()) set.child(OutStanza("after").text(after));
  return pubsub(OutStanza("items").attribute("node", node)).child(std::move(set));
}

std::optional<Subscription> read_subscription(const Element& iq) {
  const Element* root = iq.child("pubsub", ns);
  const Element* subscription = root ? root->child("subscription", ns) : nullptr;
  if (!subscription) return std::nullopt;
  return to_subscription(*subscription);
}

std::vector<Subscription> read_subscriptions(const Element& iq) {
  std::vector<Subscription> all;
  const Element* root = iq.child("pubsub", ns);
  const Element* list = root ? root->child("subscriptions", ns) : nullptr;
  if (!list) return all;
  for (const Element& child : list->children)
    if (child.is("subscription", ns)) all.push_back(to_subscription(child));
  return all;
}

std::vector<hub::Item> read_items(const Element& iq) {
  std::vector<hub::Item> all;
  const Element* root = iq.child("pubsub", ns);
  const Element* list = root ? root->child("items", ns) : nullptr;
  if (!list) return all;
  for (const Element& child : list->children)
    if (child.is("item", ns)) all.push_back(to_item(child));
  return all;
}

PageCursors read_cursors(const Element& iq) {
  PageCursors cursors;
  const Element* root = iq.child("pubsub", ns);
  const Element* set = root ? root->child("set", rsm_ns) : nullptr;
  if (!set) return cursors;
  if (const Element* first = set->child("first", rsm_ns)) cursors.first = first->text;
  if (const Element* last = set->child("last", rsm_ns)) cursors.last = last->text;
  return cursors;
}

std::optional<Notification> read_notification(const Element& message) {
  const Element* event = message.child("event", event_ns);
  if (!event || message.attribute("type") == "error") return std::nullopt;
  for (const Element& child : event->children) {
    if (child.ns != event_ns) continue;
    Notification notification;
    notification.node = child.attribute("node");
    if (child.name == "items") {
      notification.what = to_changes(child, message.child("delay", "urn:xmpp:delay"));
    } else if (child.name == "purge") {
      notification.what = std::vector<hub::Change>{{hub::Happening::purge, {}, false}};
    } else if (child.name == "delete") {
      notification.what = Notification::Deleted{};
    } else if (child.name == "configuration") {
      notification.what = Notification::ConfigurationChanged{};
    } else if (child.name == "subscription") {
      notification.what = to_subscription(child);
    } else {
      continue;
    }
    return notification;
  }
  return std::nullopt;
}

Refusal read_refusal(const IqFailure& failure) {
  const StanzaError& error = failure.stanza;
  if (error.application_ns == errors_ns && error.application == "pending-subscription") return Refusal::pending;
  if (error.condition == "item-not-found" || error.condition == "gone") return Refusal::no_such_node;
  // RFC 6120 §8.3.3: conditions that speak of the moment, or of the way to the service, rather than of the node.
  constexpr std::array passing = {"",
                                  "internal-server-error",
                                  "recipient-unavailable",
                                  "remote-server-not-found",
                                  "remote-server-timeout",
                                  "resource-constraint",
                                  "service-unavailable",
                                  "undefined-condition",
                                  "unexpected-request"};
  if (error.type == "wait") return Refusal::passing;  // §8.3.2: "retry after waiting"
  for (const std::string_view condition : passing)
    if (error.condition == condition) return Refusal::passing;
  return Refusal::forbidden;
}

bool is_no(const IqFailure& failure) {
  return failure.error == Error::refused && read_refusal(failure) != Refusal::passing;
}

}  // namespace xes::xmpp::pubsub
