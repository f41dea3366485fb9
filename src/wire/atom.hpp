// SPDX-License-Identifier: MIT
// Purpose: read an Atom entry and give it as JSON, so that a page can show a blog without an XML parser.
// Thread: any (pure). Bounds: xml_reader.hpp's. Sources: RFC 4287, XEP-0277 (microblogging: the same entries), XML Base.
//
// What is markup comes out as it came in: a page must sanitise it before it shows it as HTML (RFC 4287 §8.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/item_view.hpp"

namespace xes::wire {

/// Of an element that may occur once, the first; empty: there is none, or nothing in it. No white space around any.
struct AtomEntry {
  std::string id;
  std::string title;
  /// Of <link/> without `rel` or with rel="alternate": the first with an http or https URL, else the first relative
  /// one (as seen from xml:base of entry and link), else the first xmpp: one. Other schemes do not count: a page will
  /// put this into an href, where "javascript:" would be a script.
  std::string link;
  std::string updated;    ///< as written; is_atom_date() tells whether it is a date
  std::string published;  ///< likewise
  std::string author;     ///< name of the first author, as the entry claims it (the item's publisher is who it was)
  std::string summary;
  /// Nothing for content that is elsewhere (`src`), and for media types other than text/…: a page has no use for these.
  std::string content;

  // True: the string is HTML (type html; or type xhtml, the markup within its <div/>, written so that HTML parsers read
  // it, too: no prefixes, end tags for all but void elements). False: plain text, not to be used as HTML.
  bool title_is_html = false;
  bool summary_is_html = false;
  bool content_is_html = false;
};

/// nullopt for what is no well-formed {http://www.w3.org/2005/Atom}entry, or is beyond the bounds of xml_reader.hpp.
/// Elements that RFC 4287 requires may be missing.
std::optional<AtomEntry> read_atom_entry(std::string_view xml);

/// True for a Date construct (RFC 4287 §3.3): RFC 3339 with upper-case T and Z, such as 2003-12-13T18:30:02.25+01:00.
bool is_atom_date(std::string_view text);

/// `{"service","node","id","publisher","published","updated","atom_id","title","title_type","link","author","summary",
/// "summary_type","content","content_type"}` on one line; strings all; what is empty is left out.
/// "id" is the item's, as in the JSON view, so that one handler can serve both; the entry's own is "atom_id".
/// "published" is the entry's, else the item's. A "…_type" is "html" where the string is HTML; without it, it is text.
void append_atom_json(std::string& out, const ItemView& item, const AtomEntry& entry);

/// The Atom view of any item: append_atom_json() if its payload is an Atom entry, else append_item_json() (which always
/// has a "payload", and this never).
void append_atom_view(std::string& out, const ItemView& item);

}  // namespace xes::wire
