// SPDX-License-Identifier: MIT
// Purpose: FastCGI's constants, record headers, and the records that a responder sends. Thread: any (pure).
// Source: FastCGI Specification 1.0, §3.3 (records), §3.4 (name-value pairs), §8 (constants).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xes::wire {

inline constexpr std::uint8_t fastcgi_version = 1;
inline constexpr std::size_t record_header_bytes = 8;
inline constexpr std::size_t max_record_content_bytes = 65'535;

/// The request ID of management records, which concern the connection and no request.
inline constexpr std::uint16_t null_request_id = 0;

enum class RecordType : std::uint8_t {
  begin_request = 1,
  abort_request = 2,
  end_request = 3,
  params = 4,
  stdin_ = 5,  // the underscores keep clear of <cstdio>'s macros
  stdout_ = 6,
  stderr_ = 7,
  data = 8,
  get_values = 9,
  get_values_result = 10,
  unknown_type = 11,
};

enum class Role : std::uint16_t { responder = 1, authorizer = 2, filter = 3 };

/// BEGIN_REQUEST's flag: the web server wants to use the connection again.
inline constexpr std::uint8_t keep_connection_flag = 1;

enum class ProtocolStatus : std::uint8_t {
  request_complete = 0,
  cannot_multiplex = 1,  // FCGI_CANT_MPX_CONN
  overloaded = 2,
  unknown_role = 3,
};

struct RecordHeader {
  std::uint8_t version = fastcgi_version;
  RecordType type = RecordType::begin_request;  ///< as received: may hold a number that has no name here
  std::uint16_t request_id = null_request_id;
  std::uint16_t content_bytes = 0;
  std::uint8_t padding_bytes = 0;
};

/// `bytes` must hold record_header_bytes.
RecordHeader decode_record_header(std::string_view bytes);

void append_record_header(std::string& out, const RecordHeader& header);

/// What stands before a pair's name and value.
struct PairLengths {
  std::size_t prefix_bytes;  ///< 2, 5 or 8
  std::uint32_t name_bytes;  ///< below 2^31, as the next one
  std::uint32_t value_bytes;

  std::uint64_t total_bytes() const { return std::uint64_t{prefix_bytes} + name_bytes + value_bytes; }
};

/// The lengths of the pair that `bytes` starts with; nullopt while they are not all there.
std::optional<PairLengths> decode_pair_lengths(std::string_view bytes);

void append_pair(std::string& out, std::string_view name, std::string_view value);

/// As many records of a stream type as `bytes` need. None for no bytes: an empty record would end the stream.
void append_stream(std::string& out, RecordType type, std::uint16_t request_id, std::string_view bytes);

inline void append_stdout(std::string& out, std::uint16_t request_id, std::string_view bytes) {
  append_stream(out, RecordType::stdout_, request_id, bytes);
}

/// The empty record that ends a stream.
void append_stream_end(std::string& out, RecordType type, std::uint16_t request_id);

/// Ends the request. Where STDOUT was written, the spec wants append_stream_end(…, RecordType::stdout_, …)
/// before it.
void append_end_request(std::string& out, std::uint16_t request_id, std::uint32_t app_status,
                        ProtocolStatus protocol_status);

/// Answers a management record whose type nobody here knows.
void append_unknown_type(std::string& out, RecordType type);

}  // namespace xes::wire
