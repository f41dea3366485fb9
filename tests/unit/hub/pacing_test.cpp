// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "shard_fixture.hpp"

namespace xes::hub {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

struct Pacing : ShardTest {
  Pacing() : ShardTest(paced()), stream(shard) {
    shard.open(stream, sample, {});
    open();
    stream.texts();
    stream.writes.clear();
  }
  static ShardOptions paced() {
    ShardOptions options;
    options.pace = 10ms;
    options.paced_bytes = 2000;
    return options;
  }

  const Node::Clock::time_point start = Node::Clock::time_point(1h);
  FakeStream stream;
};

TEST_F(Pacing, SendsALoneEventAtOnce) {
  read(published("a", "1"));
  EXPECT_EQ(shard.flush(start), std::nullopt);
  EXPECT_THAT(stream.texts(), ElementsAre("1"));
  read(published("a", "2"));
  EXPECT_EQ(shard.flush(start + 10ms), std::nullopt);
  EXPECT_THAT(stream.texts(), ElementsAre("2"));
}

TEST_F(Pacing, PutsEventsThatFollowQuicklyIntoOneWrite) {
  read(published("a", "1"));
  shard.flush(start);
  stream.texts();
  stream.writes.clear();
  for (int i = 2; i < 5; ++i) {
    read(published("a", std::to_string(i)));
    EXPECT_EQ(shard.flush(start + std::chrono::milliseconds(i)), start + 10ms);
  }
  EXPECT_THAT(stream.texts(), IsEmpty());
  EXPECT_EQ(shard.flush(start + 10ms), std::nullopt);
  EXPECT_THAT(stream.texts(), ElementsAre("2", "3", "4"));
  EXPECT_EQ(stream.writes.size(), 1u);
}

TEST_F(Pacing, LetsNoMoreWaitThanItsBound) {
  read(published("a", "1"));
  shard.flush(start);
  stream.texts();
  read(published("a", std::string(2000, 'x')));
  EXPECT_THAT(stream.texts(), ElementsAre(std::string(2000, 'x')));
}

TEST_F(Pacing, SendsAllThatWaitsBeforeTheEnd) {
  read(published("a", "1"));
  shard.flush(start);
  read(published("a", "2"));
  shard.flush(start + 1ms);
  shard.end_all(CloseReason::shutting_down);
  EXPECT_THAT(stream.texts(), testing::Contains("2"));
}

TEST_F(Pacing, GivesANewStreamWhatWaitsOnce) {
  read(published("a", "1"));
  shard.flush(start);
  stream.texts();
  read(published("a", "2"));
  shard.flush(start + 1ms);
  FakeStream late(shard);
  shard.open(late, sample, {});
  shard.flush(start + 10ms);
  EXPECT_THAT(stream.texts(), ElementsAre("2"));
  EXPECT_THAT(late.texts(), ElementsAre("#")) << "it began after that";
}

}  // namespace
}  // namespace xes::hub
