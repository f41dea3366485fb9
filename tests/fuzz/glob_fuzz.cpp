// SPDX-License-Identifier: MIT
// glob_matches() against a matcher that follows the definition step by step, without a thought of speed.
#include "wire/glob.hpp"

#include <string>
#include <vector>

#include "fuzz.hpp"

using namespace xes::wire;

namespace {

/// The pattern's elements: any run, any one code point, or one byte.
struct Part {
  enum class Kind { run, one, byte } kind;
  char byte = 0;
};

std::vector<Part> parts_of(std::string_view pattern) {
  std::vector<Part> parts;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '*') {
      parts.push_back({Part::Kind::run});
    } else if (pattern[at] == '?') {
      parts.push_back({Part::Kind::one});
    } else {
      if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
      parts.push_back({Part::Kind::byte, pattern[at]});
    }
  }
  return parts;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Where the code point at `at` ends: after at most three continuation bytes.
std::size_t next_code_point(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && end < at + 4 && continues(text[end])) ++end;
  return end;
}

/// reached[t]: the parts so far match the first t bytes of the text.
bool reference(std::string_view pattern, std::string_view text) {
  std::vector<bool> reached(text.size() + 1, false);
  reached[0] = true;
  for (const Part& part : parts_of(pattern)) {
    std::vector<bool> next(text.size() + 1, false);
    for (std::size_t t = 0; t <= text.size(); ++t) {
      if (!reached[t]) continue;
      if (part.kind == Part::Kind::run) {
        for (std::size_t end = t;; end = next_code_point(text, end)) {
          next[end] = true;
          if (end == text.size()) break;
        }
      } else if (t < text.size() && part.kind == Part::Kind::one) {
        next[next_code_point(text, t)] = true;
      } else if (t < text.size() && text[t] == part.byte) {
        next[t + 1] = true;
      }
    }
    reached = std::move(next);
  }
  return reached[text.size()];
}

/// Both arguments are UTF-8 by glob.hpp's word. What a star or a `?` takes of stray bytes depends on where it begins, so
/// only whole code points can be held against the reference.
std::string as_utf8(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    if (value < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | value >> 6);
      out += static_cast<char>(0x80 | (value & 0x3F));
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Pieces pieces(text_of(data, size));
  const std::string pattern = as_utf8(pieces.next()), text = as_utf8(pieces.rest());
  const bool matches = glob_matches(pattern, text);
  check(matches == reference(pattern, text));
  check(matches == Glob(pattern).matches(text));
  if (!is_glob(pattern) && pattern.find('\\') == pattern.npos) check(matches == (pattern == text));
  // What is escaped stands for itself.
  std::string escaped;
  for (const char c : text) (c == '*' || c == '?' || c == '\\' ? escaped += '\\' : escaped) += c;
  check(glob_matches(escaped, text));
  check(glob_matches("*", text));
  if (matches) check(glob_matches("*" + pattern, text) && glob_matches("*" + pattern, "a" + text));
  // Any bytes at all: no crash, no read past the end.
  glob_matches(text_of(data, size / 2), text_of(data + size / 2, size - size / 2));
  (void)Glob(text_of(data, size / 2)).matches(text_of(data + size / 2, size - size / 2));
  return 0;
}
