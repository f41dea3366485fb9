// SPDX-License-Identifier: MIT
// Purpose: the meta-variables of a request (RFC 3875 §4.1; FastCGI's params, SCGI's headers). Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xes::gateway {

class Params {
 public:
  void add(std::string name, std::string value) { pairs_.emplace_back(std::move(name), std::move(value)); }

  /// Empty where the web server did not send it. Of a repeated one, the first.
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

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace xes::gateway
