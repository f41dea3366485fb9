// SPDX-License-Identifier: MIT
// Purpose: what a link in somebody else's document points to. Thread: any (pure). Bounds: linear; no errors.
// Sources: RFC 3986 §5.2 (resolution), XML Base, WHATWG URL §4.4 (what a browser takes out of a URL before it reads it).
#pragma once

#include <string>
#include <string_view>

namespace xes::wire {

/// The scheme in lower case, without its colon; empty for a relative reference. `url` as resolve_link() gives it: with
/// a line end within "java\nscript:" it would look relative here and be a script to a browser.
std::string link_scheme(std::string_view url);

/// `reference` as seen from `base` (either may be relative or empty). White space around both, and tabs and line ends
/// anywhere, go first, as in a browser. Dot segments are left in place: every reader of URLs takes them out.
std::string resolve_link(std::string_view base, std::string_view reference);

}  // namespace xes::wire
