// SPDX-License-Identifier: MIT
// Purpose: quote text for JSON, on one line. Thread: any (pure).
// Source: RFC 8259 §7.
#pragma once

#include <string>
#include <string_view>

namespace xes::wire {

/// `text` as a JSON string, its quotes included. Bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace xes::wire
