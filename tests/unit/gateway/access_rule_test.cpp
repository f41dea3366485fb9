// SPDX-License-Identifier: MIT
#include "gateway/access_rule.hpp"

#include <gtest/gtest.h>

namespace xes::gateway {
namespace {

std::string jid(const std::string& user, const std::string& user_jid = "") {
  AccessRule rule;
  rule.user_jid = user_jid;
  const auto result = jid_of_user(rule, "push.example.org", user);
  return result ? *result : "refused";
}

TEST(AccessRule, OffersEveryNodeUnlessItSaysWhich) {
  AccessRule rule;
  EXPECT_TRUE(is_offered(rule, "anything"));
  rule.nodes = {"weather/*", "news"};
  EXPECT_TRUE(is_offered(rule, "weather/kiel"));
  EXPECT_TRUE(is_offered(rule, "news"));
  EXPECT_FALSE(is_offered(rule, "newsroom"));
}

TEST(AccessRule, OffersNothingThatItDenies) {
  AccessRule rule;
  rule.deny = {"*/private"};
  EXPECT_TRUE(is_offered(rule, "a/public"));
  EXPECT_FALSE(is_offered(rule, "a/private"));
  rule.nodes = {"a/*", "a/private"};
  EXPECT_FALSE(is_offered(rule, "a/private"));
}

TEST(AccessRule, MakesAUsersJidFromItsTemplate) {
  EXPECT_EQ(jid("Alice"), "alice@push.example.org");
  EXPECT_EQ(jid("alice", "{user}@example.org"), "alice@example.org");
  EXPECT_EQ(jid("alice", "web-{user}@example.org"), "web-alice@example.org");
  EXPECT_EQ(jid("müller", "{user}@example.org"), "müller@example.org");
  EXPECT_EQ(jid("{user}", "{user}@example.org"), "{user}@example.org") << "once";
  EXPECT_EQ(jid("alice", "nobody@example.org"), "refused");
}

TEST(AccessRule, LetsNobodyBecomeSomebodyElse) {
  for (const std::string user : {"", "bob@evil.example", "bob@evil.example/x", "a/b", "a b", "a\tb", "a\nb", "a'b",
                                 "a\"b", "a<b", "a>b", "a&b", "a:b", "\x7f", "\xff", "a\xc3", "@", "/"}) {
    EXPECT_EQ(jid(user), "refused") << user;
    EXPECT_EQ(jid(user, "{user}@example.org"), "refused") << user;
  }
  EXPECT_EQ(jid(std::string("a\0b", 3)), "refused");
  EXPECT_EQ(jid(std::string(1024, 'x')), "refused");
  EXPECT_EQ(jid(std::string(1023, 'x'), "x{user}@example.org"), "refused") << "too long with what stands around it";
}

TEST(AccessRule, LetsNobodyBecomeSomebodyElseByAnotherSpelling) {
  for (const std::string user : {"ａlice", "al\u00adice", "ﬁona", "größe", "ALICÉ", "mu\u0308ller"}) {
    EXPECT_EQ(jid(user), "refused") << user;
    EXPECT_EQ(jid(user, "{user}@example.org"), "refused") << user;
    EXPECT_EQ(jid(user + "@example.org", "{user}"), "refused") << user;
  }
  EXPECT_EQ(jid("alice@ｅxample.org", "{user}"), "refused");
  EXPECT_EQ(jid("\u0308ller", "mu{user}@example.org"), "refused") << "which together are müller";
}

TEST(AccessRule, TakesAWholeJidWhereTheTemplateIsTheUserAlone) {
  EXPECT_EQ(jid("Alice@Example.org", "{user}"), "alice@example.org");
  for (const std::string user : {"alice", "alice@", "@example.org", "a@b@c", "a@b/c", "a@b c", "a@b'", "a<@b"})
    EXPECT_EQ(jid(user, "{user}"), "refused") << user;
}

}  // namespace
}  // namespace xes::gateway
