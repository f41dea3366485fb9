// SPDX-License-Identifier: MIT
#include "xmpp/stanza_reader.hpp"

#include <algorithm>
#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "xmpp/component_stream.hpp"
#include "xmpp/namespace_scope.hpp"
#include "xmpp/plain_reader.hpp"
#include "xmpp/stanza_builder.hpp"
#include "xmpp/xml_stream.hpp"

namespace xes::xmpp {
namespace {

constexpr std::size_t max_header_bytes = 64u << 10;

}  // namespace

class StanzaReader::Impl final : private XmlStream::Handler {
 public:
  explicit Impl(ReaderOptions options)
      : options_(options),
        stream_(*this, options.max_stanza_bytes),
        stanza_(scope_, options.max_nodes),
        plain_(scope_, stanza_, options.max_depth) {}

  Result<void> feed(std::string_view bytes);
  std::optional<StreamEvent> next();
  void recycle(StreamEvent&& event) { stanza_.recycle(std::move(event.element)); }
  std::uint64_t plain_stanzas() const { return plain_stanzas_; }
  std::size_t renewals() const { return stream_.renewals(); }

 private:
  // From expat.
  void start_element(const XmlName& name, std::span<const XmlAttribute> attributes) override;
  void end_element() override;
  void text(std::string_view characters) override;
  void bind(std::string_view prefix, std::string_view uri) override { scope_.bind(prefix, uri, depth_ + 1); }
  void unbind() override { scope_.shrink(scope_.size() - 1); }
  void restart() override;

  bool read_plain_stanza();
  bool read_with_expat();
  XmlStream::Position likely_end();

  void start_stream(const XmlName& name, std::span<const XmlAttribute> attributes);
  void end_stanza();
  void give_stanza();
  void skip_stanza(std::string reason);
  void skip_if_too_long(XmlStream::Position end);
  void check_size();
  void forget_consumed();

  ReaderOptions options_;
  XmlStream stream_;
  NamespaceScope scope_;
  StanzaBuilder stanza_;
  PlainReader plain_;
  std::uint64_t plain_stanzas_ = 0;
  std::vector<StreamEvent> events_;
  std::size_t given_ = 0;  ///< of events_

  std::string header_;      ///< everything up to the end of <stream:stream …>, to prime a new parser
  std::size_t depth_ = 0;   ///< open elements, the stream being 1
  bool in_stanza_ = false;
  std::string skip_reason_;  ///< not empty: this stanza is being skipped
  XmlStream::Position stanza_begin_ = 0;
  XmlStream::Position payload_begin_ = 0;
  XmlStream::Position border_ = 0;  ///< end of the last whole stanza
  int cuts_ = 0;  ///< how often expat got less than there was, for this stanza
};

Result<void> StanzaReader::Impl::feed(std::string_view bytes) {
  if (!stream_.failure()) {
    stream_.append(bytes);
    cuts_ = 0;
    while (read_plain_stanza() || read_with_expat()) {
    }
    forget_consumed();
  }
  if (stream_.failure()) return tl::unexpected<Failure>(*stream_.failure());
  return {};
}

/// Between stanzas, with nothing in expat that it has not finished with.
bool StanzaReader::Impl::read_plain_stanza() {
  const bool between = depth_ == 1 && !in_stanza_ && stream_.parsed() == border_ && !stream_.failure();
  if (!between || !options_.plain_without_expat) return false;
  std::string_view rest = stream_.bytes(border_, stream_.end());
  const std::size_t space = std::min(rest.find_first_not_of(" \n"), rest.size());
  rest.remove_prefix(space);
  if (rest.empty()) return false;
  try {
    const std::size_t length = plain_.read(rest.substr(0, options_.max_stanza_bytes));
    if (length == 0) return false;
    stanza_begin_ = border_ + space;
    border_ = stanza_begin_ + length;
    stream_.skip_to(border_);
    ++plain_stanzas_;
    give_stanza();
    return true;
  } catch (const std::exception& e) {
    stream_.fail_with(Error::unavailable, std::string("no memory for a stanza: ") + e.what());
    return false;
  }
}

bool StanzaReader::Impl::read_with_expat() {
  if (!stream_.parse_some(likely_end())) return false;
  check_size();
  return true;
}

/// How far expat is to read: up to the end of the stanza that it was left, so that the next can be plain again. A guess,
/// first at its start tag and then at its end tag; where both are wrong expat gets all there is. So no byte is given to
/// it in many small pieces, over which it could have to begin again and again.
XmlStream::Position StanzaReader::Impl::likely_end() {
  if (!options_.plain_without_expat || depth_ == 0 || !skip_reason_.empty() || cuts_ == 2) return stream_.end();
  ++cuts_;
  const std::string_view rest = stream_.bytes(stream_.parsed(), stream_.end());
  const std::string tag_end = in_stanza_ ? "</" + std::string(stanza_.stanza().name) + ">" : ">";
  const std::size_t found = rest.find(tag_end);
  return found == rest.npos ? stream_.end() : stream_.parsed() + found + tag_end.size();
}

std::optional<StreamEvent> StanzaReader::Impl::next() {
  if (given_ == events_.size()) {
    events_.clear();
    given_ = 0;
    return std::nullopt;
  }
  return std::move(events_[given_++]);
}

void StanzaReader::Impl::start_element(const XmlName& name, std::span<const XmlAttribute> attributes) {
  ++depth_;
  if (depth_ == 1) return start_stream(name, attributes);
  if (depth_ - 1 > options_.max_depth) {
    skip_stanza("it is nested deeper than " + std::to_string(options_.max_depth));
    if (depth_ / options_.hard_factor > options_.max_depth)
      stream_.fail_with(Error::too_large, "a stanza is nested too deep");
  }
  if (!skip_reason_.empty()) return;
  if (depth_ == 2) {
    in_stanza_ = true;
    stanza_begin_ = stream_.token_begin();
    stanza_.begin(name, attributes);
  } else if (stanza_.start_element(name, attributes, depth_)) {
    payload_begin_ = stream_.token_begin();
  }
  if (stanza_.too_many_nodes())
    skip_stanza("it has more than " + std::to_string(options_.max_nodes) + " elements and attributes");
}

void StanzaReader::Impl::start_stream(const XmlName& name, std::span<const XmlAttribute> attributes) {
  if (stream_.priming()) return;
  if (name.local != "stream" || name.ns != streams_ns)
    return stream_.fail_with(Error::malformed, "what the server sends is no XMPP stream");
  border_ = stream_.token_end();
  header_ = stream_.bytes(0, border_);
  stanza_.begin(name, attributes);
  events_.push_back({StreamEvent::Kind::open, stanza_.take(), {}});
}

void StanzaReader::Impl::end_element() {
  if (--depth_ == 0) {
    events_.push_back({StreamEvent::Kind::close, {}, {}});
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
  cuts_ = 0;
  give_stanza();
  if (stream_.parser_bytes() > options_.renew_after_bytes) stream_.renew(header_, border_);
}

/// What stands between stanza_begin_ and border_.
void StanzaReader::Impl::give_stanza() {
  StreamEvent event{StreamEvent::Kind::stanza, stanza_.take(), {}};
  if (!skip_reason_.empty()) {
    event.kind = StreamEvent::Kind::skipped;
    event.reason = std::exchange(skip_reason_, {});
    stream_.want_text(true);
  }
  events_.push_back(std::move(event));
}

void StanzaReader::Impl::restart() {
  depth_ = 0;
  scope_.shrink(0);
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
std::uint64_t StanzaReader::plain_stanzas() const { return impl_->plain_stanzas(); }
std::size_t StanzaReader::renewals() const { return impl_->renewals(); }

}  // namespace xes::xmpp
