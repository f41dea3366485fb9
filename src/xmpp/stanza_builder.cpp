// SPDX-License-Identifier: MIT
#include "xmpp/stanza_builder.hpp"

#include <utility>

namespace xes::xmpp {
namespace {

bool holds_payloads(const Element& element) {
  return element.is("item", "http://jabber.org/protocol/pubsub#event") ||
         element.is("item", "http://jabber.org/protocol/pubsub");
}

}  // namespace

void StanzaBuilder::begin(const XmlName& name, const char** attributes) {
  nodes_ = 0;
  stanza_ = Element{};
  open_.assign(1, &stanza_);
  fill(stanza_, name, attributes);
}

bool StanzaBuilder::start_element(const XmlName& name, const char** attributes, std::size_t depth) {
  const bool begins_payload = !payload_.reading() && holds_payloads(*open_.back());
  if (begins_payload) payload_.begin(name, depth);
  if (payload_.reading()) {
    payload_.start_element(name, attributes);
    return begins_payload;
  }
  // Only the last child of an element is ever open, so no pointer in open_ moves.
  open_.push_back(&open_.back()->children.emplace_back());
  fill(*open_.back(), name, attributes);
  return false;
}

void StanzaBuilder::fill(Element& element, const XmlName& name, const char** attributes) {
  element.name = name.local;
  element.ns = name.ns;
  std::size_t count = 0;
  while (attributes[2 * count]) ++count;
  nodes_ += 1 + count;
  if (too_many_nodes()) return;
  element.attributes.reserve(count);
  for (; *attributes; attributes += 2) {
    const XmlName attribute = XmlName::split(attributes[0]);
    Attribute& added = element.attributes.emplace_back();
    added.name = attribute.local;
    added.ns = attribute.ns;
    added.value = attributes[1];
  }
}

void StanzaBuilder::text(std::string_view characters) {
  if (payload_.reading())
    payload_.text(characters);
  else
    open_.back()->text.append(characters);
}

bool StanzaBuilder::end_element(std::size_t depth) {
  if (!payload_.reading()) {
    open_.pop_back();
    return false;
  }
  payload_.end_element();
  return depth == payload_.depth();
}

void StanzaBuilder::end_payload(std::string_view bytes) { open_.back()->payloads.push_back(payload_.take(bytes)); }

void StanzaBuilder::drop_content() {
  payload_.drop();
  stanza_.children = {};
  stanza_.payloads = {};
  stanza_.text = {};
}

Element StanzaBuilder::take() { return std::move(stanza_); }

}  // namespace xes::xmpp
