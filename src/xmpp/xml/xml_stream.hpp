// SPDX-License-Identifier: MIT
// Purpose: the expat that reads a stream, in a bounded amount of memory. Thread: one owner. No I/O.
// It is given whole stanzas only, and none with a comment, processing instruction or DTD (xmpp/xml/stanza_scanner.hpp).
// Source: RFC 6120 §11.6 (UTF-8).
//
// Errors: Error::malformed (not well-formed), Error::unavailable (no memory); each is final.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "xmpp/xml/xml_name.hpp"

struct XML_ParserStruct;

namespace xes::xmpp {

class XmlStream {
 public:
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

  enum class Outcome : unsigned char {
    parsed,
    too_large,  ///< it does not fit into `max_memory`: renew() must follow
    misnamed,   ///< well-formed, but not by Namespaces in XML 1.0 (§4 to §6.3): renew() must follow
    failed,     ///< see failure()
  };

  /// `max_memory`: of expat, in bytes.
  XmlStream(Handler& handler, std::size_t max_memory);
  ~XmlStream();
  XmlStream(const XmlStream&) = delete;
  XmlStream& operator=(const XmlStream&) = delete;

  /// Has the handler called for all of `bytes`: a stanza, or the stream's own start or end tag.
  Outcome parse(std::string_view bytes);

  // Within a call of the handler: where in what is parsed the token stands that it tells of.
  std::size_t token_begin() const;
  std::size_t token_end() const;

  /// What expat holds now, in bytes. It keeps every distinct name that it has read.
  std::size_t memory() const { return memory_.used; }
  /// Between stanzas: another parser goes on, which has read `header`.
  void renew(std::string_view header);
  bool priming() const { return priming_; }
  std::size_t renewals() const { return renewals_; }

  void fail_with(Error error, std::string reason);
  const std::optional<Failure>& failure() const { return failure_; }

  /// What expat may hold, and does.
  struct Memory {
    std::size_t limit;
    std::size_t used = 0;
  };

 private:
  struct FreeParser {
    void operator()(XML_ParserStruct* parser) const;
  };

  void make_parser();
  void start_element(const char* name, const char** attributes);
  template <class Body>
  static void guarded(void* self, Body body) noexcept;

  Handler& handler_;
  Memory memory_;  ///< outlives the parser, which gives back to it
  std::unique_ptr<XML_ParserStruct, FreeParser> parser_;
  std::optional<Failure> failure_;

  std::vector<XmlAttribute> attributes_;  ///< kept for its memory
  std::size_t parsed_bytes_ = 0;          ///< by the present parser, before what is parsed now
  bool priming_ = false;
  std::size_t renewals_ = 0;
};

}  // namespace xes::xmpp
