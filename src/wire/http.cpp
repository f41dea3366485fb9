// SPDX-License-Identifier: MIT
#include "wire/http.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace xes::wire {
namespace {

bool is_token_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_value_byte(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F); }

}  // namespace

void append_status(std::string& out, Status status) {
  out.append("Status: ").append(std::to_string(status.code)).append(" ").append(status.reason).append("\r\n");
}

Result<void> append_header(std::string& out, std::string_view name, std::string_view value) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_token_byte))
    return fail(Error::malformed, "not a header's name: " + quoted(name));
  if (!std::all_of(value.begin(), value.end(), is_value_byte))
    return fail(Error::malformed, "not a header's value: " + quoted(value));
  out.append(name).append(": ").append(value).append("\r\n");
  return {};
}

}  // namespace xes::wire
