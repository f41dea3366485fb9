// SPDX-License-Identifier: MIT
// Purpose: any bytes as character data of an XML document. Thread: any (pure). Bounds: linear; no errors.
// Source: XML 1.0 §2.2 (Char), §2.4, §2.11.
#pragma once

#include <string>
#include <string_view>

namespace xes::wire {

/// `text`, with U+FFFD for each byte that is no UTF-8 and each code point that no XML document can hold.
std::string as_xml_text(std::string_view text);

/// `text` between tags: as_xml_text(), with `&`, `<` and `>` escaped, and a CR, which parsers would read as LF.
void append_xml_text(std::string& out, std::string_view text);

}  // namespace xes::wire
