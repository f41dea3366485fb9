// SPDX-License-Identifier: MIT
#include "wire/jid.hpp"

#include <gtest/gtest.h>

namespace xes::wire {
namespace {

TEST(BareJid, IsADomainOrAnAccountInLowerCase) {
  EXPECT_EQ(bare_jid("PubSub.example.org").value(), "pubsub.example.org");
  EXPECT_EQ(bare_jid("Alice@Example.org").value(), "alice@example.org");
  EXPECT_EQ(bare_jid("größe@example.org").value(), "größe@example.org");
  EXPECT_TRUE(bare_jid(std::string(1023, 'a') + "@" + std::string(1023, 'b')));
}

TEST(BareJid, IsNothingElse) {
  const std::string long_part(1024, 'a');
  for (const std::string& bad : {std::string(), std::string("@b"), std::string("a@"), std::string("a@b@c"), std::string("a@b/c"),
                                 std::string("a b@c"), std::string("a@b..c"), std::string("a@.b"), std::string("a@b."),
                                 std::string("a@b\n"), std::string("a\0@b", 4), std::string("a'@b"), std::string("<a>@b"),
                                 std::string("a@\xFF"), long_part + "@b", "a@" + long_part})
    EXPECT_FALSE(bare_jid(bad)) << bad;
}

TEST(JidMatches, TheSameNameAlone) {
  EXPECT_TRUE(jid_matches("pubsub.example.org", "pubsub.example.org"));
  EXPECT_FALSE(jid_matches("pubsub.example.org", "pubsub.example.or"));
  EXPECT_TRUE(jid_matches("d\\27artagnan@a.b", "d\\27artagnan@a.b")) << "an escape of XEP-0106, not of a glob";
}

TEST(JidMatches, AKindOfAccountsOrOfDomains) {
  EXPECT_TRUE(jid_matches("*@example.org", "alice@example.org"));
  EXPECT_FALSE(jid_matches("*@example.org", "alice@example.org.evil.example"));
  EXPECT_FALSE(jid_matches("*@example.org", "alice@sub.example.org"));
  EXPECT_TRUE(jid_matches("pubsub.*.example", "pubsub.a.example"));
  EXPECT_TRUE(jid_matches("pubsub.*.example", "pubsub.a.b.example"));
  EXPECT_TRUE(jid_matches("blog-*@*.example", "blog-1@a.example"));
}

TEST(JidMatches, NoStarReachesOverTheAt) {
  EXPECT_FALSE(jid_matches("pubsub.*.example", "pubsub.x@evil.example"));
  EXPECT_FALSE(jid_matches("*", "alice@example.org"));
  EXPECT_FALSE(jid_matches("*@example.org", "example.org"));
  EXPECT_FALSE(jid_matches("*@*", "example.org"));
  EXPECT_TRUE(jid_matches("*", "example.org"));
}

}  // namespace
}  // namespace xes::wire
