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
  X(too_slow,         false,       "more than max_lag bytes waited for a reader that did not read") \
  X(backlog_full,     false,       "more waited for readers that do not read than their address, or this worker, may have") \
  X(node_ended,       false,       "the node was deleted") \
  X(shutting_down,    true,        "the worker stops") \
  X(overloaded,       true,        "the worker is at a limit that passes") \
  X(token_expired,    true,        "the token that it was opened with has expired") \
  X(access_revoked,   true,        "its user, or this component, may no longer read a node, or nobody can tell") \
  X(quarantined,      true,        "the XMPP session failed twice while its node was asked for") \
  X(bad_request,      false,       "the peer broke FastCGI, SCGI or HTTP") \
  X(head_timeout,     false,       "the request's head did not arrive in time") \
  X(aborted,          false,       "the web server sent ABORT_REQUEST") \
  X(internal_error,   false,       "an exception, such as for want of memory, in what was done for it")
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
