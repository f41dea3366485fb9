// SPDX-License-Identifier: MIT
#include "app/loop_watch.hpp"

#include <gtest/gtest.h>

namespace xes::app {
namespace {

class LoopWatchTest : public testing::Test {
 protected:
  LoopWatchTest() {
    watch.add(quick);
    watch.add(slow);
  }
  static std::size_t turn(boost::asio::io_context& loop) {
    loop.restart();
    return loop.poll();
  }
  LoopWatch watch;
  boost::asio::io_context quick, slow;
};

TEST_F(LoopWatchTest, SeesThatAllTurn) {
  for (int round = 0; round < 5; ++round) {
    EXPECT_TRUE(watch.all_have_turned()) << round;
    turn(quick);
    turn(slow);
  }
}

TEST_F(LoopWatchTest, SeesALoopThatStandsStillHoweverOftenTheOthersTurn) {
  watch.all_have_turned();
  for (int round = 0; round < 1000; ++round) {
    turn(quick);
    turn(quick);
    EXPECT_FALSE(watch.all_have_turned());
  }
}

TEST_F(LoopWatchTest, AsksALoopThatStandsStillOnce) {
  for (int round = 0; round < 1000; ++round) watch.all_have_turned();
  EXPECT_EQ(turn(slow), 1u);
}

TEST_F(LoopWatchTest, ForgivesAStallThatIsOver) {
  for (int round = 0; round < 10; ++round) watch.all_have_turned();
  turn(quick);
  turn(slow);
  EXPECT_TRUE(watch.all_have_turned());
  turn(quick);
  EXPECT_FALSE(watch.all_have_turned()) << "the late answer to an earlier question is none to this one";
  turn(slow);
  turn(quick);
  EXPECT_TRUE(watch.all_have_turned());
}

}  // namespace
}  // namespace xes::app
