// SPDX-License-Identifier: MIT
// Purpose: the bytes of an XMPP stream and the expat that reads them; what XMPP forbids in XML ends it. Thread: one
// owner. No I/O. Sources: RFC 6120 §11.1 (no comments, processing instructions, DTD), §11.6 (UTF-8).
//
// Errors: Error::malformed (not well-formed, or forbidden), Error::too_large (a tag without end), Error::unavailable
// (no memory); each is final.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "xmpp/xml_name.hpp"

struct XML_ParserStruct;

namespace xes::xmpp {

class XmlStream {
 public:
  /// In bytes from the beginning of the stream.
  using Position = std::uint64_t;

  /// What expat calls. Texts hold for the call. May throw: that ends the stream.
  class Handler {
   public:
    virtual void start_element(const XmlName& name, std::span<const XmlAttribute> attributes) = 0;
    virtual void end_element() = 0;
    virtual void text(std::string_view characters) = 0;
    /// A namespace declaration of the element that starts next.
    virtual void bind(std::string_view prefix, std::string_view uri) = 0;
    virtual void unbind() = 0;
    /// A new parser takes over (see renew()): the header's declarations and start tag are told again, while priming().
    virtual void restart() = 0;

   protected:
    ~Handler() = default;
  };

  /// A tag of more than `max_tag_bytes` ends the stream.
  XmlStream(Handler& handler, std::size_t max_tag_bytes);
  ~XmlStream();
  XmlStream(const XmlStream&) = delete;
  XmlStream& operator=(const XmlStream&) = delete;

  void append(std::string_view bytes) { buffer_.append(bytes); }
  /// Has the handler called for the next slice of what was appended, but for nothing behind `until`; false if nothing can
  /// be done before more comes.
  bool parse_some(Position until);
  /// expat is not given what comes before `position`: whole stanzas that somebody else has read. It must have finished
  /// with all that it was given, and stand between stanzas itself.
  void skip_to(Position position);

  // Within a call of the handler: where the token that it tells of stands. Outside: where expat's reading stands.
  Position token_begin() const;
  Position token_end() const;
  /// What expat has been given so far.
  Position parsed() const { return begin_ + fed_; }
  Position end() const { return begin_ + buffer_.size(); }

  /// Of what is not forgotten; valid until the next append() or forget_before().
  std::string_view bytes(Position from, Position to) const {
    return std::string_view(buffer_).substr(static_cast<std::size_t>(from - begin_), static_cast<std::size_t>(to - from));
  }
  /// Linear in what is kept.
  void forget_before(Position position);

  /// While nobody wants text, expat is spared the calls.
  void want_text(bool wanted);

  /// How much the present parser has read.
  std::size_t parser_bytes() const;
  /// From within a call, at a border between stanzas: soon a new parser, which has read `header` (kept by the caller),
  /// goes on at `border`.
  void renew(std::string_view header, Position border);
  bool priming() const { return priming_; }
  std::size_t renewals() const { return renewals_; }

  void fail_with(Error error, std::string reason);
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  struct FreeParser {
    void operator()(XML_ParserStruct* parser) const;
  };

  void make_parser();
  void take_over();
  bool tag_may_be_complete();
  void fail_as_expat_says();
  void start_element(const char* name, const char** attributes);
  template <class Body>
  static void guarded(void* self, Body body) noexcept;

  Handler& handler_;
  std::size_t max_tag_bytes_;
  std::unique_ptr<XML_ParserStruct, FreeParser> parser_;
  std::optional<Failure> failure_;

  std::vector<XmlAttribute> attributes_;  ///< kept for its memory
  std::string buffer_;
  Position begin_ = 0;            ///< of buffer_
  std::size_t fed_ = 0;           ///< bytes of buffer_ that expat has been given
  std::int64_t parser_offset_ = 0;  ///< position less expat's index; below 0 after a renewal early in the stream

  std::string_view next_header_;  ///< not empty: renew() was called
  Position next_border_ = 0;
  bool priming_ = false;
  std::size_t renewals_ = 0;

  /// In a long tag: where the search for its end stands.
  Position searched_ = 0;
  char quote_ = 0;
};

}  // namespace xes::xmpp
