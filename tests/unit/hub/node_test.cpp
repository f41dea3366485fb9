// SPDX-License-Identifier: MIT
#include "hub/node.hpp"

#include "shard_fixture.hpp"

namespace xes::hub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NodeTest : public ShardTest {
 protected:
  wire::EventId id_of(std::size_t event) const { return feed->history().events().at(event)->id; }
  void publish_letters() {
    for (const char* id : {"a", "b", "c", "d"}) feed->change(published(id, id), {});
  }
  /// The same stored items, as another run reads them from the service.
  void become_another_run() {
    feed = make_feed({}, other_epoch);
    feed->begin_backfill(true);
    feed->end_backfill(letters(), {});
  }
  static std::vector<Item> letters() { return {item("a", "a"), item("b", "b"), item("c", "c"), item("d", "d")}; }
};

TEST_F(NodeTest, BeginsNowWithAPositionToComeBackTo) {
  publish_letters();
  FakeStream stream(shard);
  shard.open(stream, sample, {});
  EXPECT_FALSE(stream.accepted()) << "it may still be refused";
  open();
  const auto blocks = stream.blocks();
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0], (Block{"", to_string(feed->position()), std::nullopt}));
  EXPECT_EQ(stream.writes.size(), 1u) << "head and all in one write";
  happen(published("e", "e"));
  EXPECT_THAT(stream.texts(), ElementsAre("e"));
}

TEST_F(NodeTest, GoesOnAfterASequenceOfItsOwnRun) {
  publish_letters();
  FakeStream stream(shard), from_the_start(shard), at_the_end(shard);
  shard.open(stream, sample, after(id_of(1)));
  shard.open(from_the_start, sample, after({epoch, 0, 0, 0}));
  open();
  shard.open(at_the_end, sample, after(id_of(3)));
  EXPECT_THAT(stream.texts(), ElementsAre("c", "d", "#"));
  EXPECT_THAT(from_the_start.texts(), ElementsAre("a", "b", "c", "d", "#"));
  EXPECT_THAT(at_the_end.texts(), ElementsAre("#"));
  EXPECT_THAT(asked(), ElementsAre(What::follow)) << "nothing had to be fetched";
}

TEST_F(NodeTest, GoesOnByContentAfterAnIdOfAnotherRun) {
  publish_letters();
  const wire::EventId after_b = id_of(1), after_d = id_of(3);
  become_another_run();
  for (const bool republish_moves : {true, false}) {
    FakeStream stream(shard), up_to_date(shard);
    shard.open(stream, sample, after(after_b));
    shard.open(up_to_date, sample, after(after_d));
    open(republish_moves);
    EXPECT_THAT(stream.texts(), ElementsAre("c", "d", "#"));
    EXPECT_THAT(up_to_date.texts(), ElementsAre("#"));
    stream.end(CloseReason::client_left);
    up_to_date.end(CloseReason::client_left);
    shard.flush({});
    shard.beat();
  }
}

TEST_F(NodeTest, ResetsAndSendsWhatIsStoredAfterAnIdThatNobodyWrote) {
  publish_letters();
  FakeStream stream(shard);
  shard.open(stream, sample, unknown());
  open();
  EXPECT_TRUE(stream.accepted());
  EXPECT_THAT(stream.texts(), IsEmpty());
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::fetch));
  snapshot(letters());
  EXPECT_THAT(stream.texts(),
              ElementsAre(R"(reset {"node":"news","reason":"unknown-id"})", "a", "b", "c", "d", "#"));
  happen(published("e", "e"));
  EXPECT_THAT(stream.texts(), ElementsAre("e"));
}

TEST_F(NodeTest, ResetsAfterAPositionThatTheHistoryHasLost) {
  ShardOptions options;
  options.pace = std::chrono::milliseconds(0);
  options.history.max_events = 2;
  Shard short_lived(options, [](Want) {});
  FakeStream stream(short_lived);
  publish_letters();
  short_lived.open(stream, sample, after(id_of(0)));
  const auto& events = feed->history().events();
  short_lived.read(Opened{sample_name, {events.begin(), events.end()}, feed->position(), true});
  short_lived.read(Snapshot{sample_name, feed->snapshot(letters())});
  EXPECT_THAT(stream.texts(),
              ElementsAre(R"(reset {"node":"news","reason":"position-lost"})", "a", "b", "c", "d", "#"));
}

TEST_F(NodeTest, FindsAClientThatWasAheadOnceTheListIsThere) {
  publish_letters();
  Feed other(sample_name, {});  // of a worker whose link was faster
  for (const Item& letter : letters()) other.change({Happening::item, letter, false}, {});
  const wire::EventId ahead = other.change(published("e", "e"), {}).at(0)->id;
  FakeStream stream(shard);
  shard.open(stream, sample, after(ahead));
  open();
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::fetch));
  happen(published("e", "e"));
  auto stored = letters();
  stored.push_back(item("e", "e"));
  snapshot(stored);
  EXPECT_THAT(stream.texts(), ElementsAre("#"));
}

TEST_F(NodeTest, GoesOnAfterAStoredItemWithWhatTheHistoryHasForgottenSince) {
  ShardOptions options;
  options.pace = std::chrono::milliseconds(0);
  options.history.max_events = 1;
  feed = make_feed(options.history);
  Shard short_lived(options, [](Want) {});
  auto happen_there = [&](const Change& change) {
    short_lived.read(Happened{std::make_shared<const NodeName>(sample_name), feed->change(change, {})});
    short_lived.flush({});
  };
  publish_letters();
  const auto items = feed->snapshot(letters());
  const auto& events = feed->history().events();
  FakeStream stream(short_lived);
  short_lived.open(stream, sample, after(items.at(1)->id));
  short_lived.read(Opened{sample_name, {events.begin(), events.end()}, feed->position(), true});
  feed->begin_backfill(false);
  happen_there(published("e", "e"));
  happen_there(published("f", "f"));
  feed->end_backfill(letters(), {});
  short_lived.read(Snapshot{sample_name, feed->snapshot(letters())});
  EXPECT_THAT(stream.texts(), ElementsAre("c", "d", "e", "f", "#"));
}

TEST_F(NodeTest, GivesNoIdWithAResetUntilSomethingFollows) {
  publish_letters();
  FakeStream stream(shard);
  shard.open(stream, sample, unknown());
  open();
  snapshot(letters());
  EXPECT_EQ(stream.blocks().at(0).id, "") << "who is cut here is reset again";
}

TEST_F(NodeTest, SendsAllToAClientThatKnewTheNodeEmptyAndSaysThatMoreMayHaveComeAndGone) {
  become_another_run();
  FakeStream stream(shard);
  shard.open(stream, sample, after({epoch, 0, 0, 0}));
  open();
  snapshot(letters());
  EXPECT_THAT(stream.texts(), ElementsAre(R"(reset {"node":"news","reason":"position-lost"})", "a", "b", "c", "d", "#"));
}

TEST_F(NodeTest, BeginsWithTheNewestItems) {
  publish_letters();
  FakeStream two(shard), many(shard), none(shard);
  shard.open(two, sample, newest(2));
  shard.open(many, sample, newest(100));
  shard.open(none, sample, newest(0));
  open();
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::fetch)) << "once for all";
  snapshot(letters());
  EXPECT_THAT(two.texts(), ElementsAre("c", "d", "#"));
  EXPECT_THAT(many.texts(), ElementsAre("a", "b", "c", "d", "#"));
  EXPECT_THAT(none.texts(), ElementsAre("#"));
}

TEST_F(NodeTest, GoesOnWithinASnapshotThatWasCut) {
  feed = make_feed({.max_events = 1});
  publish_letters();
  const auto items = feed->snapshot(letters());
  for (const bool republish_moves : {true, false}) {
    FakeStream stream(shard);
    shard.open(stream, sample, after(items.at(1)->id));
    open(republish_moves);
    snapshot(letters());
    EXPECT_THAT(stream.texts(), ElementsAre("c", "d", "#"));
    stream.end(CloseReason::client_left);
    shard.beat();
  }
}

TEST_F(NodeTest, MakesLiveEventsWaitForTheSnapshot) {
  publish_letters();
  FakeStream stream(shard);
  shard.open(stream, sample, newest(10));
  open();
  happen(published("e", "e"));
  EXPECT_THAT(stream.texts(), IsEmpty());
  auto stored = letters();
  stored.push_back(item("e", "e"));
  snapshot(stored);
  happen(published("f", "f"));
  EXPECT_THAT(stream.texts(), ElementsAre("a", "b", "c", "d", "e", "#", "f"));
}

TEST_F(NodeTest, GivesAStreamThatBeginsBetweenReadAndFlushEachEventOnce) {
  publish_letters();
  FakeStream first(shard), second(shard), third(shard);
  shard.open(first, sample, {});
  open();
  read(published("e", "e"));
  shard.open(second, sample, after(id_of(3)));
  shard.open(third, sample, {});
  shard.flush({});
  EXPECT_THAT(first.texts(), ElementsAre("#", "e"));
  EXPECT_THAT(second.texts(), ElementsAre("e", "#"));
  EXPECT_THAT(third.texts(), ElementsAre("#"));
}

TEST_F(NodeTest, TakesASecondOpenedForNoMoreThanWhatItDidNotHave) {
  publish_letters();
  FakeStream stream(shard);
  shard.open(stream, sample, after(id_of(1)));
  open();
  happen(published("e", "e"));
  feed->change(published("f", "f"), {});  // not told: the shard had left
  open();
  happen(published("g", "g"));
  EXPECT_THAT(stream.texts(), ElementsAre("c", "d", "#", "e", "f", "g"));
  FakeStream resumed(shard);
  shard.open(resumed, sample, after(id_of(3)));
  EXPECT_THAT(resumed.texts(), ElementsAre("e", "f", "g", "#"));
}

TEST_F(NodeTest, IgnoresEventsUntilItIsOpen) {
  FakeStream stream(shard);
  shard.open(stream, sample, after({epoch, 0, 0, 0}));
  happen(published("a", "a"));
  EXPECT_THAT(stream.texts(), IsEmpty());
  open();
  EXPECT_THAT(stream.texts(), ElementsAre("a", "#")) << "Opened brings it";
}

TEST_F(NodeTest, HoldsStreamsOpenWhileItCannotBegin) {
  FakeStream before(shard), later(shard);
  shard.open(before, sample, {});
  EXPECT_FALSE(before.accepted());
  send(Held{sample_name});
  EXPECT_TRUE(before.accepted());
  shard.open(later, sample, {});
  EXPECT_TRUE(later.accepted()) << "at once";
  open();
  happen(published("a", "a"));
  EXPECT_EQ(before.read(), later.read());
}

TEST_F(NodeTest, RefusesStreamsThatHaveNotBegun) {
  FakeStream stream(shard);
  shard.open(stream, sample, {});
  send(Refused{sample_name, Refusal::forbidden});
  EXPECT_EQ(stream.refused, Refusal::forbidden);
  EXPECT_EQ(stream.reason, CloseReason::answered);
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::unfollow));
}

TEST_F(NodeTest, EndsHeldStreamsThatAreRefusedLater) {
  FakeStream held(shard);
  shard.open(held, sample, {});
  send(Held{sample_name});
  send(Refused{sample_name, Refusal::no_such_node});
  EXPECT_EQ(held.refused, std::nullopt) << "its 200 is out";
  EXPECT_EQ(held.reason, CloseReason::node_ended);
}

TEST_F(NodeTest, HasItsServiceAskedWhetherItMayStillBeReadOnceInAWhile) {
  ShardOptions at_once;
  at_once.check = std::chrono::milliseconds(0);
  Shard eager(at_once, [this](const Want& want) { wants.push_back(want); });
  for (Shard* one : {&shard, &eager}) {
    (void)asked();
    FakeStream first(*one), second(*one), third(*one);
    one->open(first, sample, {});
    one->read(Opened{sample_name, {}, feed->position(), false});
    EXPECT_THAT(asked(), ElementsAre(What::follow)) << "which is an answer of just now";
    one->open(second, sample, {});
    one->open(third, sample, {});
    if (one == &eager) {
      EXPECT_THAT(asked(), ElementsAre(What::check, What::check));
    } else {
      EXPECT_THAT(asked(), IsEmpty());
    }
    EXPECT_TRUE(third.accepted()) << "nobody waits for the answer";
  }
}

TEST_F(NodeTest, IsAskedForAnewInQuarantineByEachStreamThatComes) {
  FakeStream waiting(shard), later(shard);
  shard.open(waiting, sample, {});
  EXPECT_THAT(asked(), ElementsAre(What::follow));
  send(Held{sample_name});
  shard.open(later, sample, {});
  EXPECT_THAT(asked(), IsEmpty()) << "what passes by itself is not asked for twice";
  send(Held{sample_name, false, true});
  EXPECT_TRUE(waiting.accepted() && !waiting.ended());
  EXPECT_THAT(asked(), IsEmpty());
  FakeStream anew(shard), document(shard);
  shard.open(anew, sample, {});
  EXPECT_TRUE(anew.accepted());
  EXPECT_THAT(asked(), ElementsAre(What::follow));
  document.document = true;
  shard.open(document, sample, newest(5));
  EXPECT_TRUE(document.held);
  open();
  happen(published("a", "a"));
  EXPECT_THAT(waiting.texts(), ElementsAre("#", "a"));
  EXPECT_THAT(anew.texts(), ElementsAre("#", "a"));
}

TEST_F(NodeTest, EndsLiveStreamsInQuarantineWhichComeBackAndGoOn) {
  FakeStream live(shard), waiting(shard);
  shard.open(live, sample, {});
  open();
  happen(published("a", "a"));
  shard.open(waiting, sample, newest(5));
  live.texts();
  send(Held{sample_name, false, true});
  EXPECT_EQ(live.reason, CloseReason::quarantined);
  EXPECT_THAT(live.bytes, testing::StartsWith("retry: "));
  EXPECT_FALSE(waiting.ended());
  FakeStream back(shard);
  shard.open(back, sample, after(id_of(0)));
  EXPECT_TRUE(back.accepted());
  feed->change(published("b", "b"), {});
  open();
  EXPECT_THAT(back.texts(), ElementsAre("b", "#"));
  snapshot({item("a", "a"), item("b", "b")});
  EXPECT_THAT(waiting.texts(), ElementsAre("a", "b", "#"));
}

TEST_F(NodeTest, WritesARefusalOutToASlowSocket) {
  FakeStream stream(shard);
  stream.room = 2;
  shard.open(stream, sample, {});
  send(Refused{sample_name, Refusal::forbidden});
  EXPECT_FALSE(stream.ended());
  stream.make_room(FakeStream::endless);
  EXPECT_EQ(stream.reason, CloseReason::answered);
  EXPECT_EQ(stream.bytes, ": refused\n\n");
}

TEST_F(NodeTest, EndsAllStreamsOnceTheyHaveTheLastEvents) {
  FakeStream live(shard), slow(shard), waiting(shard);
  shard.open(live, sample, {});
  shard.open(slow, sample, {});
  open();
  shard.open(waiting, sample, newest(5));
  live.texts();
  slow.texts();
  slow.room = 0;
  read({Happening::deletion, {}, false});
  send(Ended{sample_name});
  EXPECT_EQ(live.reason, CloseReason::node_ended);
  EXPECT_THAT(live.texts(), ElementsAre(R"(delete {"node":"news"})"));
  EXPECT_EQ(waiting.reason, CloseReason::node_ended);
  EXPECT_FALSE(slow.ended());
  slow.make_room(FakeStream::endless);
  EXPECT_EQ(slow.reason, CloseReason::node_ended);
  EXPECT_THAT(slow.texts(), ElementsAre(R"(delete {"node":"news"})"));
}

TEST_F(NodeTest, BeginsAnewAfterItsEnd) {
  FakeStream first(shard), second(shard);
  shard.open(first, sample, {});
  open();
  send(Ended{sample_name});
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::unfollow));
  shard.open(second, sample, {});
  EXPECT_THAT(asked(), ElementsAre(What::follow));
  EXPECT_FALSE(second.accepted());
}

TEST_F(NodeTest, AnswersHeadWithTheHeadAlone) {
  FakeStream stream(shard);
  stream.head = true;
  shard.open(stream, sample, newest(5));
  EXPECT_FALSE(stream.ended());
  open();
  EXPECT_EQ(stream.read(), ": head\n\n");
  EXPECT_EQ(stream.reason, CloseReason::answered);
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::unfollow)) << "nobody else streams it";
}

TEST_F(NodeTest, AnswersHeadBesideAStream) {
  FakeStream stream(shard), head(shard);
  shard.open(stream, sample, {});
  open();
  head.head = true;
  shard.open(head, sample, {});
  EXPECT_EQ(head.reason, CloseReason::answered);
  EXPECT_THAT(asked(), ElementsAre(What::follow));
}

TEST_F(NodeTest, AnswersHeadWhileHeld) {
  FakeStream head(shard);
  head.head = true;
  shard.open(head, sample, {});
  send(Held{sample_name});
  EXPECT_EQ(head.reason, CloseReason::answered);
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::unfollow));
}

TEST_F(NodeTest, IsUnfollowedWhenAStreamGoesBeforeItsSnapshot) {
  FakeStream stream(shard);
  stream.gone = true;
  shard.open(stream, sample, newest(5));
  open();
  EXPECT_EQ(stream.reason, CloseReason::client_left);
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::unfollow));
}

}  // namespace
}  // namespace xes::hub
