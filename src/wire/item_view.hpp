// SPDX-License-Identifier: MIT
// Purpose: an item as JSON, for a page that reads several nodes in one stream. Thread: any (pure).
// Bounds: linear in the item. No errors: whatever the item holds, one JSON object on one line comes out.
// Sources: RFC 8259; XEP-0335 (JSON containers); RFC 5122 and XEP-0277 (xmpp: URIs of items).
//
//   {"service":"pubsub.example.org","node":"weather/bonn","id":"current","payload":{"t":21.50}}
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xes::wire {

/// An item of somebody else's memory.
struct ItemView {
  std::string_view service = {};    ///< JID
  std::string_view node = {};
  std::string_view id = {};
  std::string_view publisher = {};  ///< JID; empty: the service does not tell
  std::string_view published = {};  ///< XEP-0082 date and time; empty: nobody knows
  std::string_view payload = {};    ///< one XML element, standing alone; empty: the item has none
  /// The decoded text, where the payload is a urn:xmpp:json:0 or https://prosody.im/protocol/data container.
  std::optional<std::string_view> text = {};
};

/// `{"service":…,"node":…,"id":…,"publisher":…,"published":…,"payload":…}`, without publisher or published where they
/// are empty. The payload is:
///   - of a container, what its text says if it is JSON (json_text.hpp: white space goes, all else stays as written:
///     no number is rounded), and else that text as a string;
///   - of any other XML, its source as a string;
///   - null where there is none.
void append_item_json(std::string& out, const ItemView& item);

/// The members that every JSON view begins with: service, node, id and, where known, publisher. No braces.
void append_item_members(std::string& out, const ItemView& item);

/// `xmpp:SERVICE?;node=NODE;item=ID`: names the item for all the world (XEP-0277 §2). Bytes that are not unreserved
/// (RFC 3986 §2.3) are written as %XX.
std::string item_uri(const ItemView& item);

}  // namespace xes::wire
