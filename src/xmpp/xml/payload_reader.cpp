// SPDX-License-Identifier: MIT
#include "xmpp/xml/payload_reader.hpp"

#include <algorithm>
#include <utility>

namespace xes::xmpp {
namespace {

/// Beyond this, what is kept from one payload to the next is given back.
constexpr std::size_t keep_bytes = 64 * 1024;

bool holds_text(const wire::XmlName& name) {
  return (name.local == "json" && name.ns == "urn:xmpp:json:0") ||
         (name.local == "data" && name.ns == "https://prosody.im/protocol/data");
}

/// As it may stand between single quotes; white space escaped against attribute-value normalisation.
std::string attribute_escaped(std::string_view value) {
  std::string out;
  for (char c : value) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '\'': out += "&apos;"; break;
      case '\t': out += "&#9;"; break;
      case '\n': out += "&#10;"; break;
      case '\r': out += "&#13;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

void PayloadReader::begin(const wire::XmlName& root, std::size_t depth, Arena& memory) {
  reading_ = true;
  depth_ = depth;
  memory_ = &memory;
  payload_ = {};
  payload_.name = memory.copy(root.local);
  payload_.ns = memory.copy(root.ns);
  holds_text_ = holds_text(root);
  inherited_.clear();
}

/// What is visibly utilized: the prefix of the element and of each attribute.
void PayloadReader::start_element(const wire::XmlName& name, std::span<const wire::XmlAttribute> attributes) {
  digest_.start_element(name.ns, name.local);
  note_used_prefix(name.prefix);
  for (const wire::XmlAttribute& attribute : attributes) {
    digest_.attribute(attribute.name.ns, attribute.name.local, attribute.value);
    const std::string_view prefix = attribute.name.prefix;
    if (!prefix.empty() && prefix != "xml") note_used_prefix(prefix);
  }
}

void PayloadReader::note_used_prefix(std::string_view prefix) {
  const std::optional<std::size_t> found = scope_.find(prefix);
  if (!found || scope_[*found].depth >= depth_ || scope_[*found].uri.empty()) return;
  if (std::find(inherited_.begin(), inherited_.end(), *found) == inherited_.end()) inherited_.push_back(*found);
}

void PayloadReader::text(std::string_view characters) {
  digest_.text(characters);
  if (holds_text_) text_.append(characters);
}

Payload PayloadReader::take(std::string_view bytes) {
  reading_ = false;
  payload_.digest = digest_.take();
  payload_.xml = memory_->copy(inherited_.empty() ? bytes : with_inherited(bytes));
  if (holds_text_) payload_.text = memory_->copy(text_);
  give_back_text();
  return payload_;
}

/// `bytes` with the declarations in their start tag that it lacks to stand alone.
std::string PayloadReader::with_inherited(std::string_view bytes) const {
  const std::size_t name_end = bytes.find_first_of(" \t\r\n/>");
  std::string xml(bytes.substr(0, name_end));
  for (std::size_t i : inherited_) {
    const NamespaceScope::Binding& binding = scope_[i];
    xml += binding.prefix.empty() ? " xmlns='" : " xmlns:" + binding.prefix + "='";
    xml += attribute_escaped(binding.uri) + "'";
  }
  return xml.append(bytes.substr(name_end));
}

void PayloadReader::drop() {
  reading_ = false;
  digest_.take();
  give_back_text();
}

void PayloadReader::give_back_text() {
  text_.clear();
  if (text_.capacity() > keep_bytes) text_.shrink_to_fit();
}

}  // namespace xes::xmpp
