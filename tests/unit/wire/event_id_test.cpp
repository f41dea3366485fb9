// SPDX-License-Identifier: MIT
#include "wire/event_id.hpp"

#include <gtest/gtest.h>

#include "wire/event_stream.hpp"

using namespace xes::wire;

TEST(EventIdText, HasOneSpelling) {
  EXPECT_EQ(to_string(EventId{1, 1000, 33, 2}), "00000001-v8.0000000011.00000002");
  EXPECT_EQ(to_string(EventId{}), "00000000-0.0000000000.00000000");
}

TEST(EventIdText, IsAnEventIdOfAtMostFiftyBytes) {
  const std::string largest = to_string({epoch_mask, (std::uint64_t{1} << 60) - 1, content_mask, stored_mask});
  EXPECT_TRUE(is_event_id(largest)) << largest;
  EXPECT_LE(largest.size(), 50u);
}

TEST(EventIdText, IsReadBack) {
  for (const EventId& id : {EventId{}, EventId{epoch_mask, 77, content_mask, stored_mask}, EventId{5, 1ull << 59, 6, 7}})
    EXPECT_EQ(parse_event_id(to_string(id)), id);
}

TEST(EventIdText, IsNothingElse) {
  for (const char* text : {"", "1", "item1", "-", "00000001-.0000000011.00000002", "00000001-01.0000000011.00000002",
                           "0000001-1.0000000011.00000002", "00000001-1.0000000011", "00000001-1.0000000011.00000002.",
                           "0000000W-1.0000000011.00000002", "00000001-1.000000001.00000002",
                           "00000001-1.0000000011.00000002 ", "00000001-1000000000000.0000000011.00000002"})
    EXPECT_EQ(parse_event_id(text), std::nullopt) << text;
}
