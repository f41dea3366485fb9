// SPDX-License-Identifier: MIT
// Purpose: the names that the configuration may hold, checked and in one spelling (ASCII letters in lower
// case). Thread: any. Error: malformed, with what would be right.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace xes::app {

// In bytes.
inline constexpr std::size_t max_domain_jid = 1023;
inline constexpr std::size_t max_bare_jid = 2047;
inline constexpr std::size_t max_host_name = 253;
inline constexpr std::size_t max_url_path = 255;

/// RFC 7622 §3.2: a domain alone.
Result<std::string> parse_domain_jid(std::string_view text);

/// RFC 7622 §3.1 without a resource: a domain, or an account (localpart@domain).
Result<std::string> parse_bare_jid(std::string_view text);

/// A host name as wire::host_name() gives it for a request (lower case), without a port.
Result<std::string> parse_host_name(std::string_view text);

/// Begins and ends with "/", holds what RFC 3986 §3.3 allows in a path except "%"; case matters.
Result<std::string> parse_url_path(std::string_view text);

}  // namespace xes::app
