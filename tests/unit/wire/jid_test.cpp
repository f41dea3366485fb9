// SPDX-License-Identifier: MIT
#include "wire/jid.hpp"

#include <gtest/gtest.h>

namespace xes::wire {
namespace {

TEST(BareJid, IsADomainOrAnAccountInLowerCase) {
  EXPECT_EQ(bare_jid("PubSub.example.org").value(), "pubsub.example.org");
  EXPECT_EQ(bare_jid("Alice@Example.org").value(), "alice@example.org");
  EXPECT_EQ(bare_jid("müller@example.org").value(), "müller@example.org");
  EXPECT_TRUE(bare_jid(std::string(1023, 'a') + "@" + std::string(1023, 'b')));
}

TEST(BareJid, IsSpeltAsServersSpellIt) {
  EXPECT_EQ(bare_jid("ａlice@example.org").value(), "alice@example.org") << "a fullwidth letter";
  EXPECT_EQ(bare_jid("al\u00adice@example.org").value(), "alice@example.org") << "a soft hyphen";
  EXPECT_EQ(bare_jid("GRÖSSE@Ｅxample.org").value(), "grösse@example.org");
  EXPECT_EQ(bare_jid("größe@example.org").value(), "grösse@example.org");
  EXPECT_EQ(bare_jid("mu\u0308ller@example.org").value(), "müller@example.org") << "two code points for one";
  EXPECT_EQ(bare_jid("🎉@example.org").value(), "🎉@example.org") << "younger than the profile";
  EXPECT_EQ(bare_jid("blog-*@*.ＥXAMPLE").value(), "blog-*@*.example") << "a glob";
  EXPECT_EQ(bare_jid("א*ב@example.org").value(), "א*ב@example.org") << "a glob of names from right to left";
}

TEST(BareJid, IsNoDelimiterInAnotherSpelling) {
  for (const char* bad : {"alice＠example.org", "a@b＠c", "a@b／c", "a／b@c", "a@℀c", "a\u00a0b@c", "a@b\u00a0c", "a＆b@c",
                          "\u00ad@b", "a@\u00ad", "a@b．", "a@．b", "a@b．．c"})
    EXPECT_FALSE(bare_jid(bad)) << bad;
  EXPECT_FALSE(bare_jid("אb@example.org")) << "in both directions";
  EXPECT_FALSE(bare_jid("ﷺ" + std::string(1010, 'a') + "@b")) << "too long once it is spelt out";
}

TEST(Resourcepart, KeepsCaseAndBlanks) {
  EXPECT_EQ(resourcepart("Event source").value(), "Event source");
  EXPECT_EQ(resourcepart("Ｅvent\u00adsource/2").value(), "Eventsource/2");
  for (const std::string& bad : {std::string(), std::string("a\nb"), std::string("a\0b", 3), std::string("\xFF")})
    EXPECT_FALSE(resourcepart(bad)) << bad;
}

TEST(Unmistakable, IsWhatDiffersFromTheServersSpellingInAsciiCaseAtMost) {
  EXPECT_EQ(unmistakable_localpart("Alice").value(), "alice");
  EXPECT_EQ(unmistakable_localpart("müller").value(), "müller");
  EXPECT_EQ(unmistakable_account("Alice@Example.org").value(), "alice@example.org");
  for (const char* bad : {"ａlice", "al\u00adice", "ALICÉ", "größe", "mu\u0308ller", "\u212Aim", "ﬁona", "al\u200bice"}) {
    EXPECT_FALSE(unmistakable_localpart(bad)) << bad;
    EXPECT_FALSE(unmistakable_account(bad + std::string("@example.org"))) << bad;
  }
  for (const char* bad : {"alice", "alice@ｅxample.org", "alice@exam\u00adple.org"}) EXPECT_FALSE(unmistakable_account(bad)) << bad;
}

TEST(Unmistakable, IsNothingThatOneServerMightFoldAndAnotherNot) {
  EXPECT_FALSE(unmistakable_localpart("\u1d2clice")) << "a modifier letter of Unicode 4.0: a later NFKC makes it an A";
  EXPECT_FALSE(unmistakable_localpart("🎉"));
}

TEST(Unmistakable, SaysWhoIsMeant) {
  EXPECT_EQ(unmistakable_localpart("ａlice").error().reason, "XMPP servers read \"ａlice\" as \"alice\"");
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
