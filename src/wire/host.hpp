// SPDX-License-Identifier: MIT
// Purpose: from an HTTP Host header to the host's name. Thread: any (pure).
// Source: RFC 9110 §7.2; RFC 3986 §3.2.2; RFC 1123 §2.1 (lengths).
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace xes::wire {

/// The name in lower case, without port and without the root's trailing dot: "Push.Example.Org.:8443" gives
/// "push.example.org". An IPv6 address keeps its brackets and its spelling, as nginx's $host does.
/// Error::malformed for anything that is no host name (an internationalised one arrives as "xn--…").
[[nodiscard]] Result<std::string> host_name(std::string_view host_header);

}  // namespace xes::wire
