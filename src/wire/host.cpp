// SPDX-License-Identifier: MIT
#include "wire/host.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.hpp"

namespace xes::wire {
namespace {

constexpr std::size_t max_name_bytes = 253;
constexpr std::size_t max_label_bytes = 63;

/// Empty, or a colon and a port; RFC 3986 allows a colon alone.
bool is_port_suffix(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() != ':' || text.size() > 6) return false;
  text.remove_prefix(1);
  unsigned port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= 65'535;
}

bool is_ipv6(const std::string& text) {
  in6_addr address;
  // A NUL would end the C string before the text's end.
  return text.find('\0') == text.npos && inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

/// The underscore is no host name's by the book, but names with one are in use and harmless.
bool is_label_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > max_name_bytes) return false;
  for (;;) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > max_label_bytes ||
        !std::all_of(label.begin(), label.end(), is_label_byte))
      return false;
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
}

}  // namespace

Result<std::string> host_name(std::string_view host_header) {
  const auto refuse = [&] { return fail(Error::malformed, "not a host: " + quote(host_header)); };
  if (host_header.starts_with('[')) {
    const std::size_t end = host_header.find(']');
    if (end == host_header.npos || !is_port_suffix(host_header.substr(end + 1))) return refuse();
    if (!is_ipv6(std::string(host_header.substr(1, end - 1)))) return refuse();
    return ascii_lower(host_header.substr(0, end + 1));
  }
  const std::size_t colon = std::min(host_header.find(':'), host_header.size());
  std::string_view name = host_header.substr(0, colon);
  if (name.ends_with('.')) name.remove_suffix(1);
  if (!is_name(name) || !is_port_suffix(host_header.substr(colon))) return refuse();
  return ascii_lower(name);
}

}  // namespace xes::wire
