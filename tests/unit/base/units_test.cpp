// SPDX-License-Identifier: MIT
#include "base/units.hpp"

#include <gtest/gtest.h>

using namespace xes;
using namespace std::chrono_literals;

TEST(Duration, HasOneWholeNumberAndOneUnit) {
  EXPECT_EQ(parse_duration("500ms").value(), 500ms);
  EXPECT_EQ(parse_duration("15s").value(), 15s);
  EXPECT_EQ(parse_duration("2m").value(), 2min);
  EXPECT_EQ(parse_duration("1h").value(), 1h);
  EXPECT_EQ(parse_duration("1d").value(), 24h);
  EXPECT_EQ(parse_duration("0s").value(), 0s);
}

TEST(Duration, RefusesWhatCouldBeReadTwoWays) {
  for (const char* bad :
       {"", "s", "15", "15 s", " 15s", "15s ", "-1s", "+1s", "1.5s", "1h30m", "15S", "15sec", "0x1s"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(Duration, SaysWhatWouldBeRight) {
  const auto parsed = parse_duration("15 sec\n");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().error, Error::malformed);
  EXPECT_EQ(
      parsed.error().reason,
      R"("15 sec\x0a" is not a valid duration; write a whole number and one of ms, s, m, h, d, for instance "15s")");
}

TEST(Duration, DoesNotOverflow) {
  EXPECT_EQ(parse_duration("9223372036854775807ms").value().count(), 9223372036854775807);
  for (const char* bad :
       {"9223372036854775808ms", "9223372036854776s", "99999999999999999999ms", "106751991168d"}) {
    const auto parsed = parse_duration(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().error, Error::too_large) << bad;
  }
}

TEST(Bytes, CountInPowersOf1024) {
  EXPECT_EQ(parse_bytes("10B").value(), 10u);
  EXPECT_EQ(parse_bytes("64KiB").value(), 65536u);
  EXPECT_EQ(parse_bytes("1MiB").value(), 1048576u);
  EXPECT_EQ(parse_bytes("1GiB").value(), 1073741824u);
}

TEST(Bytes, RefuseUnitsThatMeanTwoThings) {
  for (const char* bad : {"", "B", "10", "10KB", "10kib", "10M", "1 MiB", "-1B", "1.5MiB", "1TiB"})
    EXPECT_FALSE(parse_bytes(bad)) << bad;
  EXPECT_EQ(
      parse_bytes("1MB").error().reason,
      R"("1MB" is not a valid number of bytes; write a whole number and one of B, KiB, MiB, GiB, for instance "64KiB")");
  EXPECT_EQ(parse_bytes("9007199254740993GiB").error().reason,
            R"("9007199254740993GiB" is too large a number of bytes)");
}

TEST(Units, PrintInTheLargestUnitThatDivides) {
  EXPECT_EQ(duration_text(0ms), "0s");
  EXPECT_EQ(duration_text(1500ms), "1500ms");
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(120s), "2m");
  EXPECT_EQ(duration_text(24h), "1d");
  EXPECT_EQ(duration_text(-3s), "-3s");
  EXPECT_EQ(bytes_text(0), "0B");
  EXPECT_EQ(bytes_text(1023), "1023B");
  EXPECT_EQ(bytes_text(1536), "1536B");
  EXPECT_EQ(bytes_text(65536), "64KiB");
  EXPECT_EQ(bytes_text(1u << 30), "1GiB");
}

TEST(Units, ComeBackFromTheirText) {
  for (const auto value : {0ms, 1ms, 999ms, 1000ms, 59'000ms, 60'000ms, 3'600'000ms, 86'400'001ms})
    EXPECT_EQ(parse_duration(duration_text(value)).value(), value);
  for (const std::uint64_t value :
       {0ull, 1ull, 1023ull, 1024ull, 1025ull, 1ull << 20, 3ull << 30, (1ull << 40) + 1})
    EXPECT_EQ(parse_bytes(bytes_text(value)).value(), value);
}
