// SPDX-License-Identifier: MIT
// Purpose: a stanza that came in, as a tree to read. Thread: any, one at a time.
// Namespaces are resolved: `ns` is the namespace name, never a prefix (Namespaces in XML 1.0).
//
// The Stanza owns the memory of the whole tree: what is to outlive it is copied into strings of one's own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "xmpp/xml/arena.hpp"

namespace xes::xmpp {

/// An attribute. `ns` is empty for one without a prefix (an attribute does not inherit the default namespace).
struct Attribute {
  std::string_view name;
  std::string_view ns;
  std::string_view value;
};

/// What a pubsub <item/> carries: an element that is kept as the bytes that were sent instead of as a tree.
struct Payload {
  /// The element, standing alone: namespace declarations that it uses and inherited are added to its start tag, all
  /// else is byte for byte what the server sent. Equal to it under Exclusive C14N.
  std::string_view xml;
  std::string_view name;  ///< of the root element, without prefix
  std::string_view ns;    ///< of the root element
  /// Decoded character data, for {urn:xmpp:json:0}json (XEP-0335) and {https://prosody.im/protocol/data}data only.
  std::optional<std::string_view> text;
  std::uint64_t digest = 0;  ///< of what it says, see xmpp/xml/payload_digest.hpp
  bool left_out = false;     ///< it was over a bound (xmpp/xml/reader_options.hpp): nothing else is known of it
};

class Element {
 public:
  std::string_view name;
  std::string_view ns;
  List<Attribute> attributes;
  List<Element> children;
  std::string_view text;  ///< own character data, pieces between children put together
  /// The first child element of {http://jabber.org/protocol/pubsub}item and {…pubsub#event}item; none is in `children`.
  List<Payload> payloads;

  Element() = default;

  bool is(std::string_view local_name, std::string_view name_space) const {
    return name == local_name && ns == name_space;
  }

  /// The value of the attribute without namespace, or nullptr.
  const std::string_view* find_attribute(std::string_view attribute_name) const {
    for (const Attribute& a : attributes)
      if (a.ns.empty() && a.name == attribute_name) return &a.value;
    return nullptr;
  }

  /// The same, empty if there is none.
  std::string_view attribute(std::string_view attribute_name) const {
    const std::string_view* value = find_attribute(attribute_name);
    return value ? *value : std::string_view();
  }

  /// The first child of that name and namespace, or nullptr.
  const Element* child(std::string_view local_name, std::string_view name_space) const {
    for (const Element& c : children)
      if (c.is(local_name, name_space)) return &c;
    return nullptr;
  }

 protected:
  // Not for everybody: a copy would point into memory that it does not own.
  Element(Element&&) = default;
  Element& operator=(Element&&) = default;
};

/// The outermost element of a stanza, with the memory of all within. Moving it leaves every other element where it is.
class Stanza : public Element {
 public:
  Stanza() = default;
  explicit Stanza(std::unique_ptr<Arena> memory) : memory_(std::move(memory)) {}
  Stanza(Stanza&& other) noexcept : Element(static_cast<Element&&>(other)), memory_(std::move(other.memory_)) { other.empty(); }
  Stanza& operator=(Stanza&& other) noexcept {
    Element::operator=(static_cast<Element&&>(other));  // no more of it than that
    memory_ = std::move(other.memory_);
    other.empty();
    return *this;
  }

  Arena& memory() { return *memory_; }
  /// To use it again. The stanza is empty then.
  std::unique_ptr<Arena> release_memory() {
    empty();
    return std::move(memory_);
  }

 private:
  void empty() { Element::operator=(Element()); }

  std::unique_ptr<Arena> memory_;
};

}  // namespace xes::xmpp
