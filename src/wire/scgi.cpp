// SPDX-License-Identifier: MIT
#include "wire/scgi.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace xes::wire {
namespace {

constexpr std::size_t max_length_digits = 5;

template <class Number>
std::optional<Number> decimal(std::string_view digits) {
  Number value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // from_chars takes a minus sign for signed numbers only, and never a plus sign or a space.
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// Cuts `rest` after its first NUL and gives what was before it; nullopt if there is none.
std::optional<std::string_view> take_c_string(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  if (end == rest.npos) return std::nullopt;
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return taken;
}

}  // namespace

Result<ScgiHead::Fed> ScgiHead::feed(std::string_view bytes) {
  if (failure_) return tl::unexpected<Failure>(*failure_);
  const std::size_t offered = bytes.size();
  while (expect_ != Expect::nothing && !bytes.empty()) {
    std::size_t taken = 1;
    Result<void> step;
    if (expect_ == Expect::length) {
      step = take_length(bytes.front());
    } else if (expect_ == Expect::headers) {
      taken = std::min(bytes.size(), headers_left_);
      block_.append(bytes.substr(0, taken));
      headers_left_ -= taken;
      if (headers_left_ == 0) expect_ = Expect::comma;
    } else if (bytes.front() != ',') {
      step = fail(Error::malformed, "no comma after the SCGI headers");
    } else {
      expect_ = Expect::nothing;
      step = parse_headers();
    }
    if (!step) {
      failure_ = std::move(step.error());
      block_ = {};
      headers_.clear();
      return tl::unexpected<Failure>(*failure_);
    }
    bytes.remove_prefix(taken);
  }
  return Fed{expect_ == Expect::nothing ? State::complete : State::need_more, offered - bytes.size()};
}

Result<void> ScgiHead::take_length(char c) {
  if (c != ':') {
    if (c < '0' || c > '9') return fail(Error::malformed, "an SCGI request must begin with a number and a colon");
    if (length_ == "0") return fail(Error::malformed, "the length of the SCGI headers has a leading zero");
    if (length_.size() == max_length_digits)
      return fail(Error::too_large, "the length of the SCGI headers has more than 5 digits");
    length_ += c;
    return {};
  }
  const auto length = decimal<std::size_t>(length_);
  if (!length) return fail(Error::malformed, "the length of the SCGI headers is missing");
  if (*length > options_.max_bytes)
    return fail(Error::too_large, "the SCGI headers exceed " + std::to_string(options_.max_bytes) + " bytes");
  headers_left_ = *length;
  expect_ = headers_left_ == 0 ? Expect::comma : Expect::headers;
  return {};
}

Result<void> ScgiHead::parse_headers() {
  bool is_scgi = false;
  for (std::string_view rest = block_; !rest.empty();) {
    const auto name = take_c_string(rest);
    const auto value = name ? take_c_string(rest) : std::nullopt;
    if (!value) return fail(Error::malformed, "the SCGI headers end within a header");
    if (name->empty()) return fail(Error::malformed, "an SCGI header without a name");
    if (*name == "SCGI") {
      // Twice, where a web server includes its stock scgi_params besides: whoever reads the others says so.
      if (*value != "1") return fail(Error::malformed, "the SCGI header \"SCGI\" is not 1");
      is_scgi = true;
    } else if (*name == "CONTENT_LENGTH" && !headers_.empty()) {
      return fail(Error::malformed, "the SCGI header CONTENT_LENGTH is not the first, or occurs twice");
    }
    headers_.push_back({std::string(*name), std::string(*value)});
  }
  if (headers_.empty() || headers_.front().name != "CONTENT_LENGTH")
    return fail(Error::malformed, "the first SCGI header is not CONTENT_LENGTH");
  const auto content_bytes = decimal<std::uint64_t>(headers_.front().value);
  if (!content_bytes)
    return fail(Error::malformed, "CONTENT_LENGTH is not a number: " + quote(headers_.front().value));
  content_bytes_ = *content_bytes;
  if (!is_scgi) return fail(Error::malformed, "the SCGI header \"SCGI\" is missing");
  block_ = {};
  return {};
}

}  // namespace xes::wire
