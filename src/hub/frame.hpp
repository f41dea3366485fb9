// SPDX-License-Identifier: MIT
// Purpose: bytes of an event stream, encoded once, shared by every stream that they go to.
// Thread: made on one, immutable afterwards, read by all.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "hub/backlog_budget.hpp"

namespace xes::hub {

/// About what an allocator adds to a value that has a string on the heap: two blocks' heads, rounded up.
inline constexpr std::size_t heap_block_bytes = 48;

/// How a stream's bytes are wrapped on the way to the web server.
enum class Framing : unsigned char {
  plain,    ///< SCGI: the bytes as they are
  fastcgi,  ///< FastCGI 1.0 §3.3: STDOUT records with request ID 1
};

/// The request ID in a Frame's records. Web servers that send one request per connection use it (nginx, Apache,
/// lighttpd and HAProxy all do); a connection with another ID re-wraps the plain bytes by itself.
inline constexpr unsigned frame_request_id = 1;

class Frame : public Shareable {
 public:
  /// `plain`: event-stream bytes, any length. `owner_bytes`: what else is kept as long as the frame is.
  explicit Frame(std::string_view plain, std::size_t owner_bytes = 0);

  std::string_view bytes(Framing framing) const { return framing == Framing::fastcgi ? fastcgi() : plain(); }
  std::string_view plain() const {
    return plain_.empty() ? std::string_view(records_).substr(header_bytes) : std::string_view(plain_);
  }
  std::string_view fastcgi() const { return records_; }

  /// Bytes of memory that it takes, in both framings.
  std::size_t bytes_held() const { return sizeof(Frame) + heap_block_bytes + records_.capacity() + plain_.capacity(); }
  /// The same with what is kept as long as it is.
  std::size_t bytes_held_with_owner() const { return bytes_held() + owner_bytes_; }

 private:
  static constexpr std::size_t header_bytes = 8;
  std::string records_;
  /// Empty while one record holds it all: plain() is then the record's content, and nothing is kept twice.
  std::string plain_;
  const std::size_t owner_bytes_;
};

using FrameRef = std::shared_ptr<const Frame>;

inline FrameRef make_frame(std::string_view plain) { return std::make_shared<const Frame>(plain); }

}  // namespace xes::hub
