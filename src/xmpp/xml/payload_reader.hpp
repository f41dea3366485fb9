// SPDX-License-Identifier: MIT
// Purpose: one payload, from the parser's calls: which namespace declarations it inherits, its digest, its text.
// Thread: one owner. Source: Exclusive XML C14N §1.1 ("visibly utilized"), XEP-0335 (JSON containers).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/xml_name.hpp"
#include "xmpp/xml/element.hpp"
#include "xmpp/xml/namespace_scope.hpp"
#include "xmpp/xml/payload_digest.hpp"

namespace xes::xmpp {

class PayloadReader {
 public:
  /// `scope`: the declarations in scope, of the whole stream: a payload may use those that were made outside it.
  explicit PayloadReader(const NamespaceScope& scope) : scope_(scope) {}

  bool reading() const { return reading_; }
  /// The depth of its root element.
  std::size_t depth() const { return depth_; }

  /// `memory` gets what take() gives.
  void begin(const wire::XmlName& root, std::size_t depth, Arena& memory);
  /// The root as well.
  void start_element(const wire::XmlName& name, std::span<const wire::XmlAttribute> attributes);
  void text(std::string_view characters);
  void end_element() { digest_.end_element(); }
  /// The whole payload, whose bytes in the stream were `bytes`.
  Payload take(std::string_view bytes);
  /// Forgets what was begun.
  void drop();

 private:
  void note_used_prefix(std::string_view prefix);
  std::string with_inherited(std::string_view bytes) const;
  void give_back_text();

  const NamespaceScope& scope_;
  bool reading_ = false;
  std::size_t depth_ = 0;
  Arena* memory_ = nullptr;
  Payload payload_;
  bool holds_text_ = false;
  std::string text_;
  PayloadDigest digest_;
  std::vector<std::size_t> inherited_;  ///< of scope_: what the payload uses and does not make itself
};

}  // namespace xes::xmpp
