// SPDX-License-Identifier: MIT
#include "xmpp/xml/payload_digest.hpp"

#include <xxhash.h>

#include <algorithm>

namespace xes::xmpp {
namespace {

// Characters that no XML document can hold, so that nothing in a payload reads as one of these marks.
constexpr char mark_element = '\x01', mark_name = '\x02', mark_attribute = '\x03', mark_value = '\x04',
               mark_content = '\x05', mark_end = '\x06';

/// Beyond this, what is kept from one payload to the next is given back.
constexpr std::size_t keep_bytes = 64 * 1024;

}  // namespace

void PayloadDigest::start_element(std::string_view ns, std::string_view local_name) {
  end_tag();
  in_tag_ = true;
  written_ += mark_element;
  written_ += ns;
  written_ += mark_name;
  written_ += local_name;
}

void PayloadDigest::attribute(std::string_view ns, std::string_view local_name, std::string_view value) {
  if (attribute_count_ == attributes_.size()) attributes_.emplace_back();
  std::string& written = attributes_[attribute_count_++];
  written.clear();
  written += mark_attribute;
  written += ns;
  written += mark_name;
  written += local_name;
  written += mark_value;
  written += value;
}

void PayloadDigest::end_tag() {
  if (!in_tag_) return;
  in_tag_ = false;
  const auto end = attributes_.begin() + static_cast<std::ptrdiff_t>(attribute_count_);
  std::sort(attributes_.begin(), end);
  for (auto attribute = attributes_.begin(); attribute != end; ++attribute) written_ += *attribute;
  attribute_count_ = 0;
  written_ += mark_content;
}

void PayloadDigest::text(std::string_view characters) {
  end_tag();
  written_ += characters;
}

void PayloadDigest::end_element() {
  end_tag();
  written_ += mark_end;
}

std::uint64_t PayloadDigest::take() {
  const std::uint64_t digest = XXH3_64bits(written_.data(), written_.size());
  written_.clear();
  if (written_.capacity() > keep_bytes) written_.shrink_to_fit();
  if (attributes_.size() > 64) attributes_.clear();
  attribute_count_ = 0;
  in_tag_ = false;
  return digest == 0 ? 1 : digest;
}

}  // namespace xes::xmpp
