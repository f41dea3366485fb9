// SPDX-License-Identifier: MIT
#include "wire/xml_text.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "wire/xml.hpp"

namespace xes::wire {

std::string as_xml_text(std::string_view text) {
  if (is_xml_text(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    std::size_t length = 1;
    while (length <= 4 && !is_xml_text(text.substr(0, length))) ++length;
    if (length <= 4) {
      length = std::min(length, text.size());
      out += text.substr(0, length);
    } else {
      // One mark for a code point that XML cannot hold, too.
      length = 1;
      while (length < 4 && !is_utf8(text.substr(0, length))) ++length;
      if (!is_utf8(text.substr(0, length))) length = 1;
      length = std::min(length, text.size());
      out += "\uFFFD";
    }
    text.remove_prefix(length);
  }
  return out;
}

void append_xml_text(std::string& out, std::string_view text) {
  constexpr std::string_view special = "&<>\r";
  for (const char c : as_xml_text(text)) {
    if (special.find(c) != special.npos) {
      out += xml_reference(c);
    } else {
      out += c;
    }
  }
}

}  // namespace xes::wire
