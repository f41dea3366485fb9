// SPDX-License-Identifier: MIT
// Purpose: feed an incremental parser the same input in many cuts and expect one outcome.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string_view>
#include <vector>

using Pieces = std::vector<std::string_view>;

inline Pieces cut_into_bytes(std::string_view input) {
  Pieces pieces;
  for (std::size_t i = 0; i < input.size(); ++i) pieces.push_back(input.substr(i, 1));
  return pieces;
}

inline Pieces cut_at_random(std::string_view input, std::mt19937& random) {
  Pieces pieces;
  const std::size_t longest = 1 + random() % (input.size() + 1);
  while (!input.empty()) {
    pieces.push_back(input.substr(0, random() % (longest + 1)));  // an empty piece now and then
    input.remove_prefix(pieces.back().size());
  }
  return pieces;
}

/// What `run` makes of the whole input, once it is sure that every cut gives the same.
template <class Run>
auto outcome_of_every_cut(std::string_view input, Run run) {
  const auto whole = run(Pieces{input});
  EXPECT_TRUE(run(cut_into_bytes(input)) == whole) << "fed byte by byte";
  std::mt19937 random(1);
  for (int round = 0; round < 40; ++round)
    EXPECT_TRUE(run(cut_at_random(input, random)) == whole) << "random cut " << round;
  return whole;
}
