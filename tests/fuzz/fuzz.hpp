// SPDX-License-Identifier: MIT
// Purpose: what the fuzz targets share: a check that stays in release builds, and cuts taken from the input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

inline void check(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Calls `feed` with pieces of `input` whose sizes (0 to 15) come from `seed`, until it gives false.
template <class Feed>
void feed_in_pieces(std::string_view input, std::uint32_t seed, Feed feed) {
  while (!input.empty()) {
    seed = seed * 1'664'525u + 1'013'904'223u;
    const std::string_view piece = input.substr(0, seed >> 28);
    if (!feed(piece)) return;
    input.remove_prefix(piece.size());
  }
}

/// The input in pieces, for what takes several texts. A piece ends at a byte 0xFF, which no UTF-8 has.
class Pieces {
 public:
  explicit Pieces(std::string_view input) : rest_(input) {}

  /// Empty where no more are left.
  std::string_view next() {
    const std::size_t end = std::min(rest_.find('\xFF'), rest_.size());
    const std::string_view piece = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return piece;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};
