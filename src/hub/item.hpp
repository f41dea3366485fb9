// SPDX-License-Identifier: MIT
// Purpose: what the XMPP side hands to the hub, as values. Thread: any.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace xes::hub {

/// A node at a service (XEP-0060 §2: nodes are named within the service that hosts them).
struct NodeName {
  std::string service;  ///< JID of the pubsub service
  std::string node;     ///< UTF-8, as published, never empty

  bool operator==(const NodeName&) const = default;
};

struct NodeNameHash {
  std::size_t operator()(const NodeName& name) const {
    return std::hash<std::string>()(name.service) * 31 + std::hash<std::string>()(name.node);
  }
};

/// What the data of an item's event holds.
enum class View : unsigned char {
  payload,  ///< the payload's XML, or the text alone of a JSON or data container
  item,     ///< the whole <item/>, as Prosody's mod_pubsub_eventsource sends it
  json,     ///< a JSON object with service, node, ID and payload
  atom,     ///< a JSON object with what an Atom entry says (RFC 4287); of any other payload as `json`
};
inline constexpr std::size_t view_count = 4;

/// One published item (XEP-0060 §7.1).
struct Item {
  std::string id;                   ///< ItemID; unique in its node at any one time, re-used by a later publish
  std::string publisher;            ///< JID, empty where the service does not tell
  std::string published;            ///< XEP-0082 time, empty where the service does not tell
  std::string payload;              ///< XML of the payload element, standalone; empty for a payload-less item
  std::optional<std::string> text;  ///< decoded text of a urn:xmpp:json:0 or https://prosody.im/protocol/data payload

  /// Of what the payload says, however it is written; 0 if nobody computed it, then its bytes count.
  std::uint64_t payload_digest = 0;

  /// The payload was too large to take, so streams are told of the item alone (`too-large`). To them it is known by its ID.
  bool left_out = false;

  /// Of service, node, item ID and payload: the same wherever and whenever it is computed. Never 0; 50 bits.
  std::uint64_t content_hash(const NodeName& name) const;
};

}  // namespace xes::hub
