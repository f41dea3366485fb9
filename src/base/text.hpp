// SPDX-License-Identifier: MIT
// Purpose: text checks shared by several layers. Thread: any.
#pragma once

#include <string>
#include <string_view>

namespace xes {

/// `text` as one printable, double-quoted line that may stand in XML: control bytes, quotes, backslashes, marks that
/// change the direction of writing, what XML does not allow and bytes that are no UTF-8 become \xNN; longer than
/// `max_bytes` it is cut and ends in "…". Whatever a peer sent enters a log line or a reason only so.
std::string quote(std::string_view text, std::size_t max_bytes = 200);

/// True for well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

/// True for UTF-8 all of whose code points may stand in XML 1.0 (§2.2 Char): what fits into a stanza.
bool is_xml_text(std::string_view text);

/// ASCII letters in lower case, everything else as it is (host names, domains).
std::string ascii_lower(std::string_view text);

}  // namespace xes
