// SPDX-License-Identifier: MIT
#include "xmpp/xml_stream.hpp"

#include <expat.h>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace xes::xmpp {
namespace {

constexpr std::size_t slice_bytes = 1u << 20;        // expat counts in int
constexpr std::size_t long_tag_bytes = 128u << 10;  // from here on a tag's end is looked for before expat is asked

}  // namespace

void XmlStream::FreeParser::operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }

/// expat is C: nothing may be thrown through it.
template <class Body>
void XmlStream::guarded(void* self, Body body) noexcept {
  auto* stream = static_cast<XmlStream*>(self);
  if (stream->failure_) return;
  try {
    body(*stream);
  } catch (const std::exception& e) {
    stream->fail_with(Error::unavailable, std::string("no memory for a stanza: ") + e.what());
  }
}

XmlStream::XmlStream(Handler& handler, std::size_t max_tag_bytes) : handler_(handler), max_tag_bytes_(max_tag_bytes) {
  make_parser();
}

XmlStream::~XmlStream() = default;

void XmlStream::make_parser() {
  // The encoding is given: XMPP is UTF-8 whatever a declaration says (RFC 6120 §11.6).
  parser_.reset(XML_ParserCreateNS("UTF-8", xml_name_separator));
  if (!parser_) throw std::bad_alloc();
  XML_Parser p = parser_.get();
  XML_SetUserData(p, this);
  XML_SetReturnNSTriplet(p, 1);
  // Deferral would hold back a stanza whose last tag came in two reads until yet more bytes come. What it protects
  // from (reading a huge unfinished tag again and again) tag_may_be_complete() does. expat before 2.6 never defers.
#ifdef XES_EXPAT_DEFERS
  XML_SetReparseDeferralEnabled(p, XML_FALSE);
#endif
  XML_SetElementHandler(
      p,
      [](void* self, const XML_Char* name, const XML_Char** attributes) {
        guarded(self, [&](XmlStream& s) { s.start_element(name, attributes); });
      },
      [](void* self, const XML_Char*) { guarded(self, [](XmlStream& s) { s.handler_.end_element(); }); });
  XML_SetNamespaceDeclHandler(
      p,
      [](void* self, const XML_Char* prefix, const XML_Char* uri) {
        guarded(self, [&](XmlStream& s) { s.handler_.bind(prefix ? prefix : "", uri ? uri : ""); });
      },
      [](void* self, const XML_Char*) { guarded(self, [](XmlStream& s) { s.handler_.unbind(); }); });
  XML_SetCommentHandler(p, [](void* self, const XML_Char*) {
    guarded(self, [](XmlStream& s) { s.fail_with(Error::malformed, "a comment in the stream (RFC 6120 §11.1)"); });
  });
  XML_SetProcessingInstructionHandler(p, [](void* self, const XML_Char*, const XML_Char*) {
    guarded(self, [](XmlStream& s) {
      s.fail_with(Error::malformed, "a processing instruction in the stream (RFC 6120 §11.1)");
    });
  });
  XML_SetStartDoctypeDeclHandler(
      p, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
        guarded(self, [](XmlStream& s) { s.fail_with(Error::malformed, "a DTD in the stream (RFC 6120 §11.1)"); });
      });
  want_text(true);
}

void XmlStream::want_text(bool wanted) {
  XML_CharacterDataHandler handler = [](void* self, const XML_Char* text, int length) {
    guarded(self, [&](XmlStream& s) { s.handler_.text({text, static_cast<std::size_t>(length)}); });
  };
  XML_SetCharacterDataHandler(parser_.get(), wanted ? handler : nullptr);
}

XmlStream::Position XmlStream::token_begin() const {
  return static_cast<Position>(XML_GetCurrentByteIndex(parser_.get()) + parser_offset_);
}

XmlStream::Position XmlStream::token_end() const {
  return token_begin() + static_cast<Position>(XML_GetCurrentByteCount(parser_.get()));
}

std::size_t XmlStream::parser_bytes() const {
  return static_cast<std::size_t>(XML_GetCurrentByteIndex(parser_.get()));
}

void XmlStream::start_element(const char* name, const char** attributes) {
  attributes_.clear();
  for (; *attributes; attributes += 2) attributes_.push_back({XmlName::split(attributes[0]), attributes[1]});
  handler_.start_element(XmlName::split(name), attributes_);
}

void XmlStream::skip_to(Position position) {
  parser_offset_ += static_cast<std::int64_t>(position - parsed());
  fed_ = static_cast<std::size_t>(position - begin_);
}

bool XmlStream::parse_some(Position until) {
  if (failure_ || parsed() >= until || !tag_may_be_complete()) return false;
  const auto length = static_cast<std::size_t>(std::min<Position>(until - parsed(), slice_bytes));
  const char* from = buffer_.data() + fed_;
  fed_ += length;
  const XML_Status status = XML_Parse(parser_.get(), from, static_cast<int>(length), 0);
  if (failure_) return false;
  if (!next_header_.empty())
    take_over();
  else if (status != XML_STATUS_OK)
    fail_as_expat_says();
  return !failure_;
}

void XmlStream::renew(std::string_view header, Position border) {
  next_header_ = header;
  next_border_ = border;
  XML_StopParser(parser_.get(), XML_FALSE);
}

void XmlStream::take_over() {
  const std::string_view header = std::exchange(next_header_, {});
  make_parser();
  handler_.restart();
  priming_ = true;
  const bool primed = XML_Parse(parser_.get(), header.data(), static_cast<int>(header.size()), 0) == XML_STATUS_OK;
  priming_ = false;
  if (!primed) return fail_as_expat_says();
  fed_ = static_cast<std::size_t>(next_border_ - begin_);
  parser_offset_ = static_cast<std::int64_t>(next_border_) - static_cast<std::int64_t>(header.size());
  ++renewals_;
}

/// expat reads an unfinished tag again from its beginning whenever more bytes come, which is quadratic for a long one.
/// So for a long one the end is looked for here, once over each byte, and expat is asked only when it is there.
bool XmlStream::tag_may_be_complete() {
  const Position begin = token_begin();
  const bool is_unfinished = begin >= begin_ && begin < parsed();
  if (!is_unfinished || parsed() - begin < long_tag_bytes || buffer_[begin - begin_] != '<') {
    searched_ = 0;
    quote_ = 0;
    return true;
  }
  const char kind = buffer_[begin - begin_ + 1];
  if (kind == '!' || kind == '?') {
    fail_with(Error::malformed, "a comment, processing instruction or DTD in the stream (RFC 6120 §11.1)");
    return false;
  }
  for (searched_ = std::max(searched_, begin); searched_ < end(); ++searched_) {
    const char c = buffer_[searched_ - begin_];
    if (quote_ != 0) {
      if (c == quote_) quote_ = 0;
    } else if (c == '"' || c == '\'') {
      quote_ = c;
    } else if (c == '>') {
      searched_ = 0;
      return true;
    }
  }
  if (end() - begin > max_tag_bytes_) fail_with(Error::too_large, "a tag is longer than a whole stanza may be");
  return false;
}

void XmlStream::forget_before(Position position) {
  if (position <= begin_) return;
  const auto count = static_cast<std::size_t>(position - begin_);
  buffer_.erase(0, count);
  begin_ = position;
  fed_ -= count;
}

void XmlStream::fail_with(Error error, std::string reason) {
  if (failure_) return;
  failure_ = Failure{error, std::move(reason)};
  XML_StopParser(parser_.get(), XML_FALSE);
}

void XmlStream::fail_as_expat_says() {
  fail_with(Error::malformed,
            std::string("the stream is not well-formed: ") + XML_ErrorString(XML_GetErrorCode(parser_.get())));
}

}  // namespace xes::xmpp
