// SPDX-License-Identifier: MIT
// Purpose: read the head of an SCGI request as its bytes arrive. Thread: any (pure). Units: bytes.
// Source: SCGI, "A Simple Common Gateway Interface alternative" (Neil Schemenauer, 2008); netstrings (D. J.
// Bernstein).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace xes::wire {

struct ScgiHeader {
  std::string name;
  std::string value;

  bool operator==(const ScgiHeader&) const = default;
};

class ScgiHead {
 public:
  struct Options {
    std::size_t max_bytes = 64UL * 1024;  ///< of all headers together, as the netstring announces them
  };

  enum class State {
    need_more,
    complete,  ///< headers() and content_bytes() are valid; what follows is the request's body
  };

  struct Fed {
    State state;
    std::size_t consumed;  ///< bytes of this feed's input that belong to the head
  };

  ScgiHead() : ScgiHead(Options{}) {}
  explicit ScgiHead(Options options) : options_(options) {}

  /// How the bytes are cut into feeds makes no difference.
  /// Errors: Error::malformed, Error::too_large (max_bytes); both are final, the connection is to be closed.
  [[nodiscard]] Result<Fed> feed(std::string_view bytes);

  /// In the order they came, each name once. A name twice is an error, except for HTTP_*: nginx before 1.23
  /// sends a request header once per field line, and those are joined by ", " as RFC 9110 §5.3 has it.
  const std::vector<ScgiHeader>& headers() const { return headers_; }

  /// CONTENT_LENGTH: what the body will have.
  std::uint64_t content_bytes() const { return content_bytes_; }

 private:
  Result<void> take_length(char c);
  Result<void> parse_headers();

  Options options_;
  enum class Expect { length, headers, comma, nothing } expect_ = Expect::length;
  std::optional<Failure> failure_;
  std::string length_;  ///< the digits of the netstring's length
  std::size_t headers_left_ = 0;
  std::string block_;  ///< the netstring's content; dropped once parsed
  std::vector<ScgiHeader> headers_;
  std::uint64_t content_bytes_ = 0;
};

}  // namespace xes::wire
