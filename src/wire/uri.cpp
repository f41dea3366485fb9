// SPDX-License-Identifier: MIT
#include "wire/uri.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace xes::wire {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that `text`, which begins with a %, stands for.
std::optional<char> escaped_byte(std::string_view text) {
  if (text.size() < 3 || hex_value(text[1]) < 0 || hex_value(text[2]) < 0) return std::nullopt;
  return static_cast<char>(hex_value(text[1]) << 4 | hex_value(text[2]));
}

std::string form_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? escaped_byte(text.substr(i)) : std::nullopt;
    out += byte ? *byte : text[i] == '+' ? ' ' : text[i];
    if (byte) i += 2;
  }
  return out;
}

bool is_forbidden(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '#'; }

/// What follows "scheme://host" in an absolute-form target; the text itself in any other.
std::string_view after_authority(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (ascii_lower(text.substr(0, scheme.size())) != scheme) continue;
    const std::size_t end = text.find_first_of("/?", scheme.size());
    return end == text.npos ? std::string_view() : text.substr(end);
  }
  return text;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = escaped_byte(text.substr(i));
    if (!byte) return fail(Error::malformed, "a % without two hex digits in " + quote(text));
    out += *byte;
    i += 2;
  }
  return out;
}

void append_percent_encoded(std::string& out, std::string_view text, std::string_view also) {
  constexpr char hex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved || also.find(c) != also.npos) {
      out += c;
    } else {
      out += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
}

Result<Uri> split_uri(std::string_view request_uri) {
  if (request_uri.empty() || std::any_of(request_uri.begin(), request_uri.end(), is_forbidden))
    return fail(Error::malformed, "not a request target: " + quote(request_uri));
  std::string_view rest = after_authority(request_uri);
  Uri uri = {};
  if (const std::size_t mark = rest.find('?'); mark != rest.npos) {
    uri.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  // RFC 9112 §3.2.1: an absolute URI without a path means the root.
  uri.path = rest.empty() && request_uri.front() != '?' ? std::string_view("/") : rest;
  if (!uri.path.starts_with('/'))
    return fail(Error::malformed, "not a request target: " + quote(request_uri));
  return uri;
}

Result<std::vector<QueryPair>> parse_query(std::string_view query, std::size_t max_pairs) {
  std::vector<QueryPair> pairs;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    if (pairs.size() == max_pairs)
      return fail(Error::too_large, "the query has more than " + std::to_string(max_pairs) + " pairs");
    const std::size_t equals = std::min(pair.find('='), pair.size());
    pairs.push_back(
        {form_decode(pair.substr(0, equals)), form_decode(pair.substr(std::min(equals + 1, pair.size())))});
  }
  return pairs;
}

}  // namespace xes::wire
