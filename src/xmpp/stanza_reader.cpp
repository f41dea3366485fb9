// SPDX-License-Identifier: MIT
#include "xmpp/stanza_reader.hpp"

#include <expat.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <exception>
#include <utility>
#include <vector>

#include "xmpp/payload_digest.hpp"

namespace xes::xmpp {
namespace {

constexpr XML_Char kSeparator = '\x1F';  // cannot stand in XML, so in no name or namespace either
constexpr std::string_view kStreams = "http://etherx.jabber.org/streams";
constexpr std::size_t kMaxHeaderBytes = 64u << 10;
constexpr std::size_t kSliceBytes = 1u << 20;         // expat counts in int
constexpr std::size_t kLongTokenBytes = 128u << 10;  // from here on a tag's end is looked for before expat is asked

struct Name {
  std::string_view ns;
  std::string_view local;
  std::string_view prefix;
};

/// expat's "namespace SEP local SEP prefix", "namespace SEP local" or "local" (XML_SetReturnNSTriplet).
Name split(const XML_Char* text) {
  const char* first = std::strchr(text, kSeparator);
  if (!first) return {{}, text, {}};
  const std::string_view ns(text, static_cast<std::size_t>(first - text));
  const char* local = first + 1;
  const char* second = std::strchr(local, kSeparator);
  if (!second) return {ns, local, {}};
  return {ns, {local, static_cast<std::size_t>(second - local)}, second + 1};
}

bool holds_payloads(const Name& name) {
  return name.local == "item" && (name.ns == "http://jabber.org/protocol/pubsub#event" ||
                                  name.ns == "http://jabber.org/protocol/pubsub");
}

bool holds_text(const Name& name) {
  return (name.local == "json" && name.ns == "urn:xmpp:json:0") ||
         (name.local == "data" && name.ns == "https://prosody.im/protocol/data");
}

bool is_iq_message_presence(std::string_view name) {
  return name == "message" || name == "iq" || name == "presence";
}

/// As it may stand between single quotes; white space escaped against attribute-value normalisation.
std::string attribute_escaped(std::string_view value) {
  std::string out;
  for (char c : value) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '\'': out += "&apos;"; break;
      case '\t': out += "&#9;"; break;
      case '\n': out += "&#10;"; break;
      case '\r': out += "&#13;"; break;
      default: out += c;
    }
  }
  return out;
}

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<XML_ParserStruct, FreeParser>;

}  // namespace

class StanzaReader::Impl {
 public:
  explicit Impl(ReaderOptions options) : options_(options) { make_parser(); }

  Result<void> feed(std::string_view bytes);
  std::optional<StreamEvent> next();
  std::size_t renewals() const { return renewals_; }

 private:
  /// A namespace declaration in scope; `depth` is that of the element that made it.
  struct Binding {
    std::string prefix;
    std::string uri;
    std::size_t depth = 0;
  };

  // Positions: "stream" counts in the current parser's input, "buffer" in buffer_.
  std::size_t token_begin() const { return buffer_offset(XML_GetCurrentByteIndex(parser_.get())); }
  std::size_t token_end() const {
    return token_begin() + static_cast<std::size_t>(XML_GetCurrentByteCount(parser_.get()));
  }
  std::size_t buffer_offset(XML_Index stream_position) const {
    return static_cast<std::size_t>(stream_position - origin_);
  }

  void make_parser();
  bool renew();
  void parse_some(std::size_t length);
  bool tag_may_be_complete();
  void check_stanza_size();
  void forget_consumed();
  void fail_with(Error error, std::string reason);
  std::string expat_reason() const;

  void start_element(const XML_Char* name, const XML_Char** attributes);
  void end_element();
  void characters(const XML_Char* text, std::size_t length);
  void start_binding(const XML_Char* prefix, const XML_Char* uri);
  void start_stream(const Name& name, const XML_Char** attributes);
  void start_in_tree(const Name& name, const XML_Char** attributes);
  void start_payload(const Name& name);
  void start_in_payload(const Name& name, const XML_Char** attributes);
  void note_used_prefix(std::string_view prefix);
  void end_payload();
  void end_stanza();
  void read_characters(bool wanted);
  void skip_stanza(std::string reason);

  /// expat is C: nothing may be thrown through it.
  template <class Body>
  static void guarded(void* self, Body body) noexcept {
    auto* impl = static_cast<Impl*>(self);
    if (impl->failure_) return;
    try {
      body(*impl);
    } catch (const std::exception& e) {
      impl->fail_with(Error::unavailable, std::string("no memory for a stanza: ") + e.what());
    }
  }

  ReaderOptions options_;
  Parser parser_;
  std::optional<Failure> failure_;
  std::deque<StreamEvent> events_;

  std::string buffer_;       ///< from the beginning of the stanza that is being read, else from the last one's end
  std::size_t fed_ = 0;      ///< bytes of buffer_ that expat has been given
  std::size_t border_ = 0;   ///< end of the last whole stanza, in buffer_
  XML_Index origin_ = 0;     ///< stream position of buffer_[0]; below 0 after a renewal with a short header
  std::string header_;       ///< everything up to the end of <stream:stream …>, to prime a new parser
  bool priming_ = false;
  bool renew_now_ = false;
  std::size_t renewals_ = 0;

  /// In a tag that is longer than kLongTokenBytes: where the search for its end stands.
  std::size_t searched_ = 0;
  char quote_ = 0;

  std::size_t depth_ = 0;  ///< open elements, the stream being 1
  std::vector<Binding> bindings_;
  std::size_t binding_count_ = 0;  ///< of bindings_; the rest is kept for its memory

  Element stanza_;
  std::vector<Element*> open_;  ///< from the stanza to the innermost open element of the tree
  std::size_t stanza_begin_ = 0;
  std::size_t skipped_bytes_ = 0;
  std::size_t nodes_ = 0;
  bool in_stanza_ = false;
  std::string skip_reason_;  ///< not empty: this stanza is being skipped

  bool in_payload_ = false;
  Payload payload_;
  PayloadDigest digest_;
  std::size_t payload_begin_ = 0;
  std::size_t payload_depth_ = 0;
  std::vector<std::size_t> inherited_;  ///< bindings that the payload uses and does not make itself
};

void StanzaReader::Impl::make_parser() {
  // The encoding is given: XMPP is UTF-8 whatever a declaration says (RFC 6120 §11.6).
  parser_.reset(XML_ParserCreateNS("UTF-8", kSeparator));
  if (!parser_) throw std::bad_alloc();
  XML_Parser p = parser_.get();
  XML_SetUserData(p, this);
  XML_SetReturnNSTriplet(p, 1);
  // Deferral would hold back a stanza whose last tag came in two reads until yet more bytes come. What it protects
  // from (reading a huge unfinished tag again and again) tag_may_be_complete() does.
  XML_SetReparseDeferralEnabled(p, XML_FALSE);
  XML_SetElementHandler(
      p,
      [](void* self, const XML_Char* name, const XML_Char** attributes) {
        guarded(self, [&](Impl& i) { i.start_element(name, attributes); });
      },
      [](void* self, const XML_Char*) { guarded(self, [](Impl& i) { i.end_element(); }); });
  XML_SetNamespaceDeclHandler(
      p,
      [](void* self, const XML_Char* prefix, const XML_Char* uri) {
        guarded(self, [&](Impl& i) { i.start_binding(prefix, uri); });
      },
      [](void* self, const XML_Char*) { guarded(self, [](Impl& i) { --i.binding_count_; }); });
  XML_SetCommentHandler(p, [](void* self, const XML_Char*) {
    guarded(self, [](Impl& i) { i.fail_with(Error::malformed, "a comment in the stream (RFC 6120 §11.1)"); });
  });
  XML_SetProcessingInstructionHandler(p, [](void* self, const XML_Char*, const XML_Char*) {
    guarded(self, [](Impl& i) {
      i.fail_with(Error::malformed, "a processing instruction in the stream (RFC 6120 §11.1)");
    });
  });
  XML_SetStartDoctypeDeclHandler(
      p, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
        guarded(self, [](Impl& i) { i.fail_with(Error::malformed, "a DTD in the stream (RFC 6120 §11.1)"); });
      });
  read_characters(true);
}

/// While nobody wants text, expat is spared the calls.
void StanzaReader::Impl::read_characters(bool wanted) {
  XML_CharacterDataHandler handler = [](void* self, const XML_Char* text, int length) {
    guarded(self, [&](Impl& i) { i.characters(text, static_cast<std::size_t>(length)); });
  };
  XML_SetCharacterDataHandler(parser_.get(), wanted ? handler : nullptr);
}

/// At a border between stanzas: a new parser that has seen the stream header goes on after buffer_[border_].
bool StanzaReader::Impl::renew() {
  renew_now_ = false;
  depth_ = 0;
  binding_count_ = 0;
  make_parser();
  priming_ = true;
  const bool primed = XML_Parse(parser_.get(), header_.data(), static_cast<int>(header_.size()), 0) == XML_STATUS_OK;
  priming_ = false;
  if (!primed) {
    fail_with(Error::malformed, expat_reason());
    return false;
  }
  fed_ = border_;
  origin_ = static_cast<XML_Index>(header_.size()) - static_cast<XML_Index>(border_);
  ++renewals_;
  return true;
}

Result<void> StanzaReader::Impl::feed(std::string_view bytes) {
  if (failure_) return tl::unexpected<Failure>(*failure_);
  buffer_.append(bytes);
  while (!failure_ && fed_ < buffer_.size() && tag_may_be_complete()) {
    parse_some(std::min(buffer_.size() - fed_, kSliceBytes));
    if (!failure_) check_stanza_size();
  }
  if (failure_) return tl::unexpected<Failure>(*failure_);
  forget_consumed();
  if (header_.empty() && buffer_.size() > kMaxHeaderBytes) {
    fail_with(Error::too_large, "the stream header is too long");
    return tl::unexpected<Failure>(*failure_);
  }
  return {};
}

void StanzaReader::Impl::parse_some(std::size_t length) {
  const char* from = buffer_.data() + fed_;
  fed_ += length;
  const XML_Status status = XML_Parse(parser_.get(), from, static_cast<int>(length), 0);
  if (renew_now_ && !failure_) {
    renew();
  } else if (status != XML_STATUS_OK && !failure_) {
    fail_with(Error::malformed, expat_reason());
  }
}

/// expat reads an unfinished tag again from its beginning whenever more bytes come, which is quadratic for a long one.
/// So for a long one the end is looked for here, once over each byte, and expat is asked only when it is there.
bool StanzaReader::Impl::tag_may_be_complete() {
  const std::size_t begin = token_begin();
  if (begin >= fed_ || fed_ - begin < kLongTokenBytes || buffer_[begin] != '<') {
    searched_ = 0;
    quote_ = 0;
    return true;
  }
  if (buffer_[begin + 1] == '!' || buffer_[begin + 1] == '?') {
    fail_with(Error::malformed, "a comment, processing instruction or DTD in the stream (RFC 6120 §11.1)");
    return false;
  }
  for (searched_ = std::max(searched_, begin); searched_ < buffer_.size(); ++searched_) {
    const char c = buffer_[searched_];
    if (quote_ != 0) {
      if (c == quote_) quote_ = 0;
    } else if (c == '"' || c == '\'') {
      quote_ = c;
    } else if (c == '>') {
      searched_ = 0;
      return true;
    }
  }
  if (buffer_.size() - begin > options_.max_stanza_bytes)
    fail_with(Error::too_large, "a tag is longer than a whole stanza may be");
  return false;
}

void StanzaReader::Impl::check_stanza_size() {
  if (!in_stanza_) return;
  const std::size_t so_far = skipped_bytes_ + fed_ - stanza_begin_;
  if (so_far > options_.max_stanza_bytes)
    skip_stanza("it is longer than " + std::to_string(options_.max_stanza_bytes) + " bytes");
  if (so_far / options_.hard_factor > options_.max_stanza_bytes)
    fail_with(Error::too_large, "a stanza does not end");
}

/// Drops what no event needs any more from the front of the buffer. Linear in all: what stays behind a finished stanza
/// came in the last feed, and in front of an unfinished one nothing is left to drop.
void StanzaReader::Impl::forget_consumed() {
  std::size_t keep_from = in_stanza_ ? stanza_begin_ : border_;
  if (in_stanza_ && !skip_reason_.empty()) {
    keep_from = std::min(token_begin(), fed_);
    skipped_bytes_ += keep_from - stanza_begin_;
    stanza_begin_ = keep_from;
  }
  if (keep_from == 0 || header_.empty()) return;
  buffer_.erase(0, keep_from);
  fed_ -= keep_from;
  stanza_begin_ -= std::min(stanza_begin_, keep_from);
  border_ -= std::min(border_, keep_from);
  searched_ -= std::min(searched_, keep_from);
  payload_begin_ -= std::min(payload_begin_, keep_from);
  origin_ += static_cast<XML_Index>(keep_from);
}

void StanzaReader::Impl::fail_with(Error error, std::string reason) {
  if (failure_) return;
  failure_ = Failure{error, std::move(reason)};
  XML_StopParser(parser_.get(), XML_FALSE);
}

std::string StanzaReader::Impl::expat_reason() const {
  return std::string("the stream is not well-formed: ") + XML_ErrorString(XML_GetErrorCode(parser_.get()));
}

std::optional<StreamEvent> StanzaReader::Impl::next() {
  if (events_.empty()) return std::nullopt;
  std::optional<StreamEvent> event(std::move(events_.front()));
  events_.pop_front();
  return event;
}

void StanzaReader::Impl::start_binding(const XML_Char* prefix, const XML_Char* uri) {
  if (binding_count_ == bindings_.size()) bindings_.emplace_back();
  Binding& binding = bindings_[binding_count_++];
  binding.prefix = prefix ? prefix : "";
  binding.uri = uri ? uri : "";
  binding.depth = depth_ + 1;  // the element itself comes next
}

void StanzaReader::Impl::start_element(const XML_Char* raw_name, const XML_Char** attributes) {
  ++depth_;
  if (depth_ == 1) return start_stream(split(raw_name), attributes);
  if (depth_ - 1 > options_.max_depth) {
    skip_stanza("it is nested deeper than " + std::to_string(options_.max_depth));
    if (depth_ / options_.hard_factor > options_.max_depth)
      fail_with(Error::too_large, "a stanza is nested too deep");
  }
  if (!skip_reason_.empty()) return;
  const Name name = split(raw_name);
  if (in_payload_) return start_in_payload(name, attributes);
  if (depth_ > 2 && !open_.empty() && open_.back()->name == "item" &&
      holds_payloads({open_.back()->ns, open_.back()->name, {}})) {
    start_payload(name);
    return start_in_payload(name, attributes);
  }
  start_in_tree(name, attributes);
}

void StanzaReader::Impl::start_stream(const Name& name, const XML_Char** attributes) {
  if (priming_) return;
  if (name.local != "stream" || name.ns != kStreams)
    return fail_with(Error::malformed, "what the server sends is no XMPP stream");
  border_ = token_end();
  header_.assign(buffer_, 0, border_);
  StreamEvent event{StreamEvent::Kind::open, {}, header_, {}};
  event.element.name = name.local;
  event.element.ns = name.ns;
  for (; *attributes; attributes += 2) {
    const Name attribute = split(attributes[0]);
    event.element.attributes.push_back(
        {std::string(attribute.local), std::string(attribute.ns), attributes[1]});
  }
  events_.push_back(std::move(event));
}

void StanzaReader::Impl::start_in_tree(const Name& name, const XML_Char** attributes) {
  Element* element;
  if (depth_ == 2) {
    in_stanza_ = true;
    stanza_begin_ = token_begin();
    skipped_bytes_ = 0;
    nodes_ = 0;
    stanza_ = Element{};
    element = &stanza_;
  } else {
    // Only the last child of an element is ever open, so no pointer in open_ moves.
    element = &open_.back()->children.emplace_back();
  }
  open_.push_back(element);
  element->name = name.local;
  element->ns = name.ns;
  std::size_t count = 0;
  while (attributes[2 * count]) ++count;
  nodes_ += 1 + count;
  if (nodes_ > options_.max_nodes)
    return skip_stanza("it has more than " + std::to_string(options_.max_nodes) + " elements and attributes");
  element->attributes.reserve(count);
  for (; *attributes; attributes += 2) {
    const Name attribute = split(attributes[0]);
    Attribute& added = element->attributes.emplace_back();
    added.name = attribute.local;
    added.ns = attribute.ns;
    added.value = attributes[1];
  }
}

void StanzaReader::Impl::start_payload(const Name& name) {
  in_payload_ = true;
  payload_begin_ = token_begin();
  payload_depth_ = depth_;
  payload_ = Payload{{}, std::string(name.local), std::string(name.ns), std::nullopt, 0};
  inherited_.clear();
  if (holds_text(name)) payload_.text.emplace();
}

/// "Visibly utilized" (Exclusive C14N §1.1): the prefix of the element and of each attribute.
void StanzaReader::Impl::start_in_payload(const Name& name, const XML_Char** attributes) {
  digest_.start_element(name.ns, name.local);
  note_used_prefix(name.prefix);
  for (; *attributes; attributes += 2) {
    const Name attribute = split(attributes[0]);
    digest_.attribute(attribute.ns, attribute.local, attributes[1]);
    if (!attribute.prefix.empty() && attribute.prefix != "xml") note_used_prefix(attribute.prefix);
  }
}

void StanzaReader::Impl::note_used_prefix(std::string_view prefix) {
  for (std::size_t i = binding_count_; i-- > 0;) {
    if (bindings_[i].prefix != prefix) continue;
    const bool from_outside = bindings_[i].depth < payload_depth_ && !bindings_[i].uri.empty();
    if (from_outside && std::find(inherited_.begin(), inherited_.end(), i) == inherited_.end())
      inherited_.push_back(i);
    return;
  }
}

void StanzaReader::Impl::end_element() {
  --depth_;
  if (depth_ == 0) {
    events_.push_back({StreamEvent::Kind::close, {}, "</stream:stream>", {}});
    return;
  }
  if (in_payload_) digest_.end_element();
  if (in_payload_ && depth_ + 1 == payload_depth_) {
    end_payload();
  } else if (!in_payload_ && !open_.empty()) {
    open_.pop_back();
  }
  if (depth_ == 1) end_stanza();
}

void StanzaReader::Impl::end_payload() {
  in_payload_ = false;
  payload_.digest = digest_.take();
  payload_.xml.assign(buffer_, payload_begin_, token_end() - payload_begin_);
  if (!inherited_.empty()) {
    std::string declarations;
    for (std::size_t i : inherited_) {
      const Binding& binding = bindings_[i];
      declarations += binding.prefix.empty() ? " xmlns='" : " xmlns:" + binding.prefix + "='";
      declarations += attribute_escaped(binding.uri) + "'";
    }
    payload_.xml.insert(payload_.xml.find_first_of(" \t\r\n/>"), declarations);
  }
  open_.back()->payloads.push_back(std::move(payload_));
}

void StanzaReader::Impl::end_stanza() {
  border_ = token_end();
  if (skipped_bytes_ + border_ - stanza_begin_ > options_.max_stanza_bytes)
    skip_stanza("it is longer than " + std::to_string(options_.max_stanza_bytes) + " bytes");
  in_stanza_ = false;
  open_.clear();
  StreamEvent event{StreamEvent::Kind::stanza, {}, {}, {}};
  if (!skip_reason_.empty()) {
    event.kind = StreamEvent::Kind::skipped;
    event.reason = std::exchange(skip_reason_, {});
    read_characters(true);
  } else if (!is_iq_message_presence(stanza_.name)) {
    event.raw.assign(buffer_, stanza_begin_, border_ - stanza_begin_);
  }
  event.element = std::move(stanza_);
  events_.push_back(std::move(event));
  if (static_cast<std::size_t>(XML_GetCurrentByteIndex(parser_.get())) > options_.renew_after_bytes) {
    renew_now_ = true;
    XML_StopParser(parser_.get(), XML_FALSE);
  }
}

void StanzaReader::Impl::characters(const XML_Char* text, std::size_t length) {
  if (depth_ == 1) {
    border_ = token_end();  // white space between stanzas, a keep-alive
  } else if (in_payload_) {
    digest_.text({text, length});
    if (payload_.text) payload_.text->append(text, length);
  } else if (!open_.empty()) {
    open_.back()->text.append(text, length);
  }
}

/// Lets go of what is built of the stanza; the rest of it is parsed and forgotten.
void StanzaReader::Impl::skip_stanza(std::string reason) {
  if (!in_stanza_ || !skip_reason_.empty()) return;
  skip_reason_ = std::move(reason);
  open_.clear();
  in_payload_ = false;
  digest_.take();
  stanza_.children = {};
  stanza_.payloads = {};
  stanza_.text = {};
  read_characters(false);
}

StanzaReader::StanzaReader(ReaderOptions options) : impl_(std::make_unique<Impl>(options)) {}
StanzaReader::StanzaReader(StanzaReader&&) noexcept = default;
StanzaReader& StanzaReader::operator=(StanzaReader&&) noexcept = default;
StanzaReader::~StanzaReader() = default;
Result<void> StanzaReader::feed(std::string_view bytes) { return impl_->feed(bytes); }
std::optional<StreamEvent> StanzaReader::next() { return impl_->next(); }
std::size_t StanzaReader::renewals() const { return impl_->renewals(); }

}  // namespace xes::xmpp
