// SPDX-License-Identifier: MIT
#include "xmpp/pubsub/authorizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "access_stanzas.hpp"

namespace xes::xmpp {
namespace {

using namespace std::chrono_literals;
using hub::Verdict;
using testing::ElementsAre;
using testing::IsEmpty;

/// The session is this test: it remembers what is asked, and answers when it likes to.
class AuthorizerTest : public testing::Test {
 protected:
  struct Question {
    std::string to, from, xml;
    OnIqResult callback;
  };
  struct Told {
    std::size_t shard;
    std::string node, jid;
    Verdict verdict;
    bool operator==(const Told&) const = default;
  };

  Authorizer& make(AuthorizerOptions options = {}) {
    authorizer.emplace(
        io, options,
        [this](const std::string& to, OutStanza payload, OnIqResult callback, const std::string& from) {
          questions.push_back({to, from, payload.xml().value(), std::move(callback)});
        },
        [this](std::size_t shard, hub::Judged judged) {
          told.push_back({shard, judged.name.node, judged.jid, judged.verdict});
        });
    authorizer->on_ready();
    return *authorizer;
  }
  void answer(IqResult result) {
    ASSERT_FALSE(questions.empty());
    std::move(questions.front().callback)(std::move(result));
    questions.pop_front();
    io.restart();
    io.poll();
  }
  void allow() { answer(parse("<iq type='result' id='1'/>")); }
  void refuse() { answer(failed(forbidden)); }
  void say_nothing() { answer(failed(unavailable)); }
  std::vector<Told> news() { return std::exchange(told, {}); }
  /// Until something is asked, or for long if nothing is.
  void run_until_asked() {
    const auto end = std::chrono::steady_clock::now() + 2s;
    while (questions.empty() && std::chrono::steady_clock::now() < end) {
      io.restart();
      io.run_for(1ms);
    }
  }
  static hub::User user(const std::string& jid, hub::AskAs as = hub::AskAs::user_at_component,
                        std::chrono::milliseconds every = 1h) {
    return {jid, as, every};
  }

  const hub::NodeName news_node{"pubsub.localhost", "news"};
  const hub::User alice = user("alice@me.localhost"), often = user("alice@me.localhost", {}, 20ms);
  boost::asio::io_context io;
  std::deque<Question> questions;
  std::vector<Told> told;
  std::optional<Authorizer> authorizer;
};

TEST_F(AuthorizerTest, AsksAsTheUserAtTheComponentAndTellsTheAnswer) {
  make().ask(0, news_node, alice);
  ASSERT_EQ(questions.size(), 1u);
  EXPECT_EQ(questions[0].to, "pubsub.localhost");
  EXPECT_EQ(questions[0].from, "alice@me.localhost");
  EXPECT_EQ(questions[0].xml, probe("news").xml().value());
  EXPECT_THAT(news(), IsEmpty());
  allow();
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", alice.jid, Verdict::allowed}));
}

TEST_F(AuthorizerTest, AsksOnceForAllShards) {
  make().ask(0, news_node, alice);
  authorizer->ask(1, news_node, alice);
  EXPECT_EQ(questions.size(), 1u);
  refuse();
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", alice.jid, Verdict::refused}, Told{1, "news", alice.jid, Verdict::refused}));
}

TEST_F(AuthorizerTest, AnswersWhoComesLaterFromWhatItKnows) {
  make().ask(0, news_node, alice);
  allow();
  authorizer->leave(0, news_node, alice);
  news();
  authorizer->ask(1, news_node, alice);
  EXPECT_THAT(questions, IsEmpty());
  EXPECT_THAT(news(), ElementsAre(Told{1, "news", alice.jid, Verdict::allowed}));
}

TEST_F(AuthorizerTest, AsksForEachUserAndNodeAlone) {
  make().ask(0, news_node, alice);
  authorizer->ask(0, news_node, user("bob@me.localhost"));
  authorizer->ask(0, {"pubsub.localhost", "other"}, alice);
  EXPECT_EQ(questions.size(), 3u);
}

TEST_F(AuthorizerTest, AsksAgainWhileSomebodyReadsAndTellsThatTheRightIsGone) {
  make().ask(0, news_node, often);
  allow();
  news();
  run_until_asked();
  allow();
  EXPECT_THAT(news(), IsEmpty()) << "nothing new";
  run_until_asked();
  refuse();
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", alice.jid, Verdict::refused}));
}

TEST_F(AuthorizerTest, ForgetsWhatNobodyReadsByWhenItsTimeIsOver) {
  make().ask(0, news_node, often);
  allow();
  authorizer->leave(0, news_node, often);
  EXPECT_EQ(authorizer->size(), 1u);
  const auto end = std::chrono::steady_clock::now() + 2s;
  while (authorizer->size() > 0 && std::chrono::steady_clock::now() < end) io.run_for(1ms), io.restart();
  EXPECT_EQ(authorizer->size(), 0u);
  EXPECT_THAT(questions, IsEmpty());
}

TEST_F(AuthorizerTest, TakesNoAnswerForNoRefusalButNotForEver) {
  make({.retry = 5ms, .max_tries = 2}).ask(0, news_node, often);
  allow();
  news();
  run_until_asked();
  say_nothing();
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", alice.jid, Verdict::held}));
  run_until_asked();
  say_nothing();
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", alice.jid, Verdict::lapsed}));
  run_until_asked();
  allow();
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", alice.jid, Verdict::allowed}));
}

TEST_F(AuthorizerTest, HoldsWhoComesDuringAnOutageAndAsksAfterIt) {
  make().on_down();
  authorizer->ask(0, news_node, alice);
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", alice.jid, Verdict::held}));
  EXPECT_THAT(questions, IsEmpty());
  authorizer->on_ready();
  allow();
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", alice.jid, Verdict::allowed}));
}

TEST_F(AuthorizerTest, AsksEverybodyAnewAfterAnOutage) {
  make().ask(0, news_node, alice);
  allow();
  news();
  authorizer->on_down();
  EXPECT_THAT(news(), IsEmpty()) << "an outage takes no right away";
  authorizer->on_ready();
  refuse();
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", alice.jid, Verdict::refused}));
}

TEST_F(AuthorizerTest, KeepsNoOldAnswerThroughAnOutage) {
  make().ask(0, news_node, often);
  allow();
  authorizer->on_down();
  news();
  const auto end = std::chrono::steady_clock::now() + 2s;
  while (told.empty() && std::chrono::steady_clock::now() < end) io.run_for(1ms), io.restart();
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", alice.jid, Verdict::held}));
}

TEST_F(AuthorizerTest, TakesNoAnswerOfAnEarlierSession) {
  make().ask(0, news_node, alice);
  OnIqResult late = std::move(questions.front().callback);
  questions.clear();
  authorizer->on_down();
  authorizer->on_ready();
  news();
  late(parse("<iq type='result' id='1'/>"));
  EXPECT_THAT(news(), IsEmpty());
  refuse();
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", alice.jid, Verdict::refused}));
}

TEST_F(AuthorizerTest, AsksSoManyAtATimeAlone) {
  make({.asking = {2, 2}});
  for (int i = 0; i < 5; ++i) authorizer->ask(0, news_node, user("u" + std::to_string(i) + "@me.localhost"));
  EXPECT_EQ(questions.size(), 2u);
  for (int i = 0; i < 5; ++i) allow();
  EXPECT_EQ(news().size(), 5u);
  EXPECT_EQ(authorizer->asking(), 0u);
}

TEST_F(AuthorizerTest, LetsAServiceThatSaysNothingDelayItselfAlone) {
  make({.asking = {2, 100}});
  const hub::NodeName silent{"silent.localhost", "news"}, other{"other.localhost", "news"};
  for (const hub::AskAs as : {hub::AskAs::user_at_component, hub::AskAs::owner, hub::AskAs::privileged}) {
    for (int i = 0; i < 20; ++i) authorizer->ask(0, silent, user("u" + std::to_string(i) + "@silent.localhost", as));
    authorizer->ask(0, other, user("alice@other.localhost", as));
    const std::string to = as == hub::AskAs::privileged ? "alice@other.localhost" : "other.localhost";
    ASSERT_EQ(questions.back().to, to);
    EXPECT_EQ(questions.size(), 3u);
    questions.clear();
    authorizer->on_down();
    authorizer->on_ready();
    questions.clear();
    authorizer->stop();
    make({.asking = {2, 100}});
  }
}

/// What [[service]] ask_every promises: a question in that time for each user and node that is open.
TEST_F(AuthorizerTest, AsksAsSeldomAfterANoAsAfterAYesWhileSomebodyWantsToKnow) {
  for (const bool yes : {true, false}) {
    make({.no_counts = 1ms}).ask(0, news_node, user("alice@me.localhost", {}, 200ms));
    const auto asked = std::chrono::steady_clock::now();
    if (yes) allow();
    else refuse();
    run_until_asked();
    EXPECT_GE(std::chrono::steady_clock::now() - asked, 200ms);
    questions.clear();
  }
}

TEST_F(AuthorizerTest, KeepsANoForWhoComesBackNoLongerThanItsTime) {
  make({.no_counts = 5ms}).ask(0, news_node, alice);
  refuse();
  authorizer->leave(0, news_node, alice);
  while (authorizer->size() > 0) io.run_one();
  EXPECT_THAT(questions, IsEmpty());
}

TEST_F(AuthorizerTest, AsksNothingForWhoLeftBeforeItsTurn) {
  make({.asking = {1, 1}}).ask(0, news_node, alice);
  authorizer->ask(0, news_node, user("bob@me.localhost"));
  authorizer->leave(0, news_node, user("bob@me.localhost"));
  allow();
  EXPECT_THAT(questions, IsEmpty());
  EXPECT_EQ(authorizer->size(), 1u);
}

TEST_F(AuthorizerTest, TakesTheAnswerForWhoLeftWhileItWasAsked) {
  make({.asking = {1, 1}}).ask(0, news_node, alice);
  authorizer->leave(0, news_node, alice);
  authorizer->ask(0, news_node, user("bob@me.localhost"));
  EXPECT_EQ(questions.size(), 1u);
  allow();
  EXPECT_EQ(questions.size(), 1u) << "bob's";
  authorizer->ask(0, news_node, alice);
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", alice.jid, Verdict::allowed}));
}

TEST_F(AuthorizerTest, CachesSoManyAnswersAlone) {
  make({.max_cached = 3});
  for (int i = 0; i < 10; ++i) {
    const auto one = user("u" + std::to_string(i) + "@me.localhost");
    authorizer->ask(0, news_node, one);
    allow();
    authorizer->leave(0, news_node, one);
  }
  EXPECT_EQ(authorizer->size(), 3u);
  authorizer->ask(0, news_node, user("u9@me.localhost"));
  EXPECT_THAT(questions, IsEmpty()) << "the newest are kept";
}

TEST_F(AuthorizerTest, AsksInTheUsersNameWherePrivileged) {
  make().ask(0, news_node, user("alice@localhost", hub::AskAs::privileged));
  ASSERT_EQ(questions.size(), 1u);
  EXPECT_EQ(questions[0].to, "alice@localhost");
  EXPECT_EQ(questions[0].from, "");
  answer(parse("<iq type='result' id='1'><privilege xmlns='urn:xmpp:privilege:2'><forwarded xmlns='urn:xmpp:forward:0'>"
               "<iq xmlns='jabber:client' from='pubsub.localhost' type='error'>" + forbidden +
               "</iq></forwarded></privilege></iq>"));
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", "alice@localhost", Verdict::refused}));
}

TEST_F(AuthorizerTest, AsksAnOwnerOneThingAfterTheOther) {
  make().ask(0, news_node, user("alice@localhost", hub::AskAs::owner));
  ASSERT_EQ(questions.size(), 1u);
  EXPECT_EQ(questions[0].xml, affiliations("news").xml().value());
  answer(owners("<affiliations node='news'/>"));
  ASSERT_EQ(questions.size(), 1u);
  EXPECT_EQ(questions[0].xml, configuration("news").xml().value());
  answer(owners("<configure node='news'><x xmlns='jabber:x:data'><field var='pubsub#access_model'>"
                "<value>authorize</value></field></x></configure>"));
  ASSERT_EQ(questions.size(), 1u);
  EXPECT_EQ(questions[0].xml, node_subscriptions("news").xml().value());
  EXPECT_EQ(authorizer->asking(), 1u);
  answer(owners("<subscriptions node='news'><subscription jid='alice@localhost' subscription='subscribed'/></subscriptions>"));
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", "alice@localhost", Verdict::allowed}));
  EXPECT_EQ(authorizer->asking(), 0u);
}

TEST_F(AuthorizerTest, AsksWhetherANodeThatItDoesNotOwnIsThereAtAll) {
  for (const auto& [error, verdict] : {std::pair(not_found, Verdict::no_such_node), std::pair(forbidden, Verdict::refused),
                                       std::pair(unavailable, Verdict::refused)}) {
    make().ask(0, news_node, user("alice@localhost", hub::AskAs::owner));
    refuse();
    EXPECT_THAT(news(), IsEmpty());
    ASSERT_EQ(questions.size(), 1u);
    EXPECT_EQ(questions[0].xml, probe("news").xml().value());
    EXPECT_EQ(questions[0].from, "") << "as ourselves";
    answer(failed(error));
    EXPECT_THAT(news(), ElementsAre(Told{0, "news", "alice@localhost", verdict}));
    EXPECT_EQ(authorizer->asking(), 0u);
  }
}

TEST_F(AuthorizerTest, AsksAnOwnerNoMoreThanItMust) {
  make().ask(0, news_node, user("alice@localhost", hub::AskAs::owner));
  answer(owners("<affiliations node='news'><affiliation jid='alice@localhost' affiliation='member'/></affiliations>"));
  EXPECT_THAT(questions, IsEmpty());
  EXPECT_THAT(news(), ElementsAre(Told{0, "news", "alice@localhost", Verdict::allowed}));
}

}  // namespace
}  // namespace xes::xmpp
