// SPDX-License-Identifier: MIT
#include "wire/fastcgi_tail.hpp"

#include <algorithm>

namespace xes::wire {

Result<FastcgiTail::State> FastcgiTail::feed(std::string_view bytes) {
  while (state_ == State::open && !bytes.empty()) {
    const std::size_t skipped = std::min(bytes.size(), skip_bytes_);
    skip_bytes_ -= skipped;
    bytes.remove_prefix(skipped);

    const std::size_t taken = std::min(bytes.size(), record_header_bytes - header_bytes_seen_);
    std::copy_n(bytes.begin(), taken, header_bytes_.begin() + header_bytes_seen_);
    header_bytes_seen_ += taken;
    bytes.remove_prefix(taken);
    if (header_bytes_seen_ < record_header_bytes) break;

    const RecordHeader header = decode_record_header({header_bytes_.data(), header_bytes_.size()});
    // The header stays where it is, so every later feed fails alike.
    if (header.version != fastcgi_version)
      return fail(Error::malformed, "FastCGI version " + std::to_string(header.version) + " instead of 1");
    header_bytes_seen_ = 0;
    skip_bytes_ = std::size_t{header.content_bytes} + header.padding_bytes;
    if (header.type == RecordType::abort_request && header.request_id == request_id_) state_ = State::aborted;
  }
  return state_;
}

}  // namespace xes::wire
