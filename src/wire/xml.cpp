// SPDX-License-Identifier: MIT
#include "wire/xml.hpp"

namespace xes::wire {

std::string_view xml_reference(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '\'': return "&apos;";
    case '"': return "&quot;";
    case '\t': return "&#9;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    default: return {};
  }
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out.append(" ").append(name).append("='");
  for (const char c : value) {
    if (const std::string_view reference = xml_reference(c); !reference.empty()) {
      out += reference;
    } else {
      out += c;
    }
  }
  out += '\'';
}

void append_one_line(std::string& out, std::string_view xml) {
  constexpr std::string_view cdata_start = "<![CDATA[", cdata_end = "]]>";
  enum class In { text, tag, quotes, cdata } in = In::text;
  char quote = 0;
  for (std::size_t i = 0; i < xml.size(); ++i) {
    const char c = xml[i];
    if (c == '\r' || c == '\n') {
      // Parsers read CRLF, CR and LF all as LF (§2.11).
      if (c == '\r' && i + 1 < xml.size() && xml[i + 1] == '\n') ++i;
      out += in == In::text ? "&#10;" : in == In::cdata ? "]]>&#10;<![CDATA[" : " ";
      continue;
    }
    switch (in) {
      case In::text:
        if (c == '<') in = xml.substr(i, cdata_start.size()) == cdata_start ? In::cdata : In::tag;
        break;
      case In::tag:
        if (c == '>') in = In::text;
        if (c == '\'' || c == '"') {
          in = In::quotes;
          quote = c;
        }
        break;
      case In::quotes:
        if (c == quote) in = In::tag;
        break;
      case In::cdata:
        if (c == '>' && i >= 2 && xml.substr(i - 2, 3) == cdata_end) in = In::text;
        break;
    }
    out += c;
  }
}

}  // namespace xes::wire
