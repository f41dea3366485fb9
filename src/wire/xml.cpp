// SPDX-License-Identifier: MIT
#include "wire/xml.hpp"

namespace xes::wire {

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "='";
  for (const char c : value) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&apos;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\t':
        out += "&#9;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\r':
        out += "&#13;";
        break;
      default:
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
