// SPDX-License-Identifier: MIT
// Purpose: pubsub stanzas ↔ values. Thread: xmpp (OutStanza). Source: XEP-0060, sections as named.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hub/feed.hpp"
#include "xmpp/session/out_stanza.hpp"
#include "xmpp/session/session.hpp"
#include "xmpp/xml/element.hpp"

namespace xes::xmpp::pubsub {

inline constexpr std::string_view ns = "http://jabber.org/protocol/pubsub";
inline constexpr std::string_view event_ns = "http://jabber.org/protocol/pubsub#event";
inline constexpr std::string_view errors_ns = "http://jabber.org/protocol/pubsub#errors";

// Payloads of IQs.
OutStanza subscribe(std::string_view node, std::string_view jid);                            // §6.1.1
OutStanza unsubscribe(std::string_view node, std::string_view jid, std::string_view subid);  // §6.2.1
OutStanza subscriptions(std::string_view node = {});  ///< to that node; without one, all    // §5.6
OutStanza newest_items(std::string_view node, unsigned max);                                 // §6.5.7
OutStanza item(std::string_view node, std::string_view item_id);                             // §6.5.8
/// A page of items by Result Set Management (XEP-0059 §2.1): at most `max`, after the item that `after` names.
OutStanza items_page(std::string_view node, unsigned max, std::string_view after);

enum class SubscriptionState : unsigned char { none, pending, unconfigured, subscribed };

struct Subscription {
  std::string node;
  std::string jid;
  std::string subid;
  SubscriptionState state = SubscriptionState::none;
};

/// Of a reply to subscribe(), or to subscriptions().
std::optional<Subscription> read_subscription(const Element& iq);
std::vector<Subscription> read_subscriptions(const Element& iq);

/// Of a reply to items_page(), newest_items() or item(), in its order.
std::vector<hub::Item> read_items(const Element& iq);

/// What a page begins and ends with (XEP-0059 §2.3), empty where the server does not page. ejabberd's are times.
struct PageCursors {
  std::string first;
  std::string last;
};
PageCursors read_cursors(const Element& iq);

/// A notification (§7.1.2, §7.2.2, §8.4.2, §8.5.3, §6.1.7, §8.2.5.4): what happened at one node.
struct Notification {
  struct ConfigurationChanged {};
  struct Deleted {};
  std::string node;
  std::variant<std::vector<hub::Change>, ConfigurationChanged, Deleted, Subscription> what;
};

/// Nothing for a message that is no pubsub notification. Whether its sender may be believed is not asked here.
std::optional<Notification> read_notification(const Element& message);

/// What a refused subscribe means.
enum class Refusal : unsigned char {
  no_such_node,
  forbidden,
  pending,  ///< an owner has yet to approve (§6.1.3.7)
  passing,  ///< try again later
};
Refusal read_refusal(const IqFailure& failure);
/// Whether the service does not let us do what we asked for: not that it cannot, nor that it cannot now.
bool is_no(const IqFailure& failure);

}  // namespace xes::xmpp::pubsub
