// SPDX-License-Identifier: MIT
// Purpose: how much of what the XMPP server sends is read. Any user can have a stanza relayed to us, so none of these
// bounds ends the session: at one, an item's content is left out (Payload::left_out), or the stanza is passed over
// (StreamEvent::Kind::passed_over).
#pragma once

#include <cstddef>

namespace xes::xmpp {

struct ReaderOptions {
  // What a pubsub item holds, payload and all. Beyond one of these it is left out; the rest of its stanza is read.
  std::size_t max_item_bytes = 1u << 20;
  std::size_t max_item_nodes = 64u << 10;  ///< elements and attributes

  // A stanza. Beyond one of these it is passed over, or the item is left out that is to blame.
  std::size_t max_stanza_bytes = 16u << 20;  ///< what is left out of it does not count
  std::size_t max_nodes = 256u << 10;        ///< elements and attributes of its tree; what items hold does not count
  std::size_t max_depth = 128;               ///< of elements, the stanza itself being 1
  std::size_t max_tag_bytes = 256u << 10;
  std::size_t max_attributes = 1024;         ///< of one element, namespace declarations included
  std::size_t max_namespaces = 256;          ///< declarations in scope at a time
  std::size_t max_namespace_bytes = 1024;    ///< of one namespace: it is read again wherever it is used

  // expat keeps the names of a document, and a stream is a document without end.
  std::size_t max_parser_bytes = 32u << 20;    ///< in expat. A stanza for which this is not enough is passed over
  std::size_t renew_above_bytes = 1u << 20;  ///< in expat after a stanza: another parser takes over
};

}  // namespace xes::xmpp
