// SPDX-License-Identifier: MIT
#include "xmpp/plain_reader.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace xes::xmpp {
namespace {

constexpr std::string_view xml_ns = "http://www.w3.org/XML/1998/namespace";
constexpr std::string_view xmlns_ns = "http://www.w3.org/2000/xmlns/";

// What a byte may be.
constexpr unsigned char name_first = 1, name_further = 2,
                        text_stop = 4,   // needs a look in text: markup, a reference, perhaps the end of "]]>", not plain
                        value_stop = 8;  // the same in a value; both quotes

constexpr std::array<unsigned char, 256> classes = [] {
  std::array<unsigned char, 256> out{};
  for (unsigned c = 0; c < 0x20; ++c) out[c] = text_stop | value_stop;
  out['\t'] = out['\n'] = value_stop;
  for (unsigned char c : {'<', '&'}) out[c] = text_stop | value_stop;
  out['>'] = text_stop;
  out['\''] = out['"'] = value_stop;
  for (unsigned char c = 'a'; c <= 'z'; ++c) out[c] = name_first | name_further;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) out[c] = name_first | name_further;
  for (unsigned char c = '0'; c <= '9'; ++c) out[c] = name_further;
  out['_'] = name_first | name_further;
  out['-'] = out['.'] = name_further;
  return out;
}();

bool is(char c, unsigned char what) { return (classes[static_cast<unsigned char>(c)] & what) != 0; }

/// The character that a predefined entity at the beginning of `text` stands for (XML 1.0 §4.6), and its length; 0: none.
std::size_t read_entity(std::string_view text, char& character) {
  struct Entity {
    std::string_view reference;
    char character;
  };
  constexpr Entity entities[] = {{"&quot;", '"'}, {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&apos;", '\''}};
  for (const Entity& entity : entities) {
    if (!text.starts_with(entity.reference)) continue;
    character = entity.character;
    return entity.reference.size();
  }
  return 0;
}

}  // namespace

std::size_t PlainReader::read(std::string_view bytes) {
  bytes_ = bytes;
  at_ = 0;
  seen_ = 0;
  open_.clear();
  const std::size_t outside = scope_.size();
  const bool is_plain = read_stanza();
  scope_.shrink(outside);
  if (!is_plain || ((seen_ & 0x80) != 0 && !is_xml_text(bytes.substr(0, at_)))) return 0;
  return at_;
}

bool PlainReader::read_stanza() {
  if (!read_start_tag()) return false;
  while (!open_.empty()) {
    if (!read_text()) return false;  // which ends at a '<'
    const bool ends = at_ + 1 < bytes_.size() && bytes_[at_ + 1] == '/';
    if (!(ends ? read_end_tag() : read_start_tag())) return false;
  }
  return true;
}

bool PlainReader::read_start_tag() {
  const std::size_t begin = at_;
  const std::size_t depth = open_.size() + 2;  // the stream's being 1
  if (!skip('<') || depth - 1 > max_depth_) return false;
  std::string_view prefix, local;
  if (!read_name(prefix, local)) return false;
  open_.push_back({bytes_.substr(begin + 1, at_ - begin - 1), scope_.size()});
  if (!read_attributes()) return false;
  const bool is_empty = skip('/');
  if (!skip('>')) return false;

  XmlName name{{}, local, prefix};
  if (!bind_declarations(depth) || prefix == "xml" || !resolve(prefix, name.ns) || !resolve_attributes()) return false;
  if (depth == 2)
    stanza_.begin(name, attributes_);
  else if (stanza_.start_element(name, attributes_, depth))
    payload_begin_ = begin;
  if (stanza_.too_many_nodes()) return false;
  if (is_empty) end_element();
  return true;
}

bool PlainReader::read_end_tag() {
  at_ += 2;
  const std::string_view name = open_.back().tag_name;
  if (!bytes_.substr(at_).starts_with(name)) return false;
  at_ += name.size();
  if (!skip('>')) return false;
  end_element();
  return true;
}

void PlainReader::end_element() {
  if (stanza_.end_element(open_.size() + 1)) stanza_.end_payload(bytes_.substr(payload_begin_, at_ - payload_begin_));
  scope_.shrink(open_.back().bindings);
  open_.pop_back();
}

/// The inner loop: over characters that mean only themselves. In locals, for members would be stored at each byte.
void PlainReader::pass_until(unsigned char stop) {
  std::size_t at = at_;
  unsigned char seen = 0;
  for (; at < bytes_.size() && !is(bytes_[at], stop); ++at) seen |= static_cast<unsigned char>(bytes_[at]);
  at_ = at;
  seen_ |= seen;
}

bool PlainReader::read_text() {
  std::size_t begin = at_;
  for (;;) {
    pass_until(text_stop);
    const char c = peek();
    if (c == '>') {
      if (bytes_.substr(0, at_).ends_with("]]")) return false;
      ++at_;
      continue;
    }
    if (c != '<' && c != '&') return false;
    if (at_ > begin) stanza_.text(bytes_.substr(begin, at_ - begin));
    if (c == '<') return true;
    char character;
    const std::size_t length = read_entity(bytes_.substr(at_), character);
    if (length == 0) return false;
    stanza_.text({&character, 1});
    begin = at_ += length;
  }
}

bool PlainReader::read_name(std::string_view& prefix, std::string_view& local) {
  const auto part = [this]() -> std::string_view {
    const std::size_t begin = at_;
    if (!is(peek(), name_first)) return {};
    while (is(peek(), name_further)) ++at_;
    return bytes_.substr(begin, at_ - begin);
  };
  prefix = {};
  local = part();
  if (local.empty()) return false;
  if (!skip(':')) return true;
  prefix = local;
  local = part();
  return !local.empty();
}

bool PlainReader::read_attributes() {
  raw_count_ = 0;
  for (;;) {
    const std::size_t begin = at_;
    while (skip(' ')) {
    }
    if (!is(peek(), name_first)) return true;
    if (at_ == begin || raw_count_ == max_attributes) return false;
    RawAttribute& attribute = raw_[raw_count_];
    if (!read_name(attribute.prefix, attribute.local) || !skip('=') || !read_value(attribute)) return false;
    for (std::size_t i = 0; i < raw_count_; ++i)
      if (raw_[i].local == attribute.local && raw_[i].prefix == attribute.prefix) return false;
    ++raw_count_;
  }
}

bool PlainReader::read_value(RawAttribute& attribute) {
  const char quote = peek();
  if (quote != '\'' && quote != '"') return false;
  const std::size_t begin = ++at_;
  attribute.has_references = false;
  for (;; ++at_) {
    pass_until(value_stop);
    const char c = peek();
    if (c == quote) break;
    if (c == '&')
      attribute.has_references = true;
    else if (c != '\'' && c != '"')
      return false;
  }
  attribute.value = bytes_.substr(begin, at_ - begin);
  ++at_;
  return true;
}

/// They count for the very tag that makes them, wherever they stand in it.
bool PlainReader::bind_declarations(std::size_t depth) {
  for (std::size_t i = 0; i < raw_count_; ++i) {
    const RawAttribute& raw = raw_[i];
    const bool is_default = raw.prefix.empty() && raw.local == "xmlns";
    if (!is_default && raw.prefix != "xmlns") continue;
    if (raw.has_references || raw.value == xml_ns || raw.value == xmlns_ns) return false;
    if (!is_default && (raw.value.empty() || raw.local == "xml" || raw.local == "xmlns")) return false;
    scope_.bind(is_default ? std::string_view() : raw.local, raw.value, depth);
  }
  return true;
}

/// Of an element's prefix, or an attribute's that is not empty.
bool PlainReader::resolve(std::string_view prefix, std::string_view& ns) const {
  if (prefix == "xml") {
    ns = xml_ns;
    return true;
  }
  const auto found = scope_.find(prefix);
  if (found) ns = scope_[*found].uri;
  return found || prefix.empty();
}

bool PlainReader::resolve_attributes() {
  attributes_.clear();
  decoded_.clear();
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < raw_count_; ++i) bytes += raw_[i].value.size();
  decoded_.reserve(bytes);  // so that what points into it stays
  for (std::size_t i = 0; i < raw_count_; ++i) {
    const RawAttribute& raw = raw_[i];
    if (raw.prefix == "xmlns" || (raw.prefix.empty() && raw.local == "xmlns")) continue;
    XmlAttribute attribute{{{}, raw.local, raw.prefix}, raw.value};
    if (!raw.prefix.empty() && !resolve(raw.prefix, attribute.name.ns)) return false;
    for (const XmlAttribute& before : attributes_)
      if (before.name.local == raw.local && before.name.ns == attribute.name.ns) return false;
    if (raw.has_references) {
      const std::size_t begin = decoded_.size();
      for (std::string_view rest = raw.value; !rest.empty();) {
        char character = rest[0];
        const std::size_t length = character == '&' ? read_entity(rest, character) : 1;
        if (length == 0) return false;
        decoded_ += character;
        rest.remove_prefix(length);
      }
      attribute.value = std::string_view(decoded_).substr(begin);
    }
    attributes_.push_back(attribute);
  }
  return true;
}

}  // namespace xes::xmpp
