// SPDX-License-Identifier: MIT
#include "hub/feed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "samples.hpp"

namespace xes::hub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using std::chrono::milliseconds;

class FeedTest : public testing::Test {
 protected:
  FeedOptions options() const {
    FeedOptions made;
    made.epoch = 5;
    return made;
  }
  Words change(Change one) { return words(feed.change(std::move(one), now)); }
  Words list(const std::vector<Item>& items) { return words(feed.end_backfill(items, now).events); }
  /// A subscribe with nothing happening meanwhile.
  Words fill(const std::vector<Item>& items) {
    feed.begin_backfill(true);
    return list(items);
  }
  /// Lets echoes of the last list pass.
  void later() { now += milliseconds(3001); }

  Feed::Clock::time_point now{};
  Feed feed{sample_name, options()};
};

TEST_F(FeedTest, NumbersWithoutHoles) {
  fill({item("a", "1"), item("b", "1")});
  change(published("c", "1"));
  change(retracted("a"));
  change(purged());
  later();
  change(published("c", "1"));
  std::uint64_t expected = 0;
  for (const EventRef& event : feed.history().events()) {
    EXPECT_EQ(event->id.sequence, ++expected);
    EXPECT_EQ(event->id.epoch, 5u);
  }
  EXPECT_EQ(expected, 6u);
  EXPECT_EQ(feed.position(), feed.history().events().back()->id);
}

TEST_F(FeedTest, StartsNowhere) { EXPECT_EQ(feed.position(), (wire::EventId{5, 0, 0, 0})); }

TEST_F(FeedTest, FillsAFreshNodeFromTheList) {
  EXPECT_THAT(fill({item("a", "1"), item("b", "2")}), ElementsAre("*item a=1", "*item b=2"));
}

/// Its ID stands for it: a page that has been told is not told again after an outage, and resumes behind it.
TEST_F(FeedTest, TellsOnceOfAnItemThatIsLeftOut) {
  Item too_large = item("b", "");
  too_large.left_out = true;
  const std::string told = R"(*item b={"node":"news","id":"b"})";
  EXPECT_THAT(fill({item("a", "1"), too_large}), ElementsAre("*item a=1", told));
  EXPECT_NE(feed.position().content, 0u);
  EXPECT_THAT(fill({item("a", "1"), too_large}), IsEmpty());
  EXPECT_THAT(fill({item("a", "1"), too_large, item("c", "1")}), ElementsAre("*item c=1"));
  EXPECT_THAT(words(feed.snapshot({item("a", "1"), too_large, item("c", "1")})), ElementsAre("*item a=1", told, "*item c=1"));
}

TEST_F(FeedTest, TellsInItsPositionWhatIsStored) {
  fill({item("a", "1"), item("b", "2")});
  const auto a = item("a", "1").content_hash(sample_name), b = item("b", "2").content_hash(sample_name);
  EXPECT_EQ(feed.position().content, b);
  EXPECT_EQ(feed.position().stored, (a + b) & wire::stored_mask);
  change(retracted("a"));
  EXPECT_EQ(feed.position().stored, b & wire::stored_mask);
  change(purged());
  EXPECT_EQ(feed.position().content, 0u);
  EXPECT_EQ(feed.position().stored, 0u);
}

TEST_F(FeedTest, HoldsWhatHappensUntilTheListIsThere) {
  feed.begin_backfill(true);
  EXPECT_THAT(change(published("b", "2")), IsEmpty());
  EXPECT_THAT(change(published("c", "3")), IsEmpty());
  EXPECT_THAT(list({item("a", "1"), item("b", "2")}), ElementsAre("*item a=1", "*item b=2", "item c=3"));
}

TEST_F(FeedTest, SendsHeldChangesAsTheyCameWhereTheListHoldsNothingElse) {
  fill({item("a", "1")});
  feed.begin_backfill(true);
  change(published("x", "old"));
  change(published("y", "1"));
  change(published("x", "new"));
  change(retracted("y"));
  // ejabberd's order or Prosody's
  EXPECT_THAT(list({item("x", "new"), item("a", "1")}),
              ElementsAre("item x=old", "item y=1", "item x=new", "retract y"));
}

TEST_F(FeedTest, SendsTheListAndThenTheRestWhereItemsWereMissed) {
  feed.begin_backfill(true);
  change(published("x", "old"));
  change(published("x", "new"));
  change(published("z", "later"));
  EXPECT_THAT(list({item("a", "1"), item("x", "new")}), ElementsAre("*item a=1", "*item x=new", "item z=later"));
}

TEST_F(FeedTest, KeepsARetractOfTheHeldPart) {
  feed.begin_backfill(true);
  change(published("x", "1"));
  change(retracted("x"));
  EXPECT_THAT(list({item("a", "1")}), ElementsAre("*item a=1", "retract x"));
}

TEST_F(FeedTest, DoesNotListWhatIsRetractedMeanwhile) {
  feed.begin_backfill(true);
  change(retracted("x"));
  EXPECT_THAT(list({item("a", "1"), item("x", "1")}), ElementsAre("*item a=1", "retract x"));
}

TEST_F(FeedTest, PutsAPurgeOfTheHeldPartBeforeTheList) {
  fill({item("a", "1")});
  feed.begin_backfill(true);
  change(published("x", "1"));
  change(purged());
  change(published("y", "1"));
  EXPECT_THAT(list({item("z", "missed"), item("y", "1")}), ElementsAre("reset", "purge", "*item z=missed", "*item y=1"));
}

TEST_F(FeedTest, SendsAPurgeOfTheHeldPartInItsPlace) {
  fill({item("a", "1")});
  feed.begin_backfill(true);
  change(published("x", "1"));
  change(purged());
  change(published("a", "1"));
  EXPECT_THAT(words(feed.abandon_backfill(now).events), ElementsAre("item x=1", "purge", "item a=1"));
}

TEST_F(FeedTest, LeavesOutWhatWasEvictedMeanwhileBehindAMissedItem) {
  feed.begin_backfill(true);
  change(published("x", "1"));
  change(published("y", "1"));
  EXPECT_THAT(list({item("a", "1"), item("y", "1")}), ElementsAre("*item a=1", "*item y=1"));
}

TEST_F(FeedTest, SendsARepeatedHeldNotificationOnce) {
  feed.begin_backfill(true);
  change(published("a", "1"));
  change(published("a", "1"));
  EXPECT_THAT(list({item("a", "1")}), ElementsAre("item a=1"));
}

TEST_F(FeedTest, SendsOnlyWhatIsNewOrChangedAfterAnOutage) {
  fill({item("a", "1"), item("b", "1"), item("c", "1")});
  // In place, as ejabberd lists it.
  EXPECT_THAT(fill({item("a", "1"), item("b", "changed"), item("c", "1"), item("d", "1")}),
              ElementsAre("*item b=changed", "*item d=1"));
  EXPECT_THAT(fill({item("a", "1"), item("b", "changed"), item("c", "1"), item("d", "1")}), IsEmpty());
}

TEST_F(FeedTest, SendsAMovedItemOnlyIfItChanged) {
  fill({item("a", "1"), item("b", "1"), item("c", "1")});
  // At the end, as Prosody lists it: a the same, b changed.
  EXPECT_THAT(fill({item("c", "1"), item("a", "1"), item("b", "changed")}), ElementsAre("*item b=changed"));
}

TEST_F(FeedTest, ResetsWhereTheNewestKnownItemIsGoneAndOthersAreNew) {
  fill({item("a", "1"), item("b", "1")});
  EXPECT_THAT(fill({item("a", "1"), item("c", "1")}), ElementsAre("reset", "*item a=1", "*item c=1"));
}

TEST_F(FeedTest, DoesNotResetWhereTheNewestIsGoneAndNothingIsNew) {
  fill({item("a", "1"), item("b", "1")});
  EXPECT_THAT(fill({item("a", "1")}), IsEmpty());
}

TEST_F(FeedTest, DoesNotResetWhatNobodyWasToldAbout) {
  EXPECT_THAT(fill({item("c", "1")}), ElementsAre("*item c=1"));
}

TEST_F(FeedTest, ResetsWhereANodeWasEmptyBeforeAnOutage) {
  fill({});
  EXPECT_THAT(fill({item("c", "1")}), ElementsAre("reset", "*item c=1")) << "others may have come and gone before it";
}

TEST_F(FeedTest, ForgetsWhatIsNoLongerStored) {
  fill({item("a", "1"), item("b", "1")});
  fill({item("b", "1")});
  EXPECT_EQ(feed.position().stored, item("b", "1").content_hash(sample_name) & wire::stored_mask);
  EXPECT_THAT(fill({item("b", "1"), item("a", "1")}), ElementsAre("*item a=1")) << "published again meanwhile";
}

TEST_F(FeedTest, DropsTheEchoOfAListedItemOnce) {
  fill({item("a", "1")});
  EXPECT_THAT(change(published("a", "1")), IsEmpty());
  EXPECT_THAT(change(published("a", "1")), ElementsAre("item a=1"));
}

TEST_F(FeedTest, DropsTheLastItemThatIsPushedAfterAListWithNothingNew) {
  fill({item("a", "1"), item("b", "1")});
  later();
  fill({item("a", "1"), item("b", "1")});
  EXPECT_THAT(change(published("a", "1")), ElementsAre("item a=1")) << "only the last item is pushed";
  EXPECT_THAT(change(published("b", "1")), IsEmpty());
}

TEST_F(FeedTest, DropsTheLastItemThatIsPushedBeforeTheList) {
  feed.begin_backfill(true);
  change(published("b", "1"));
  EXPECT_THAT(list({item("a", "1"), item("b", "1")}), ElementsAre("*item a=1", "*item b=1"));
  feed.begin_backfill(true);
  change(published("b", "1"));
  EXPECT_THAT(list({item("a", "1"), item("b", "1")}), IsEmpty());
}

TEST_F(FeedTest, TakesARepetitionForAnEventOnceTheWindowIsOver) {
  fill({item("a", "1")});
  now += milliseconds(3000);
  EXPECT_THAT(change(published("a", "1")), IsEmpty());
  fill({item("a", "1")});
  now += milliseconds(3001);
  EXPECT_THAT(change(published("a", "1")), ElementsAre("item a=1"));
}

TEST_F(FeedTest, TakesAnotherPayloadForNoEcho) {
  fill({item("a", "1")});
  EXPECT_THAT(change(published("a", "2")), ElementsAre("item a=2"));
  EXPECT_THAT(change(published("a", "1")), ElementsAre("item a=1"));
}

TEST_F(FeedTest, TakesNothingForAnEchoAfterARetractOrAPurge) {
  fill({item("a", "1"), item("b", "1")});
  change(retracted("a"));
  EXPECT_THAT(change(published("a", "1")), ElementsAre("item a=1"));
  change(purged());
  EXPECT_THAT(change(published("b", "1")), ElementsAre("item b=1"));
}

TEST_F(FeedTest, TakesTheSameAgainForAnEvent) {
  change(published("a", "1"));
  EXPECT_THAT(change(published("a", "1")), ElementsAre("item a=1"));
}

TEST_F(FeedTest, SendsHeldChangesWhereThereIsNoList) {
  feed.begin_backfill(true);
  change(published("a", "1"));
  change(retracted("a"));
  EXPECT_EQ(words(feed.abandon_backfill(now).events), (Words{"item a=1", "retract a"}));
  EXPECT_THAT(change(published("b", "1")), ElementsAre("item b=1"));
}

TEST_F(FeedTest, HoldsNothingWhileAListIsFetchedForASnapshot) {
  fill({item("a", "1")});
  feed.begin_backfill(false);
  EXPECT_THAT(change(published("b", "1")), ElementsAre("item b=1"));
  EXPECT_THAT(change(retracted("a")), ElementsAre("retract a"));
  EXPECT_THAT(list({item("a", "1"), item("b", "1"), item("c", "1")}), ElementsAre("*item c=1"))
      << "a is retracted since, c was missed";
  EXPECT_THAT(change(published("c", "1")), IsEmpty()) << "and its notification is an echo";
}

TEST_F(FeedTest, DoesNotGoBackToAListThatIsOlderThanAChange) {
  fill({item("a", "1")});
  feed.begin_backfill(false);
  change(published("a", "2"));
  EXPECT_THAT(list({item("a", "1")}), IsEmpty());
}

TEST_F(FeedTest, RepeatsNothingAfterASessionThatWasLostWhileASnapshotWasFetched) {
  fill({item("a", "1")});
  feed.begin_backfill(false);
  change(published("b", "1"));
  feed.begin_backfill(true);
  EXPECT_THAT(change(published("d", "1")), IsEmpty());
  EXPECT_THAT(list({item("a", "1"), item("b", "1"), item("c", "1"), item("d", "1")}),
              ElementsAre("*item c=1", "*item d=1"));
}

TEST_F(FeedTest, TakesHeldChangesOfALostSessionForOlderThanTheList) {
  feed.begin_backfill(true);
  change(published("x", "1"));
  change(published("y", "1"));
  feed.begin_backfill(true);
  // x changed while nobody listened; y is as it was, and has its place in the list.
  EXPECT_THAT(list({item("a", "1"), item("y", "1"), item("x", "2")}),
              ElementsAre("*item a=1", "*item y=1", "*item x=2"));
}

TEST_F(FeedTest, TellsARetractThatALostSessionHeld) {
  fill({item("a", "1"), item("b", "1")});
  feed.begin_backfill(true);
  change(retracted("a"));
  feed.begin_backfill(true);
  EXPECT_THAT(list({item("b", "1"), item("c", "1")}), ElementsAre("*item c=1", "retract a"));
}

TEST_F(FeedTest, TellsFromWhereAWaitingStreamHasNews) {
  feed.begin_backfill(true);
  change(published("b", "1"));
  const auto filled = feed.end_backfill({item("a", "1"), item("b", "1")}, now);
  EXPECT_THAT(words(filled.events), ElementsAre("*item a=1", "*item b=1"));
  EXPECT_EQ(filled.live_from, 1u);
  EXPECT_EQ(fill({item("a", "1"), item("b", "1")}).size(), 0u);
}

TEST_F(FeedTest, TakesADelayedItemForNoNews) {
  feed.begin_backfill(true);
  Change pushed = published("b", "1");
  pushed.delayed = true;
  change(pushed);
  const auto filled = feed.end_backfill({item("a", "1"), item("b", "1")}, now);
  EXPECT_EQ(filled.live_from, filled.events.size());
}

// ---- snapshots

TEST_F(FeedTest, MakesASnapshotOfTheEventsThatItHas) {
  fill({item("a", "1"), item("b", "1")});
  change(published("a", "2"));
  feed.begin_backfill(false);
  const std::vector<Item> stored{item("a", "2"), item("b", "1")};
  EXPECT_THAT(list(stored), IsEmpty());
  const auto snapshot = feed.snapshot(stored);
  EXPECT_THAT(words(snapshot), ElementsAre("*item b=1", "item a=2")) << "in the order of the history";
  EXPECT_EQ(snapshot.at(0)->id.sequence, 2u);
  EXPECT_EQ(snapshot.at(1)->id.sequence, 3u);
}

TEST(Feed, PutsItemsThatTheHistoryHasDroppedFirst) {
  FeedOptions options;
  options.history.max_events = 1;
  Feed feed(sample_name, options);
  feed.begin_backfill(true);
  feed.end_backfill({item("a", "1"), item("b", "1"), item("c", "1")}, {});
  feed.change(published("a", "2"), {});
  const auto snapshot = feed.snapshot({item("a", "2"), item("b", "1"), item("c", "1")});
  EXPECT_THAT(words(snapshot), ElementsAre("*item b=1", "*item c=1", "item a=2"));
  // Who is cut after c has not had a=2 and must not get an ID that says so.
  const auto b = item("b", "1").content_hash(sample_name), c = item("c", "1").content_hash(sample_name);
  EXPECT_EQ(snapshot.at(1)->id.sequence, 0u);
  EXPECT_EQ(snapshot.at(1)->id.stored, (b + c) & wire::stored_mask);
}

TEST_F(FeedTest, LeavesAVersionWhoseNotificationIsOnItsWayToThatNotification) {
  fill({item("a", "1")});
  later();
  feed.begin_backfill(false);
  change(published("a", "2"));
  const std::vector<Item> ahead{item("a", "3")};
  EXPECT_THAT(list(ahead), IsEmpty());
  EXPECT_THAT(words(feed.snapshot(ahead)), ElementsAre("item a=2"));
  EXPECT_THAT(change(published("a", "3")), ElementsAre("item a=3"));
}

TEST_F(FeedTest, AddsWhatWasPublishedSinceTheListWasMadeToASnapshot) {
  fill({item("a", "1")});
  later();
  feed.begin_backfill(false);
  change(published("b", "1"));
  const std::vector<Item> behind{item("a", "1")};
  EXPECT_THAT(list(behind), IsEmpty());
  EXPECT_THAT(words(feed.snapshot(behind)), ElementsAre("*item a=1", "item b=1"));
}

TEST(Feed, KeepsWhatComesWhileAListIsFetchedForTheSnapshotHoweverSmallItsHistory) {
  FeedOptions options;
  options.history.max_events = 2;
  Feed feed(sample_name, options);
  feed.begin_backfill(true);
  feed.end_backfill({item("a", "1")}, {});
  feed.begin_backfill(false);
  for (const char* id : {"b", "c", "d", "e"}) feed.change(published(id, "1"), {});
  feed.change(published("b", "2"), {});
  const std::vector<Item> behind{item("a", "1")};
  EXPECT_THAT(words(feed.end_backfill(behind, {}).events), IsEmpty());
  EXPECT_THAT(words(feed.snapshot(behind)),
              ElementsAre("*item a=1", "item c=1", "item d=1", "item e=1", "item b=2"));
}

TEST(Feed, SaysSoWhereMoreWasHeldThanItKeeps) {
  FeedOptions options;
  options.max_known = 4;
  for (const bool a_list_comes : {true, false}) {
    Feed feed(sample_name, options);
    feed.begin_backfill(true);
    for (const char* id : {"a", "b", "c", "d", "e"}) feed.change(published(id, "1"), {});
    const auto filled = a_list_comes ? feed.end_backfill({item("d", "1"), item("e", "1")}, {}) : feed.abandon_backfill({});
    EXPECT_THAT(words(filled.events).at(0), "reset");
    EXPECT_THAT(words(filled.events).back(), testing::HasSubstr("item e=1"));
  }
}

TEST(Feed, BoundsWhatItHoldsInBytes) {
  FeedOptions options;
  options.max_since_bytes = 4096;
  Feed feed(sample_name, options);
  feed.begin_backfill(true);
  for (const char* id : {"a", "b", "c", "d"}) feed.change(published(id, std::string(2000, 'x')), {});
  EXPECT_THAT(words(feed.abandon_backfill({}).events).at(0), "reset");
}

TEST_F(FeedTest, RemembersWhatIsStoredAsFarAsItsHistoryTells) {
  fill({item("a", "1"), item("b", "1")});
  change(published("a", "2"));
  change(retracted("b"));
  change(published("c", "1"));
  EXPECT_THAT(words(feed.remembered()), ElementsAre("item a=2", "item c=1"));
  change(purged());
  EXPECT_THAT(words(feed.remembered()), IsEmpty());
}

TEST_F(FeedTest, RemembersNothingFromBeforeAReset) {
  fill({item("a", "1"), item("b", "1")});
  fill({item("c", "1")});
  EXPECT_THAT(words(feed.remembered()), ElementsAre("*item c=1"));
}

TEST(Feed, ForgetsTheOldestItemBeyondItsBound) {
  FeedOptions options;
  options.max_known = 2;
  Feed feed(sample_name, options);
  for (int i = 0; i < 50; ++i)
    for (const char* id : {"a", "b", "c"}) feed.change(published(id, "1"), {});
  feed.begin_backfill(true);
  EXPECT_THAT(words(feed.end_backfill({item("a", "1"), item("b", "1"), item("c", "1")}, {}).events),
              ElementsAre("*item a=1", "*item b=1", "*item c=1"))
      << "a was forgotten, is sent again, and pushes out b, and so on";
}

}  // namespace
}  // namespace xes::hub
