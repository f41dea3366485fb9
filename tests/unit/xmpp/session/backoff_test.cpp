// SPDX-License-Identifier: MIT
#include "xmpp/session/backoff.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace xes::xmpp {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, NeverWaitsLessThanTheMinimum) {
  Backoff backoff({}, [] { return 0; });
  for (int i = 0; i < 12; ++i) EXPECT_EQ(backoff.next(), milliseconds(500));
}

TEST(Backoff, DoublesItsCeilingUpToTheMaximum) {
  // Each wait is min + random % (ceiling - min + 1): a random number of ceiling - min shows the ceiling.
  std::uint64_t random = 0;
  Backoff backoff({}, [&] { return random; });
  for (std::uint64_t ceiling : {1'000u, 2'000u, 4'000u, 8'000u, 16'000u, 32'000u, 60'000u, 60'000u}) {
    random = ceiling - 500;
    EXPECT_EQ(backoff.next(), milliseconds(ceiling));
  }
}

TEST(Backoff, SpreadsOverTheWholeSpan) {
  std::uint64_t random = 0;
  Backoff backoff({.min = milliseconds(10), .max = milliseconds(20)}, [&] { return random++; });
  std::vector<int> seen(21);
  for (int i = 0; i < 1100; ++i) ++seen.at(static_cast<std::size_t>(backoff.next().count()));
  for (int wait = 0; wait <= 20; ++wait) EXPECT_EQ(seen[static_cast<std::size_t>(wait)], wait < 10 ? 0 : 100);
}

TEST(Backoff, BeginsAnewAfterASessionThatWasStable) {
  std::uint64_t random = 500;
  Backoff backoff({}, [&] { return random; });
  for (int i = 0; i < 5; ++i) backoff.next();
  backoff.ended_after(milliseconds(30'000));
  EXPECT_EQ(backoff.next(), milliseconds(1'000));
}

TEST(Backoff, GoesOnDoublingAfterASessionThatDidNotLast) {
  std::uint64_t random = 0;
  Backoff backoff({}, [&] { return random; });
  backoff.next();
  backoff.ended_after(milliseconds(29'999));
  random = 1'500;
  EXPECT_EQ(backoff.next(), milliseconds(2'000));
}

}  // namespace
}  // namespace xes::xmpp
