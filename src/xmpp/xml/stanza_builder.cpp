// SPDX-License-Identifier: MIT
#include "xmpp/xml/stanza_builder.hpp"

#include <utility>

namespace xes::xmpp {
namespace {

/// As many stanzas as one read of the socket brings, about: 1 MiB.
constexpr std::size_t max_spare_arenas = 256;
/// Beyond this, what is kept of an element's text is given back.
constexpr std::size_t keep_bytes = 64 * 1024;

bool is_pubsub(const Element& element, std::string_view name) {
  return element.is(name, "http://jabber.org/protocol/pubsub#event") ||
         element.is(name, "http://jabber.org/protocol/pubsub");
}

void empty(std::string& text) {
  text.clear();
  if (text.capacity() > keep_bytes) text.shrink_to_fit();
}

}  // namespace

void StanzaBuilder::begin(const wire::XmlName& name, std::span<const wire::XmlAttribute> attributes) {
  drop_open();
  recycle(std::move(stanza_));
  std::unique_ptr<Arena> memory;
  if (spare_.empty()) {
    memory = std::make_unique<Arena>();
  } else {
    memory = std::move(spare_.back());
    spare_.pop_back();
  }
  stanza_ = Stanza(std::move(memory));
  nodes_ = 0;
  stanza_.ns = stanza_.memory().copy(name.ns);
  open(stanza_, name, attributes);
}

bool StanzaBuilder::start_element(const wire::XmlName& name, std::span<const wire::XmlAttribute> attributes,
                                  std::size_t depth) {
  const bool begins_payload = !payload_.reading() && is_pubsub(*innermost().element, "item");
  if (begins_payload) payload_.begin(name, depth, stanza_.memory());
  if (payload_.reading()) {
    payload_.start_element(name, attributes);
    return begins_payload;
  }
  // Only the last child of an element is ever open, so no element in open_ moves when its parent's list grows.
  Element& parent = *innermost().element;
  Element& element = parent.children.add(stanza_.memory());
  element.ns = name.ns == parent.ns ? parent.ns : stanza_.memory().copy(name.ns);
  open(element, name, attributes);
  return false;
}

void StanzaBuilder::open(Element& element, const wire::XmlName& name, std::span<const wire::XmlAttribute> attributes) {
  Arena& memory = stanza_.memory();
  if (open_count_ == open_.size()) open_.emplace_back();
  open_[open_count_++].element = &element;
  element.name = memory.copy(name.local);
  nodes_ += 1 + attributes.size();
  if (too_many_nodes()) return;
  if (!attributes.empty()) element.attributes.reserve(memory, attributes.size());
  for (const wire::XmlAttribute& attribute : attributes)
    element.attributes.add(memory) = {memory.copy(attribute.name.local), memory.copy(attribute.name.ns),
                                      memory.copy(attribute.value)};
}

void StanzaBuilder::text(std::string_view characters) {
  if (payload_.reading())
    payload_.text(characters);
  else
    innermost().text.append(characters);
}

bool StanzaBuilder::end_element(std::size_t depth) {
  if (payload_.reading()) {
    payload_.end_element();
    return depth == payload_.depth();
  }
  Open& ended = innermost();
  ended.element->text = stanza_.memory().copy(ended.text);
  empty(ended.text);
  --open_count_;
  return false;
}

void StanzaBuilder::end_payload(std::string_view bytes) {
  List<Payload>& payloads = innermost().element->payloads;
  if (!payloads.empty()) return payload_.drop();
  payloads.add(stanza_.memory()) = payload_.take(bytes);
}

bool StanzaBuilder::leave_out() {
  if (payload_.reading()) return false;
  Element* item = innermost().element;
  if (is_pubsub(*item, "items")) {
    Element& nameless = item->children.add(stanza_.memory());
    nameless.ns = item->ns;
    nameless.name = "item";
    item = &nameless;
  }
  if (!is_pubsub(*item, "item")) return false;
  item->payloads.add(stanza_.memory()).left_out = true;
  return true;
}

/// What was begun and did not end.
void StanzaBuilder::drop_open() {
  if (payload_.reading()) payload_.drop();
  for (; open_count_ > 0; --open_count_) empty(innermost().text);
}

void StanzaBuilder::drop_content() {
  drop_open();
  Stanza kept(std::make_unique<Arena>());
  kept.name = kept.memory().copy(stanza_.name);
  kept.ns = kept.memory().copy(stanza_.ns);
  for (const Attribute& attribute : stanza_.attributes)
    kept.attributes.add(kept.memory()) = {kept.memory().copy(attribute.name), kept.memory().copy(attribute.ns),
                                          kept.memory().copy(attribute.value)};
  stanza_ = std::move(kept);
}

void StanzaBuilder::recycle(Stanza&& stanza) {
  std::unique_ptr<Arena> memory = stanza.release_memory();
  if (!memory || spare_.size() == max_spare_arenas) return;
  memory->clear();
  spare_.push_back(std::move(memory));
}

}  // namespace xes::xmpp
