// SPDX-License-Identifier: MIT
#include "wire/scgi.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "head_runs.hpp"
#include "pieces.hpp"

using namespace xes;
using namespace xes::wire;
using namespace std::string_literals;

namespace {

using State = ScgiHead::State;

using Outcome = ScgiHeadOutcome;

Outcome run(const Pieces& pieces, ScgiHead::Options options) { return outcome_of(pieces, ScgiHeadRun(options)); }

Outcome feed(std::string_view input, ScgiHead::Options options = {}) {
  return outcome_of_every_cut(input, [&](const Pieces& pieces) { return run(pieces, options); });
}

std::string header(std::string_view name, std::string_view value) {
  return std::string(name) + '\0' + std::string(value) + '\0';
}

std::string netstring(std::string_view content) {
  return std::to_string(content.size()) + ':' + std::string(content) + ',';
}

const std::string minimum = header("CONTENT_LENGTH", "0") + header("SCGI", "1");

}  // namespace

TEST(ScgiHead, TakesTheExampleOfTheSpecification) {
  const std::string head = "70:CONTENT_LENGTH\0"s + "27\0"s + "SCGI\0"s + "1\0"s + "REQUEST_METHOD\0"s +
                           "POST\0"s + "REQUEST_URI\0"s + "/deepthought\0"s + ",";
  const Outcome outcome = feed(head + "What is the answer to life?");
  EXPECT_EQ(outcome.state, State::complete);
  EXPECT_EQ(outcome.consumed, head.size());
  EXPECT_EQ(outcome.content_bytes, 27u);
  EXPECT_EQ(outcome.headers, (std::vector<ScgiHeader>{{"CONTENT_LENGTH", "27"},
                                                      {"SCGI", "1"},
                                                      {"REQUEST_METHOD", "POST"},
                                                      {"REQUEST_URI", "/deepthought"}}));
}

TEST(ScgiHead, TakesEmptyValuesAndAnyOrderAfterTheFirst) {
  const Outcome outcome =
      feed(netstring(header("CONTENT_LENGTH", "0") + header("QUERY_STRING", "") + header("SCGI", "1")));
  EXPECT_EQ(outcome.state, State::complete);
  EXPECT_EQ(outcome.headers[1], (ScgiHeader{"QUERY_STRING", ""}));
}

TEST(ScgiHead, NeedsMoreUntilTheComma) {
  const std::string head = netstring(minimum);
  for (std::size_t n = 0; n < head.size(); ++n)
    EXPECT_EQ(run({std::string_view(head).substr(0, n)}, {}), (Outcome{.consumed = n})) << n;
}

TEST(ScgiHead, RefusesALengthThatIsNoPlainNumber) {
  EXPECT_EQ(feed("012:").error, Error::malformed);
  EXPECT_EQ(feed("00:,").error, Error::malformed);
  EXPECT_EQ(feed(":,").error, Error::malformed);
  EXPECT_EQ(feed("+1:").error, Error::malformed);
  EXPECT_EQ(feed("-1:").error, Error::malformed);
  EXPECT_EQ(feed(" 1:").error, Error::malformed);
  EXPECT_EQ(feed("1 :").error, Error::malformed);
  EXPECT_EQ(feed("GET / HTTP/1.1\r\n").error, Error::malformed);
}

TEST(ScgiHead, RefusesTooLongALengthAtOnce) {
  EXPECT_EQ(feed("99999999").error, Error::too_large);
  EXPECT_EQ(feed("65537:").error, Error::too_large);
  EXPECT_EQ(feed("65536:").error, std::nullopt);
  EXPECT_EQ(feed(netstring(minimum), {.max_bytes = minimum.size()}).state, State::complete);
  EXPECT_EQ(feed(netstring(minimum), {.max_bytes = minimum.size() - 1}).error, Error::too_large);
}

TEST(ScgiHead, RefusesAMissingComma) {
  EXPECT_EQ(feed(std::to_string(minimum.size()) + ":" + minimum + ";").error, Error::malformed);
  EXPECT_EQ(feed(std::to_string(minimum.size() - 1) + ":" + minimum + ",").error, Error::malformed);
}

TEST(ScgiHead, RefusesContentLengthMissingOrNotFirst) {
  EXPECT_EQ(feed("0:,").error, Error::malformed);
  EXPECT_EQ(feed(netstring(header("SCGI", "1"))).error, Error::malformed);
  EXPECT_EQ(feed(netstring(header("SCGI", "1") + header("CONTENT_LENGTH", "0"))).error, Error::malformed);
}

TEST(ScgiHead, RefusesAContentLengthThatIsNoNumber) {
  for (const char* bad : {"", "x", "-1", "+1", " 1", "1 ", "0x1", "99999999999999999999"})
    EXPECT_EQ(feed(netstring(header("CONTENT_LENGTH", bad) + header("SCGI", "1"))).error, Error::malformed)
        << bad;
}

TEST(ScgiHead, RefusesAnotherVersion) {
  EXPECT_EQ(feed(netstring(header("CONTENT_LENGTH", "0"))).error, Error::malformed);
  EXPECT_EQ(feed(netstring(header("CONTENT_LENGTH", "0") + header("SCGI", "2"))).error, Error::malformed);
  EXPECT_EQ(feed(netstring(header("CONTENT_LENGTH", "0") + header("SCGI", ""))).error, Error::malformed);
}

TEST(ScgiHead, RefusesBrokenHeaders) {
  EXPECT_EQ(feed(netstring(minimum + "A")).error, Error::malformed);
  EXPECT_EQ(feed(netstring(minimum + "A\0b"s)).error, Error::malformed);
  EXPECT_EQ(feed(netstring(minimum + "A\0"s)).error, Error::malformed);
  EXPECT_EQ(feed(netstring(minimum + header("", "b"))).error, Error::malformed);
}

TEST(ScgiHead, RefusesAHeaderOfItsOwnThatComesTwice) {
  EXPECT_EQ(feed(netstring(minimum + header("SCGI", "2"))).error, Error::malformed);
  EXPECT_EQ(feed(netstring(minimum + header("CONTENT_LENGTH", "0"))).error, Error::malformed);
}

TEST(ScgiHead, LeavesOthersThatComeTwiceToWhoeverReadsThem) {
  const Outcome outcome =
      feed(netstring(minimum + header("HTTP_X_FORWARDED_FOR", "1") + header("HTTP_HOST", "h") +
                     header("HTTP_X_FORWARDED_FOR", "2") + header("HTTP_X_FORWARDED_FOR", "3")));
  ASSERT_EQ(outcome.headers.size(), 6u);
  EXPECT_EQ(outcome.headers[2], (ScgiHeader{"HTTP_X_FORWARDED_FOR", "1"}));
  EXPECT_EQ(outcome.headers[5], (ScgiHeader{"HTTP_X_FORWARDED_FOR", "3"}));
}

TEST(ScgiHead, StaysRefusedAndStaysComplete) {
  ScgiHead refused;
  EXPECT_FALSE(refused.feed("x"));
  EXPECT_FALSE(refused.feed(netstring(minimum)));
  ScgiHead complete;
  EXPECT_TRUE(complete.feed(netstring(minimum)));
  const auto fed = complete.feed("body");
  ASSERT_TRUE(fed);
  EXPECT_EQ(fed->state, State::complete);
  EXPECT_EQ(fed->consumed, 0u);
}

TEST(ScgiHead, TakesThousandsOfHeadersInNoTime) {
  std::string content = minimum;
  for (int i = 0; content.size() < 65'000; ++i) content += header(std::to_string(i), "");
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < 20; ++round) EXPECT_EQ(run({netstring(content)}, {}).state, State::complete);
  EXPECT_LT(std::chrono::steady_clock::now() - start,
            std::chrono::seconds(10));  // 0.1 s; by pairs it would be minutes
}
