// SPDX-License-Identifier: MIT
// Purpose: the server's byte stream, cut into stanzas and parsed once (expat), payload bytes kept exactly.
// Thread: one at a time. No I/O: bytes go in by feed(), what they completed comes out of next().
//
// Stanzas that are written plainly, nearly all of them, are read by PlainReader; the others, and the rest, by expat.
// Why not libstrophe's parser: it drops the namespaces of attributes, gives no exact bytes of a payload, and is slow.
// Sources: RFC 6120 §4 (streams) and §11.1 (no comments, processing instructions, DTD), Exclusive XML C14N §2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "xmpp/element.hpp"

namespace xes::xmpp {

struct ReaderOptions {
  // A stanza beyond one of these is skipped (StreamEvent::Kind::skipped) and the stream goes on: what some user
  // published must not be able to end the session.
  std::size_t max_stanza_bytes = 16u << 20;
  std::size_t max_depth = 128;              ///< of elements in a stanza, the stanza itself being 1
  std::size_t max_nodes = 256u << 10;       ///< elements and attributes in a stanza's tree (payloads do not count)
  // Beyond these the stream fails: a stanza of this many times max_stanza_bytes or max_depth.
  std::size_t hard_factor = 64;
  /// expat keeps every distinct name of a document, and a stream is a document without end: so a new parser takes
  /// over, at the next border between stanzas, after so many bytes.
  std::size_t renew_after_bytes = 64u << 20;
  /// Whether stanzas that are written plainly are read without expat (see xmpp/plain_reader.hpp). False is for tests.
  bool plain_without_expat = true;
};

struct StreamEvent {
  enum class Kind {
    open,     ///< <stream:stream …>: `element` has its attributes
    stanza,   ///< a whole child of the stream
    skipped,  ///< a stanza over a limit: `element` has its name and attributes only, `reason` says which
    close,    ///< </stream:stream>
  };
  Kind kind;
  Stanza element;
  std::string reason;  ///< one sentence, for `skipped`
};

class StanzaReader {
 public:
  explicit StanzaReader(ReaderOptions options = {});
  StanzaReader(StanzaReader&&) noexcept;
  StanzaReader& operator=(StanzaReader&&) noexcept;
  ~StanzaReader();

  /// Parses. Error::malformed (not well-formed, or not allowed in XMPP) or Error::too_large (hard limit): the stream is
  /// unusable from there on, every later call fails; what was complete before is still given by next().
  Result<void> feed(std::string_view bytes);

  /// The next event, in order.
  std::optional<StreamEvent> next();

  /// For an event that was dealt with: its memory serves a later one, which spares malloc() a good deal of work.
  void recycle(StreamEvent&& event);

  /// How many stanzas were read without expat.
  std::uint64_t plain_stanzas() const;

  /// How often a new parser took over.
  std::size_t renewals() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace xes::xmpp
