// SPDX-License-Identifier: MIT
// Purpose: a stanza that came in, as a plain tree of values. Thread: any (no shared state).
// Namespaces are resolved: `ns` is the namespace name, never a prefix (Namespaces in XML 1.0).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xes::xmpp {

/// An attribute. `ns` is empty for one without a prefix (an attribute does not inherit the default namespace).
struct Attribute {
  std::string name;
  std::string ns;
  std::string value;
};

/// What a pubsub <item/> carries: an element that is kept as the bytes that were sent instead of as a tree.
struct Payload {
  /// The element, standing alone: namespace declarations that it uses and inherited are added to its start tag, all
  /// else is byte for byte what the server sent. Equal to it under Exclusive C14N.
  std::string xml;
  std::string name;  ///< of the root element, without prefix
  std::string ns;    ///< of the root element
  /// Decoded character data, for {urn:xmpp:json:0}json (XEP-0335) and {https://prosody.im/protocol/data}data only.
  std::optional<std::string> text;
  std::uint64_t digest = 0;  ///< of what it says, see xmpp/payload_digest.hpp
};

struct Element {
  std::string name;
  std::string ns;
  std::vector<Attribute> attributes;
  std::vector<Element> children;
  std::string text;  ///< own character data, pieces between children put together
  /// The child elements of {http://jabber.org/protocol/pubsub}item and {…pubsub#event}item, which are not in `children`.
  std::vector<Payload> payloads;

  bool is(std::string_view local_name, std::string_view name_space) const {
    return name == local_name && ns == name_space;
  }

  /// The value of the attribute without namespace, or nullptr.
  const std::string* find_attribute(std::string_view attribute_name) const {
    for (const Attribute& a : attributes)
      if (a.ns.empty() && a.name == attribute_name) return &a.value;
    return nullptr;
  }

  /// The same, empty if there is none.
  std::string_view attribute(std::string_view attribute_name) const {
    const std::string* value = find_attribute(attribute_name);
    return value ? std::string_view(*value) : std::string_view();
  }

  /// The first child of that name and namespace, or nullptr.
  const Element* child(std::string_view local_name, std::string_view name_space) const {
    for (const Element& c : children)
      if (c.is(local_name, name_space)) return &c;
    return nullptr;
  }
};

}  // namespace xes::xmpp
