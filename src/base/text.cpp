// SPDX-License-Identifier: MIT
#include "base/text.hpp"

#include <cstdint>

namespace xes {
namespace {

/// The code point at the start of `text` and its length in bytes; length 0 if the bytes are no UTF-8.
struct CodePoint {
  std::uint32_t value;
  std::size_t length;
};

CodePoint first_code_point(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {0, 0};
  std::uint32_t value = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {0, 0};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {0, 0};
  return {value, length};
}

template <class Accept>
bool all_code_points(std::string_view text, Accept accept) {
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    if (point.length == 0 || !accept(point.value)) return false;
    text.remove_prefix(point.length);
  }
  return true;
}

/// XML 1.0 §2.2 Char.
bool is_xml_char(std::uint32_t c) {
  return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c != 0xFFFE && c != 0xFFFF);
}

/// True for what a terminal or a log viewer shows in its place on the line. C1 controls and the Unicode line separators
/// end a line in some; the bidirectional embeddings, overrides and isolates show what follows in another order.
bool stays_in_its_line(std::uint32_t c) {
  const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
  const bool separator = c == 0x2028 || c == 0x2029;
  const bool reorders = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  return !control && !separator && !reorders;
}

}  // namespace

bool is_utf8(std::string_view text) {
  return all_code_points(text, [](std::uint32_t) { return true; });
}

bool is_xml_text(std::string_view text) {
  return all_code_points(text, is_xml_char);
}

std::string quote(std::string_view text, std::size_t max_bytes) {
  constexpr char hex[] = "0123456789abcdef";
  std::string out = "\"";
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    const bool plain = point.length != 0 && is_xml_char(point.value) && stays_in_its_line(point.value) &&
                       point.value != '"' && point.value != '\\';
    const std::size_t length = point.length == 0 ? 1 : point.length;
    if (out.size() + (plain ? length : 4 * length) > max_bytes + 1) {
      out += "…";
      break;
    }
    for (std::size_t i = 0; i < length; ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (plain) {
        out += text[i];
      } else {
        out += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
      }
    }
    text.remove_prefix(length);
  }
  return out += '"';
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace xes
