// SPDX-License-Identifier: MIT
// Purpose: addresses as the configuration writes them. Thread: any. Error: malformed, with what would be
// right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"

namespace xes::app {

/// A Unix stream socket; `path` is absolute and fits sockaddr_un (107 bytes).
struct UnixEndpoint {
  std::string path;
  bool operator==(const UnixEndpoint&) const = default;
};

/// `address` is a numeric IPv4 or IPv6 address without brackets; a listener resolves no names.
struct TcpEndpoint {
  std::string address;
  std::uint16_t port;
  bool operator==(const TcpEndpoint&) const = default;
};

using Endpoint = std::variant<UnixEndpoint, TcpEndpoint>;

/// Where to connect: a host name, an IPv4 or an IPv6 address (without brackets), and a port of 1 to 65535.
struct Server {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const Server&) const = default;
};

/// "unix:/run/x.sock", "127.0.0.1:9000" or "[::1]:9000".
Result<Endpoint> parse_endpoint(std::string_view text);

/// "localhost:5347", "127.0.0.1:5347" or "[::1]:5347".
Result<Server> parse_server(std::string_view text);

/// The text that parses to it.
std::string endpoint_text(const Endpoint& endpoint);

}  // namespace xes::app
