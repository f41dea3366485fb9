// SPDX-License-Identifier: MIT
#include "base/limited_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace xes {
namespace {

using testing::ElementsAre;

class LimitedQueueTest : public testing::Test {
 protected:
  void push(const std::string& key, const std::string& what) {
    queue.push(key, [this, what](LimitedQueue::Turn turn) {
      started.push_back(what);
      turns.emplace(what, std::move(turn));
    });
  }
  void finish(const std::string& what) {
    turns.erase(what);
    io.restart();
    io.poll();
  }

  boost::asio::io_context io;
  LimitedQueue queue{io, {.per_key = 2, .in_all = 5}};
  std::vector<std::string> started;
  std::map<std::string, LimitedQueue::Turn> turns;
};

TEST_F(LimitedQueueTest, StartsAFewOfEachKeyAndTheOthersInTheirOrder) {
  for (const auto* what : {"a1", "a2", "a3", "a4"}) push("a", what);
  push("b", "b1");
  EXPECT_THAT(started, ElementsAre("a1", "a2", "b1")) << "a slow key delays itself alone";
  finish("a2");
  finish("a1");
  EXPECT_THAT(started, ElementsAre("a1", "a2", "b1", "a3", "a4"));
}

TEST_F(LimitedQueueTest, KeepsToTheBoundInAllAndLetsKeysTakeTurns) {
  for (const auto* what : {"a1", "a2", "a3"}) push("a", what);
  for (const auto* what : {"b1", "b2"}) push("b", what);
  for (const auto* what : {"c1", "c2"}) push("c", what);
  for (const auto* what : {"d1"}) push("d", what);
  EXPECT_THAT(started, ElementsAre("a1", "a2", "b1", "b2", "c1"));
  finish("a1");
  finish("a2");
  finish("b1");
  EXPECT_THAT(started, ElementsAre("a1", "a2", "b1", "b2", "c1", "c2", "d1", "a3"));
}

TEST_F(LimitedQueueTest, GoesOnBehindAJobThatThrows) {
  push("a", "a1");
  EXPECT_THROW(queue.push("a", [](const LimitedQueue::Turn&) { throw std::bad_alloc(); }), std::bad_alloc);
  EXPECT_EQ(queue.under_way(), 1u);
  for (const auto* what : {"a2", "a3"}) push("a", what);
  EXPECT_THAT(started, ElementsAre("a1", "a2"));
  finish("a1");
  EXPECT_THAT(started, ElementsAre("a1", "a2", "a3"));
}

TEST_F(LimitedQueueTest, CountsATurnUntilItsLastCopyIsGone) {
  push("a", "a1");
  push("a", "a2");
  push("a", "a3");
  LimitedQueue::Turn copy = turns.at("a1");
  finish("a1");
  EXPECT_EQ(started.size(), 2u);
  copy.reset();
  io.restart();
  io.poll();
  EXPECT_EQ(started.size(), 3u);
}

TEST_F(LimitedQueueTest, ForgetsAllAtOnceAndTurnsOfBeforeCountNoMore) {
  for (const auto* what : {"a1", "a2", "a3"}) push("a", what);
  queue.clear();
  EXPECT_TRUE(queue.idle("a"));
  for (const auto* what : {"a5", "a6", "a7"}) push("a", what);
  finish("a1");
  EXPECT_THAT(started, ElementsAre("a1", "a2", "a5", "a6"));
  finish("a5");
  EXPECT_THAT(started, ElementsAre("a1", "a2", "a5", "a6", "a7"));
}

TEST_F(LimitedQueueTest, OutlivesNoTurnThatOutlivesIt) {
  auto own = std::make_unique<LimitedQueue>(io, LimitedQueue::Limits{1, 1});
  LimitedQueue::Turn kept;
  own->push("a", [&](LimitedQueue::Turn turn) { kept = std::move(turn); });
  own.reset();
  kept.reset();
  io.poll();
}

/// Whatever comes and goes: no bound is passed, nothing is lost, and nobody waits while there is room.
TEST_F(LimitedQueueTest, HoldsItsBoundsForAnyOrder) {
  std::mt19937 random(1);
  std::map<std::string, std::size_t> under_way, waiting;
  std::vector<std::pair<std::string, LimitedQueue::Turn>> held;
  std::size_t pushed = 0, ran = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 2 == 0 || held.empty()) {
      const std::string key(1, static_cast<char>('a' + random() % 6));
      ++waiting[key];
      ++pushed;
      queue.push(key, [&, key](LimitedQueue::Turn turn) {
        --waiting[key];
        ++under_way[key];
        ++ran;
        held.emplace_back(key, std::move(turn));
      });
    } else {
      std::swap(held[random() % held.size()], held.back());
      --under_way[held.back().first];
      held.pop_back();
      io.restart();
      io.poll();
    }
    std::size_t all = 0;
    for (const auto& [key, count] : under_way) {
      ASSERT_LE(count, 2u);
      all += count;
    }
    ASSERT_LE(all, 5u);
    ASSERT_EQ(all, queue.under_way());
    for (const auto& [key, count] : waiting) ASSERT_TRUE(count == 0 || under_way[key] == 2 || all == 5);
  }
  while (!held.empty()) {
    held.pop_back();
    io.restart();
    io.poll();
  }
  EXPECT_EQ(pushed, ran);
  for (const auto* key : {"a", "b", "c", "d", "e", "f"}) EXPECT_TRUE(queue.idle(key));
}

}  // namespace
}  // namespace xes
