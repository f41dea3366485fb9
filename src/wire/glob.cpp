// SPDX-License-Identifier: MIT
#include "wire/glob.hpp"

#include <algorithm>
#include <cstring>

namespace xes::wire {
namespace {

/// Bytes of the code point at `at`: its first byte and up to three continuation bytes.
std::size_t code_point_bytes(std::string_view text, std::size_t at) {
  const std::size_t most = std::min<std::size_t>(text.size() - at, 4);
  std::size_t length = 1;
  while (length < most && (static_cast<unsigned char>(text[at + length]) & 0xC0) == 0x80) ++length;
  return length;
}

constexpr char any_one = '\xFF';

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

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

Glob::Glob(std::string_view pattern) {
  parts_.emplace_back();
  for (std::size_t p = 0; p < pattern.size(); ++p) {
    if (pattern[p] == '*') {
      if (parts_.size() == 1 || !parts_.back().literal.empty()) parts_.emplace_back();
      continue;
    }
    Part& part = parts_.back();
    if (pattern[p] == '?') part.has_any_one = true;
    if (pattern[p] == '\\' && p + 1 < pattern.size()) {
      part.literal += pattern[++p];
    } else {
      part.literal += pattern[p] == '?' ? any_one : pattern[p];
    }
  }
  // The first and the last part have their places.
  for (std::size_t i = 1; i + 1 < parts_.size(); ++i) {
    Part& part = parts_[i];
    if (!part.has_any_one || part.literal.size() > max_searched) continue;
    part.places = std::make_unique<std::array<std::uint64_t, 256>>();
    for (std::size_t at = 0; at < part.literal.size(); ++at) {
      const std::uint64_t bit = std::uint64_t{1} << at;
      if (part.literal[at] != any_one) {
        (*part.places)[static_cast<unsigned char>(part.literal[at])] |= bit;
        continue;
      }
      part.any_one_places |= bit;
      for (unsigned byte = 0; byte < 256; ++byte)
        if (!continues(static_cast<char>(byte))) (*part.places)[byte] |= bit;
    }
  }
}

bool Glob::is_linear() const {
  for (std::size_t i = 1; i + 1 < parts_.size(); ++i)
    if (parts_[i].has_any_one && !parts_[i].places) return false;
  return true;
}

bool Glob::matches(std::string_view text) const {
  std::size_t at = parts_.front().match_at(text, 0);
  if (parts_.size() == 1) return at == text.size();
  // Where each part stands first leaves the most for those behind it.
  for (std::size_t i = 1; at != none && i + 1 < parts_.size(); ++i) at = parts_[i].find(text, at);
  if (at == none) return false;
  const std::size_t last = parts_.back().match_before(text, text.size());
  return last != none && last >= at;
}

std::size_t Glob::Part::match_at(std::string_view text, std::size_t at) const {
  if (!has_any_one) return text.substr(at).starts_with(literal) ? at + literal.size() : none;
  for (const char c : literal) {
    if (at == text.size()) return none;
    if (c == any_one) {
      at += code_point_bytes(text, at);
    } else if (text[at++] != c) {
      return none;
    }
  }
  return at;
}

std::size_t Glob::Part::match_before(std::string_view text, std::size_t end) const {
  if (!has_any_one) return text.ends_with(literal) ? end - literal.size() : none;
  for (auto c = literal.rbegin(); c != literal.rend(); ++c) {
    if (end == 0) return none;
    --end;
    if (*c == any_one) {
      while (end > 0 && continues(text[end])) --end;
    } else if (text[end] != *c) {
      return none;
    }
  }
  return end;
}

std::size_t Glob::Part::find(std::string_view text, std::size_t from) const {
  if (!has_any_one) {
    // Linear, as glibc promises; std::string_view::find() is not.
    const void* found = literal.empty() ? text.data() + from
                                        : ::memmem(text.data() + from, text.size() - from, literal.data(), literal.size());
    return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + literal.size() : none;
  }
  if (!places) {
    for (std::size_t at = from; at < text.size(); at += code_point_bytes(text, at))
      if (const std::size_t end = match_at(text, at); end != none) return end;
    return none;
  }
  // Shift-And: bit i is set while the part's first i + 1 bytes stand right before here. A `?` stays through the rest of its
  // code point.
  const std::uint64_t whole = std::uint64_t{1} << (literal.size() - 1);
  std::uint64_t standing = 0;
  for (std::size_t at = from; at < text.size(); ++at) {
    const std::uint64_t staying = continues(text[at]) ? standing & any_one_places : 0;
    standing = ((standing << 1 | 1) & (*places)[static_cast<unsigned char>(text[at])]) | staying;
    if ((standing & whole) != 0 && (at + 1 == text.size() || !continues(text[at + 1]))) return at + 1;
  }
  return none;
}

}  // namespace xes::wire
