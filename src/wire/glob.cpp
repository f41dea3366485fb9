// SPDX-License-Identifier: MIT
#include "wire/glob.hpp"

#include <algorithm>

namespace xes::wire {
namespace {

/// Bytes of the code point at `at`: its first byte and up to three continuation bytes.
std::size_t code_point_bytes(std::string_view text, std::size_t at) {
  const std::size_t most = std::min<std::size_t>(text.size() - at, 4);
  std::size_t length = 1;
  while (length < most && (static_cast<unsigned char>(text[at + length]) & 0xC0) == 0x80) ++length;
  return length;
}

}  // namespace

bool is_glob(std::string_view text) { return text.find_first_of("*?") != text.npos; }

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  // Only the last star ever has to take more: whatever an earlier one could take, this one can take instead.
  std::size_t after_star = pattern.npos, star_ends = 0;
  for (;;) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_ends = t;
      continue;
    }
    if (p == pattern.size() && t == text.size()) return true;
    if (p < pattern.size() && t < text.size()) {
      if (pattern[p] == '?') {
        ++p;
        t += code_point_bytes(text, t);
        continue;
      }
      const std::size_t literal = pattern[p] == '\\' && p + 1 < pattern.size() ? p + 1 : p;
      if (pattern[literal] == text[t]) {
        p = literal + 1;
        ++t;
        continue;
      }
    }
    if (after_star == pattern.npos || star_ends == text.size()) return false;
    // By whole code points, or a `?` after the star could begin in the middle of one.
    star_ends += code_point_bytes(text, star_ends);
    t = star_ends;
    p = after_star;
  }
}

}  // namespace xes::wire
