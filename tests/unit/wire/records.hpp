// SPDX-License-Identifier: MIT
// Purpose: FastCGI records as a web server would write them, and as it would not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/fastcgi.hpp"

namespace xes::wire {

/// The padding is no beginning of a record, so who reads it for one is found out.
inline std::string record(int type, int id, std::string_view content = {}, int padding = 0) {
  std::string out;
  append_record_header(out, {.type = static_cast<RecordType>(type),
                             .request_id = static_cast<std::uint16_t>(id),
                             .content_bytes = static_cast<std::uint16_t>(content.size()),
                             .padding_bytes = static_cast<std::uint8_t>(padding)});
  return out.append(content).append(static_cast<std::size_t>(padding), '#');
}

}  // namespace xes::wire
