// SPDX-License-Identifier: MIT
#include "wire/fastcgi.hpp"

#include <algorithm>

namespace xes::wire {
namespace {

std::uint32_t byte_at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

void append_byte(std::string& out, std::uint32_t value) { out += static_cast<char>(value & 0xFF); }

/// Lengths up to 127 take one byte; others take four, with the highest bit set (§3.4).
void append_length(std::string& out, std::size_t length) {
  const auto value = static_cast<std::uint32_t>(length);
  if (value < 0x80) return append_byte(out, value);
  for (const int shift : {24, 16, 8, 0}) append_byte(out, (value | 0x8000'0000u) >> shift);
}

/// Reads one length at `at` and moves `at` behind it.
std::optional<std::uint32_t> decode_length(std::string_view bytes, std::size_t& at) {
  if (at >= bytes.size()) return std::nullopt;
  const std::uint32_t first = byte_at(bytes, at);
  if (first < 0x80) return ++at, first;
  if (bytes.size() - at < 4) return std::nullopt;
  const std::uint32_t length = (first & 0x7F) << 24 | byte_at(bytes, at + 1) << 16 |
                               byte_at(bytes, at + 2) << 8 | byte_at(bytes, at + 3);
  return at += 4, length;
}

}  // namespace

RecordHeader decode_record_header(std::string_view bytes) {
  auto two = [&](std::size_t i) {
    return static_cast<std::uint16_t>(byte_at(bytes, i) << 8 | byte_at(bytes, i + 1));
  };
  return {.version = static_cast<std::uint8_t>(byte_at(bytes, 0)),
          .type = static_cast<RecordType>(byte_at(bytes, 1)),
          .request_id = two(2),
          .content_bytes = two(4),
          .padding_bytes = static_cast<std::uint8_t>(byte_at(bytes, 6))};
}

void append_record_header(std::string& out, const RecordHeader& header) {
  append_byte(out, header.version);
  append_byte(out, static_cast<std::uint8_t>(header.type));
  append_byte(out, header.request_id >> 8);
  append_byte(out, header.request_id);
  append_byte(out, header.content_bytes >> 8);
  append_byte(out, header.content_bytes);
  append_byte(out, header.padding_bytes);
  append_byte(out, 0);
}

std::optional<PairLengths> decode_pair_lengths(std::string_view bytes) {
  std::size_t at = 0;
  const auto name = decode_length(bytes, at);
  if (!name) return std::nullopt;
  const auto value = decode_length(bytes, at);
  if (!value) return std::nullopt;
  return PairLengths{at, *name, *value};
}

void append_pair(std::string& out, std::string_view name, std::string_view value) {
  append_length(out, name.size());
  append_length(out, value.size());
  out.append(name).append(value);
}

void append_stream(std::string& out, RecordType type, std::uint16_t request_id, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view content = bytes.substr(0, max_record_content_bytes);
    append_record_header(out, {.type = type,
                               .request_id = request_id,
                               .content_bytes = static_cast<std::uint16_t>(content.size())});
    out.append(content);
    bytes.remove_prefix(content.size());
  }
}

void append_stream_end(std::string& out, RecordType type, std::uint16_t request_id) {
  append_record_header(out, {.type = type, .request_id = request_id});
}

void append_end_request(std::string& out, std::uint16_t request_id, std::uint32_t app_status,
                        ProtocolStatus protocol_status) {
  append_record_header(out, {.type = RecordType::end_request, .request_id = request_id, .content_bytes = 8});
  for (const int shift : {24, 16, 8, 0}) append_byte(out, app_status >> shift);
  append_byte(out, static_cast<std::uint8_t>(protocol_status));
  out.append(3, '\0');
}

void append_unknown_type(std::string& out, RecordType type) {
  append_record_header(out, {.type = RecordType::unknown_type, .content_bytes = 8});
  append_byte(out, static_cast<std::uint8_t>(type));
  out.append(7, '\0');
}

}  // namespace xes::wire
