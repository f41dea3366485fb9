// SPDX-License-Identifier: MIT
// Purpose: take a request target apart, and put a URL together. Thread: any (pure).
// Source: RFC 3986 §2.1, §3; RFC 9112 §3.2 (forms of a target); WHATWG URL §5.1
// (application/x-www-form-urlencoded).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace xes::wire {

/// Decodes %XX, each once: "%2541" gives "%41". A plus sign stays. Any byte may come out, NUL too.
/// Error::malformed for a % without two hex digits.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text);

/// What is unreserved (RFC 3986 §2.3), or one of `also`, as it is; every other byte as %XX.
void append_percent_encoded(std::string& out, std::string_view text, std::string_view also = {});

/// Views into what was split, still encoded.
struct Uri {
  std::string_view path;   ///< begins with a slash
  std::string_view query;  ///< without its question mark; empty if there is none
};

/// Splits a raw REQUEST_URI: "/path?query" or "http://host/path?query" (the host is dropped: the Host header
/// counts). Error::malformed for anything else, and for a fragment, a space or a control byte, which no
/// client may send.
[[nodiscard]] Result<Uri> split_uri(std::string_view request_uri);

struct QueryPair {
  std::string name;
  std::string value;

  bool operator==(const QueryPair&) const = default;
};

/// In the order they came. As in a browser, a plus sign is a space and a % without two hex digits stands for
/// itself. Error::too_large for more than `max_pairs`.
[[nodiscard]] Result<std::vector<QueryPair>> parse_query(std::string_view query, std::size_t max_pairs = 64);

}  // namespace xes::wire
