// SPDX-License-Identifier: MIT
#include "wire/json.hpp"

#include <nlohmann/json.hpp>

namespace xes::wire {

void append_json_string(std::string& out, std::string_view text) {
  constexpr int no_indent = -1;
  out += nlohmann::json(text).dump(no_indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace xes::wire
