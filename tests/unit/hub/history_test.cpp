// SPDX-License-Identifier: MIT
#include "hub/history.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"

namespace xes::hub {
namespace {

/// An item event whose ID has these four parts.
EventRef event(std::uint64_t sequence, std::uint64_t content, std::uint64_t stored, Origin origin = Origin::live,
               Happening happening = Happening::item) {
  const wire::EventId id{7, sequence, content, stored};
  return std::make_shared<const Event>(happening, origin, id, std::make_shared<const NodeName>(sample_name), item("i", "p"));
}
/// Where a client with an ID of another run goes on.
std::optional<std::size_t> after_content(const History& history, std::uint64_t content, std::uint64_t stored, bool moves) {
  return history.after(wire::position_of({99, 1234, content, stored}, 7), {7, 9999, 1, 1}, moves);
}

History history_of(std::initializer_list<EventRef> events) {
  History history;
  for (const EventRef& one : events) history.append(one);
  return history;
}

TEST(History, KeepsTheNewestUpToItsCount) {
  History history({.max_events = 3, .max_bytes = 1 << 20});
  for (std::uint64_t i = 1; i <= 5; ++i) history.append(event(i, i, i));
  ASSERT_EQ(history.events().size(), 3u);
  EXPECT_EQ(history.events().front()->id.sequence, 3u);
  EXPECT_EQ(history.bytes(), 3 * history.events().front()->size());
}

TEST(History, KeepsTheNewestUpToItsBytes) {
  const std::size_t one = event(1, 1, 1)->size();
  History history({.max_events = 100, .max_bytes = 2 * 2 * one});  // half of it for what is ready to be sent
  for (std::uint64_t i = 1; i <= 5; ++i) history.append(event(i, i, i));
  EXPECT_EQ(history.events().size(), 2u);
  EXPECT_EQ(history.bytes(), 2 * one);
}

TEST(History, KeepsTheNewestEventHoweverBigItIs) {
  History history({.max_events = 100, .max_bytes = 1});
  history.append(event(1, 1, 1));
  history.append(event(2, 2, 2));
  ASSERT_EQ(history.events().size(), 1u);
  EXPECT_EQ(history.events().front()->id.sequence, 2u);
}

TEST(History, AnswersASequenceFromJustBeforeItsFirstToItsLast) {
  const History history = history_of({event(5, 5, 5), event(6, 6, 6), event(7, 7, 7)});
  EXPECT_EQ(history.after_sequence(4), 0u);
  EXPECT_EQ(history.after_sequence(5), 1u);
  EXPECT_EQ(history.after_sequence(7), 3u);
  EXPECT_EQ(history.after_sequence(3), std::nullopt);
  EXPECT_EQ(history.after_sequence(8), std::nullopt);
  EXPECT_EQ(history.after_sequence(~std::uint64_t{0}), std::nullopt);
  EXPECT_EQ(History().after_sequence(0), std::nullopt);
}

TEST(History, FindsTheSameNewestItemAmongTheSameItems) {
  const History history = history_of({event(1, 10, 100), event(2, 20, 200), event(3, 30, 300)});
  for (const bool moves : {false, true}) {
    EXPECT_EQ(after_content(history, 10, 100, moves), 1u);
    EXPECT_EQ(after_content(history, 30, 300, moves), 3u);
    EXPECT_EQ(after_content(history, 40, 300, moves), std::nullopt);
  }
}

TEST(History, TellsARepeatedContentByTheItemsAroundIt) {
  const History history = history_of({event(1, 10, 100), event(2, 20, 200), event(3, 10, 300), event(4, 40, 400)});
  EXPECT_EQ(after_content(history, 10, 100, true), 1u);
  EXPECT_EQ(after_content(history, 10, 300, true), 3u);
  EXPECT_EQ(after_content(history, 10, 555, true), std::nullopt) << "either of the two";
}

TEST(History, TakesTheLatestPlaceWithTheSameItems) {
  // on, off, on: whoever had the first has all that is stored after the last.
  const History history = history_of({event(1, 10, 10), event(2, 20, 20), event(3, 10, 10), event(4, 40, 50)});
  EXPECT_EQ(after_content(history, 10, 10, true), 3u);
}

TEST(History, FindsTheSameItemsSeenInAnotherOrder) {
  const History history = history_of({event(1, 10, 10), event(2, 20, 30), event(3, 30, 60), event(4, 40, 100)});
  EXPECT_EQ(after_content(history, 20, 60, false), 3u) << "20 was seen, and the set is the same";
  EXPECT_EQ(after_content(history, 99, 60, false), std::nullopt) << "99 was not seen yet: an earlier such set";
  EXPECT_EQ(after_content(history, 40, 60, false), std::nullopt) << "40 came after the set";
}

TEST(History, GoesOnAfterARetractWithTheSameItems) {
  const History history = history_of({event(1, 10, 10), event(2, 20, 30),
                                      event(3, 20, 20, Origin::live, Happening::retract), event(4, 40, 60)});
  EXPECT_EQ(after_content(history, 20, 20, false), 3u);
}

TEST(History, TrustsContentAloneOnlyWhereARepublishedItemMovesToTheEnd) {
  const History live = history_of({event(1, 10, 100), event(2, 20, 200)});
  EXPECT_EQ(after_content(live, 10, 555, true), 1u);
  EXPECT_EQ(after_content(live, 10, 555, false), std::nullopt);

  const History stored = history_of({event(1, 10, 100, Origin::store), event(2, 20, 200, Origin::store)});
  EXPECT_EQ(after_content(stored, 10, 555, true), 1u);
  EXPECT_EQ(after_content(stored, 10, 555, false), std::nullopt);
  EXPECT_EQ(after_content(stored, 10, 100, false), 1u) << "but the same items are the same items";
}

TEST(History, DoesNotTakeARetractForItsItem) {
  const History history = history_of({event(1, 10, 100), event(2, 10, 200, Origin::live, Happening::retract)});
  EXPECT_EQ(after_content(history, 10, 555, true), 1u);
}

}  // namespace
}  // namespace xes::hub
