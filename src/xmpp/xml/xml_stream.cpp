// SPDX-License-Identifier: MIT
#include "xmpp/xml/xml_stream.hpp"

#include <exception>
#include <utility>

namespace xes::xmpp {
namespace {

/// expat copies what it is given at once, and keeps a buffer for as much.
constexpr std::size_t slice_bytes = 64u << 10;

}  // namespace

XmlStream::XmlStream(Handler& handler, std::size_t max_memory)
    : handler_(handler), parser_(handler, {.max_memory_bytes = max_memory}) {}

XmlStream::Outcome XmlStream::parse(std::string_view bytes) {
  using Parsed = wire::XmlParser::Outcome;
  if (failure_) return Outcome::failed;
  Parsed parsed = Parsed::parsed;
  try {
    for (std::string_view rest = bytes; !rest.empty() && parsed == Parsed::parsed;) {
      const std::string_view slice = rest.substr(0, slice_bytes);
      parsed = parser_.parse(slice);
      rest.remove_prefix(slice.size());
    }
  } catch (const std::exception& e) {
    fail_with(Error::unavailable, std::string("no memory for a stanza: ") + e.what());
  }
  parsed_bytes_ += bytes.size();
  if (failure_) return Outcome::failed;
  switch (parsed) {
    case Parsed::parsed: return Outcome::parsed;
    case Parsed::no_memory: return Outcome::too_large;
    case Parsed::misnamed: return Outcome::misnamed;
    case Parsed::stopped:
    case Parsed::malformed: break;
  }
  fail_with(Error::malformed, std::string("the stream is not well-formed: ") + parser_.reason());
  return Outcome::failed;
}

void XmlStream::renew(std::string_view header) {
  parser_.restart();
  parsed_bytes_ = 0;
  handler_.restart();
  priming_ = true;
  const Outcome outcome = parse(header);
  priming_ = false;
  ++renewals_;
  if (outcome == Outcome::too_large || outcome == Outcome::misnamed)
    fail_with(Error::unavailable, "the stream header cannot be read again");
}

void XmlStream::fail_with(Error error, std::string reason) {
  if (failure_) return;
  failure_ = Failure{error, std::move(reason)};
  parser_.stop();
}

}  // namespace xes::xmpp
