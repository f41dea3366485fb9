// SPDX-License-Identifier: MIT
// Purpose: what a web server sends, and what it reads back.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "wire/fastcgi.hpp"

namespace xes::gateway {

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline Pairs get(const std::string& uri, const std::string& host = "example.org") {
  return {{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", uri}, {"HTTP_HOST", host}};
}

inline void append_record(std::string& out, wire::RecordType type, std::uint16_t id, const std::string& content) {
  wire::append_record_header(out, {.version = 1,
                                   .type = type,
                                   .request_id = id,
                                   .content_bytes = static_cast<std::uint16_t>(content.size()),
                                   .padding_bytes = 0});
  out += content;
}

/// The head of a request; STDIN is not ended.
inline std::string fastcgi_head(const Pairs& pairs, std::uint16_t id = 1) {
  std::string out, params;
  append_record(out, wire::RecordType::begin_request, id, std::string("\0\1\0\0\0\0\0\0", 8));
  for (const auto& [name, value] : pairs) wire::append_pair(params, name, value);
  wire::append_stream(out, wire::RecordType::params, id, params);
  wire::append_stream_end(out, wire::RecordType::params, id);
  return out;
}

inline std::string scgi_head(const Pairs& pairs) {
  std::string content("CONTENT_LENGTH\0000\0SCGI\0001\0", 24);
  for (const auto& [name, value] : pairs) content += name + '\0' + value + '\0';
  return std::to_string(content.size()) + ":" + content + ",";
}

struct FastcgiAnswer {
  std::string stdout_bytes;
  bool stdout_ended = false;
  bool request_ended = false;  ///< END_REQUEST, complete
  bool other = false;          ///< something that does not belong here
};

inline FastcgiAnswer read_fastcgi(std::string bytes, std::uint16_t id) {
  FastcgiAnswer answer;
  while (bytes.size() >= wire::record_header_bytes) {
    const auto header = wire::decode_record_header(bytes);
    const std::string content = bytes.substr(wire::record_header_bytes, header.content_bytes);
    bytes.erase(0, wire::record_header_bytes + header.content_bytes + header.padding_bytes);
    if (header.request_id != id || answer.request_ended) answer.other = true;
    if (header.type == wire::RecordType::stdout_) {
      if (answer.stdout_ended) answer.other = true;
      answer.stdout_bytes += content;
      if (content.empty()) answer.stdout_ended = true;
    } else if (header.type == wire::RecordType::end_request && content == std::string(8, '\0')) {
      answer.request_ended = true;
    } else {
      answer.other = true;
    }
  }
  if (!bytes.empty()) answer.other = true;
  return answer;
}

}  // namespace xes::gateway
