// SPDX-License-Identifier: MIT
// Purpose: the stored items of nodes as one document, for feed readers and for pages without EventSource.
// Thread: any (pure). Bounds: linear in the items (each beyond xml_reader.hpp's bounds counts as plain text).
// No errors: whatever the items hold, the result is a valid document. Sources: https://jsonfeed.org/version/1.1;
// RFC 4287 (Atom).
//
// An item is named by its Atom entry's ID, or else by its xmpp: URI, in both formats. Dates that are none (RFC 3339) are
// left out, and so are links that are not absolute: nobody knows what they are relative to.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "wire/item_view.hpp"

namespace xes::wire {

struct FeedHead {
  std::string_view title = {};
  std::string_view page_url = {};  ///< of a page for people; empty: left out
  std::string_view feed_url = {};  ///< of this document, absolute; names the feed for ever
  std::string_view author = {};    ///< for items that name none, such as the service's JID; empty: the title
  /// RFC 3339; when the items were read. Atom wants a date of every entry; one that has none gets this.
  std::string_view time = {};
};

/// JSON Feed 1.1 on one line; `items` newest first. An Atom entry gives id, url, title, summary, content_html or
/// content_text (what it has of content, else of its summary, else its title), dates and author; titles and summaries in
/// HTML become plain text. Any other item gives its payload as content_text (the text of a container, else the XML).
/// Every item has exactly one of content_html and content_text, which may be empty.
void append_json_feed(std::string& out, const FeedHead& head, std::span<const ItemView> items);

/// An Atom feed in UTF-8 with an XML declaration; `items` newest first.
///   - An Atom entry is embedded byte for byte if it has what RFC 4287 requires (id, title, a valid date `updated`) and
///     its start tag is written without a prefix (else its children might change their namespace here); otherwise it
///     is written anew from what AtomEntry has, with what is missing put in. (What else may be wrong in an embedded one,
///     such as two titles, its publisher answers for; the document is well-formed whatever it is.)
///   - Any other item becomes an entry with its ID as title: content type="text" with the text of a container (RFC 4287
///     §4.1.3.3 would want application/json in Base64), else content type="application/xml" with the payload in it.
void append_atom_feed(std::string& out, const FeedHead& head, std::span<const ItemView> items);

}  // namespace xes::wire
