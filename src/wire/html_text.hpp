// SPDX-License-Identifier: MIT
// Purpose: what a short piece of HTML, such as a title, says as plain text. Thread: any (pure). Bounds: linear, output
// no longer than the input. Never fails. Source: WHATWG HTML §13.1 (tags, character references).
//
// The result is text: whoever puts it into HTML has to escape it.
#pragma once

#include <string>
#include <string_view>

namespace xes::wire {

/// Tags and comments are left out; &amp; &lt; &gt; &quot; &apos; &nbsp; and numbers are resolved, other references stay
/// as they are.
std::string text_of_html(std::string_view html);

}  // namespace xes::wire
