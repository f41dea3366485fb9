// SPDX-License-Identifier: MIT
// Purpose: the quick way for a stanza that is written plainly; whatever leaves a doubt is expat's. Thread: one owner.
//
// Why: expat takes some 4 ns for each byte (it looks at each at least twice, and counts columns), which was two thirds of
// all that the XMPP thread did for a notification. And notifications are plain: servers write them from trees.
// Why this is sound: nothing is decided here that needs judgement. What is accepted is a subset of XML in which a byte has
// one meaning only; at the first byte outside it the stanza is given up, and expat reads it from its first byte, or finds
// it malformed. Nothing malformed is accepted, for expat would not see it. The subset:
//   - complete: all of it is there;
//   - names of ASCII letters, digits, '_', '-', '.', and one ':' at most;
//   - attributes apart by spaces, no white space around '=', each name once, few enough to compare them;
//   - values and text of any characters of XML but tab and line feed (values), carriage return, and "]]>" (text);
//   - of references only the five predefined entities; no CDATA section, comment, processing instruction or DTD;
//   - prefixes that are declared; declarations without references, of no reserved prefix or namespace.
// The tests read the same bytes both ways (plain_reader_test.cpp). Sources: XML 1.0 (5th ed.), Namespaces in XML 1.0.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "xmpp/namespace_scope.hpp"
#include "xmpp/stanza_builder.hpp"

namespace xes::xmpp {

class PlainReader {
 public:
  /// `scope` has the stream's own declarations, and has them again after each read().
  PlainReader(NamespaceScope& scope, StanzaBuilder& stanza, std::size_t max_depth)
      : scope_(scope), stanza_(stanza), max_depth_(max_depth) {}

  /// Reads the stanza that `bytes` begin with. Its length, and the builder has it; or 0: it is not plain, not all there,
  /// or over a limit, and what the builder has is nothing.
  std::size_t read(std::string_view bytes);

 private:
  struct Open {
    std::string_view tag_name;   ///< as it is written
    std::size_t bindings = 0;    ///< outside it
  };
  struct RawAttribute {
    std::string_view prefix;
    std::string_view local;
    std::string_view value;
    bool has_references = false;
  };
  static constexpr std::size_t max_attributes = 16;

  // Each false: give up.
  bool read_stanza();
  bool read_start_tag();
  bool read_end_tag();
  bool read_text();
  bool read_name(std::string_view& prefix, std::string_view& local);
  bool read_attributes();
  bool read_value(RawAttribute& attribute);
  bool bind_declarations(std::size_t depth);
  bool resolve(std::string_view prefix, std::string_view& ns) const;
  bool resolve_attributes();

  void pass_until(unsigned char stop);
  void end_element();

  char peek() const { return at_ < bytes_.size() ? bytes_[at_] : '\0'; }
  bool skip(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  NamespaceScope& scope_;
  StanzaBuilder& stanza_;
  std::size_t max_depth_;

  std::string_view bytes_;
  std::size_t at_ = 0;
  unsigned char seen_ = 0;  ///< all bytes of values and texts, or-ed: is any of them not ASCII?
  std::vector<Open> open_;
  std::size_t payload_begin_ = 0;

  // Of the tag that is being read.
  std::array<RawAttribute, max_attributes> raw_;
  std::size_t raw_count_ = 0;
  std::vector<XmlAttribute> attributes_;
  std::string decoded_;
};

}  // namespace xes::xmpp
