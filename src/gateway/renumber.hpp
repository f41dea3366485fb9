// SPDX-License-Identifier: MIT
// Purpose: put another request ID into frames' records, for the rare web server that does not use ID 1.
// Thread: its connection's. Source: FastCGI 1.0 §3.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace xes::gateway {

class Renumber {
 public:
  explicit Renumber(std::uint16_t request_id) : request_id_(request_id) {}

  /// Overwrites the IDs in the next bytes of the record stream; they are not counted as written yet.
  void patch(std::string& bytes) const {
    Place place = place_;
    for (char& byte : bytes) {
      if (place.header_seen == 2) byte = static_cast<char>(request_id_ >> 8);
      if (place.header_seen == 3) byte = static_cast<char>(request_id_ & 0xFF);
      place.pass(byte);
    }
  }
  /// The first `count` of those bytes went out.
  void written(const std::string& bytes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) place_.pass(bytes[i]);
  }

 private:
  struct Place {
    unsigned header_seen = 0;  ///< bytes of a record's header; 8: within content and padding
    std::size_t left = 0;
    void pass(char byte) {
      const auto value = static_cast<unsigned char>(byte);
      if (header_seen == 8) {
        if (--left == 0) header_seen = 0;
        return;
      }
      if (header_seen == 4) left = std::size_t{value} << 8;
      if (header_seen == 5 || header_seen == 6) left += value;
      if (++header_seen == 8 && left == 0) header_seen = 0;
    }
  };
  Place place_;
  std::uint16_t request_id_;
};

}  // namespace xes::gateway
