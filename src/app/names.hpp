// SPDX-License-Identifier: MIT
// Purpose: the names that the configuration may hold, checked and in one spelling (ASCII letters in lower
// case). Thread: any. Error: malformed, with what would be right.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "wire/jid.hpp"

namespace xes::app {

// In bytes.
inline constexpr std::size_t max_domain_jid = wire::max_jid_part_bytes;
inline constexpr std::size_t max_bare_jid = 2 * wire::max_jid_part_bytes + 1;
inline constexpr std::size_t max_host_name = 253;
inline constexpr std::size_t max_url_path = 255;
inline constexpr std::size_t max_cookie_name = 128;
inline constexpr std::size_t max_nick = 64;
inline constexpr std::size_t max_glob = 1023;  ///< as long as a node's name may be

/// RFC 7622 §3.2: a domain alone.
Result<std::string> parse_domain_jid(std::string_view text);

/// RFC 7622 §3.1 without a resource: a domain, or an account (localpart@domain).
Result<std::string> parse_bare_jid(std::string_view text);

/// A host name as wire::host_name() gives it for a request (lower case), without a port.
Result<std::string> parse_host_name(std::string_view text);

/// Begins and ends with "/", holds what RFC 3986 §3.3 allows in a path except "%"; case matters.
Result<std::string> parse_url_path(std::string_view text);

/// A bare JID with one "{user}" before its "@", or "{user}" alone; case does not matter.
Result<std::string> parse_user_jid(std::string_view text);

/// RFC 6265 §4.1.1: a token of RFC 9110 §5.6.2; case matters.
Result<std::string> parse_cookie_name(std::string_view text);

/// A pattern of wire/glob.hpp that may match a node: 1 to 1023 bytes that XML can hold.
Result<std::string> parse_glob(std::string_view text);

/// A domain that is no pattern.
Result<std::string> parse_room_service_jid(std::string_view text);

/// A pattern of wire/glob.hpp that may match a room's localpart, in lower case.
Result<std::string> parse_room_glob(std::string_view text);

/// 1 to 64 bytes that XML can hold, no control characters, no blank at either end.
Result<std::string> parse_nick(std::string_view text);

}  // namespace xes::app
