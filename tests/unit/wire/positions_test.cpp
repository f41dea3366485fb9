// SPDX-License-Identifier: MIT
#include "wire/positions.hpp"

#include <gtest/gtest.h>

#include <random>

#include "wire/event_stream.hpp"

namespace xes::wire {
namespace {

std::mt19937_64 random_source(1);

EventId any_id() {
  EventId id;
  id.epoch = random_source() & epoch_mask;
  id.sequence = 1 + (random_source() >> 40);
  id.content = 1 + (random_source() & (content_mask >> 1));
  id.stored = random_source() & stored_mask;
  for (unsigned i = 0; i < before_slots; ++i) id.before = push_before(id.before, random_source());
  return id;
}

TEST(Positions, ComeBackForEveryNumberOfNodes) {
  for (std::size_t nodes = 1; nodes <= max_positions; ++nodes) {
    Entries entries;
    std::vector<std::uint64_t> epochs;
    for (std::size_t i = 0; i < nodes; ++i) {
      entries.emplace_back(any_id());
      epochs.push_back(entries.back()->epoch);
    }
    const std::string text = to_string(entries, epochs);
    EXPECT_TRUE(is_event_id(text)) << text;
    EXPECT_LE(text.size(), 128u);
    const auto positions = parse_positions(text, epochs);
    ASSERT_TRUE(positions) << nodes;
    for (std::size_t i = 0; i < nodes; ++i) {
      const Position& position = (*positions)[i].value();
      EXPECT_TRUE(position.this_run);
      EXPECT_TRUE(position.has_sequence(entries[i]->sequence));
      EXPECT_TRUE(position.has_content(entries[i]->content));
      EXPECT_TRUE(position.has_stored(entries[i]->stored));
      EXPECT_TRUE(position.has_before(entries[i]->before));
      EXPECT_TRUE(position.follows(entries[i]->before));
    }
  }
}

TEST(Positions, HoldAllOfAnIdForUpToFourNodes) {
  for (std::size_t nodes = 1; nodes <= 4; ++nodes)
    EXPECT_EQ(entry_bits(nodes), (EntryBits{33, 50, 40, before_slot_bits})) << nodes;
  EXPECT_EQ(entry_bits(8), (EntryBits{17, 28, 21, 8}));
  EXPECT_EQ(entry_bits(16), (EntryBits{8, 15, 10, 3}));
}

TEST(Positions, HardlyEverTakeAnotherForTheirs) {
  const std::vector<std::uint64_t> epochs(16, 1);
  const std::string text = to_string(Entries(16, any_id()), epochs);
  const Position position = *parse_positions(text, epochs)->at(7);
  int taken = 0;
  for (int i = 0; i < 200000; ++i) {
    const EventId other = any_id();
    taken += position.has_content(other.content) && position.has_before(other.before);
  }
  EXPECT_LE(taken, 2);
}

TEST(Positions, TellAnotherRun) {
  const std::vector<std::uint64_t> epochs{1, 2}, others{1, 3};
  const std::string text = to_string(Entries(2, any_id()), epochs);
  EXPECT_TRUE(parse_positions(text, epochs)->at(0)->this_run);
  EXPECT_FALSE(parse_positions(text, others)->at(0)->this_run);
}

TEST(Positions, KnowANodeWithoutOneAndANodeThatWasEmpty) {
  const std::vector<std::uint64_t> epochs(3, 1);
  for (const std::size_t nodes : {3u, 16u}) {
    const std::vector<std::uint64_t> all(nodes, 1);
    Entries entries(nodes);
    entries[1] = EventId{1, 0, 0, 0, 0};
    const auto positions = parse_positions(to_string(entries, all), all);
    EXPECT_FALSE(positions->at(0));
    ASSERT_TRUE(positions->at(1));
    EXPECT_TRUE(positions->at(1)->has_sequence(0));
    EXPECT_TRUE(positions->at(1)->has_content(0));
  }
}

TEST(Positions, CompareWhatCameBeforeAsFarAsTheListReaches) {
  const auto at = [](std::uint64_t before) { return position_of(EventId{1, 1, 1, 1, before}, 1); };
  const std::uint64_t clients = push_before(push_before(push_before(0, 7), 8), 9);
  EXPECT_TRUE(at(clients).follows(clients));
  EXPECT_TRUE(at(clients).follows(push_before(0, 9)));
  EXPECT_TRUE(at(clients).follows(0));
  EXPECT_FALSE(at(clients).follows(push_before(0, 8)));
  EXPECT_FALSE(at(0).follows(push_before(0, 9))) << "something came before that the client did not have";
}

TEST(Positions, KeepWhatIsNotNothingOtherThanNothing) {
  // Parts whose low bits are all 0 are still there.
  const EventId id{1, std::uint64_t{255} * 8, std::uint64_t{1} << 40, 0, std::uint64_t{1} << 14};
  const std::vector<std::uint64_t> epochs(16, 1);
  const Position position = *parse_positions(to_string(Entries(16, id), epochs), epochs)->at(0);
  EXPECT_NE(position.id.sequence, 0u);
  EXPECT_NE(position.id.content, 0u);
  EXPECT_NE(position.id.before, 0u);
}

TEST(Positions, AreNotReadFromAnythingElse) {
  const std::vector<std::uint64_t> epochs{1, 2};
  const std::string text = to_string(Entries(2, any_id()), epochs);
  for (const std::string& other :
       {std::string(), text.substr(1), text + "A", "+" + text.substr(1), text.substr(0, text.size() - 1) + ".",
        to_string(any_id()), to_string(Entries(3, any_id()), std::vector<std::uint64_t>(3, 1))})
    EXPECT_FALSE(parse_positions(other, epochs)) << other;
}

TEST(Positions, OfASingleIdHoldAllOfIt) {
  const EventId id = any_id();
  const Position position = position_of(id, id.epoch);
  EXPECT_TRUE(position.this_run);
  EXPECT_FALSE(position_of(id, id.epoch + 1).this_run);
  EXPECT_TRUE(position.has_sequence(id.sequence) && position.has_content(id.content) && position.has_before(id.before));
  EXPECT_FALSE(position.has_sequence(id.sequence + 1));
}

}  // namespace
}  // namespace xes::wire
