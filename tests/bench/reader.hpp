// SPDX-License-Identifier: MIT
// Purpose: one stream's bytes, read without a copy: takes the web server's framing off and finds the events' markers,
// however the bytes are cut. 64 bytes a stream, so that the load generator is not what is measured.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "common.hpp"

namespace bench {

enum class Protocol : std::uint8_t { http, fastcgi, scgi };

/// What all streams of a process have counted.
struct Counts {
  std::uint64_t delivered = 0;
  std::uint64_t missing = 0;  ///< numbers jumped over, less those that came late
  std::uint64_t duplicate = 0;
  std::uint64_t out_of_order = 0;
};

class Reader {
 public:
  enum class Got : std::uint8_t { more, refused };

  explicit Reader(Protocol protocol) : protocol_(protocol) {}

  bool opened() const { return opened_; }
  std::uint32_t next() const { return next_; }
  /// The next number that is to come.
  void expect(std::uint32_t number) {
    next_ = number;
    window_ = ~std::uint64_t{0};
  }

  /// `on_event(number, sent_ns)` for each event that came.
  template <class OnEvent>
  Got feed(std::string_view bytes, Counts& counts, OnEvent on_event) {
    if (!opened_) {  // the response's head comes in one piece
      if (bytes.find("text/event-stream") == bytes.npos || bytes.find("Content-Length") != bytes.npos)
        return Got::refused;
      opened_ = true;
      if (protocol_ == Protocol::http) {
        const std::size_t end = bytes.find("\r\n\r\n");
        if (end == bytes.npos) return Got::refused;
        chunked_ = bytes.substr(0, end).find("chunked") != bytes.npos;
        bytes.remove_prefix(end + 4);
      }
    }
    while (!bytes.empty()) {
      if (protocol_ == Protocol::scgi || (protocol_ == Protocol::http && !chunked_)) {
        scan(bytes, counts, on_event);
        break;
      }
      if (left_ > 0) {
        const std::size_t size = std::min<std::size_t>(left_, bytes.size());
        scan(bytes.substr(0, size), counts, on_event);
        bytes.remove_prefix(size);
        left_ -= static_cast<std::uint32_t>(size);
      } else {
        header_byte(static_cast<unsigned char>(bytes.front()));
        bytes.remove_prefix(1);
      }
    }
    return Got::more;
  }

 private:
  void header_byte(unsigned char byte) {
    if (protocol_ == Protocol::fastcgi) {
      // 8 bytes: version, type, request ID (2), content (2), padding, reserved. Nobody here pads.
      if (header_seen_ == 4) size_ = byte;
      if (header_seen_ == 5) size_ = size_ << 8 | byte;
      if (++header_seen_ < 8) return;
      header_seen_ = 0;
      left_ = size_;
      return;
    }
    // A chunk: its size in hex, CRLF, bytes, CRLF.
    const int digit = byte >= '0' && byte <= '9' ? byte - '0' : (byte | 32) >= 'a' && (byte | 32) <= 'f' ? (byte | 32) - 'a' + 10 : -1;
    if (digit >= 0) {
      size_ = size_ << 4 | static_cast<std::uint32_t>(digit);
      header_seen_ = 1;
    } else if (byte == '\n' && header_seen_ == 1) {
      left_ = size_;
      size_ = 0;
      header_seen_ = 0;
    }
  }

  template <class OnEvent>
  void scan(std::string_view content, Counts& counts, OnEvent& on_event) {
    while (!content.empty()) {
      if (kept_ > 0) {  // a marker that was cut
        const std::size_t size = std::min<std::size_t>(marker_bytes - kept_, content.size());
        std::memcpy(marker_ + kept_, content.data(), size);
        kept_ = static_cast<std::uint8_t>(kept_ + size);
        content.remove_prefix(size);
        if (kept_ < marker_bytes) return;
        kept_ = 0;
        take(marker_, counts, on_event);
        continue;
      }
      const void* found = std::memchr(content.data(), '#', content.size());
      if (!found) return;
      content.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(found) - content.data()));
      if (content.size() < marker_bytes) {
        std::memcpy(marker_, content.data(), content.size());
        kept_ = static_cast<std::uint8_t>(content.size());
        return;
      }
      take(content.data(), counts, on_event);
      content.remove_prefix(marker_bytes);
    }
  }

  template <class OnEvent>
  void take(const char* marker, Counts& counts, OnEvent& on_event) {
    const auto number = static_cast<std::uint32_t>(read_digits(marker + 1, 10));
    ++counts.delivered;
    if (number >= next_) {
      const std::uint32_t gap = number - next_;
      counts.missing += gap;
      window_ = gap < 63 ? window_ << (gap + 1) | 1 : 1;
      next_ = number + 1;
    } else if (const std::uint32_t back = next_ - 1 - number; back < 64 && !(window_ >> back & 1)) {
      window_ |= std::uint64_t{1} << back;
      ++counts.out_of_order;
      --counts.missing;
    } else {
      ++counts.duplicate;
    }
    on_event(number, read_digits(marker + 12, 19));
  }

  std::uint64_t window_ = 0;  ///< bit i: number next_ - 1 - i has come
  std::uint32_t next_ = 0;
  std::uint32_t left_ = 0;  ///< of the chunk or record
  std::uint32_t size_ = 0;
  Protocol protocol_;
  std::uint8_t header_seen_ = 0;
  std::uint8_t kept_ = 0;
  bool opened_ = false;
  bool chunked_ = false;
  char marker_[marker_bytes];
};

}  // namespace bench
