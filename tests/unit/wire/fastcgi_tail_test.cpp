// SPDX-License-Identifier: MIT
#include "wire/fastcgi_tail.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "pieces.hpp"
#include "records.hpp"

using namespace xes;
using namespace xes::wire;
using namespace std::string_literals;

namespace {

using State = FastcgiTail::State;

/// nullopt: malformed.
std::optional<State> feed(std::string_view input) {
  return outcome_of_every_cut(input, [](const Pieces& pieces) -> std::optional<State> {
    FastcgiTail tail(1);
    State state = State::open;
    for (const std::string_view piece : pieces) {
      const auto fed = tail.feed(piece);
      if (!fed) return std::nullopt;
      state = *fed;
    }
    return state;
  });
}

const std::string abort_ours = record(2, 1);

}  // namespace

TEST(FastcgiTail, IsOpenWhateverTheBodyHolds) {
  EXPECT_EQ(feed(""), State::open);
  EXPECT_EQ(feed(record(5, 1)), State::open);
  EXPECT_EQ(feed(record(5, 1, abort_ours + abort_ours, 255) + record(5, 1)), State::open);
  EXPECT_EQ(feed(record(5, 1, std::string(5'000, '\2'))), State::open);
}

TEST(FastcgiTail, SeesOurAbort) {
  EXPECT_EQ(feed(abort_ours), State::aborted);
  EXPECT_EQ(feed(record(5, 1, "body", 4) + record(5, 1) + abort_ours), State::aborted);
  EXPECT_EQ(feed(abort_ours + "garbage after it"), State::aborted);
}

TEST(FastcgiTail, IgnoresEverythingElse) {
  EXPECT_EQ(feed(record(2, 2) + record(9, 0, "x") + record(200, 0) + record(1, 2, std::string(8, 0)) +
                 record(8, 1, "y")),
            State::open);
}

TEST(FastcgiTail, RefusesAnotherVersion) {
  EXPECT_EQ(feed(record(5, 1, "body") + "\x02\x05\x00\x01\x00\x00\x00\x00"s), std::nullopt);
  EXPECT_EQ(feed("GET / HTTP/1.1\r\n\r\n"), std::nullopt);
}
