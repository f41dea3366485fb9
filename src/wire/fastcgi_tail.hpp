// SPDX-License-Identifier: MIT
// Purpose: read past what a web server sends after the head of a FastCGI request, and notice ABORT_REQUEST.
// Thread: any (pure). State: one record header, whatever comes.
// Source: FastCGI Specification 1.0, §5.3 (stdin), §5.4 (abort).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"
#include "wire/fastcgi.hpp"

namespace xes::wire {

class FastcgiTail {
 public:
  enum class State {
    open,
    aborted,  ///< the web server gave the request up; final
  };

  explicit FastcgiTail(std::uint16_t request_id) : request_id_(request_id) {}

  /// Everything but our own ABORT_REQUEST is ignored: a stream has no use for a body, and a web server that
  /// was told that we do not multiplex has nothing else to say. Error::malformed for another version; the
  /// framing is lost then.
  [[nodiscard]] Result<State> feed(std::string_view bytes);

 private:
  std::uint16_t request_id_;
  State state_ = State::open;
  std::array<char, record_header_bytes> header_bytes_ = {};
  std::size_t header_bytes_seen_ = 0;
  std::size_t skip_bytes_ = 0;  ///< content and padding of the record under way
};

}  // namespace xes::wire
