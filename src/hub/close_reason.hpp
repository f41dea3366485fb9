// SPDX-License-Identifier: MIT
// Purpose: every way in which a stream or a connection ends, in one table: name (log and metric), whether the client
// is told a `retry:` before the end, what it means. Thread: any.
#pragma once

#include <cstddef>
#include <string_view>

namespace xes::hub {

// clang-format off
//  name              says retry?  meaning
#define XES_CLOSE_REASONS(X) \
  X(client_left,      false,       "the browser or the web server closed the connection") \
  X(answered,         false,       "the response was complete: an error text, or a HEAD") \
  X(too_slow,         false,       "more than max_lag bytes waited for a slow reader") \
  X(backlog_full,     false,       "the bytes waiting for slow readers reached the limit of their address or of this worker") \
  X(node_ended,       false,       "the node was deleted") \
  X(shutting_down,    true,        "the worker stops") \
  X(overloaded,       true,        "the worker has reached a temporary limit") \
  X(token_expired,    true,        "the stream's token has expired") \
  X(access_revoked,   true,        "the user or this component may no longer read a node, or the service does not say") \
  X(quarantined,      true,        "the XMPP session failed twice while the worker asked for its node") \
  X(bad_request,      false,       "the peer violated FastCGI, SCGI or HTTP") \
  X(head_timeout,     false,       "the request's head did not arrive in time") \
  X(aborted,          false,       "the web server sent ABORT_REQUEST") \
  X(internal_error,   false,       "an exception, such as out of memory, while the worker served it")
// clang-format on

enum class CloseReason : unsigned char {
#define XES_X(name, retry, text) name,
  XES_CLOSE_REASONS(XES_X)
#undef XES_X
};

struct CloseReasonRow {
  std::string_view name;
  bool says_retry;
  std::string_view text;
};

inline constexpr CloseReasonRow close_reasons[] = {
#define XES_X(name, retry, text) {#name, retry, text},
    XES_CLOSE_REASONS(XES_X)
#undef XES_X
};

inline constexpr std::size_t close_reason_count = sizeof(close_reasons) / sizeof(close_reasons[0]);

constexpr const CloseReasonRow& row(CloseReason reason) { return close_reasons[static_cast<std::size_t>(reason)]; }

}  // namespace xes::hub
