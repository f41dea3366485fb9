// SPDX-License-Identifier: MIT
#include "wire/uri.hpp"

#include <gtest/gtest.h>

using namespace xes;
using namespace xes::wire;
using namespace std::string_literals;

namespace {

std::string path_and_query(std::string_view request_uri) {
  const auto uri = split_uri(request_uri);
  return uri ? std::string(uri->path) + " " + std::string(uri->query) : "refused";
}

}  // namespace

TEST(PercentDecode, DecodesOnce) {
  EXPECT_EQ(percent_decode(""), ""s);
  EXPECT_EQ(percent_decode("a%2Fb%2fc//d"), "a/b/c//d"s);
  EXPECT_EQ(percent_decode("%2541"), "%41"s);
  EXPECT_EQ(percent_decode("%E2%98%83%20%00"), "☃ \0"s);
}

TEST(PercentDecode, LeavesPlusSignsAndRawBytes) { EXPECT_EQ(percent_decode("a+b\xff ☃"), "a+b\xff ☃"s); }

TEST(PercentDecode, RefusesAPercentWithoutTwoHexDigits) {
  for (const char* bad : {"%", "a%", "%4", "%4g", "%g4", "%%41", "% 1", "%-1", "%+1", "%0x"}) {
    const auto decoded = percent_decode(bad);
    ASSERT_FALSE(decoded) << bad;
    EXPECT_EQ(decoded.error().error, Error::malformed);
  }
}

TEST(SplitUri, GivesPathAndQueryAsTheyAre) {
  EXPECT_EQ(path_and_query("/"), "/ ");
  EXPECT_EQ(path_and_query("/eventsource/a%2Fb//c?x=1&y=%zz"), "/eventsource/a%2Fb//c x=1&y=%zz");
  EXPECT_EQ(path_and_query("/a?b?c"), "/a b?c");
  EXPECT_EQ(path_and_query("/a?"), "/a ");
  EXPECT_EQ(path_and_query("//host/a"), "//host/a ");
  EXPECT_EQ(path_and_query("/a?u=http://b/c"), "/a u=http://b/c");
  EXPECT_EQ(path_and_query("/\xe2\x98\x83"), "/\xe2\x98\x83 ");
}

TEST(PercentEncode, KeepsWhatIsUnreservedOrAskedFor) {
  const auto encoded = [](std::string_view text, std::string_view also = {}) {
    std::string out = "x";
    append_percent_encoded(out, text, also);
    return out;
  };
  EXPECT_EQ(encoded("Az09-._~"), "xAz09-._~");
  EXPECT_EQ(encoded("a b&c=d+%/?#\"\r\n\xC3\xA4"), "xa%20b%26c%3Dd%2B%25%2F%3F%23%22%0D%0A%C3%A4");
  EXPECT_EQ(encoded("a/%2F", "/%"), "xa/%2F");
}

TEST(SplitUri, TakesAnAbsoluteUri) {
  EXPECT_EQ(path_and_query("http://push.example.org/a?b"), "/a b");
  EXPECT_EQ(path_and_query("HTTPS://[::1]:8443/a/b"), "/a/b ");
  EXPECT_EQ(path_and_query("http://push.example.org"), "/ ");
  EXPECT_EQ(path_and_query("http://push.example.org?b/c"), "/ b/c");
}

TEST(SplitUri, RefusesEverythingElse) {
  for (const char* bad : {"", "*", "a", "a/b", "?a", "example.org:443", "ftp://a/b", "http:/a", "/a b",
                          "/a\tb", "/a\nb", "/\x7f", "/a#b", "/a?b#c", "http://a#b"})
    EXPECT_EQ(path_and_query(bad), "refused") << bad;
  EXPECT_EQ(path_and_query("/a\0b"s), "refused");
}

TEST(ParseQuery, GivesPairsInOrder) {
  using Pairs = std::vector<QueryPair>;
  EXPECT_EQ(parse_query(""), Pairs{});
  EXPECT_EQ(parse_query("a=1&b=2&a=3"), (Pairs{{"a", "1"}, {"b", "2"}, {"a", "3"}}));
  EXPECT_EQ(parse_query("a&b=&=c&=&&d==e="),
            (Pairs{{"a", ""}, {"b", ""}, {"", "c"}, {"", ""}, {"d", "=e="}}));
  EXPECT_EQ(parse_query("&"), Pairs{});
}

TEST(ParseQuery, DecodesAsABrowserDoes) {
  using Pairs = std::vector<QueryPair>;
  EXPECT_EQ(parse_query("a+b=%2B+%26%3D%e2%98%83"), (Pairs{{"a b", "+ &=☃"}}));
  EXPECT_EQ(parse_query("a=%&b=%4&c=%zz41&d=%%41"),
            (Pairs{{"a", "%"}, {"b", "%4"}, {"c", "%zz41"}, {"d", "%A"}}));
}

TEST(ParseQuery, RefusesMorePairsThanItsBound) {
  std::string query;
  for (int i = 0; i < 64; ++i) query += "a=b&";
  EXPECT_EQ(parse_query(query)->size(), 64u);
  const auto more = parse_query(query + "a");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().error, Error::too_large);
  EXPECT_FALSE(parse_query("a&b", 1));
}
