// SPDX-License-Identifier: MIT
#include "gateway/access.hpp"

#include <gtest/gtest.h>

#include "signed_token.hpp"
#include "token_samples.hpp"
#include "hub/node_list.hpp"

namespace xes::gateway {
namespace {

/// Whether a node that the service lists would be followed.
bool matches(const hub::Selection& selection, const std::string& node) {
  return hub::NodeList(std::make_shared<const hub::NodeList::Names>(1, node)).matching(selection, 1).count == 1;
}

using namespace std::chrono_literals;

const Gate::Clock::time_point day_in_2030{std::chrono::seconds(1'893'456'000)};
const Gate::Clock::time_point sample_expiry{std::chrono::seconds(2'000'000'000)};

class GateTest : public testing::Test {
 protected:
  GateTest() {
    gate.set_keys(keys_of(test::secret));
    wanted.selection = {"pubsub.example", {"weather/rome"}};
    wanted.rule = &rule;
  }
  static std::shared_ptr<const Keys> keys_of(const std::string& file) {
    return std::make_shared<const Keys>(std::vector<Key>{Key::parse(file).value()});
  }
  Gate::Checked check() { return gate.check(params, wanted, now); }
  Visitor visitor() {
    const auto checked = check();
    if (const auto* answer = std::get_if<Answer>(&checked)) {
      ADD_FAILURE() << answer->status.code << " " << answer->text;
      return {};
    }
    return std::get<Visitor>(checked);
  }
  Answer refusal() {
    const auto checked = check();
    if (std::holds_alternative<Answer>(checked)) return std::get<Answer>(checked);
    ADD_FAILURE() << "let through";
    return {};
  }
  int status() { return refusal().status.code; }

  Gate gate{{.component = "eventsource.example"}};
  AccessRule rule;
  StreamWanted wanted;
  Params params;
  Gate::Clock::time_point now = day_in_2030;
};

TEST_F(GateTest, LetsAnybodyReadWhatIsOpen) {
  EXPECT_EQ(visitor().name, "");
  EXPECT_EQ(visitor().jid, "");
  EXPECT_FALSE(visitor().expires);
}

TEST_F(GateTest, TellsWhichKeyATokenIsSignedWith) {
  rule.access = Access::token;
  params.add("HTTP_AUTHORIZATION", "Bearer " + test::hs256);
  EXPECT_EQ(visitor().key, Key::parse(test::secret)->fingerprint());
}

TEST_F(GateTest, LooksAtNoMoreTokensOfAnAddressThatBroughtTooManyBadOnes) {
  Gate strict{{.component = "eventsource.example", .limits = {.bad_tokens_per_address = 3}}, keys_of(test::secret)};
  rule.access = Access::token;
  const auto brings = [&](const std::string& address, const std::string& token) -> std::string {
    Params one;
    one.add("REMOTE_ADDR", address);
    one.add("HTTP_AUTHORIZATION", "Bearer " + token);
    const auto checked = strict.check(one, wanted, now);
    if (const auto* refusal = std::get_if<Refusal>(&checked)) return std::string(refusal->info().name);
    if (const auto* answer = std::get_if<Answer>(&checked)) return std::to_string(answer->status.code);
    return "in";
  };
  for (int i = 0; i < 9; ++i) EXPECT_EQ(brings("192.0.2.1", test::hs256), "in") << "good ones are not counted";
  const std::string forged = test::hs256_of(test::header, "{}", std::string(32, 'x'));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(brings("192.0.2.1", i == 1 ? "garbage" : forged), "401");
  EXPECT_EQ(brings("192.0.2.1", forged), "bad_tokens_per_address");
  EXPECT_EQ(brings("192.0.2.1", test::hs256), "bad_tokens_per_address") << "nobody looks at it";
  EXPECT_EQ(brings("192.0.2.2", test::hs256), "in");
  EXPECT_EQ(brings("192.0.2.2", forged), "401");
  EXPECT_EQ(strict.limits().refused(Limit::bad_tokens), 2u);
}

TEST_F(GateTest, LetsNobodyReadWhatHasNoRule) {
  wanted.rule = nullptr;
  EXPECT_EQ(status(), 403);
}

TEST_F(GateTest, CountsTheUsersOfOpenServicesToo) {
  params.add("REMOTE_USER", "alice");
  EXPECT_EQ(visitor().name, "user alice");
}

TEST_F(GateTest, CountsSpellingsOfOneUserTogether) {
  params.add("REMOTE_USER", "ALICE");
  EXPECT_EQ(visitor().name, "user alice") << "as where access is for users";
}

TEST_F(GateTest, OffersTheNodesOfTheRuleAlone) {
  rule.nodes = {"news/*"};
  EXPECT_EQ(status(), 403);
  rule.nodes = {"news/*", "weather/*"};
  visitor();
  rule.deny = {"*/rome"};
  EXPECT_EQ(status(), 403);
  EXPECT_EQ(refusal().text, "the node \"weather/rome\" is not offered here");
}

TEST_F(GateTest, RefusesAStreamForOneNodeThatIsNotOffered) {
  rule.nodes = {"weather/*"};
  wanted.selection.nodes = {"news", "weather/rome"};
  EXPECT_EQ(status(), 403);
}

TEST_F(GateTest, KeepsPatternsWithinTheRule) {
  rule.nodes = {"weather/*"};
  rule.deny = {"*/secret"};
  wanted.selection.nodes.clear();
  wanted.selection.patterns = {"*"};
  visitor();
  EXPECT_TRUE(matches(wanted.selection, "weather/rome"));
  EXPECT_FALSE(matches(wanted.selection, "weather/secret"));
  EXPECT_FALSE(matches(wanted.selection, "news"));
}

class TokenGateTest : public GateTest {
 protected:
  TokenGateTest() { rule.access = Access::token; }
  void bring(const std::string& audience);
};

TEST_F(TokenGateTest, AsksForATokenByAChallenge) {
  EXPECT_EQ(status(), 401);
  EXPECT_EQ(refusal().challenge, "Bearer");
}

TEST_F(TokenGateTest, LetsWhoBringsATokenReadUntilItExpires) {
  params.add("HTTP_AUTHORIZATION", "Bearer " + test::hs256);
  EXPECT_EQ(visitor().name, "token alice");
  EXPECT_EQ(visitor().jid, "");
  EXPECT_EQ(visitor().expires, sample_expiry);
}

TEST_F(TokenGateTest, SaysThatATokenIsWrongButNotWhy) {
  params.add("HTTP_AUTHORIZATION", "Bearer " + test::rs256);
  EXPECT_EQ(status(), 401);
  EXPECT_EQ(refusal().challenge, "Bearer error=\"invalid_token\"");
  EXPECT_EQ(refusal().text, "the token is not valid, or no longer valid");
}

TEST_F(TokenGateTest, RefusesAnExpiredToken) {
  params.add("HTTP_AUTHORIZATION", "Bearer " + test::hs256);
  now = sample_expiry;
  EXPECT_EQ(status(), 401);
}

TEST_F(TokenGateTest, RefusesEveryTokenWithoutKeys) {
  gate.set_keys(nullptr);
  params.add("HTTP_AUTHORIZATION", "Bearer " + test::hs256);
  EXPECT_EQ(status(), 401);
}

TEST_F(TokenGateTest, TakesTheNewKeysOnceTheyAreSet) {
  gate.set_keys(keys_of(test::rsa_key));
  params.add("HTTP_AUTHORIZATION", "Bearer " + test::rs256);
  EXPECT_EQ(visitor().name, "token alice");
}

TEST_F(TokenGateTest, RefusesANodeThatTheTokenDoesNotName) {
  params.add("HTTP_AUTHORIZATION", "Bearer " + test::hs256);
  wanted.selection.nodes = {"news"};
  EXPECT_EQ(status(), 403);
  wanted.selection.nodes = {"news", "weather/rome"};
  EXPECT_EQ(status(), 403);
}

void TokenGateTest::bring(const std::string& audience) {
  params = {};
  const std::string claims = R"({"sub":"alice","exp":2000000000,"nodes":["*"])" + audience + "}";
  params.add("HTTP_AUTHORIZATION", "Bearer " + test::hs256_of(test::header, claims));
}

TEST_F(TokenGateTest, RefusesATokenThatIsMeantForAnotherService) {
  bring("");
  visitor();
  bring(R"(,"aud":"pubsub.example")");
  visitor();
  bring(R"(,"aud":["other.example","pubsub.example"])");
  visitor();
  for (const char* aud : {R"(,"aud":"other.example")", R"(,"aud":[])", R"(,"aud":["other.example"])", R"(,"aud":"PubSub.example")"}) {
    bring(aud);
    EXPECT_EQ(status(), 401) << aud;
    EXPECT_EQ(refusal().challenge, "Bearer error=\"invalid_token\"");
  }
}

TEST_F(TokenGateTest, WantsTheAudienceThatIsConfigured) {
  rule.audience = "https://push.example.org";
  for (const char* aud : {"", R"(,"aud":"pubsub.example")", R"(,"aud":[])"}) {
    bring(aud);
    EXPECT_EQ(status(), 401) << aud;
  }
  bring(R"(,"aud":"https://push.example.org")");
  visitor();
}

TEST_F(TokenGateTest, RefusesWhatTheRuleDeniesWhateverTheTokenSays) {
  params.add("HTTP_AUTHORIZATION", "Bearer " + test::hs256);
  rule.deny = {"weather/rome"};
  EXPECT_EQ(status(), 403);
}

TEST_F(TokenGateTest, KeepsPatternsWithinTheRuleAndTheToken) {
  params.add("HTTP_AUTHORIZATION", "Bearer " + test::hs256);  // weather/* and größe
  rule.nodes = {"*/rome", "news"};
  wanted.selection.nodes.clear();
  wanted.selection.patterns = {"*"};
  visitor();
  EXPECT_TRUE(matches(wanted.selection, "weather/rome"));
  EXPECT_FALSE(matches(wanted.selection, "weather/oslo"));
  EXPECT_FALSE(matches(wanted.selection, "news"));
}

class UserGateTest : public GateTest {
 protected:
  UserGateTest() { rule.access = Access::user; }
};

TEST_F(UserGateTest, RefusesWhomTheWebServerHasNotAuthenticated) { EXPECT_EQ(status(), 403); }

TEST_F(UserGateTest, NamesTheJidThatTheServiceIsAskedAbout) {
  params.add("REMOTE_USER", "Alice");
  EXPECT_EQ(visitor().jid, "alice@eventsource.example");
  EXPECT_EQ(visitor().name, "user alice@eventsource.example");
}

TEST_F(UserGateTest, RefusesAUserWhoWouldBeSomebodyElse) {
  params.add("REMOTE_USER", "alice@example.org/x");
  EXPECT_EQ(status(), 403);
}

TEST_F(UserGateTest, RefusesAUserWhomServersTakeForAnother) {
  params.add("REMOTE_USER", "ａlice");
  EXPECT_EQ(status(), 403);
  EXPECT_EQ(refusal().text, "cannot make a JID of the user \"ａlice\": XMPP servers read \"ａlice\" as \"alice\"");
}

TEST_F(UserGateTest, LetsPatternsMatchWhatTheirUserMayRead) {
  params.add("REMOTE_USER", "alice");
  rule.ask_as = hub::AskAs::owner;
  visitor();
  EXPECT_EQ(wanted.selection.reader.jid, "") << "nodes that are named are asked about by the stream";
  wanted.selection.patterns = {"*"};
  const std::string jid = visitor().jid;
  EXPECT_EQ(wanted.selection.reader, (hub::User{jid, hub::AskAs::owner, rule.ask_every}));
}

}  // namespace
}  // namespace xes::gateway
