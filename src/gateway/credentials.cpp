// SPDX-License-Identifier: MIT
#include "gateway/credentials.hpp"

#include "base/text.hpp"
#include "wire/uri.hpp"

namespace xes::gateway {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  const std::string_view value = trimmed(authorization);
  if (ascii_lower(value.substr(0, scheme.size())) != scheme) return {};
  return trimmed(value.substr(scheme.size()));
}

/// Of several cookies of that name the first with a value: browsers send the one of the longest path first.
std::string_view cookie_value(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::string_view pair = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(cookies.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos || trimmed(pair.substr(0, equals)) != name) continue;
    std::string_view value = trimmed(pair.substr(equals + 1));
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
      value = value.substr(1, value.size() - 2);
    if (!value.empty()) return value;
  }
  return {};
}

/// Nothing for a target or a query that cannot be read: whoever routes the request refuses it for that.
std::string query_token(std::string_view request_uri) {
  const auto uri = wire::split_uri(request_uri);
  if (!uri) return {};
  const auto pairs = wire::parse_query(uri->query);
  if (!pairs) return {};
  for (const wire::QueryPair& pair : *pairs)
    if (pair.name == "access_token" && !pair.value.empty()) return pair.value;
  return {};
}

}  // namespace

std::optional<std::string> find_token(const Params& params, const CredentialOptions& options) {
  std::string token(bearer_token(params.get("HTTP_AUTHORIZATION")));
  if (token.empty() && !options.cookie.empty()) token = cookie_value(params.get("HTTP_COOKIE"), options.cookie);
  if (token.empty() && options.query) token = query_token(params.get("REQUEST_URI"));
  if (token.empty()) return std::nullopt;
  return token;
}

}  // namespace xes::gateway
