// SPDX-License-Identifier: MIT
#include "xmpp/xml/stanza_scanner.hpp"

#include <algorithm>
#include <utility>

namespace xes::xmpp {
namespace {

constexpr std::size_t max_header_bytes = 64u << 10;
/// Beyond this, what is kept from one stanza to the next is given back.
constexpr std::size_t keep_bytes = 1u << 20;
constexpr std::string_view placeholder = "<x/>";
constexpr std::string_view xmlns = "xmlns", cdata_mark = "[CDATA[";
constexpr std::size_t mismatch = xmlns.size() + 1;
/// Of <items/> and <item/> in a notification and in an items result (XEP-0060 §7.1.2.1, §6.5.2).
constexpr std::size_t items_depth = 3, item_depth = 4;

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

std::string more_than(std::size_t count, const char* of_what) {
  return "more than " + std::to_string(count) + " " + of_what;
}

}  // namespace

StanzaScanner::StanzaScanner(const ReaderOptions& options) : options_(options), open_(options.max_depth + 1) {}

StanzaScanner::Found StanzaScanner::scan(std::string_view& bytes) {
  if (std::exchange(complete_, false)) begin();
  Found found = state_ == State::failed ? Found::failed : Found::nothing;
  while (found == Found::nothing && !bytes.empty()) found = read(bytes);
  complete_ = found != Found::nothing && found != Found::failed;
  return found;
}

void StanzaScanner::begin() {
  text_.clear();
  left_out_.clear();
  if (text_.capacity() > keep_bytes) text_.shrink_to_fit();
  if (left_out_.capacity() * sizeof(std::size_t) > keep_bytes) left_out_.shrink_to_fit();
  start_tag_bytes_ = 0;
  in_items_ = in_item_ = false;
}

StanzaScanner::Found StanzaScanner::read(std::string_view& bytes) {
  switch (state_) {
    case State::text: return read_text(bytes);
    case State::opened: return read_opened(bytes);
    case State::start_tag: return read_start_tag(bytes);
    case State::value: return read_value(bytes);
    case State::end_tag: return read_end_tag(bytes);
    case State::marked: return read_marked(bytes);
    case State::cdata: return read_cdata(bytes);
    case State::declaration: return read_declaration(bytes);
    case State::failed: break;
  }
  return Found::failed;
}

StanzaScanner::Found StanzaScanner::read_text(std::string_view& bytes) {
  const std::size_t end = std::min(bytes.find('<'), bytes.size());
  if (depth_ == 0) {
    // White space between stanzas, a keep-alive, is nobody's; before the header expat is to judge it.
    if (!std::all_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(end), is_space))
      return fail(Error::malformed, has_header_ ? "the stream has text between stanzas"
                                                : "the server does not send an XMPP stream");
    if (has_header_)
      bytes.remove_prefix(end);
    else
      take(bytes, end);
  } else {
    take(bytes, end);
  }
  if (bytes.empty()) return state_ == State::failed ? Found::failed : Found::nothing;
  tag_begin_ = text_.size();
  tag_bytes_ = 0;
  take(bytes, 1);
  if (state_ == State::failed) return Found::failed;
  state_ = State::opened;
  return Found::nothing;
}

/// Behind a "<".
StanzaScanner::Found StanzaScanner::read_opened(std::string_view& bytes) {
  switch (bytes.front()) {
    case '/':
      state_ = State::end_tag;
      if (depth_ == item_depth) in_item_ = false;
      if (depth_ == item_depth && skip_ == Skip::content) {
        skip_ = Skip::nothing;
        tag_begin_ = text_.size();
        text_ += '<';
      }
      return Found::nothing;
    case '!':
      if (depth_ == 0) return fail_as_forbidden();
      state_ = State::marked;
      marked_ = 0;
      take(bytes, 1);
      return Found::nothing;
    case '?':
      if (has_header_ || text_.size() != 1) return fail_as_forbidden();
      state_ = State::declaration;
      return Found::nothing;
    default:
      state_ = State::start_tag;
      attributes_ = declarations_ = 0;
      matched_ = mismatch;
      after_space_ = false;
      last_ = 0;
      return Found::nothing;
  }
}

StanzaScanner::Found StanzaScanner::read_start_tag(std::string_view& bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    const char c = bytes[i++];
    if (c == '>') {
      take(bytes, i);
      return end_start_tag();
    }
    if (c == '<') return fail_as_malformed();
    last_ = c;
    if (c == '"' || c == '\'') {
      quote_ = c;
      value_bytes_ = 0;
      state_ = State::value;
      break;
    }
    if (c == '=') {
      take(bytes, std::exchange(i, 0));
      count_attribute();
      if (state_ == State::failed) return Found::failed;
    } else if (is_space(c)) {
      after_space_ = true;
    } else {
      if (std::exchange(after_space_, false)) matched_ = 0;
      if (matched_ < xmlns.size()) matched_ = c == xmlns[matched_] ? matched_ + 1 : mismatch;
    }
  }
  take(bytes, i);
  return state_ == State::failed ? Found::failed : Found::nothing;
}

StanzaScanner::Found StanzaScanner::read_value(std::string_view& bytes) {
  const std::size_t end = bytes.find(quote_);
  const std::size_t count = std::min(end, bytes.size());
  if (bytes.substr(0, count).find('<') != bytes.npos) return fail_as_malformed();
  if (declares_ && skip_ == Skip::nothing && value_bytes_ + count > options_.max_namespace_bytes) {
    take(bytes, options_.max_namespace_bytes + 1 - value_bytes_);
    over("a namespace of " + more_than(options_.max_namespace_bytes, "bytes"));
    return state_ == State::failed ? Found::failed : Found::nothing;
  }
  value_bytes_ += count;
  if (end != bytes.npos && state_ != State::failed) state_ = State::start_tag;
  take(bytes, end == bytes.npos ? count : count + 1);
  return state_ == State::failed ? Found::failed : Found::nothing;
}

StanzaScanner::Found StanzaScanner::read_end_tag(std::string_view& bytes) {
  const std::size_t end = bytes.find_first_of("<>");
  if (end != bytes.npos && bytes[end] == '<') return fail_as_malformed();
  take(bytes, end == bytes.npos ? bytes.size() : end + 1);
  if (state_ == State::failed) return Found::failed;
  if (end == bytes.npos) return Found::nothing;
  state_ = State::text;
  if (depth_ == 0) return Found::close;
  if (skip_ == Skip::nothing && name_at(tag_begin_ + 2) != name_at(open_[depth_].name_begin)) return fail_as_malformed();
  return end_element();
}

/// Behind "<!": of all that begins so, only CDATA sections are allowed.
StanzaScanner::Found StanzaScanner::read_marked(std::string_view& bytes) {
  std::size_t i = 0;
  for (; i < bytes.size() && marked_ < cdata_mark.size(); ++i, ++marked_)
    if (bytes[i] != cdata_mark[marked_]) return fail_as_forbidden();
  take(bytes, i);
  if (marked_ == cdata_mark.size()) {
    state_ = State::cdata;
    brackets_ = 0;
  }
  return Found::nothing;
}

StanzaScanner::Found StanzaScanner::read_cdata(std::string_view& bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    if (brackets_ == 0) i = std::min(bytes.find(']', i), bytes.size());
    if (i == bytes.size()) break;
    const char c = bytes[i++];
    if (c == ']') {
      ++brackets_;
    } else if (c == '>' && brackets_ >= 2) {
      state_ = State::text;
      break;
    } else {
      brackets_ = 0;
    }
  }
  take(bytes, i);
  return Found::nothing;
}

/// <?xml …?>
StanzaScanner::Found StanzaScanner::read_declaration(std::string_view& bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    const char c = bytes[i++];
    if (c == '>' && last_ == '?') {
      state_ = State::text;
      last_ = 0;
      break;
    }
    last_ = c;
  }
  take(bytes, i);
  return state_ == State::failed ? Found::failed : Found::nothing;
}

/// The bound that the first of these bytes meets counts, so that it does not matter how many come at a time.
void StanzaScanner::take(std::string_view& bytes, std::size_t count) {
  if (skip_ == Skip::nothing && state_ != State::failed) {
    constexpr std::size_t boundless = std::string_view::npos;
    const std::size_t size = text_.size();
    const auto room = [](std::size_t bound, std::size_t used) { return bound - std::min(bound, used); };
    const std::size_t tag_room = in_tag() ? room(options_.max_tag_bytes, tag_bytes_) : boundless;
    // The "<" of </item> is among what is taken before in_item_ ends.
    const std::size_t item_room = in_item_ ? room(content_begin_ + options_.max_item_bytes + 1, size) : boundless;
    const std::size_t room_in_all = !has_header_  ? room(max_header_bytes, size)
                                    : depth_ > 0 ? room(options_.max_stanza_bytes, size)
                                                 : boundless;
    const std::size_t least = std::min({tag_room, item_room, room_in_all});
    if (least < count) {
      if (least == item_room)
        over("an item of " + more_than(options_.max_item_bytes, "bytes"));
      else if (least == tag_room)
        over("a tag of " + more_than(options_.max_tag_bytes, "bytes"));
      else
        pass_over(more_than(options_.max_stanza_bytes, "bytes"));
    }
  }
  tag_bytes_ += count;
  if (skip_ == Skip::nothing && state_ != State::failed) text_.append(bytes.substr(0, count));
  bytes.remove_prefix(count);
}

void StanzaScanner::count_attribute() {
  declares_ = matched_ == xmlns.size();
  if (skip_ != Skip::nothing) return;
  if (++attributes_ > options_.max_attributes)
    return over("an element with " + more_than(options_.max_attributes, "attributes"));
  if (declares_ && open_[depth_].declarations + ++declarations_ > options_.max_namespaces)
    return over(more_than(options_.max_namespaces, "namespace declarations in scope"));
  count_item_node();
}

void StanzaScanner::count_item_node() {
  if (in_item_ && ++item_nodes_ > options_.max_item_nodes)
    over("an item of " + more_than(options_.max_item_nodes, "elements and attributes"));
}

StanzaScanner::Found StanzaScanner::end_start_tag() {
  if (state_ == State::failed) return Found::failed;
  const bool is_empty = last_ == '/';
  if (!std::exchange(has_header_, true)) {
    state_ = State::text;
    return Found::header;
  }
  count_item_node();
  if (skip_ == Skip::nothing && depth_ + 1 > options_.max_depth)
    over("elements nested deeper than " + std::to_string(options_.max_depth));
  state_ = State::text;
  ++depth_;
  if (skip_ == Skip::nothing) {
    open_[depth_] = {tag_begin_ + 1, open_[depth_ - 1].declarations + declarations_};
    if (depth_ == 1) start_tag_bytes_ = text_.size();
    if (depth_ == items_depth) in_items_ = local_name() == "items";
    if (depth_ == item_depth && in_items_ && !is_empty && local_name() == "item") {
      in_item_ = true;
      content_begin_ = text_.size();
      item_nodes_ = 0;
    }
  }
  return is_empty ? end_element() : Found::nothing;
}

StanzaScanner::Found StanzaScanner::end_element() {
  --depth_;
  if (skip_ == Skip::item && depth_ == items_depth) skip_ = Skip::nothing;
  if (depth_ > 0) return Found::nothing;
  if (std::exchange(skip_, Skip::nothing) == Skip::nothing) return Found::stanza;
  if (!text_.empty()) {
    text_.back() = '/';
    text_ += '>';
  }
  return Found::passed_over;
}

std::string_view StanzaScanner::name_at(std::size_t begin) const {
  const std::string_view rest = std::string_view(text_).substr(begin);
  return rest.substr(0, rest.find_first_of(" \t\r\n/>"));
}

/// Of the start tag that was read last.
std::string_view StanzaScanner::local_name() const {
  const std::string_view name = name_at(tag_begin_ + 1);
  return name.substr(name.find(':') + 1);
}

/// Leaves out the item that what is being read belongs to; of no item, passes over the stanza.
void StanzaScanner::over(const std::string& bound) {
  if (skip_ != Skip::nothing || state_ == State::failed) return;
  const bool is_item_tag = state_ != State::end_tag && in_tag() && depth_ == items_depth && in_items_;
  if (!in_item_ && !is_item_tag) return pass_over(bound);
  text_.resize(in_item_ ? content_begin_ : tag_begin_);
  left_out_.push_back(text_.size());
  text_ += placeholder;
  skip_ = std::exchange(in_item_, false) ? Skip::content : Skip::item;
}

void StanzaScanner::pass_over(const std::string& bound) {
  if (!has_header_ || (state_ == State::end_tag && depth_ == 0)) {
    fail(Error::too_large, "the stream's start tag is too long");
    return;
  }
  text_.resize(start_tag_bytes_);
  left_out_.clear();
  in_item_ = false;
  skip_ = Skip::stanza;
  reason_ = "it has " + bound;
}

StanzaScanner::Found StanzaScanner::fail(Error error, std::string reason) {
  state_ = State::failed;
  failure_ = {error, std::move(reason)};
  return Found::failed;
}

StanzaScanner::Found StanzaScanner::fail_as_malformed() {
  return fail(Error::malformed, "the stream is not well-formed: its tags do not match");
}

StanzaScanner::Found StanzaScanner::fail_as_forbidden() {
  return fail(Error::malformed, "a comment, processing instruction or DTD in the stream (RFC 6120 §11.1)");
}

}  // namespace xes::xmpp
