// SPDX-License-Identifier: MIT
// Purpose: the same URL without EventSource: the newest stored items as one document, and the event ID from which an
// EventSource continues without a gap. Thread: any (pure).
// Sources: RFC 9110 §12.5.1 (Accept), JSON Feed 1.1, RFC 4287 (Atom), RFC 8288 (Link).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "gateway/params.hpp"
#include "hub/event.hpp"
#include "hub/selection.hpp"
#include "wire/uri.hpp"

namespace xes::gateway {

struct DocumentWanted {
  enum class Form : unsigned char { json, json_feed, atom_feed } form = Form::json;
  std::string title;  ///< the nodes' names
  /// Of the document, absolute where the web server names a sound host; it names the feed for ever. Printable ASCII. Of the
  /// query it has only what tells which feed this is: the nodes and the view.
  std::string url;
  std::string author; ///< the service's JID
};

/// The form that Accept asks for, by the first of its types that is known and not refused with `q=0`; nothing where that is an event stream, or
/// where none is (a browser's address bar, curl's */*).
std::optional<DocumentWanted::Form> document_form(std::string_view accept);

/// `path` and `query` are the request's; they have been routed.
DocumentWanted describe_document(DocumentWanted::Form form, const Params& params, std::string_view path,
                                 const std::vector<wire::QueryPair>& query, const hub::Selection& selection);

/// Items that a document holds where the request does not say: ?last=N.
inline constexpr unsigned default_document_items = 20;

/// What nginx/location-*.conf have room for (their buffer is 2,560 bytes): a longer head would be a 502.
inline constexpr std::size_t max_document_head_bytes = 2048;

/// The whole CGI response, with its length, so that one that is cut does not pass for it. `items` oldest first; `id` is where
/// an EventSource goes on. The Link header, which has the URL in it, is left out where the head would be too long with it.
/// Error::too_large: the items, or the document made of them, are more than `most` bytes.
Result<std::string> document_response(const DocumentWanted& wanted, const std::vector<hub::EventRef>& items, std::string_view id,
                                      bool head_only, std::size_t most);

}  // namespace xes::gateway
