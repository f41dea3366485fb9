// SPDX-License-Identifier: MIT
// Purpose: reads a stream, a document without end, in a bounded amount of memory. Thread: one owner. No I/O.
// It is given whole stanzas only, and none with a comment, processing instruction or DTD (xmpp/xml/stanza_scanner.hpp).
// Source: RFC 6120 §11.6 (UTF-8).
//
// Errors: Error::malformed (not well-formed), Error::unavailable (no memory); each is final.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "wire/xml_parser.hpp"

namespace xes::xmpp {

class XmlStream {
 public:
  /// May throw: that ends the stream.
  class Handler : public wire::XmlParser::Handler {
   public:
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

  /// Has the handler called for all of `bytes`: a stanza, or the stream's own start or end tag.
  Outcome parse(std::string_view bytes);

  // Within a call of the handler: where in what is parsed the token stands that it tells of.
  std::size_t token_begin() const { return parser_.token_begin() - parsed_bytes_; }
  std::size_t token_end() const { return token_begin() + parser_.token_size(); }

  /// What expat holds now, in bytes. It keeps every distinct name that it has read.
  std::size_t memory() const { return parser_.memory(); }
  /// Between stanzas: another parser goes on, which has read `header`.
  void renew(std::string_view header);
  bool priming() const { return priming_; }
  std::size_t renewals() const { return renewals_; }

  void fail_with(Error error, std::string reason);
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  Handler& handler_;
  wire::XmlParser parser_;
  std::optional<Failure> failure_;

  std::size_t parsed_bytes_ = 0;  ///< by the present parser, before what is parsed now
  bool priming_ = false;
  std::size_t renewals_ = 0;
};

}  // namespace xes::xmpp
