// SPDX-License-Identifier: MIT
// Purpose: the nodes that a service lists, and which of them match patterns: each pattern is matched once, whoever asks for
// it. Thread: its shard's.
// Bounds: time linear in the names, once for each pattern (wire/glob.hpp), then a 64th of the number of names for each
// question; memory one bit for each name and pattern, max_patterns of them, at which all are forgotten.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "hub/selection.hpp"

namespace xes::hub {

class NodeList {
 public:
  static constexpr std::size_t max_patterns = 1024;

  using Names = std::vector<std::string>;
  explicit NodeList(std::shared_ptr<const Names> names) : names_(std::move(names)) {}

  struct Matching {
    Names first;            ///< the first `most` of them, in the list's order, without those that the selection names
    std::size_t count = 0;  ///< of all of them; beyond the first, what the selection names counts, too
  };
  /// Those that match a pattern of it and, of each list `within`, one, and none of `without`.
  Matching matching(const Selection& selection, std::size_t most);

 private:
  using Bits = std::vector<std::uint64_t>;
  const Bits& bits_of(const std::string& pattern);
  Bits any_of(const std::vector<std::string>& patterns);

  std::shared_ptr<const Names> names_;
  std::unordered_map<std::string, Bits> by_pattern_;
};

}  // namespace xes::hub
