// SPDX-License-Identifier: MIT
#include "wire/fastcgi_head.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "head_runs.hpp"
#include "pieces.hpp"
#include "records.hpp"

using namespace xes;
using namespace xes::wire;
using namespace std::string_literals;

namespace {

using Outcome = FastcgiHeadOutcome;

Outcome run(const Pieces& pieces, FastcgiHead::Options options) { return outcome_of(pieces, FastcgiHeadRun(options)); }

Outcome feed(std::string_view input, FastcgiHead::Options options = {}) {
  return outcome_of_every_cut(input, [&](const Pieces& pieces) { return run(pieces, options); });
}

std::string begin(int id = 1, int role = 1, int flags = 0) {
  return record(1, id, std::string{char(role >> 8), char(role), char(flags), 0, 0, 0, 0, 0});
}

std::string params(std::string_view content, int id = 1, int padding = 0) {
  return record(4, id, content, padding);
}

std::string pair(std::string_view name, std::string_view value) {
  std::string out;
  append_pair(out, name, value);
  return out;
}

std::string end_request(int id, int protocol_status) {
  return "\x01\x03\x00"s + char(id) + "\x00\x08\x00\x00"s + "\0\0\0\0"s + char(protocol_status) + "\0\0\0"s;
}

const std::string two_pairs = pair("REQUEST_METHOD", "GET") + pair("REQUEST_URI", "/eventsource/a%2Fb");
const std::string end_of_params = params("");
const std::string end_of_stdin = record(5, 1);
using State = FastcgiHead::State;

}  // namespace

TEST(FastcgiHead, TakesWhatNginxSends) {
  const std::string head = begin() + params(two_pairs, 1, 7) + end_of_params;
  const Outcome outcome = feed(head + end_of_stdin);
  EXPECT_EQ(outcome.state, State::complete);
  EXPECT_EQ(outcome.consumed, head.size());
  EXPECT_EQ(outcome.answer, "");
  EXPECT_EQ(outcome.request_id, 1);
  EXPECT_EQ(outcome.clean, begin() + params(two_pairs) + end_of_params + end_of_stdin);
}

TEST(FastcgiHead, NeedsMoreUntilTheEmptyParamsRecordAndItsPadding) {
  const std::string head = begin() + params(two_pairs) + params("", 1, 3);
  for (std::size_t n = 0; n < head.size(); ++n) {
    const Outcome outcome = run({std::string_view(head).substr(0, n)}, {});
    EXPECT_FALSE(outcome.error);
    EXPECT_EQ(outcome.state, State::need_more) << n;
    EXPECT_EQ(outcome.consumed, n);
  }
  EXPECT_EQ(feed(head).state, State::complete);
}

TEST(FastcgiHead, PassesOnTheRequestIdAndTheFlag) {
  const Outcome outcome = feed(begin(0xFFFE, 1, 0xFF) + params("", 0xFFFE));
  EXPECT_EQ(outcome.state, State::complete);
  EXPECT_EQ(outcome.request_id, 0xFFFE);
  EXPECT_EQ(outcome.clean, begin(0xFFFE, 1, 1) + params("", 0xFFFE) + record(5, 0xFFFE));
}

TEST(FastcgiHead, LetsPairsStraddleRecords) {
  const std::string content = two_pairs + pair("LONG", std::string(300, 'x'));
  for (const std::size_t size : {1u, 2u, 5u, 7u, 100u}) {
    std::string head = begin();
    for (std::size_t at = 0; at < content.size(); at += size)
      head += params(content.substr(at, size), 1, static_cast<int>(at % 256));
    const Outcome outcome = feed(head + end_of_params);
    EXPECT_EQ(outcome.state, State::complete) << size;
    EXPECT_EQ(outcome.clean, begin() + params(content) + end_of_params + end_of_stdin);
  }
}

TEST(FastcgiHead, CutsLongParamsAnewForLibfcgi) {
  const std::string content = pair("A", std::string(40'000, 'a')) + pair("B", std::string(40'000, 'b'));
  const std::string head = begin() + params(content.substr(0, 50'000)) + params(content.substr(50'000));
  const Outcome outcome = run({head, end_of_params}, {.max_bytes = 200'000});
  EXPECT_EQ(outcome.clean, begin() + params(content.substr(0, 65'535)) + params(content.substr(65'535)) +
                               end_of_params + end_of_stdin);
}

TEST(FastcgiHead, RefusesAnotherVersion) {
  for (const char version : {'\0', '\2', '\xff', 'G'}) {
    std::string head = begin();
    head[0] = version;
    EXPECT_EQ(feed(head).error, Error::malformed);
    std::string later = begin() + params(two_pairs);
    later[begin().size()] = version;
    EXPECT_EQ(feed(later).error, Error::malformed);
  }
  EXPECT_EQ(feed("GET / HTTP/1.1\r\n\r\n").error, Error::malformed);
}

TEST(FastcgiHead, RefusesRecordsInAnyOtherOrder) {
  EXPECT_EQ(feed(params(two_pairs)).error, Error::malformed);
  EXPECT_EQ(feed(record(2, 1)).error, Error::malformed);
  EXPECT_EQ(feed(end_of_stdin).error, Error::malformed);
  EXPECT_EQ(feed(begin() + end_of_stdin).error, Error::malformed);
  EXPECT_EQ(feed(begin() + record(8, 1)).error, Error::malformed);
  EXPECT_EQ(feed(begin() + begin()).error, Error::malformed);
  EXPECT_EQ(feed(begin() + record(3, 1, std::string(8, 0))).error, Error::malformed);
  EXPECT_EQ(feed(begin() + record(6, 1, "x")).error, Error::malformed);
  EXPECT_EQ(feed(begin() + record(12, 1)).error, Error::malformed);
  EXPECT_EQ(feed(begin() + record(0, 1)).error, Error::malformed);
  EXPECT_EQ(feed(begin() + record(9, 1)).error, Error::malformed);
}

TEST(FastcgiHead, RefusesAnApplicationRecordWithoutARequestId) {
  EXPECT_EQ(feed(begin(0)).error, Error::malformed);
  EXPECT_EQ(feed(begin() + params(two_pairs, 0)).error, Error::malformed);
}

TEST(FastcgiHead, RefusesABeginRequestOfAnotherSize) {
  EXPECT_EQ(feed(record(1, 1, std::string("\0\1\0\0\0\0\0", 7))).error, Error::malformed);
  EXPECT_EQ(feed(record(1, 1, std::string("\0\1\0\0\0\0\0\0\0", 9))).error, Error::malformed);
  EXPECT_EQ(feed(record(1, 1)).error, Error::malformed);
}

TEST(FastcgiHead, AnswersAnyOtherRoleWithUnknownRole) {
  for (const int role : {0, 2, 3, 0x0101}) {
    const Outcome outcome = feed(begin(5, role) + params(two_pairs, 5));
    EXPECT_EQ(outcome.state, State::ended) << role;
    EXPECT_EQ(outcome.answer, end_request(5, 3));
    EXPECT_EQ(outcome.consumed, begin().size());
  }
}

TEST(FastcgiHead, AnswersASecondRequestAndGoesOnWithTheFirst) {
  const std::string foreign =
      begin(2, 2) + params("\x7f\x7f", 2) + params("", 2) + record(5, 2) + record(2, 2);
  const std::string head =
      begin() + params(two_pairs.substr(0, 9)) + foreign + params(two_pairs.substr(9)) + end_of_params;
  const Outcome outcome = feed(head);
  EXPECT_EQ(outcome.state, State::complete);
  EXPECT_EQ(outcome.answer, end_request(2, 1));
  EXPECT_EQ(outcome.request_id, 1);
  EXPECT_EQ(outcome.clean, begin() + params(two_pairs) + end_of_params + end_of_stdin);
}

TEST(FastcgiHead, AnswersAnAbortAndEnds) {
  const std::string head = begin(3) + params(two_pairs, 3) + record(2, 3);
  const Outcome outcome = feed(head + params("", 3));
  EXPECT_EQ(outcome.state, State::ended);
  EXPECT_EQ(outcome.answer, end_request(3, 0));
  EXPECT_EQ(outcome.consumed, head.size());
}

TEST(FastcgiHead, AnswersGetValuesAndGoesOn) {
  const std::string asked = pair("FCGI_MPXS_CONNS", "") + pair("FCGI_MAX_REQS", "") +
                            pair("FCGI_MAX_CONNS", "") + pair("SOMETHING_ELSE", "");
  const std::string values =
      "\x0e\x03"s + "FCGI_MAX_CONNS777" + "\x0d\x03"s + "FCGI_MAX_REQS777" + "\x0f\x01"s + "FCGI_MPXS_CONNS0";
  const std::string result = "\x01\x0a\x00\x00\x00"s + char(values.size()) + "\0\0"s + values;
  const FastcgiHead::Options options = {.max_connections = 777};

  const Outcome alone = feed(record(9, 0, asked, 5), options);
  EXPECT_EQ(alone.state, State::need_more);
  EXPECT_EQ(alone.answer, result);

  const Outcome within = feed(begin() + params(two_pairs) + record(9, 0, asked) + end_of_params, options);
  EXPECT_EQ(within.state, State::complete);
  EXPECT_EQ(within.answer, result);
  EXPECT_EQ(within.clean, begin() + params(two_pairs) + end_of_params + end_of_stdin);
}

TEST(FastcgiHead, AnswersANameOnceHoweverOftenItIsAsked) {
  std::string asked;
  for (int i = 0; i < 6; ++i) asked += pair("FCGI_MPXS_CONNS", "");
  const Outcome outcome = feed(record(9, 0, asked));
  EXPECT_EQ(outcome.answer, "\x01\x0a\x00\x00\x00\x12\x00\x00\x0f\x01"s + "FCGI_MPXS_CONNS0");
}

TEST(FastcgiHead, AnswersNoKnownNameWithAnEmptyResult) {
  EXPECT_EQ(feed(record(9, 0)).answer, record(10, 0));
  EXPECT_EQ(feed(record(9, 0, pair("X", std::string(200, 'y')))).answer, record(10, 0));
}

TEST(FastcgiHead, RefusesGetValuesWithABrokenPair) {
  EXPECT_EQ(feed(record(9, 0, "\x0f")).error, Error::malformed);
  EXPECT_EQ(feed(record(9, 0, "\x03\x01xx"s)).error, Error::malformed);
  EXPECT_EQ(feed(record(9, 0, "\xff\xff\xff\xfe\xff\xff\xff\xfe"s)).error, Error::malformed);
}

TEST(FastcgiHead, AnswersAnUnknownManagementType) {
  EXPECT_EQ(feed(record(200, 0, "whatever", 3) + begin() + end_of_params).answer,
            "\x01\x0b\x00\x00\x00\x08\x00\x00\xc8\x00\x00\x00\x00\x00\x00\x00"s);
  EXPECT_EQ(feed(record(0, 0)).answer, "\x01\x0b\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"s);
}

TEST(FastcgiHead, RefusesAnswersThatNobodyAskedFor) {
  EXPECT_EQ(feed(record(10, 0)).error, Error::malformed);
  EXPECT_EQ(feed(record(11, 0, std::string(8, 0))).error, Error::malformed);
}

TEST(FastcgiHead, RefusesPairLengthsThatNoHeadMayHave) {
  EXPECT_EQ(feed(begin() + params("\xff\xff\xff\xfe\xff\xff\xff\xfe"s)).error, Error::too_large);
  EXPECT_EQ(feed(begin() + params("\x01\xff\xff\xff\xff"s)).error, Error::too_large);
  EXPECT_EQ(feed(begin() + params("\xff\xff\xff"s) + params("\xfe\xff\xff\xff\xfe"s)).error,
            Error::too_large);
}

TEST(FastcgiHead, RefusesParamsThatEndWithinAPair) {
  EXPECT_EQ(feed(begin() + params("\x01\x02"s + "Ab") + end_of_params).error, Error::malformed);
  EXPECT_EQ(feed(begin() + params("\x01"s) + end_of_params).error, Error::malformed);
  EXPECT_EQ(feed(begin() + params("\x81\x00\x00"s) + end_of_params).error, Error::malformed);
}

TEST(FastcgiHead, RefusesWhatACStringWouldCutOrMove) {
  EXPECT_EQ(feed(begin() + params(pair("A\0B"s, "x"))).error, Error::malformed);
  EXPECT_EQ(feed(begin() + params(pair("A", "x\0y"s))).error, Error::malformed);
  EXPECT_EQ(feed(begin() + params(pair("A=B", "x"))).error, Error::malformed);
  EXPECT_EQ(feed(begin() + params(pair("A", "x=y")) + end_of_params).state, State::complete);
}

TEST(FastcgiHead, StopsAtItsBoundWhereParamsNeverEnd) {
  std::string head = begin();
  while (head.size() < 70'000) head += params(pair("N", "v"), 1, 255);
  FastcgiHead parser;
  std::size_t fed_bytes = 0;
  Result<FastcgiHead::Fed> fed = FastcgiHead::Fed{};
  for (; fed; ++fed_bytes) {
    ASSERT_LT(fed_bytes, head.size());
    fed = parser.feed(std::string_view(head).substr(fed_bytes, 1));
  }
  EXPECT_EQ(fed.error().error, Error::too_large);
  EXPECT_LE(fed_bytes, 64u * 1024u);
}

TEST(FastcgiHead, CountsEverythingTowardsItsBound) {
  const std::string head =
      begin() + record(9, 0, "", 2) + params(two_pairs, 1, 5) + record(99, 0, "abc") + end_of_params;
  EXPECT_EQ(feed(head, {.max_bytes = head.size()}).state, State::complete);
  EXPECT_EQ(feed(head, {.max_bytes = head.size() - 1}).error, Error::too_large);
}

TEST(FastcgiHead, RefusesTheLargestRecordAtItsHeader) {
  EXPECT_EQ(feed(begin() + "\x01\x04\x00\x01\xff\xff\x00\x00"s).error, Error::too_large);
}

TEST(FastcgiHead, StaysRefusedAndStaysComplete) {
  FastcgiHead refused;
  EXPECT_FALSE(refused.feed(begin(0)));
  EXPECT_FALSE(refused.feed(begin() + end_of_params));
  FastcgiHead complete;
  EXPECT_TRUE(complete.feed(begin() + end_of_params));
  const auto fed = complete.feed(end_of_stdin);
  ASSERT_TRUE(fed);
  EXPECT_EQ(fed->state, State::complete);
  EXPECT_EQ(fed->consumed, 0u);
}

TEST(FastcgiHead, CostsOnePassHoweverFewBytesComeAtATime) {
  // One pair of 1 MiB, fed byte by byte: most of a minute if each feed looked at all bytes before it.
  std::string head = begin();
  const std::string content = pair("N", std::string(1 << 20, 'v'));
  append_stream(head, RecordType::params, 1, content);
  FastcgiHead parser({.max_bytes = 2 << 20});
  const auto start = std::chrono::steady_clock::now();
  for (const char& byte : head + end_of_params) ASSERT_TRUE(parser.feed({&byte, 1}));
  EXPECT_LT(std::chrono::steady_clock::now() - start,
            std::chrono::seconds(10));  // 0.1 s, more under a sanitizer
  EXPECT_EQ(parser.clean().size(), head.size() + 16);
}
