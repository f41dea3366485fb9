// SPDX-License-Identifier: MIT
#include "app/endpoint.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <charconv>
#include <optional>

#include "app/names.hpp"
#include "base/text.hpp"

namespace xes::app {
namespace {

constexpr std::size_t max_unix_path = sizeof(sockaddr_un::sun_path) - 1;

bool is_address(int family, const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(family, text.c_str(), bytes) == 1;
}

struct HostPort {
  std::string host;
  bool bracketed;
  std::uint16_t port;
};

std::optional<HostPort> split(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  unsigned port = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (code != std::errc() || end != digits.data() + digits.size() || port < 1 || port > 65535)
    return std::nullopt;
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  return HostPort{std::string(host), bracketed, static_cast<std::uint16_t>(port)};
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  if (text.starts_with("unix:")) {
    const std::string_view path = text.substr(5);
    if (!path.starts_with('/') || path.ends_with('/') || path.find('\0') != std::string_view::npos)
      return fail(Error::malformed, quote(text) + " needs the absolute path of a socket after \"unix:\"");
    if (path.size() > max_unix_path)
      return fail(Error::malformed, quote(text) + " is a path of " + std::to_string(path.size()) +
                                        " bytes; a Unix socket's path has at most " + std::to_string(max_unix_path));
    return UnixEndpoint{std::string(path)};
  }
  const auto parts = split(text);
  if (parts && is_address(parts->bracketed ? AF_INET6 : AF_INET, parts->host))
    return TcpEndpoint{parts->host, parts->port};
  return fail(Error::malformed, quote(text) +
                                    " is not a valid endpoint; write \"unix:/absolute/path\", or an IP address and a "
                                    "port: \"127.0.0.1:9000\" or \"[::1]:9000\"");
}

Result<Server> parse_server(std::string_view text) {
  const auto parts = split(text);
  if (parts &&
      (parts->bracketed ? is_address(AF_INET6, parts->host) : parse_host_name(parts->host).has_value()))
    return Server{parts->host, parts->port};
  return fail(Error::malformed, quote(text) +
                                    " is not a valid server; write a host and a port: \"xmpp.example.org:5347\", "
                                    "\"127.0.0.1:5347\" or \"[::1]:5347\"");
}

std::string endpoint_text(const Endpoint& endpoint) {
  if (const auto* local = std::get_if<UnixEndpoint>(&endpoint)) return "unix:" + local->path;
  const auto& tcp = std::get<TcpEndpoint>(endpoint);
  const bool v6 = tcp.address.find(':') != std::string::npos;
  return (v6 ? "[" + tcp.address + "]" : tcp.address) + ":" + std::to_string(tcp.port);
}

}  // namespace xes::app
