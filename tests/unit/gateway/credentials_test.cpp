// SPDX-License-Identifier: MIT
#include "gateway/credentials.hpp"

#include <gtest/gtest.h>

namespace xes::gateway {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// "none" where there is no token.
std::string found(const Pairs& pairs, const CredentialOptions& options = {}) {
  Params params;
  for (const auto& [name, value] : pairs) params.add(name, value);
  return find_token(params, options).value_or("none");
}

std::string in_header(const std::string& value) { return found({{"HTTP_AUTHORIZATION", value}}); }
std::string in_cookie(const std::string& value, const std::string& name = "c") {
  return found({{"HTTP_COOKIE", value}}, {.cookie = name});
}
std::string in_query(const std::string& uri) { return found({{"REQUEST_URI", uri}}, {.query = true}); }

TEST(Credentials, AreTheBearerTokenOfTheHeader) {
  EXPECT_EQ(in_header("Bearer a.b.c"), "a.b.c");
  EXPECT_EQ(in_header("bearer a.b.c"), "a.b.c");
  EXPECT_EQ(in_header("BEARER \t a.b.c "), "a.b.c");
}

TEST(Credentials, AreNotThoseOfOtherSchemes) {
  for (const char* value : {"", "Bearer", "Bearer ", "Bearera.b.c", "Basic YTpi", "Token Bearer a.b.c", "a.b.c"})
    EXPECT_EQ(in_header(value), "none") << value;
}

TEST(Credentials, AreTheCookieOfTheConfiguredName) {
  EXPECT_EQ(found({{"HTTP_COOKIE", "__Host-eventsource=a.b.c"}}), "a.b.c");
  EXPECT_EQ(in_cookie("c=a.b.c"), "a.b.c");
  EXPECT_EQ(in_cookie("a=1; c=a.b.c; d=2"), "a.b.c");
  EXPECT_EQ(in_cookie("a=1;c=a.b.c"), "a.b.c");
  EXPECT_EQ(in_cookie(" c = a.b.c ;"), "a.b.c");
  EXPECT_EQ(in_cookie("c=\"a.b.c\""), "a.b.c");
  EXPECT_EQ(in_cookie("c=a=b=="), "a=b==");
}

TEST(Credentials, AreNoOtherCookie) {
  for (const char* value : {"", "c", "c=", "c=\"\"", "C=a", "cc=a", "x=c=a", ";;;=;", "c x=a", "\"c=a\""})
    EXPECT_EQ(in_cookie(value), "none") << value;
  EXPECT_EQ(in_cookie("c=a", ""), "none") << "cookies are switched off";
  EXPECT_EQ(in_cookie("=a", ""), "none");
}

TEST(Credentials, AreTheFirstOfSeveralCookiesThatHasAValue) {
  EXPECT_EQ(in_cookie("c=; c=first; c=second"), "first");
}

TEST(Credentials, KeepAnUnpairedQuotationMark) {
  EXPECT_EQ(in_cookie("c=\"a"), "\"a");
  EXPECT_EQ(in_cookie("c=\""), "\"");
}

TEST(Credentials, AreInTheQueryOnlyIfThatIsSwitchedOn) {
  const Pairs request{{"REQUEST_URI", "/eventsource/n?access_token=a.b.c"}};
  EXPECT_EQ(found(request), "none");
  EXPECT_EQ(found(request, {.query = true}), "a.b.c");
  EXPECT_EQ(in_query("/n?last=1&access_token=&access_token=a%2Eb.c&access_token=x"), "a.b.c");
  for (const char* uri :
       {"", "*", "/n", "/n?Access_token=a", "/n?access_token", "/access_token=a", "/n?a=1#?access_token=a"})
    EXPECT_EQ(in_query(uri), "none") << uri;
}

TEST(Credentials, OfTheHeaderWinThenThoseOfTheCookie) {
  Pairs request{
      {"REQUEST_URI", "/n?access_token=query"}, {"HTTP_COOKIE", "c=cookie"}, {"HTTP_AUTHORIZATION", "Bearer header"}};
  const CredentialOptions options{.cookie = "c", .query = true};
  EXPECT_EQ(found(request, options), "header");
  request.back().second = "Basic YTpi";
  EXPECT_EQ(found(request, options), "cookie");
  request[1].second = "other=1";
  EXPECT_EQ(found(request, options), "query");
}

}  // namespace
}  // namespace xes::gateway
