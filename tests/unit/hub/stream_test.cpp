// SPDX-License-Identifier: MIT
#include "hub/stream.hpp"

#include <numeric>

#include "shard_fixture.hpp"

namespace xes::hub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class StreamTest : public ShardTest {
 protected:
  /// A live stream that has had its head.
  std::unique_ptr<FakeStream> live(Framing framing = Framing::plain) {
    auto stream = std::make_unique<FakeStream>(shard, framing);
    shard.open(*stream, sample, {});
    open();
    stream->blocks();
    stream->writes.clear();
    return stream;
  }
};

TEST_F(StreamTest, WritesALoneEventAtOnceAndInOneWrite) {
  const auto stream = live();
  happen(published("a", "1"));
  EXPECT_EQ(stream->writes.size(), 1u);
  EXPECT_THAT(stream->texts(), ElementsAre("1"));
}

TEST_F(StreamTest, WritesABurstInOneWrite) {
  const auto stream = live();
  for (const char* id : {"a", "b", "c"}) read(published(id, id));
  EXPECT_THAT(stream->writes, IsEmpty());
  shard.flush({});
  EXPECT_EQ(stream->writes.size(), 1u);
  EXPECT_THAT(stream->texts(), ElementsAre("a", "b", "c"));
}

TEST_F(StreamTest, GoesOnAtTheRightByteHoweverLittleTheSocketTakes) {
  for (const Framing framing : {Framing::plain, Framing::fastcgi}) {
    for (std::size_t step = 1; step < 40; ++step) {
      const auto stream = live(framing);
      stream->room = step;
      const std::string number = std::to_string(step);
      read(published("a", "first " + number));
      shard.flush({});
      happen(published("b", "second " + number));
      for (int i = 0; i < 1000 && stream->waits; ++i) stream->make_room(step);
      EXPECT_THAT(stream->texts(), ElementsAre("first " + number, "second " + number));
      EXPECT_EQ(stream->lag_bytes(), 0u);
      EXPECT_FALSE(stream->ended());
    }
  }
}

TEST_F(StreamTest, GoesOnAfterASocketThatTookNothing) {
  const auto stream = live();
  stream->room = 0;
  happen(published("a", "1"));
  EXPECT_TRUE(stream->waits);
  EXPECT_THAT(stream->texts(), IsEmpty());
  stream->make_room(FakeStream::endless);
  EXPECT_THAT(stream->texts(), ElementsAre("1"));
}

TEST_F(StreamTest, WritesManyWaitingEventsTogether) {
  const auto stream = live();
  stream->room = 0;
  for (int i = 0; i < 10; ++i) happen(published("i" + std::to_string(i), "x"));
  stream->writes.clear();
  stream->make_room(FakeStream::endless);
  EXPECT_EQ(stream->writes.size(), 1u);
  EXPECT_EQ(stream->texts().size(), 10u);
}

TEST_F(StreamTest, EndsWhenItsConnectionIsGone) {
  const auto stream = live();
  stream->gone = true;
  happen(published("a", "1"));
  EXPECT_EQ(stream->reason, CloseReason::client_left);
}

TEST_F(StreamTest, EndsWhenItsConnectionGoesWhileItWaits) {
  const auto stream = live();
  stream->room = 3;
  happen(published("a", "1"));
  stream->gone = true;
  stream->make_room(10);
  EXPECT_EQ(stream->reason, CloseReason::client_left);
  EXPECT_FALSE(stream->cleanly) << "an event is half-written";
}

TEST_F(StreamTest, ClosesWhenMoreThanItsLagWaitsBehindWhatIsWritten) {
  const auto stream = live();
  stream->room = 10;
  for (const char* id : {"written", "b", "c"}) {
    happen(published(id, std::string(900, 'x')));
    EXPECT_FALSE(stream->ended()) << id;
  }
  happen(published("d", "one more"));
  EXPECT_EQ(stream->reason, CloseReason::too_slow);
  EXPECT_FALSE(stream->cleanly);
  EXPECT_EQ(closed(CloseReason::too_slow), 1u);
}

TEST_F(StreamTest, TakesOneEventHoweverMuchMoreThanItsLagItIs) {
  const auto stream = live();
  const std::string large(20'000, 'x');
  for (int i = 0; i < 5; ++i) {
    const std::string id = "i" + std::to_string(i);
    stream->room = 10;
    happen(published(id, large));
    happen(published(id + "-next", "next"));
    for (int steps = 0; steps < 100 && stream->waits; ++steps) stream->make_room(1000);
    EXPECT_THAT(stream->texts(), ElementsAre(large, "next"));
  }
  EXPECT_FALSE(stream->ended());
  EXPECT_FALSE(stream->has_backlog());
}

TEST_F(StreamTest, DoesNotCountAReplayAsLag) {
  for (int i = 0; i < 20; ++i) feed->change(published("i" + std::to_string(i), std::string(400, 'x')), {});
  FakeStream stream(shard);
  stream.room = 0;
  shard.open(stream, sample, after({epoch, 0, 0, 0}));
  open();
  EXPECT_TRUE(stream.has_backlog());
  EXPECT_EQ(stream.lag_bytes(), 0u);
  happen(published("live", std::string(800, 'x')));
  EXPECT_FALSE(stream.ended());
  stream.make_room(4000);  // half of the replay
  EXPECT_FALSE(stream.ended());
  happen(published("live", std::string(400, 'x')));
  EXPECT_FALSE(stream.ended());
  happen(published("live", "one more"));
  EXPECT_EQ(stream.reason, CloseReason::too_slow) << "live events alone are over the bound";
}

TEST_F(StreamTest, ReadsInOrderWhatWaitedBehindAReplay) {
  for (int i = 0; i < 5; ++i) feed->change(published("i", std::to_string(i)), {});
  FakeStream stream(shard);
  stream.room = 0;
  shard.open(stream, sample, after({epoch, 0, 0, 0}));
  open();
  happen(published("i", "5"));
  happen(published("i", "6"));
  for (int i = 0; i < 1000 && stream.waits; ++i) stream.make_room(7);
  EXPECT_THAT(stream.texts(), ElementsAre("0", "1", "2", "3", "4", "#", "5", "6"));
}

TEST_F(StreamTest, EndsOnce) {
  const auto stream = live();
  stream->end(CloseReason::overloaded);
  stream->end(CloseReason::client_left);
  stream->end_when_written(CloseReason::client_left);
  EXPECT_EQ(stream->endings, 1);
  EXPECT_EQ(stream->reason, CloseReason::overloaded);
  EXPECT_TRUE(stream->cleanly);
}

TEST_F(StreamTest, WritesWhatWaitsBeforeAnEndThatMayWait) {
  const auto stream = live();
  stream->room = 0;
  happen(published("a", "1"));
  stream->end_when_written(CloseReason::node_ended);
  EXPECT_FALSE(stream->ended());
  stream->make_room(FakeStream::endless);
  EXPECT_EQ(stream->reason, CloseReason::node_ended);
  EXPECT_TRUE(stream->cleanly);
  EXPECT_THAT(stream->texts(), ElementsAre("1"));
}

TEST_F(StreamTest, WaitsForAnEndAsLongAsItsReaderReads) {
  const auto stream = live();
  stream->room = 0;
  happen(published("a", std::string(1000, 'x')));
  stream->end_when_written(CloseReason::node_ended);
  for (int part = 0; part < 5; ++part) {
    stream->make_room(100);
    for (unsigned i = 0; i < Shard::beats_per_heartbeat / 4; ++i) shard.beat();
    EXPECT_FALSE(stream->ended()) << part;
  }
  stream->make_room(FakeStream::endless);
  EXPECT_TRUE(stream->cleanly);
}

TEST_F(StreamTest, WaitsForAnEndNoLongerThanAHeartbeat) {
  const auto stream = live();
  stream->room = 0;
  happen(published("a", "1"));
  stream->end_when_written(CloseReason::node_ended);
  for (unsigned i = 0; i < Shard::beats_per_heartbeat; ++i) shard.beat();
  EXPECT_EQ(stream->reason, CloseReason::node_ended);
  EXPECT_FALSE(stream->cleanly);
}

TEST_F(StreamTest, MayEndInTheMiddleOfABroadcastAndDisturbsNobody) {
  for (std::size_t broken = 0; broken < 5; ++broken) {
    std::vector<std::unique_ptr<FakeStream>> streams;
    for (int i = 0; i < 5; ++i) streams.push_back(live());
    streams[broken]->gone = true;
    happen(published("a", std::to_string(broken)));
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(streams[i]->ended(), i == broken);
      if (i != broken) {
        EXPECT_THAT(streams[i]->texts(), ElementsAre(std::to_string(broken))) << i;
      }
    }
  }
}

TEST_F(StreamTest, AllOfABroadcastMayEndAtOnce) {
  std::vector<std::unique_ptr<FakeStream>> streams;
  for (int i = 0; i < 5; ++i) streams.push_back(live());
  for (auto& stream : streams) stream->gone = true;
  happen(published("a", "1"));
  EXPECT_EQ(closed(CloseReason::client_left), 5u);
  EXPECT_EQ(shard.counters().streams, 0u);
}

}  // namespace
}  // namespace xes::hub
