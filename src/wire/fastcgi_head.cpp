// SPDX-License-Identifier: MIT
#include "wire/fastcgi_head.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace xes::wire {
namespace {

std::string number(RecordType type) { return std::to_string(static_cast<unsigned>(type)); }

}  // namespace

Result<FastcgiHead::Fed> FastcgiHead::feed(std::string_view bytes) {
  if (failure_) return tl::unexpected<Failure>(*failure_);
  const std::size_t offered = bytes.size();
  while (state_ == State::need_more && !bytes.empty()) {
    std::size_t taken = 0;
    Result<void> step;
    if (header_bytes_seen_ < record_header_bytes) {
      taken = std::min(bytes.size(), record_header_bytes - header_bytes_seen_);
      std::copy_n(bytes.begin(), taken, header_bytes_.begin() + header_bytes_seen_);
      header_bytes_seen_ += taken;
      if (header_bytes_seen_ == record_header_bytes) step = start_record();
    } else if (content_left_ > 0) {
      taken = std::min(bytes.size(), content_left_);
      content_left_ -= taken;
      step = take_content(bytes.substr(0, taken));
    } else {
      taken = std::min(bytes.size(), padding_left_);
      padding_left_ -= taken;
    }
    bytes.remove_prefix(taken);
    if (step && header_bytes_seen_ == record_header_bytes && content_left_ == 0 && padding_left_ == 0) {
      header_bytes_seen_ = 0;
      step = end_record();
    }
    if (!step) return refuse(std::move(step.error()));
  }
  return Fed{state_, offered - bytes.size()};
}

Result<void> FastcgiHead::start_record() {
  header_ = decode_record_header({header_bytes_.data(), header_bytes_.size()});
  if (header_.version != fastcgi_version)
    return fail(Error::malformed, "FastCGI version " + std::to_string(header_.version) + " instead of 1");

  // Refused as soon as it is announced: a peer need not send 64 KiB to hear it.
  head_bytes_ += record_header_bytes + header_.content_bytes + header_.padding_bytes;
  if (head_bytes_ > options_.max_bytes)
    return fail(Error::too_large,
                "the request's head exceeds " + std::to_string(options_.max_bytes) + " bytes");

  content_left_ = header_.content_bytes;
  padding_left_ = header_.padding_bytes;
  content_ = Content::discard;
  kept_.clear();
  if (header_.request_id == null_request_id) return start_management_record();

  if (header_.type == RecordType::begin_request) {
    if (header_.content_bytes != 8) return fail(Error::malformed, "BEGIN_REQUEST's body is not 8 bytes");
    if (header_.request_id == request_id_) return fail(Error::malformed, "the request was begun twice");
    if (request_id_ == null_request_id) content_ = Content::keep;
    return {};
  }
  if (header_.type < RecordType::begin_request || header_.type > RecordType::data)
    return fail(Error::malformed, "record type " + number(header_.type) + " with a request ID");
  if (request_id_ == null_request_id)
    return fail(Error::malformed, "record type " + number(header_.type) + " before BEGIN_REQUEST");
  // §3.3: while a request ID is inactive, its records are ignored (they were on their way when we refused
  // it).
  if (header_.request_id != request_id_) return {};

  if (header_.type == RecordType::abort_request) return {};
  if (header_.type != RecordType::params)
    return fail(Error::malformed, "record type " + number(header_.type) + " before the end of PARAMS");
  content_ = Content::params;
  return {};
}

Result<void> FastcgiHead::start_management_record() {
  if (header_.type == RecordType::get_values) {
    content_ = Content::keep;
    return {};
  }
  // Answers that nobody asked for; to answer UNKNOWN_TYPE with UNKNOWN_TYPE could go on for ever.
  if (header_.type >= RecordType::begin_request && header_.type <= RecordType::unknown_type)
    return fail(Error::malformed, "record type " + number(header_.type) + " without a request ID");
  return {};
}

Result<void> FastcgiHead::take_content(std::string_view bytes) {
  if (content_ == Content::keep) kept_.append(bytes);
  if (content_ != Content::params) return {};
  params_.append(bytes);
  return check_pairs();
}

/// Goes on where the last call stopped, so the whole costs one pass however the bytes are cut.
Result<void> FastcgiHead::check_pairs() {
  for (;;) {
    const std::string_view rest = std::string_view(params_).substr(pairs_end_);
    const auto lengths = decode_pair_lengths(rest);
    if (!lengths) return {};
    if (lengths->total_bytes() > options_.max_bytes)
      return fail(Error::too_large, "a param announces " + std::to_string(lengths->total_bytes()) +
                                        " bytes, more than the limit of a head");
    if (lengths->total_bytes() > rest.size()) return {};
    const std::string_view name = rest.substr(lengths->prefix_bytes, lengths->name_bytes);
    const std::string_view value =
        rest.substr(lengths->prefix_bytes + lengths->name_bytes, lengths->value_bytes);
    // libfcgi makes a C string "name=value" of it: either byte would let a reader see another pair than was
    // sent.
    if (name.find('=') != name.npos || name.find('\0') != name.npos || value.find('\0') != value.npos)
      return fail(Error::malformed, "a param that is not a meta-variable: " + quote(name));
    pairs_end_ += lengths->total_bytes();
  }
}

Result<void> FastcgiHead::end_record() {
  if (header_.request_id == null_request_id) {
    if (header_.type == RecordType::get_values) return answer_get_values();
    append_unknown_type(answer_, header_.type);
    return {};
  }
  if (header_.type == RecordType::begin_request) return begin_request();
  if (header_.request_id != request_id_) return {};
  if (header_.type == RecordType::abort_request) {
    append_end_request(answer_, request_id_, 0, ProtocolStatus::request_complete);
    state_ = State::ended;
  } else if (header_.content_bytes == 0) {
    if (pairs_end_ != params_.size()) return fail(Error::malformed, "PARAMS end within a pair");
    state_ = State::complete;
  }
  return {};
}

Result<void> FastcgiHead::begin_request() {
  if (request_id_ != null_request_id) {
    append_end_request(answer_, header_.request_id, 0, ProtocolStatus::cannot_multiplex);
    return {};
  }
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(kept_[i]); };
  request_id_ = header_.request_id;
  keep_connection_ = (byte(2) & keep_connection_flag) != 0;
  if ((byte(0) << 8 | byte(1)) != static_cast<int>(Role::responder)) {
    append_end_request(answer_, request_id_, 0, ProtocolStatus::unknown_role);
    state_ = State::ended;
  }
  return {};
}

/// §4.1: names that we do not know are left out of the result. Each is answered once, however often it was
/// asked.
Result<void> FastcgiHead::answer_get_values() {
  bool connections = false;
  bool requests = false;
  bool multiplexes = false;
  for (std::string_view rest = kept_; !rest.empty();) {
    const auto lengths = decode_pair_lengths(rest);
    if (!lengths || lengths->total_bytes() > rest.size())
      return fail(Error::malformed, "GET_VALUES ends within a pair");
    const std::string_view name = rest.substr(lengths->prefix_bytes, lengths->name_bytes);
    connections = connections || name == "FCGI_MAX_CONNS";
    requests = requests || name == "FCGI_MAX_REQS";
    multiplexes = multiplexes || name == "FCGI_MPXS_CONNS";
    rest.remove_prefix(lengths->total_bytes());
  }
  std::string values;
  const std::string limit = std::to_string(options_.max_connections);
  if (connections) append_pair(values, "FCGI_MAX_CONNS", limit);
  if (requests) append_pair(values, "FCGI_MAX_REQS", limit);
  if (multiplexes) append_pair(values, "FCGI_MPXS_CONNS", "0");
  append_record_header(answer_, {.type = RecordType::get_values_result,
                                 .content_bytes = static_cast<std::uint16_t>(values.size())});
  answer_ += values;
  return {};
}

Result<FastcgiHead::Fed> FastcgiHead::refuse(Failure failure) {
  failure_ = std::move(failure);
  params_ = {};
  kept_ = {};
  return tl::unexpected<Failure>(*failure_);
}

std::string FastcgiHead::clean() const {
  std::string out;
  out.reserve(params_.size() + 64);
  append_record_header(out,
                       {.type = RecordType::begin_request, .request_id = request_id_, .content_bytes = 8});
  out +=
      {0, static_cast<char>(Role::responder), static_cast<char>(keep_connection_ ? keep_connection_flag : 0)};
  out.append(5, '\0');
  append_stream(out, RecordType::params, request_id_, params_);
  append_stream_end(out, RecordType::params, request_id_);
  append_stream_end(out, RecordType::stdin_, request_id_);
  return out;
}

}  // namespace xes::wire
