// SPDX-License-Identifier: MIT
// Purpose: the server's byte stream, cut into stanzas and parsed once, payload bytes kept exactly.
// Thread: one at a time. No I/O: bytes go in by feed(), what they completed comes out of next().
//
//   bytes ──StanzaScanner──▶ a stanza's bytes, within bounds ──XmlStream (expat)──▶ StanzaBuilder ──▶ StreamEvent
//
// Why not libstrophe's parser: it drops the namespaces of attributes, gives no exact bytes of a payload, and is slow.
// Sources: RFC 6120 §4 (streams) and §11.1 (no comments, processing instructions, DTD), Exclusive XML C14N §2.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "xmpp/xml/element.hpp"
#include "xmpp/xml/reader_options.hpp"

namespace xes::xmpp {

/// Of the stream's root, and of its <error/>.
inline constexpr std::string_view streams_ns = "http://etherx.jabber.org/streams";

struct StreamEvent {
  enum class Kind {
    open,         ///< <stream:stream …>: `element` has its attributes
    stanza,       ///< a whole child of the stream
    passed_over,  ///< a stanza over a bound: `element` has its name and attributes only, or not even them
    close,        ///< </stream:stream>
  };
  Kind kind;
  Stanza element;
  std::string reason;  ///< one sentence, for `passed_over`
};

class StanzaReader {
 public:
  explicit StanzaReader(ReaderOptions options = {});
  StanzaReader(StanzaReader&&) noexcept;
  StanzaReader& operator=(StanzaReader&&) noexcept;
  ~StanzaReader();

  /// Parses. Error::malformed (not well-formed, or not allowed in XMPP) or Error::too_large (a stream header without end):
  /// the stream is unusable from there on, every later call fails; what was complete before is still given by next().
  Result<void> feed(std::string_view bytes);

  /// The next event, in order.
  std::optional<StreamEvent> next();

  /// For an event that was dealt with: its memory serves a later one, which spares malloc() a good deal of work.
  void recycle(StreamEvent&& event);

  /// How often a new parser took over.
  std::size_t renewals() const;

  /// What is held of a stanza that is not complete, and in expat: bytes, for tests.
  std::size_t memory() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace xes::xmpp
