// SPDX-License-Identifier: MIT
#include "gateway/fcgi_decoder.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "requests.hpp"
#include "wire/fastcgi_head.hpp"

namespace xes::gateway {
namespace {

/// As a connection does it: checked first, then decoded.
Result<Params> decode(FcgiDecoder& decoder, const Pairs& pairs) {
  wire::FastcgiHead head;
  const auto fed = head.feed(fastcgi_head(pairs));
  EXPECT_TRUE(fed);
  EXPECT_EQ(fed->state, wire::FastcgiHead::State::complete);
  return decoder.decode(head.clean());
}

TEST(FcgiDecoder, GivesParamsBack) {
  FcgiDecoder decoder;
  const auto params = decode(decoder, {{"A", "1"}, {"REQUEST_URI", "/x?a=b=c"}, {"B", ""}, {"C", "ä\n"}});
  ASSERT_TRUE(params);
  EXPECT_EQ(params->get("A"), "1");
  EXPECT_EQ(params->get("REQUEST_URI"), "/x?a=b=c");
  EXPECT_TRUE(params->has("B"));
  EXPECT_EQ(params->get("B"), "");
  EXPECT_EQ(params->get("C"), "ä\n");
  EXPECT_FALSE(params->has("D"));
}

TEST(FcgiDecoder, GivesTheFirstOfARepeatedParam) {
  FcgiDecoder decoder;
  const auto params = decode(decoder, {{"A", "first"}, {"B", "x"}, {"A", "second"}});
  ASSERT_TRUE(params);
  EXPECT_EQ(params->get("A"), "first");
}

TEST(FcgiDecoder, TakesALongHead) {
  FcgiDecoder decoder;
  const std::string big(60 * 1024, 'x');
  const auto params = decode(decoder, {{"A", big}, {"B", "behind"}});
  ASSERT_TRUE(params);
  EXPECT_EQ(params->get("A"), big);
  EXPECT_EQ(params->get("B"), "behind");
}

TEST(FcgiDecoder, MayBeUsedAgainForAShorterHead) {
  FcgiDecoder decoder;
  for (const std::size_t size : {5000u, 3u, 40000u, 1u, 0u}) {
    const auto params = decode(decoder, {{"A", std::string(size, 'x')}});
    ASSERT_TRUE(params) << size;
    EXPECT_EQ(params->get("A").size(), size);
  }
}

TEST(FcgiDecoder, FailsOnWhatIsNoHeadAndGoesOn) {
  FcgiDecoder decoder;
  std::string cut = fastcgi_head({{"A", "1"}});
  cut.resize(cut.size() - 12);
  for (const std::string& bytes : {std::string(), std::string("GET / HTTP/1.1\r\n\r\n"), cut}) {
    EXPECT_FALSE(decoder.decode(bytes));
    const auto params = decode(decoder, {{"A", "1"}});
    ASSERT_TRUE(params);
    EXPECT_EQ(params->get("A"), "1");
  }
}

TEST(FcgiDecoder, LeavesTheProcesssSignalsAlone) {
  struct sigaction before, after;
  std::signal(SIGPIPE, SIG_IGN);
  sigaction(SIGTERM, nullptr, &before);
  FcgiDecoder decoder;
  (void)decode(decoder, {{"A", "1"}});
  sigaction(SIGTERM, nullptr, &after);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
  sigaction(SIGPIPE, nullptr, &after);
  EXPECT_EQ(after.sa_handler, SIG_IGN);
}

}  // namespace
}  // namespace xes::gateway
