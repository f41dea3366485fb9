// SPDX-License-Identifier: MIT
#include "app/spelling.hpp"

#include <gtest/gtest.h>

using namespace xes::app;

TEST(EditDistance, CountsWrongLettersAndSwappedNeighbours) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("retry", "retry"), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("retyr", "retry"), 1u);
  EXPECT_EQ(edit_distance("hartbeat", "heartbeat"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Nearest, IsSilentWhereNothingIsNear) {
  constexpr std::string_view known[] = {"path", "heartbeat", "retry", "jid"};
  EXPECT_EQ(nearest("heartbeats", known), "heartbeat");
  EXPECT_EQ(nearest("pth", known), "path");
  EXPECT_EQ(nearest("colour", known), std::nullopt);
  EXPECT_EQ(nearest("x", known), std::nullopt);
  EXPECT_EQ(nearest(std::string(100000, 'x'), known), std::nullopt);
}
