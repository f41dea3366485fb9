// SPDX-License-Identifier: MIT
// Purpose: match names against patterns such as `weather/*`. Thread: any (pure).
// Bounds: time O(pattern × text) at worst, no recursion, no memory. Never fails: every byte string is a pattern.
//
//   *    any run, an empty one too; "/" is nothing special
//   ?    one code point of UTF-8
//   \c   the character c itself, so that a node named "a*b" can be told: a\*b (a last "\" stands for itself)
// Everything else stands for itself, byte by byte: no classes, no case folding. A pattern matches a whole text.
#pragma once

#include <string_view>

namespace xes::wire {

/// True if there is a `*` or a `?` in it. An escaped one counts, since its backslash has to be taken out: what is no
/// glob stands for itself as it is, backslashes and all.
bool is_glob(std::string_view text);

/// Both are UTF-8; a byte that is none in `text` counts as a code point of its own or as part of the one before.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace xes::wire
