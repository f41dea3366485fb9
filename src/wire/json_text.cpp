// SPDX-License-Identifier: MIT
#include "wire/json_text.hpp"

#include <cstdint>
#include <optional>

#include "base/text.hpp"
#include "wire/json.hpp"

namespace xes::wire {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// One pass over a JSON text that checks its grammar and copies its tokens.
class Copy {
 public:
  Copy(std::string& out, std::string_view text) : out_(out), text_(text) {}

  bool run();

 private:
  enum class Expect { value, value_or_end, name, name_or_end, comma_or_end };

  bool at_end() const { return at_ == text_.size(); }
  /// NUL at the end, which no token begins with.
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool in_object() const { return depth_ != 0 && (objects_ >> (depth_ - 1) & 1) != 0; }

  void skip_space();
  bool take(char c);
  bool step(Expect& expect);
  bool name();
  bool value(Expect& expect);
  bool open(bool object);
  bool close();
  bool string();
  bool escape();
  std::optional<unsigned> four_hex_digits();
  bool number();
  bool digits();
  bool literal(std::string_view word);

  std::string& out_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  static_assert(max_json_depth <= 64);
  std::uint64_t objects_ = 0;  ///< bit n: what is open at depth n + 1 is an object
};

bool Copy::run() {
  Expect expect = Expect::value;
  for (skip_space(); !at_end(); skip_space())
    if (!step(expect)) return false;
  return expect == Expect::comma_or_end && depth_ == 0;
}

bool Copy::step(Expect& expect) {
  switch (expect) {
    case Expect::name_or_end:
    case Expect::name:
      if (expect == Expect::name_or_end && peek() == '}') {
        expect = Expect::comma_or_end;
        return close();
      }
      expect = Expect::value;
      return name();
    case Expect::value_or_end:
    case Expect::value:
      if (expect == Expect::value_or_end && peek() == ']') {
        expect = Expect::comma_or_end;
        return close();
      }
      return value(expect);
    case Expect::comma_or_end:
      if (depth_ == 0) return false;
      if (peek() != ',') return close();
      expect = in_object() ? Expect::name : Expect::value;
      return take(',');
  }
  return false;
}

void Copy::skip_space() {
  while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
}

bool Copy::take(char c) {
  if (at_end() || text_[at_] != c) return false;
  out_ += c;
  ++at_;
  return true;
}

bool Copy::name() {
  if (!string()) return false;
  skip_space();
  return take(':');
}

bool Copy::value(Expect& expect) {
  expect = Expect::comma_or_end;
  switch (peek()) {
    case '{':
      expect = Expect::name_or_end;
      return open(true);
    case '[':
      expect = Expect::value_or_end;
      return open(false);
    case '"':
      return string();
    case 't':
      return literal("true");
    case 'f':
      return literal("false");
    case 'n':
      return literal("null");
    default:
      return number();
  }
}

bool Copy::open(bool object) {
  if (depth_ == max_json_depth) return false;
  const std::uint64_t bit = std::uint64_t{1} << depth_++;
  objects_ = object ? objects_ | bit : objects_ & ~bit;
  return take(object ? '{' : '[');
}

bool Copy::close() {
  if (!take(in_object() ? '}' : ']')) return false;
  --depth_;
  return true;
}

bool Copy::string() {
  const std::size_t begin = at_;
  if (peek() != '"') return false;
  for (++at_; !at_end(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      out_ += text_.substr(begin, at_ - begin);
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c == '\\' && !escape()) return false;
  }
  return false;
}

/// From the backslash to the last character of the escape (of both, in a surrogate pair).
bool Copy::escape() {
  ++at_;
  if (peek() != 'u') return !at_end() && std::string_view("\"\\/bfnrt").find(peek()) != std::string_view::npos;
  const auto unit = four_hex_digits();
  if (!unit || (*unit >= 0xDC00 && *unit <= 0xDFFF)) return false;
  if (*unit < 0xD800 || *unit > 0xDBFF) return true;
  if (text_.substr(at_ + 1, 2) != "\\u") return false;
  at_ += 2;
  const auto second = four_hex_digits();
  return second && *second >= 0xDC00 && *second <= 0xDFFF;
}

std::optional<unsigned> Copy::four_hex_digits() {
  unsigned value = 0;
  for (int i = 0; i < 4; ++i) {
    ++at_;
    const char c = peek();
    if (is_digit(c)) {
      value = value * 16 + static_cast<unsigned>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      value = value * 16 + static_cast<unsigned>((c | 0x20) - 'a') + 10;
    } else {
      return std::nullopt;
    }
  }
  return value;
}

bool Copy::number() {
  const std::size_t begin = at_;
  if (peek() == '-') ++at_;
  if (peek() == '0') {
    ++at_;
  } else if (!digits()) {
    return false;
  }
  if (peek() == '.') {
    ++at_;
    if (!digits()) return false;
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    if (!digits()) return false;
  }
  out_ += text_.substr(begin, at_ - begin);
  return true;
}

bool Copy::digits() {
  if (!is_digit(peek())) return false;
  while (is_digit(peek())) ++at_;
  return true;
}

bool Copy::literal(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) return false;
  out_ += word;
  at_ += word.size();
  return true;
}

}  // namespace

bool append_json_text(std::string& out, std::string_view text) {
  if (!is_utf8(text)) return false;
  const std::size_t before = out.size();
  if (Copy(out, text).run()) return true;
  out.resize(before);
  return false;
}

void append_json_name(std::string& out, std::string_view name) {
  if (!out.ends_with('{')) out += ',';
  out += '"';
  out += name;
  out += "\":";
}

void append_json_member(std::string& out, std::string_view name, std::string_view value) {
  append_json_name(out, name);
  append_json_string(out, value);
}

}  // namespace xes::wire
