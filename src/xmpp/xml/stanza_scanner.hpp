// SPDX-License-Identifier: MIT
// Purpose: cuts the server's bytes into stanzas by their tags alone, so that whatever is over a bound is gone before
// expat sees it: expat keeps memory for every open element and every name, this keeps the stanza's bytes and a few counts.
// Thread: one owner. No I/O. Sources: XML 1.0 §2.3–2.8, §3.1; RFC 6120 §11.1 (no comments, processing instructions, DTD).
//
// It does not check that a stanza is well-formed, but for tags that do not match, so that it finds a stanza's end; expat
// does, for all that is not left out. For the rest the server is believed: what is not well-formed it does not relay.
//
// Two things can be left out:
//   <message><event><items><item id='1'>…</item>       the content of a pubsub item: a placeholder stands for it
//   <message>…</message>                               a whole stanza: its start tag stands for it
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "xmpp/xml/reader_options.hpp"

namespace xes::xmpp {

class StanzaScanner {
 public:
  enum class Found : unsigned char {
    nothing,      ///< all bytes are taken, and nothing is complete
    header,       ///< <stream:stream …>, with the XML declaration before it
    stanza,       ///< a whole child of the stream
    passed_over,  ///< a child of the stream over a bound, see reason()
    close,        ///< </stream:stream>
    failed,       ///< see failure(): final
  };

  explicit StanzaScanner(const ReaderOptions& options);

  /// Takes from the front of `bytes`, up to the end of what it found.
  Found scan(std::string_view& bytes);

  // Of what was found last, until the next scan().
  /// The bytes for expat. Of a stanza that is passed over: its start tag, as an empty element; or nothing, if that is
  /// over a bound itself.
  std::string_view text() const { return text_; }
  /// Where in text() placeholders stand, each an empty element in place of an item's content, or of an item.
  const std::vector<std::size_t>& left_out() const { return left_out_; }
  /// One sentence.
  const std::string& reason() const { return reason_; }

  /// Error::malformed: what XMPP forbids. Error::too_large: a stream header without end.
  const Failure& failure() const { return failure_; }

  /// What is held now, for tests.
  std::size_t capacity() const { return text_.capacity() + left_out_.capacity() * sizeof(std::size_t); }

 private:
  enum class State : unsigned char { text, opened, start_tag, value, end_tag, marked, cdata, declaration, failed };
  /// What is not kept at present.
  enum class Skip : unsigned char { nothing, content, item, stanza };

  Found read(std::string_view& bytes);
  Found read_text(std::string_view& bytes);
  Found read_opened(std::string_view& bytes);
  Found read_start_tag(std::string_view& bytes);
  Found read_value(std::string_view& bytes);
  Found read_end_tag(std::string_view& bytes);
  Found read_marked(std::string_view& bytes);
  Found read_cdata(std::string_view& bytes);
  Found read_declaration(std::string_view& bytes);

  void begin();
  void take(std::string_view& bytes, std::size_t count);
  void count_attribute();
  void count_item_node();
  Found end_start_tag();
  Found end_element();
  std::string_view name_at(std::size_t begin) const;
  std::string_view local_name() const;
  void over(const std::string& bound);
  void pass_over(const std::string& bound);
  Found fail(Error error, std::string reason);
  Found fail_as_malformed();
  Found fail_as_forbidden();
  bool in_tag() const { return state_ == State::start_tag || state_ == State::value || state_ == State::end_tag; }

  const ReaderOptions options_;
  State state_ = State::text;
  Skip skip_ = Skip::nothing;
  bool has_header_ = false;
  bool complete_ = false;  ///< text_ was given: the next byte begins another
  std::size_t depth_ = 0;  ///< open elements, the stanza being 1
  std::string text_;
  std::vector<std::size_t> left_out_;
  std::string reason_;
  Failure failure_{};

  // The tag that is being read.
  std::size_t tag_begin_ = 0;  ///< in text_
  std::size_t tag_bytes_ = 0;
  std::size_t attributes_ = 0;
  std::size_t declarations_ = 0;
  std::size_t value_bytes_ = 0;
  std::size_t matched_ = 0;    ///< of "xmlns", at the beginning of an attribute's name; or mismatch
  bool after_space_ = false;
  bool declares_ = false;      ///< the attribute is a namespace declaration
  char quote_ = 0;
  char last_ = 0;
  std::size_t marked_ = 0;     ///< of "[CDATA["
  std::size_t brackets_ = 0;   ///< "]" in a row

  // The stanza that is being read.
  std::size_t start_tag_bytes_ = 0;
  struct Open {
    std::size_t name_begin = 0;    ///< in text_
    std::size_t declarations = 0;  ///< in scope
  };
  std::vector<Open> open_;  ///< by depth
  bool in_items_ = false;  ///< the element at depth 3 is <items/>
  bool in_item_ = false;
  std::size_t content_begin_ = 0;  ///< of the item, in text_
  std::size_t item_nodes_ = 0;
};

}  // namespace xes::xmpp
