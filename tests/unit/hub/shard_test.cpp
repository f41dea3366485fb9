// SPDX-License-Identifier: MIT
#include "hub/shard.hpp"

#include <set>

#include "shard_fixture.hpp"

namespace xes::hub {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

class ShardOfMany : public ShardTest {
 protected:
  void open_streams(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      streams.push_back(std::make_unique<FakeStream>(shard));
      shard.open(*streams.back(), sample, {});
    }
    open();
    for (auto& stream : streams) stream->blocks();
    for (auto& stream : streams) stream->writes.clear();
  }
  std::size_t writes() const {
    std::size_t all = 0;
    for (const auto& stream : streams) all += stream->writes.size();
    return all;
  }
  std::vector<std::unique_ptr<FakeStream>> streams;
};

TEST_F(ShardOfMany, AsksOnceForANodeAndLeavesItWithItsLastStream) {
  open_streams(3);
  EXPECT_THAT(asked(), ElementsAre(What::follow));
  streams[0]->end(CloseReason::client_left);
  streams[2]->end(CloseReason::client_left);
  shard.beat();
  EXPECT_THAT(asked(), IsEmpty());
  streams[1]->end(CloseReason::client_left);
  shard.flush({});
  EXPECT_THAT(asked(), ElementsAre(What::unfollow));
}

TEST_F(ShardOfMany, KeepsANodeThatGetsAnotherStreamInTime) {
  open_streams(1);
  streams[0]->end(CloseReason::client_left);
  FakeStream next(shard);
  shard.open(next, sample, {});
  shard.beat();
  EXPECT_THAT(asked(), ElementsAre(What::follow));
}

TEST_F(ShardOfMany, KeepsNodesApart) {
  open_streams(1);
  const NodeName other{"pubsub.example", "other"};
  FakeStream stream(shard);
  shard.open(stream, only(other, View::payload), {});
  shard.read(Opened{other, {}, {}, true});
  stream.texts();
  happen(published("a", "1"));
  EXPECT_THAT(streams[0]->texts(), ElementsAre("1"));
  EXPECT_THAT(stream.texts(), IsEmpty());
}

TEST_F(ShardOfMany, IgnoresNewsOfNodesThatItDoesNotHave) {
  open();
  read(published("a", "1"));
  snapshot({});
  send(Held{sample_name});
  send(Ended{sample_name});
  send(Refused{sample_name, Refusal::forbidden});
  shard.flush({});
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(ShardOfMany, SendsEverySilentStreamAHeartbeatWithinItsPeriod) {
  for (const std::size_t count : {1u, 7u, 100u}) {
    open_streams(count);
    for (int period = 0; period < 3; ++period) {
      for (unsigned i = 0; i < Shard::beats_per_heartbeat; ++i) shard.beat();
      for (const auto& stream : streams) {
        EXPECT_GE(stream->writes.size(), 1u);
        EXPECT_LE(stream->writes.size(), 2u);
        EXPECT_EQ(stream->read().substr(0, 3), ":\n\n");
        stream->writes.clear();
      }
    }
    streams.clear();
    shard.beat();
  }
}

TEST_F(ShardOfMany, SpreadsHeartbeatsOverThePeriod) {
  open_streams(320);
  for (unsigned i = 0; i < 2 * Shard::beats_per_heartbeat; ++i) {
    const std::size_t before = writes();
    shard.beat();
    EXPECT_LE(writes() - before, 320 * 2 / Shard::beats_per_heartbeat);
  }
  EXPECT_GE(writes(), 320u);
}

TEST_F(ShardOfMany, SendsNoHeartbeatWhereSomethingIsSaid) {
  open_streams(1);
  for (unsigned i = 0; i < 4 * Shard::beats_per_heartbeat; ++i) {
    if (i % 8 == 0) happen(published("a", std::to_string(i)));
    shard.beat();
  }
  EXPECT_EQ(streams[0]->read().find("\n:\n"), std::string::npos);
}

TEST_F(ShardOfMany, SendsNoHeartbeatBeforeTheHead) {
  FakeStream stream(shard);
  shard.open(stream, sample, {});
  for (unsigned i = 0; i < 2 * Shard::beats_per_heartbeat; ++i) shard.beat();
  EXPECT_EQ(stream.bytes, "");
  send(Held{sample_name});
  stream.read();
  for (unsigned i = 0; i < Shard::beats_per_heartbeat; ++i) shard.beat();
  EXPECT_EQ(stream.read().substr(0, 3), ":\n\n") << "a held stream is kept awake";
}

TEST_F(ShardOfMany, SaysWhenToRetryBeforeItStops) {
  open_streams(64);
  shard.end_all(CloseReason::shutting_down);
  std::set<int> times;
  for (const auto& stream : streams) {
    EXPECT_EQ(stream->reason, CloseReason::shutting_down);
    EXPECT_TRUE(stream->cleanly);
    const std::string said = stream->read();
    ASSERT_EQ(said.substr(0, 7), "retry: ");
    ASSERT_EQ(said.substr(said.size() - 2), "\n\n");
    const int time = std::stoi(said.substr(7));
    EXPECT_GE(time, 3000);
    EXPECT_LT(time, 6000);
    times.insert(time);
  }
  EXPECT_EQ(times.size(), 64u) << "not all at once";
  EXPECT_EQ(shard.counters().streams, 0u);
  EXPECT_EQ(closed(CloseReason::shutting_down), 64u);
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::unfollow));
}

TEST_F(ShardOfMany, SaysNoRetryInTheMiddleOfAnEvent) {
  open_streams(1);
  streams[0]->room = 3;
  happen(published("a", "1"));
  streams[0]->room = FakeStream::endless;
  shard.end_all(CloseReason::shutting_down);
  EXPECT_EQ(streams[0]->bytes.size(), 3u);
  EXPECT_FALSE(streams[0]->cleanly);
}

TEST_F(ShardOfMany, SaysNoRetryBeforeTheHead) {
  FakeStream stream(shard);
  shard.open(stream, sample, {});
  shard.end_all(CloseReason::shutting_down);
  EXPECT_EQ(stream.bytes, "");
  EXPECT_EQ(stream.reason, CloseReason::shutting_down);
}

TEST_F(ShardOfMany, TellsOnceThatTheSessionIsDownOrUp) {
  open_streams(2);
  FakeStream waiting(shard);
  shard.open(waiting, only({"pubsub.example", "other"}, View::payload), {});
  for (const bool up : {true, false, false, true}) send(SessionChanged{up});
  for (auto& stream : streams)
    EXPECT_THAT(stream->texts(), ElementsAre(R"(status {"xmpp":"down"})", R"(status {"xmpp":"up"})"));
  EXPECT_EQ(waiting.bytes, "");
}

TEST_F(ShardOfMany, TellsOthersWhereOneIsGone) {
  open_streams(3);
  streams[1]->gone = true;
  send(SessionChanged{false});
  EXPECT_EQ(streams[1]->reason, CloseReason::client_left);
  EXPECT_EQ(streams[0]->texts().size(), 1u);
  EXPECT_EQ(streams[2]->texts().size(), 1u);
}

TEST_F(ShardOfMany, CountsStreamsEventsAndDeliveries) {
  open_streams(3);
  read(published("a", "1"));
  read(published("b", "1"));
  shard.flush({});
  EXPECT_EQ(shard.counters().streams, 3u);
  EXPECT_EQ(shard.counters().opened, 3u);
  EXPECT_EQ(shard.counters().events, 2u);
  EXPECT_EQ(shard.counters().deliveries, 6u);
  streams[0]->end(CloseReason::client_left);
  EXPECT_EQ(shard.counters().streams, 2u);
  EXPECT_EQ(closed(CloseReason::client_left), 1u);
}

}  // namespace
}  // namespace xes::hub
