// SPDX-License-Identifier: MIT
#include "xmpp/xml/stanza_reader.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "xmpp/xml/namespace_scope.hpp"
#include "xmpp/xml/stanza_builder.hpp"
#include "xmpp/xml/stanza_scanner.hpp"
#include "xmpp/xml/xml_stream.hpp"

namespace xes::xmpp {

class StanzaReader::Impl final : private XmlStream::Handler {
 public:
  explicit Impl(const ReaderOptions& options)
      : options_(options),
        scanner_(options),
        stream_(*this, options.max_parser_bytes),
        stanza_(scope_, options.max_nodes) {}

  Result<void> feed(std::string_view bytes);
  std::optional<StreamEvent> next();
  void recycle(StreamEvent&& event) { stanza_.recycle(std::move(event.element)); }
  std::size_t renewals() const { return stream_.renewals(); }
  std::size_t memory() const { return scanner_.capacity() + stream_.memory(); }

 private:
  // From expat.
  void start_element(const wire::XmlName& name, std::span<const wire::XmlAttribute> attributes) override;
  void end_element() override;
  void text(std::string_view characters) override;
  void bind(std::string_view prefix, std::string_view uri) override { scope_.bind(prefix, uri, depth_ + 1); }
  void unbind() override { scope_.shrink(scope_.size() - 1); }
  void restart() override;

  bool read(StanzaScanner::Found found);
  void parse();
  void start_stream(const wire::XmlName& name, std::span<const wire::XmlAttribute> attributes);
  void give_stanza();
  void pass_over(std::string reason);

  const ReaderOptions options_;
  StanzaScanner scanner_;
  XmlStream stream_;
  NamespaceScope scope_;
  StanzaBuilder stanza_;
  std::vector<StreamEvent> events_;
  std::size_t given_ = 0;  ///< of events_

  std::string header_;      ///< everything up to the end of <stream:stream …>, to prime a new parser
  std::size_t depth_ = 0;   ///< open elements, the stream being 1
  bool has_begun_ = false;  ///< stanza_ is the one that is being parsed
  std::string reason_;      ///< not empty: the stanza is passed over
  std::size_t payload_begin_ = 0;
  std::size_t placeholders_ = 0;  ///< of scanner_.left_out(), those that were met
  bool in_placeholder_ = false;
};

Result<void> StanzaReader::Impl::feed(std::string_view bytes) {
  while (!stream_.failure() && read(scanner_.scan(bytes))) {
  }
  if (stream_.failure()) return tl::unexpected<Failure>(*stream_.failure());
  return {};
}

/// False where more bytes are needed.
bool StanzaReader::Impl::read(StanzaScanner::Found found) {
  switch (found) {
    case StanzaScanner::Found::nothing: return false;
    case StanzaScanner::Found::failed:
      stream_.fail_with(scanner_.failure().error, scanner_.failure().reason);
      return false;
    case StanzaScanner::Found::header: header_ = scanner_.text(); break;
    case StanzaScanner::Found::passed_over: reason_ = scanner_.reason(); break;
    case StanzaScanner::Found::stanza:
    case StanzaScanner::Found::close: break;
  }
  parse();
  return true;
}

/// What the scanner has found.
void StanzaReader::Impl::parse() {
  has_begun_ = false;
  placeholders_ = 0;
  in_placeholder_ = false;
  const std::size_t depth = depth_;
  const XmlStream::Outcome outcome = stream_.parse(scanner_.text());
  if (outcome == XmlStream::Outcome::failed) return;
  const bool is_broken_off = outcome != XmlStream::Outcome::parsed;
  if (is_broken_off) {
    // A server may pass on what its own parser, without namespaces, took for good.
    if (depth != 1) return stream_.fail_with(Error::malformed, "the stream header cannot be read");
    pass_over(outcome == XmlStream::Outcome::too_large ? "it takes too much memory to read"
                                                       : "its namespace declarations are not valid");
    depth_ = depth;
  }
  if (depth == 1 && depth_ == 1) {
    give_stanza();
  } else if (depth_ > 1) {
    return stream_.fail_with(Error::malformed, "the stream is not well-formed: a stanza does not end");
  }
  if (is_broken_off || (depth_ == 1 && stream_.memory() > options_.renew_above_bytes))
    stream_.renew(header_);
}

std::optional<StreamEvent> StanzaReader::Impl::next() {
  if (given_ == events_.size()) {
    events_.clear();
    given_ = 0;
    return std::nullopt;
  }
  return std::move(events_[given_++]);
}

void StanzaReader::Impl::start_element(const wire::XmlName& name, std::span<const wire::XmlAttribute> attributes) {
  ++depth_;
  if (depth_ == 1) return start_stream(name, attributes);
  const std::vector<std::size_t>& left_out = scanner_.left_out();
  if (placeholders_ < left_out.size() && stream_.token_begin() == left_out[placeholders_]) {
    ++placeholders_;
    in_placeholder_ = true;
    if (reason_.empty() && !stanza_.leave_out()) pass_over("an element in it exceeds a limit");
    return;
  }
  if (depth_ == 2) {
    has_begun_ = true;
    stanza_.begin(name, attributes);
  } else if (!reason_.empty()) {
    return;
  } else if (stanza_.start_element(name, attributes, depth_)) {
    payload_begin_ = stream_.token_begin();
  }
  if (stanza_.too_many_nodes())
    pass_over("it has more than " + std::to_string(options_.max_nodes) + " elements and attributes");
}

void StanzaReader::Impl::start_stream(const wire::XmlName& name, std::span<const wire::XmlAttribute> attributes) {
  if (stream_.priming()) return;
  if (name.local != "stream" || name.ns != streams_ns)
    return stream_.fail_with(Error::malformed, "the server does not send an XMPP stream");
  stanza_.begin(name, attributes);
  events_.push_back({StreamEvent::Kind::open, stanza_.take(), {}});
}

void StanzaReader::Impl::end_element() {
  if (--depth_ == 0) {
    events_.push_back({StreamEvent::Kind::close, {}, {}});
    return;
  }
  if (std::exchange(in_placeholder_, false) || !reason_.empty()) return;
  if (stanza_.end_element(depth_ + 1))
    stanza_.end_payload(scanner_.text().substr(payload_begin_, stream_.token_end() - payload_begin_));
}

void StanzaReader::Impl::text(std::string_view characters) {
  if (depth_ > 1 && reason_.empty()) stanza_.text(characters);
}

void StanzaReader::Impl::restart() {
  depth_ = 0;
  scope_.shrink(0);
}

void StanzaReader::Impl::give_stanza() {
  StreamEvent event{StreamEvent::Kind::stanza, has_begun_ ? stanza_.take() : Stanza(), {}};
  if (!reason_.empty()) {
    event.kind = StreamEvent::Kind::passed_over;
    event.reason = std::exchange(reason_, {});
  }
  events_.push_back(std::move(event));
}

/// Lets go of what is built of the stanza; the rest of it is parsed and forgotten.
void StanzaReader::Impl::pass_over(std::string reason) {
  if (!reason_.empty()) return;
  reason_ = std::move(reason);
  if (has_begun_) stanza_.drop_content();
}

StanzaReader::StanzaReader(ReaderOptions options) : impl_(std::make_unique<Impl>(options)) {}
StanzaReader::StanzaReader(StanzaReader&&) noexcept = default;
StanzaReader& StanzaReader::operator=(StanzaReader&&) noexcept = default;
StanzaReader::~StanzaReader() = default;
Result<void> StanzaReader::feed(std::string_view bytes) { return impl_->feed(bytes); }
std::optional<StreamEvent> StanzaReader::next() { return impl_->next(); }
void StanzaReader::recycle(StreamEvent&& event) { impl_->recycle(std::move(event)); }
std::size_t StanzaReader::renewals() const { return impl_->renewals(); }
std::size_t StanzaReader::memory() const { return impl_->memory(); }

}  // namespace xes::xmpp
