// SPDX-License-Identifier: MIT
#include "xmpp/stanza_reader.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "xmpp/stanza_builder.hpp"
#include "xmpp/xml_stream.hpp"

namespace xes::xmpp {
namespace {

constexpr std::string_view streams_ns = "http://etherx.jabber.org/streams";
constexpr std::size_t max_header_bytes = 64u << 10;

bool is_iq_message_presence(std::string_view name) {
  return name == "message" || name == "iq" || name == "presence";
}

}  // namespace

class StanzaReader::Impl final : private XmlStream::Handler {
 public:
  explicit Impl(ReaderOptions options)
      : options_(options), stream_(*this, options.max_stanza_bytes), stanza_(options.max_nodes) {}

  Result<void> feed(std::string_view bytes);
  std::optional<StreamEvent> next();
  void recycle(StreamEvent&& event) { stanza_.recycle(std::move(event.element)); }
  std::size_t renewals() const { return stream_.renewals(); }

 private:
  void start_element(const char* name, const char** attributes) override;
  void end_element() override;
  void text(std::string_view characters) override;
  void bind(std::string_view prefix, std::string_view uri) override { stanza_.bind(prefix, uri, depth_ + 1); }
  void unbind() override { stanza_.unbind(); }
  void restart() override;

  void start_stream(const XmlName& name, const char** attributes);
  void end_stanza();
  void skip_stanza(std::string reason);
  void skip_if_too_long(XmlStream::Position end);
  void check_size();
  void forget_consumed();

  ReaderOptions options_;
  XmlStream stream_;
  StanzaBuilder stanza_;
  std::vector<StreamEvent> events_;
  std::size_t given_ = 0;  ///< of events_

  std::string header_;      ///< everything up to the end of <stream:stream …>, to prime a new parser
  std::size_t depth_ = 0;   ///< open elements, the stream being 1
  bool in_stanza_ = false;
  std::string skip_reason_;  ///< not empty: this stanza is being skipped
  XmlStream::Position stanza_begin_ = 0;
  XmlStream::Position payload_begin_ = 0;
  XmlStream::Position border_ = 0;  ///< end of the last whole stanza
};

Result<void> StanzaReader::Impl::feed(std::string_view bytes) {
  if (!stream_.failure()) {
    stream_.append(bytes);
    while (stream_.parse_some()) check_size();
    forget_consumed();
  }
  if (stream_.failure()) return tl::unexpected<Failure>(*stream_.failure());
  return {};
}

std::optional<StreamEvent> StanzaReader::Impl::next() {
  if (given_ == events_.size()) {
    events_.clear();
    given_ = 0;
    return std::nullopt;
  }
  return std::move(events_[given_++]);
}

void StanzaReader::Impl::start_element(const char* raw_name, const char** attributes) {
  ++depth_;
  if (depth_ == 1) return start_stream(XmlName::split(raw_name), attributes);
  if (depth_ - 1 > options_.max_depth) {
    skip_stanza("it is nested deeper than " + std::to_string(options_.max_depth));
    if (depth_ / options_.hard_factor > options_.max_depth)
      stream_.fail_with(Error::too_large, "a stanza is nested too deep");
  }
  if (!skip_reason_.empty()) return;
  if (depth_ == 2) {
    in_stanza_ = true;
    stanza_begin_ = stream_.token_begin();
    stanza_.begin(XmlName::split(raw_name), attributes);
  } else if (stanza_.start_element(XmlName::split(raw_name), attributes, depth_)) {
    payload_begin_ = stream_.token_begin();
  }
  if (stanza_.too_many_nodes())
    skip_stanza("it has more than " + std::to_string(options_.max_nodes) + " elements and attributes");
}

void StanzaReader::Impl::start_stream(const XmlName& name, const char** attributes) {
  if (stream_.priming()) return;
  if (name.local != "stream" || name.ns != streams_ns)
    return stream_.fail_with(Error::malformed, "what the server sends is no XMPP stream");
  border_ = stream_.token_end();
  header_ = stream_.bytes(0, border_);
  stanza_.begin(name, attributes);
  events_.push_back({StreamEvent::Kind::open, stanza_.take(), header_, {}});
}

void StanzaReader::Impl::end_element() {
  if (--depth_ == 0) {
    events_.push_back({StreamEvent::Kind::close, {}, "</stream:stream>", {}});
    return;
  }
  if (skip_reason_.empty() && stanza_.end_element(depth_ + 1))
    stanza_.end_payload(stream_.bytes(payload_begin_, stream_.token_end()));
  if (depth_ == 1) end_stanza();
}

void StanzaReader::Impl::end_stanza() {
  border_ = stream_.token_end();
  skip_if_too_long(border_);
  in_stanza_ = false;
  StreamEvent event{StreamEvent::Kind::stanza, stanza_.take(), {}, {}};
  if (!skip_reason_.empty()) {
    event.kind = StreamEvent::Kind::skipped;
    event.reason = std::exchange(skip_reason_, {});
    stream_.want_text(true);
  } else if (!is_iq_message_presence(event.element.name)) {
    event.raw = stream_.bytes(stanza_begin_, border_);
  }
  events_.push_back(std::move(event));
  if (stream_.parser_bytes() > options_.renew_after_bytes) stream_.renew(header_, border_);
}

void StanzaReader::Impl::restart() {
  depth_ = 0;
  stanza_.unbind_all();
}

void StanzaReader::Impl::text(std::string_view characters) {
  if (depth_ == 1)
    border_ = stream_.token_end();  // white space between stanzas, a keep-alive
  else if (skip_reason_.empty())
    stanza_.text(characters);
}

/// Lets go of what is built of the stanza; the rest of it is parsed and forgotten.
void StanzaReader::Impl::skip_stanza(std::string reason) {
  if (!in_stanza_ || !skip_reason_.empty()) return;
  skip_reason_ = std::move(reason);
  stanza_.drop_content();
  stream_.want_text(false);
}

void StanzaReader::Impl::skip_if_too_long(XmlStream::Position end) {
  if (end - stanza_begin_ > options_.max_stanza_bytes)
    skip_stanza("it is longer than " + std::to_string(options_.max_stanza_bytes) + " bytes");
}

/// Of a stanza that is not complete yet.
void StanzaReader::Impl::check_size() {
  if (!in_stanza_) return;
  skip_if_too_long(stream_.parsed());
  if ((stream_.parsed() - stanza_begin_) / options_.hard_factor > options_.max_stanza_bytes)
    stream_.fail_with(Error::too_large, "a stanza does not end");
}

/// Drops what no event needs any more. Linear in all: what stays behind a finished stanza came in the last feed, and in
/// front of an unfinished one nothing is left to drop.
void StanzaReader::Impl::forget_consumed() {
  if (stream_.failure()) return;
  if (header_.empty()) {
    if (stream_.end() > max_header_bytes) stream_.fail_with(Error::too_large, "the stream header is too long");
    return;
  }
  if (!in_stanza_)
    stream_.forget_before(border_);
  else if (skip_reason_.empty())
    stream_.forget_before(stanza_begin_);
  else
    stream_.forget_before(std::min(stream_.token_begin(), stream_.parsed()));
}

StanzaReader::StanzaReader(ReaderOptions options) : impl_(std::make_unique<Impl>(options)) {}
StanzaReader::StanzaReader(StanzaReader&&) noexcept = default;
StanzaReader& StanzaReader::operator=(StanzaReader&&) noexcept = default;
StanzaReader::~StanzaReader() = default;
Result<void> StanzaReader::feed(std::string_view bytes) { return impl_->feed(bytes); }
std::optional<StreamEvent> StanzaReader::next() { return impl_->next(); }
void StanzaReader::recycle(StreamEvent&& event) { impl_->recycle(std::move(event)); }
std::size_t StanzaReader::renewals() const { return impl_->renewals(); }

}  // namespace xes::xmpp
