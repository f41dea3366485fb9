// SPDX-License-Identifier: MIT
#include "wire/event_id.hpp"

#include <gtest/gtest.h>

#include "wire/event_stream.hpp"

using namespace xes::wire;

TEST(EventIdText, HasOneSpelling) {
  EXPECT_EQ(to_string(EventId{1, 1000, 33, 2, 3}), "00000001-v8.0000000011.00000002.000000003");
  EXPECT_EQ(to_string(EventId{}), "00000000-0.0000000000.00000000.000000000");
}

TEST(EventIdText, IsAnEventIdOfAtMostSixtyBytes) {
  const std::string largest = to_string({epoch_mask, (std::uint64_t{1} << 60) - 1, content_mask, stored_mask,
                                         (std::uint64_t{1} << before_slots * before_slot_bits) - 1});
  EXPECT_TRUE(is_event_id(largest)) << largest;
  EXPECT_LE(largest.size(), 60u);
}

TEST(EventIdText, IsReadBack) {
  for (const EventId& id :
       {EventId{}, EventId{epoch_mask, 77, content_mask, stored_mask, 9}, EventId{5, 1ull << 59, 6, 7, 8}})
    EXPECT_EQ(parse_event_id(to_string(id)), id);
}

TEST(EventIdText, IsNothingElse) {
  ASSERT_TRUE(parse_event_id("00000001-1.0000000011.00000002.000000003"));
  for (const char* text :
       {"", "1", "item1", "-", "00000001-.0000000011.00000002.000000003", "00000001-01.0000000011.00000002.000000003",
        "0000001-1.0000000011.00000002.000000003", "00000001-1.0000000011.00000002",
        "00000001-1.0000000011.00000002.000000003.", "0000000W-1.0000000011.00000002.000000003",
        "00000001-1.000000001.00000002.000000003", "00000001-1.0000000011.00000002.000000003 ",
        "00000001-1000000000000.0000000011.00000002.000000003"})
    EXPECT_EQ(parse_event_id(text), std::nullopt) << text;
}

TEST(Before, RemembersTheLastThree) {
  std::uint64_t before = 0;
  for (const std::uint64_t content : {1, 2, 3, 4}) before = push_before(before, content);
  EXPECT_EQ(before, std::uint64_t{4} | std::uint64_t{3} << 15 | std::uint64_t{2} << 30);
  EXPECT_EQ(push_before(0, std::uint64_t{1} << 15), 1u) << "an item whose low bits are 0 is still an item";
}

