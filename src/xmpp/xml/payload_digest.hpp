// SPDX-License-Identifier: MIT
// Purpose: a number for what a payload says, whatever way it is written: a server that reads an item back from its
// store may write attributes in another order, other prefixes or other quotes (Prosody does, after each restart), and
// it is the same item. Thread: one owner. Source: the equivalence of Exclusive XML Canonicalization, without its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xes::xmpp {

class PayloadDigest {
 public:
  void start_element(std::string_view ns, std::string_view local_name);
  /// Of the element just started, in any order; values as an XML parser gives them.
  void attribute(std::string_view ns, std::string_view local_name, std::string_view value);
  /// Character data, in pieces of any length.
  void text(std::string_view characters);
  void end_element();

  /// Of all since the last take(). Never 0.
  std::uint64_t take();

 private:
  void end_tag();

  std::string written_;
  std::vector<std::string> attributes_;
  bool in_tag_ = false;
  std::size_t attribute_count_ = 0;  ///< of attributes_; the rest is kept for its memory
};

}  // namespace xes::xmpp
