// SPDX-License-Identifier: MIT
// Purpose: check the head of a FastCGI request, byte by byte as it arrives, before libfcgi sees any of it.
// Thread: any (pure). Units: bytes.
// Why: libfcgi 2.4.2 can be killed by its peer (a GET_VALUES that repeats a name smashes its stack, huge pair
// lengths hit an assert) and reads params without limit. What it gets from clean() is written anew from
// checked values and holds nothing but BEGIN_REQUEST, PARAMS and the two empty records that end PARAMS and
// STDIN. Source: FastCGI Specification 1.0, §3 to §5; RFC 3875 §4.1 (what a meta-variable may be).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "wire/fastcgi.hpp"

namespace xes::wire {

class FastcgiHead {
 public:
  struct Options {
    std::size_t max_bytes = 64UL * 1024;  ///< of the head, with all headers, padding and management records
    std::uint32_t max_connections = 100'000;  ///< what GET_VALUES is told as FCGI_MAX_CONNS and FCGI_MAX_REQS
  };

  enum class State {
    need_more,
    complete,  ///< clean() and request_id() are valid; what follows is FastcgiTail's
    ended,     ///< no request will come of this: write the answer and close
  };

  struct Fed {
    State state;
    std::size_t consumed;  ///< bytes of this feed's input that belong to the head
  };

  FastcgiHead() : FastcgiHead(Options{}) {}
  explicit FastcgiHead(Options options) : options_(options) {}

  /// How the bytes are cut into feeds makes no difference. After each feed, take_answer() may hold something
  /// to write. Errors: Error::malformed, Error::too_large (max_bytes); both are final, the connection is to
  /// be closed.
  [[nodiscard]] Result<Fed> feed(std::string_view bytes);

  /// Records for the web server (GET_VALUES_RESULT, UNKNOWN_TYPE, END_REQUEST) since the last call; often
  /// none. Bound: three times the bytes fed.
  std::string take_answer() { return std::exchange(answer_, {}); }

  /// The request, for libfcgi to decode.
  std::string clean() const;

  std::uint16_t request_id() const { return request_id_; }

 private:
  enum class Content { discard, keep, params };

  Result<void> start_record();
  Result<void> start_management_record();
  Result<void> take_content(std::string_view bytes);
  Result<void> check_pairs();
  Result<void> end_record();
  Result<void> begin_request();
  Result<void> answer_get_values();
  Result<Fed> refuse(Failure failure);

  Options options_;
  State state_ = State::need_more;
  std::optional<Failure> failure_;

  // The record under way.
  std::array<char, record_header_bytes> header_bytes_ = {};
  std::size_t header_bytes_seen_ = 0;
  RecordHeader header_;
  Content content_ = Content::discard;
  std::size_t content_left_ = 0;
  std::size_t padding_left_ = 0;
  std::string kept_;  ///< the content of a BEGIN_REQUEST or GET_VALUES

  // The request.
  std::size_t head_bytes_ = 0;                  ///< of all records begun so far
  std::uint16_t request_id_ = null_request_id;  ///< null until BEGIN_REQUEST
  bool keep_connection_ = false;
  std::string params_;         ///< the content of all PARAMS records
  std::size_t pairs_end_ = 0;  ///< params_ up to here is whole pairs

  std::string answer_;
};

}  // namespace xes::wire
