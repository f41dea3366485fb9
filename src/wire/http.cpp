// SPDX-License-Identifier: MIT
#include "wire/http.hpp"

namespace xes::wire {

void append_status(std::string& out, Status status) {
  out.append("Status: ").append(std::to_string(status.code)).append(" ").append(status.reason).append("\r\n");
}

void append_content_length(std::string& out, std::size_t bytes) {
  out.append("Content-Length: ").append(std::to_string(bytes)).append("\r\n");
}

}  // namespace xes::wire
