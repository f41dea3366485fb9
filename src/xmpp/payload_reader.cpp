// SPDX-License-Identifier: MIT
#include "xmpp/payload_reader.hpp"

#include <algorithm>
#include <utility>

namespace xes::xmpp {
namespace {

/// Beyond this, what is kept from one payload to the next is given back.
constexpr std::size_t keep_bytes = 64 * 1024;

bool holds_text(const XmlName& name) {
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

void PayloadReader::bind(std::string_view prefix, std::string_view uri, std::size_t depth) {
  if (binding_count_ == bindings_.size()) bindings_.emplace_back();
  Binding& binding = bindings_[binding_count_++];
  binding.prefix = prefix;
  binding.uri = uri;
  binding.depth = depth;
}

void PayloadReader::begin(const XmlName& root, std::size_t depth, Arena& memory) {
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
void PayloadReader::start_element(const XmlName& name, const char** attributes) {
  digest_.start_element(name.ns, name.local);
  note_used_prefix(name.prefix);
  for (; *attributes; attributes += 2) {
    const XmlName attribute = XmlName::split(attributes[0]);
    digest_.attribute(attribute.ns, attribute.local, attributes[1]);
    if (!attribute.prefix.empty() && attribute.prefix != "xml") note_used_prefix(attribute.prefix);
  }
}

void PayloadReader::note_used_prefix(std::string_view prefix) {
  for (std::size_t i = binding_count_; i-- > 0;) {
    if (bindings_[i].prefix != prefix) continue;
    const bool from_outside = bindings_[i].depth < depth_ && !bindings_[i].uri.empty();
    if (from_outside && std::find(inherited_.begin(), inherited_.end(), i) == inherited_.end())
      inherited_.push_back(i);
    return;
  }
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
    const Binding& binding = bindings_[i];
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
