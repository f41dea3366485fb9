// SPDX-License-Identifier: MIT
// Purpose: the meta-variables of a request (RFC 3875 §4.1; FastCGI's params, SCGI's headers). Thread: any.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xes::gateway {

/// All that the worker reads.
inline constexpr std::string_view param_names[] = {
    "REQUEST_METHOD", "REQUEST_URI", "REQUEST_SCHEME",     "SERVER_PORT", "REMOTE_ADDR",        "REMOTE_USER",
    "HTTP_HOST",      "HTTP_ACCEPT", "HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_LAST_EVENT_ID", "PUBSUB_SERVICE",
    "EVENTSOURCE_METRICS"};

class Params {
 public:
  void add(std::string name, std::string value) { pairs_.emplace_back(std::move(name), std::move(value)); }

  /// Empty where the web server did not send it.
  std::string_view get(std::string_view name) const {
    for (const auto& pair : pairs_)
      if (pair.first == name) return pair.second;
    return {};
  }
  bool has(std::string_view name) const {
    for (const auto& pair : pairs_)
      if (pair.first == name) return true;
    return false;
  }
  /// One of param_names that came more than once, be it with an empty value: which of its values the web server has
  /// checked, nobody knows, so whoever reads any of them asks here first. Others may: old nginx hands on each of a
  /// client's headers of one name.
  std::optional<std::string_view> repeated() const {
    for (const std::string_view name : param_names)
      if (std::ranges::count(pairs_, name, &Pair::first) > 1) return name;
    return std::nullopt;
  }

 private:
  using Pair = std::pair<std::string, std::string>;
  std::vector<Pair> pairs_;
};

}  // namespace xes::gateway
