// SPDX-License-Identifier: MIT
#include "gateway/recent_refusals.hpp"

#include <gtest/gtest.h>

namespace xes::gateway {
namespace {

using namespace std::chrono_literals;

TEST(RecentRefusals, RememberForAMomentWhatAServiceSaid) {
  RecentRefusals refusals;
  const RecentRefusals::Clock::time_point now{};
  EXPECT_EQ(refusals.find("a", now), std::nullopt);
  refusals.note("a", hub::Refusal::no_such_node, now);
  refusals.note("b", hub::Refusal::forbidden, now);
  EXPECT_EQ(refusals.find("a", now + 249ms), hub::Refusal::no_such_node);
  EXPECT_EQ(refusals.find("b", now + 249ms), hub::Refusal::forbidden);
  EXPECT_EQ(refusals.find("a", now + RecentRefusals::life), std::nullopt);
}

TEST(RecentRefusals, TakeTheLatestWord) {
  RecentRefusals refusals;
  const RecentRefusals::Clock::time_point now{};
  refusals.note("a", hub::Refusal::no_such_node, now);
  refusals.note("a", hub::Refusal::forbidden, now + 100ms);
  EXPECT_EQ(refusals.find("a", now + 349ms), hub::Refusal::forbidden);
  EXPECT_EQ(refusals.size(), 1u);
}

TEST(RecentRefusals, AreBounded) {
  RecentRefusals refusals;
  RecentRefusals::Clock::time_point now{};
  const std::size_t many = RecentRefusals::max_nodes + 100;
  for (std::size_t i = 0; i < many; ++i) refusals.note("n" + std::to_string(i), hub::Refusal::no_such_node, now);
  EXPECT_EQ(refusals.size(), RecentRefusals::max_nodes);
  EXPECT_EQ(refusals.find("n99", now), std::nullopt) << "the oldest went first";
  EXPECT_TRUE(refusals.find("n100", now));
  refusals.note("last", hub::Refusal::no_such_node, now + RecentRefusals::life);
  EXPECT_EQ(refusals.size(), 1u) << "those whose time is over go by themselves";
}

}  // namespace
}  // namespace xes::gateway
