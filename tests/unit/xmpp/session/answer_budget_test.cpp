// SPDX-License-Identifier: MIT
#include "xmpp/session/answer_budget.hpp"

#include <gtest/gtest.h>

namespace xes::xmpp {
namespace {

using namespace std::chrono_literals;

class AnswerBudgetTest : public testing::Test {
 protected:
  bool take(const std::string& jid, std::size_t bytes) { return budget.take(jid, bytes, now); }

  AnswerBudget budget{{.window = 10s, .max_bytes_per_jid = 100, .max_bytes = 250, .max_jids = 4}};
  AnswerBudget::TimePoint now{1h};
};

TEST_F(AnswerBudgetTest, BoundsEachJid) {
  EXPECT_TRUE(take("a@x", 60));
  EXPECT_FALSE(take("a@x", 60));
  EXPECT_TRUE(take("a@x", 40));
  EXPECT_FALSE(take("a@x", 1));
  EXPECT_TRUE(take("b@x", 100));
}

TEST_F(AnswerBudgetTest, BoundsAllOfThem) {
  EXPECT_TRUE(take("a@x", 100));
  EXPECT_TRUE(take("b@x", 100));
  EXPECT_FALSE(take("c@x", 51));
  EXPECT_TRUE(take("c@x", 50));
}

TEST_F(AnswerBudgetTest, BoundsTheirNumber) {
  for (const char* jid : {"a", "b", "c", "d"}) EXPECT_TRUE(take(jid, 1));
  EXPECT_FALSE(take("e", 1));
  EXPECT_TRUE(take("a", 1));
}

TEST_F(AnswerBudgetTest, BeginsAnewInTheNextWindow) {
  for (const char* jid : {"a", "b", "c", "d"}) EXPECT_TRUE(take(jid, 60));
  now += 9999ms;
  EXPECT_FALSE(take("a", 60));
  now += 1ms;
  EXPECT_TRUE(take("e", 100));
  EXPECT_TRUE(take("a", 100));
}

}  // namespace
}  // namespace xes::xmpp
