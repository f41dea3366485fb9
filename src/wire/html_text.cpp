// SPDX-License-Identifier: MIT
#include "wire/html_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace xes::wire {
namespace {

void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      byte(0xE0 | c >> 12);
    } else {
      byte(0xF0 | c >> 18);
      byte(0x80 | (c >> 12 & 0x3F));
    }
    byte(0x80 | (c >> 6 & 0x3F));
  }
  byte(0x80 | (c & 0x3F));
}

/// `digits` is what stands between "&#" and ";".
bool append_number(std::string& out, std::string_view digits) {
  const bool hex = digits.starts_with('x') || digits.starts_with('X');
  if (hex) digits.remove_prefix(1);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  if (value < 0x20 || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return false;
  append_utf8(out, value);
  return true;
}

/// The reference at the start of `text`, and its length; 0 if none is known there.
std::size_t append_reference(std::string& out, std::string_view text) {
  constexpr std::size_t longest = 10;  // &#1114111;
  const std::size_t end = text.substr(0, longest).find(';');
  if (end == text.npos) return 0;
  const std::string_view name = text.substr(1, end - 1);
  if (name.starts_with('#')) return append_number(out, name.substr(1)) ? end + 1 : 0;
  constexpr std::pair<std::string_view, std::string_view> known[] = {
      {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", "\u00A0"}};
  for (const auto& [known_name, character] : known) {
    if (name != known_name) continue;
    out += character;
    return end + 1;
  }
  return 0;
}

bool begins_markup(std::string_view text) {
  const char c = text.size() > 1 ? text[1] : '\0';
  return text[0] == '<' && (c == '/' || c == '!' || c == '?' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

}  // namespace

std::string text_of_html(std::string_view html) {
  std::string out;
  while (!html.empty()) {
    std::size_t length = 0;
    if (begins_markup(html)) {
      const std::string_view end = html.starts_with("<!--") ? "-->" : ">";
      const std::size_t at = html.find(end);
      length = at == html.npos ? html.size() : at + end.size();
    } else if (html[0] == '&') {
      length = append_reference(out, html);
    }
    if (length == 0) {
      out += html[0];
      length = 1;
    }
    html.remove_prefix(length);
  }
  return out;
}

}  // namespace xes::wire
