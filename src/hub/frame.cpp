// SPDX-License-Identifier: MIT
#include "hub/frame.hpp"

#include "wire/fastcgi.hpp"

namespace xes::hub {

static_assert(wire::record_header_bytes == 8);

Frame::Frame(std::string_view plain, std::size_t owner_bytes) : owner_bytes_(owner_bytes) {
  records_.reserve(plain.size() + header_bytes * (plain.size() / wire::max_record_content_bytes + 1));
  wire::append_stdout(records_, frame_request_id, plain);
  if (plain.size() > wire::max_record_content_bytes) plain_ = plain;
}

}  // namespace xes::hub
