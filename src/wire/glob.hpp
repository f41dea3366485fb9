// SPDX-License-Identifier: MIT
// Purpose: match names against patterns such as `weather/*`. Thread: any (pure).
// Bounds: glob_matches() takes O(pattern × text) at worst, no recursion, no memory; a Glob, which is made once for many
// texts, O(pattern + text), see is_linear(). Never fails: every byte string is a pattern.
//
//   *    any run, an empty one too; "/" is nothing special
//   ?    one code point of UTF-8
//   \c   the character c itself, so that a node named "a*b" can be told: a\*b (a last "\" stands for itself)
// Everything else stands for itself, byte by byte: no classes, no case folding. A pattern matches a whole text.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace xes::wire {

/// True if there is a `*` or a `?` in it. An escaped one counts, since its backslash has to be taken out: what is no
/// glob stands for itself as it is, backslashes and all.
bool is_glob(std::string_view text);

/// Both are UTF-8; a byte that is none in `text` counts as a code point of its own or as part of the one before.
bool glob_matches(std::string_view pattern, std::string_view text);

/// A pattern for many texts. Matches what glob_matches() does, where both are UTF-8.
class Glob {
 public:
  explicit Glob(std::string_view pattern);

  bool matches(std::string_view text) const;
  /// False if there are more than max_searched characters, one of them a `?`, between two stars: such a part is compared at
  /// each place of a text in turn.
  bool is_linear() const;
  static constexpr std::size_t max_searched = 64;  ///< bytes, a `?` being one

 private:
  static constexpr std::size_t none = std::string_view::npos;
  /// What stands between two stars.
  struct Part {
    std::string literal = {};  ///< a `?` is the byte 0xFF, which UTF-8 does not have
    bool has_any_one = false;
    /// By byte: the places where it may stand. Only with a `?` that has to be searched for.
    std::unique_ptr<std::array<std::uint64_t, 256>> places = {};
    std::uint64_t any_one_places = 0;

    /// Where it ends if it stands at `at`; none if it does not.
    std::size_t match_at(std::string_view text, std::size_t at) const;
    /// The same from its end: where it begins.
    std::size_t match_before(std::string_view text, std::size_t end) const;
    /// Where it ends where it stands first.
    std::size_t find(std::string_view text, std::size_t from) const;
  };
  std::vector<Part> parts_;  ///< one more than stars (runs of them are one)
};

}  // namespace xes::wire
