// SPDX-License-Identifier: MIT
// Purpose: write the head of a CGI response, which is what both FastCGI and SCGI carry. Thread: any (pure).
// Source: RFC 3875 §6; RFC 9110 §15 (status codes).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace xes::wire {

struct Status {
  int code;
  std::string_view reason;

  bool operator==(const Status&) const = default;
};

inline constexpr Status status_ok = {200, "OK"};
inline constexpr Status status_bad_request = {400, "Bad Request"};
inline constexpr Status status_unauthorized = {401, "Unauthorized"};
inline constexpr Status status_forbidden = {403, "Forbidden"};
inline constexpr Status status_not_found = {404, "Not Found"};
inline constexpr Status status_method_not_allowed = {405, "Method Not Allowed"};
inline constexpr Status status_service_unavailable = {503, "Service Unavailable"};

/// Begins a head. The status is one of the constants above, never a peer's text.
void append_status(std::string& out, Status status);

/// So that a body which is cut does not pass for the whole.
void append_content_length(std::string& out, std::size_t bytes);

/// The empty line between head and body.
inline void append_head_end(std::string& out) { out += "\r\n"; }

}  // namespace xes::wire
