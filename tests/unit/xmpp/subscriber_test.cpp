// SPDX-License-Identifier: MIT
#include "xmpp/subscriber.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "pubsub/access_stanzas.hpp"
#include "pubsub/services.hpp"
#include "session/loop_test.hpp"

namespace xes::xmpp {
namespace {

using namespace std::chrono_literals;
using hub::Want;

const std::string pubsub_service = "pubsub.example";
const std::string empty_items = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items/></pubsub>";

/// The one shard is this test; the services answer as it likes.
class SubscriberTest : public LoopTest {
 protected:
  SubscriberTest() {
    options.services = {{pubsub_service}};
    options.recheck = options.directory.every = 1h;
    news.on_wake([this] {
      news.drain([this](hub::News letter) { told.push_back(std::move(letter)); });
    });
    services.answer("subscribe", "<pubsub xmlns='http://jabber.org/protocol/pubsub'/>");
    services.answer("items", empty_items);
  }

  void start() {
    subscriber.emplace(io, session, options, std::vector<ShardDoors>{{&news, &wants}});
    subscriber->start();
    ASSERT_TRUE(run_until([&] { return subscriber->counters().session_up.load(); }));
  }
  void want(Want::What what, const std::string& node, const hub::User& user = {},
            const std::string& service = pubsub_service) {
    wants.push({what, {service, node}, user});
    wants.wake();
  }
  void notify(const std::string& event, const std::string& from = pubsub_service) {
    server.say("<message from='" + from + "' to='me.example'><event xmlns='http://jabber.org/protocol/pubsub#event'>" +
               event + "</event></message>");
  }
  bool run_until_asked(const std::string& what, std::size_t times = 1) {
    return run_until([&] { return services.count(what) >= times; });
  }
  template <class Letter>
  std::size_t told_of() const {
    return static_cast<std::size_t>(std::count_if(
        told.begin(), told.end(), [](const hub::News& letter) { return std::holds_alternative<Letter>(letter); }));
  }
  template <class Letter>
  bool run_until_told(std::size_t times = 1) {
    return run_until([&] { return told_of<Letter>() >= times; });
  }

  Server server{io};
  Services services{server};
  SessionOptions session = server.session_options();
  SubscriberOptions options;
  Mailbox<hub::News> news{io, 1024};
  Mailbox<Want> wants{io, 1024};
  std::vector<hub::News> told;
  std::optional<Subscriber> subscriber;
};

std::string subscriptions_of(const std::set<std::string>& nodes) {
  std::string list;
  for (const std::string& node : nodes)
    list += "<subscription node='" + node + "' jid='me.example' subscription='subscribed'/>";
  return "<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscriptions>" + list + "</subscriptions></pubsub>";
}

TEST_F(SubscriberTest, OpensANodeWhoseNewestItemIsTooLarge) {
  std::string deep;
  for (int i = 0; i < 200; ++i) deep = "<a>" + deep + "</a>";
  services.answer("items", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n'><item id='1'><x/></item>"
                           "<item id='2'>" + deep + "</item></items></pubsub>");
  start();
  want(Want::What::follow, "n");
  ASSERT_TRUE(run_until_told<hub::Opened>());
  const auto opened = std::find_if(told.begin(), told.end(), [](const auto& one) { return std::holds_alternative<hub::Opened>(one); });
  const auto& history = std::get<hub::Opened>(*opened).history;
  ASSERT_EQ(history.size(), 2u);
  EXPECT_FALSE(history[0]->item.left_out);
  EXPECT_TRUE(history[1]->item.left_out);
  EXPECT_EQ(services.count("items"), 1u);

  notify("<items node='n'><item id='3'>" + deep + "</item><item id='4'><x/></item></items>");
  ASSERT_TRUE(run_until_told<hub::Happened>());
  std::vector<std::string> live;
  for (const auto& one : told)
    if (const auto* happened = std::get_if<hub::Happened>(&one))
      for (const auto& event : happened->events) live.push_back(event->item.id + (event->item.left_out ? " left out" : ""));
  EXPECT_THAT(live, testing::ElementsAre("3 left out", "4"));
  EXPECT_EQ(services.count("items"), 1u) << "its payload is not asked for";
}

/// After an exception: what waits in the mailboxes is nobody's else, and what the first one meant to do later is not done.
TEST_F(SubscriberTest, TakesOverFromAnother) {
  options.linger = options.retry = options.recheck = 0ms;
  services.answer("subscribe", [](const auto&) { return std::string(); });
  start();
  want(Want::What::follow, "n");
  want(Want::What::unfollow, "n");
  ASSERT_TRUE(run_until_asked("subscribe"));
  constexpr std::size_t more_than_fit = 3000;
  for (std::size_t i = 0; i < more_than_fit; ++i) news.push(hub::SessionChanged{true});
  subscriber.reset();
  EXPECT_TRUE(news.congested());
  want(Want::What::follow, "m");
  io.run_for(20ms);
  EXPECT_EQ(services.count("subscribe"), 1u);
  services.answer("subscribe", "<x/>");
  start();
  EXPECT_TRUE(run_until_told<hub::Opened>());
  EXPECT_TRUE(run_until_told<hub::SessionChanged>(more_than_fit));
}

/// As accounts on Prosody 13 answer: a subscription is refused to strangers whether there is such a node or not.
TEST_F(SubscriberTest, TellsAnAccountsMissingNodeFromOneThatIsClosed) {
  const std::string account = "alice@example";
  options.services.push_back({"*@example"});
  services.answer("subscribe", forbidden);
  services.answer("items", [](const auto& question) { return question.node == "missing" ? not_found : forbidden; });
  start();
  want(Want::What::follow, "missing", {}, account);
  want(Want::What::follow, "closed", {}, account);
  ASSERT_TRUE(run_until_told<hub::Refused>(2));
  for (const auto& one : told) {
    const auto* refused = std::get_if<hub::Refused>(&one);
    if (!refused) continue;
    EXPECT_EQ(refused->refusal, refused->name.node == "missing" ? hub::Refusal::no_such_node : hub::Refusal::forbidden);
  }
}

TEST_F(SubscriberTest, DropsLeftOverSubscriptionsAFewAtATime) {
  std::set<std::string> left_over;
  for (int i = 0; i < 40; ++i) left_over.insert("n" + std::to_string(i));
  services.answer("subscriptions", [&](const auto&) { return subscriptions_of(left_over); });
  options.recheck = 20ms;
  options.leaving = {8, 8};
  start();
  ASSERT_TRUE(run_until_asked("unsubscribe"));
  const std::size_t rounds = services.count("subscriptions");
  ASSERT_TRUE(run_until_asked("subscriptions", rounds + 4));
  const auto first = services.asked("unsubscribe");
  EXPECT_EQ(first.size(), 8u) << "none was answered";

  const auto unsubscribe = [&](const Services::Question& question) {
    left_over.erase(question.node);
    return std::string("<pubsub xmlns='http://jabber.org/protocol/pubsub'/>");
  };
  services.answer("unsubscribe", unsubscribe);
  for (const auto& question : first) services.reply(question, unsubscribe(question));
  EXPECT_TRUE(run_until([&] { return left_over.empty(); }));
}

/// As Prosody 0.12 does once a node was deleted.
TEST_F(SubscriberTest, AsksAboutEachNodeWhereNobodyAnswersAboutAll) {
  services.answer("http://jabber.org/protocol/disco#info",
                  "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='pubsub' type='service' "
                  "name='Prosody PubSub Service'/></query>");
  std::set<std::string> subscribed{"a", "b"};
  services.answer("subscriptions", [&](const Services::Question& question) {
    if (question.node.empty()) return std::string();
    return subscriptions_of(subscribed.count(question.node) ? std::set{question.node} : std::set<std::string>());
  });
  options.recheck = 20ms;
  options.deadline = 50ms;
  start();
  want(Want::What::follow, "a");
  want(Want::What::follow, "b");
  ASSERT_TRUE(run_until_told<hub::Opened>(2));
  ASSERT_TRUE(run_until_asked("subscriptions", 8));
  EXPECT_EQ(services.count("subscribe"), 2u);
  subscribed.erase("a");
  ASSERT_TRUE(run_until_asked("subscribe", 3));
  EXPECT_EQ(services.asked("subscribe").back().node, "a");
}

TEST_F(SubscriberTest, KeepsALeftOverSubscriptionThatIsWantedAgainBeforeItsTurn) {
  services.answer("subscriptions", subscriptions_of({"a", "b"}));
  options.recheck = 20ms;
  options.leaving = {1, 1};
  start();
  ASSERT_TRUE(run_until_asked("unsubscribe"));
  const auto first = services.asked("unsubscribe").front();
  const std::string other = first.node == "a" ? "b" : "a";
  want(Want::What::follow, other);
  ASSERT_TRUE(run_until_told<hub::Opened>());
  services.reply(first, "");
  io.run_for(100ms);
  for (const auto& question : services.asked("unsubscribe")) EXPECT_EQ(question.node, first.node);
}

TEST_F(SubscriberTest, BeginsAnewWithALeftOverSubscriptionOfAServiceThatWasForgotten) {
  const std::string stray = "stray.example";
  options.services = {{"*.example"}};
  options.recheck = 20ms;
  start();
  const std::string item = "<items node='n'><item id='1'><x xmlns='urn:x'/></item></items>";
  notify(item, stray);
  services.answer("subscriptions", [&, times = 0](const auto&) mutable {
    return ++times == 1 ? subscriptions_of({"n"}) : not_found;
  });
  ASSERT_TRUE(run_until_asked("subscriptions", 2));
  io.run_for(50ms);
  ASSERT_EQ(services.count("subscriptions"), 2u) << "it is not asked any more";

  services.answer("subscriptions", [&, times = 0](const auto&) mutable {
    return ++times == 1 ? subscriptions_of({"n"}) : "";
  });
  notify(item, stray);
  ASSERT_TRUE(run_until_asked("subscriptions", 4));
  EXPECT_EQ(services.count("unsubscribe"), 0u) << "pages may be about to come back";
  services.reply(services.asked("subscriptions").back(), subscriptions_of({"n"}));
  EXPECT_TRUE(run_until_asked("unsubscribe"));
}

const std::string listed_news = "<query xmlns='" + disco_items + "'><item jid='pubsub.example' node='news'/></query>";

TEST_F(SubscriberTest, TellsOfAListedNodeAgainThatWasRefusedAsMissing) {
  options.directory.every = 20ms;
  services.answer(disco_items, listed_news);
  services.answer("subscribe", not_found);
  start();
  want(Want::What::list, "");
  ASSERT_TRUE(run_until_told<hub::Listed>());
  want(Want::What::follow, "news");
  ASSERT_TRUE(run_until_told<hub::Refused>());
  EXPECT_TRUE(run_until_told<hub::Listed>(2)) << "it may be there by now";
}

TEST_F(SubscriberTest, TellsOfANodeAgainThatIsDeletedAndMadeAnewBeforeTheNextList) {
  options.directory.every = 20ms;
  services.answer(disco_items, listed_news);
  start();
  want(Want::What::list, "");
  want(Want::What::follow, "news");
  ASSERT_TRUE(run_until_told<hub::Listed>());
  ASSERT_TRUE(run_until_told<hub::Opened>());
  notify("<delete node='news'/>");
  ASSERT_TRUE(run_until_told<hub::Ended>());
  EXPECT_TRUE(run_until_told<hub::Listed>(2));
}

TEST_F(SubscriberTest, DoesNotTellOfAListedNodeAgainThatIsForbidden) {
  options.directory.every = 20ms;
  services.answer(disco_items, listed_news);
  services.answer("subscribe", forbidden);
  start();
  want(Want::What::list, "");
  ASSERT_TRUE(run_until_told<hub::Listed>());
  want(Want::What::follow, "news");
  ASSERT_TRUE(run_until_told<hub::Refused>());
  ASSERT_TRUE(run_until_asked(disco_items, services.count(disco_items) + 4));
  EXPECT_EQ(told_of<hub::Listed>(), 1u);
}

TEST_F(SubscriberTest, DoesNotCountAnOutageAsAServiceThatSaysNothing) {
  options.authorizer.retry = 5ms;
  options.authorizer.max_tries = 3;
  services.answer("items", [&, times = 0](const auto&) mutable { return ++times <= 2 ? unavailable : ""; });
  start();
  want(Want::What::judge, "news", {"alice@me.example", hub::AskAs::user_at_component, 1h});
  ASSERT_TRUE(run_until_asked("items", 3));
  server.hang_up();
  ASSERT_TRUE(run_until([&] { return server.connections == 2; }));
  ASSERT_TRUE(run_until_asked("items", 4));
  for (const hub::News& letter : told) {
    const auto* judged = std::get_if<hub::Judged>(&letter);
    EXPECT_TRUE(!judged || judged->verdict == hub::Verdict::held);
  }
  EXPECT_EQ(told_of<hub::Judged>(), 1u);
}

// ---- a service that says nothing

/// Nothing of one service delays another, whatever it leaves unanswered.
TEST_F(SubscriberTest, LetsAServiceThatSaysNothingDelayItselfAlone) {
  for (const std::string silent_at : {"subscribe", "items", "subscriptions", "http://jabber.org/protocol/disco#info", "unsubscribe"}) {
    SCOPED_TRACE(silent_at);
    options.services = {{"*.example"}, {"*@*.example"}};
    options.rooms = {{.jid = "silent.example", .rooms = {"*"}}};
    options.linger = 0ms;
    options.recheck = 20ms;
    for (const std::string what : {"subscribe", "items", "subscriptions", "http://jabber.org/protocol/disco#info", "unsubscribe"}) {
      const std::string content = what == "items" ? empty_items : what == "subscriptions" ? subscriptions_of({}) : "<x/>";
      services.answer(what, [what, silent_at, content](const Services::Question& question) {
        return what == silent_at && question.to.find("silent") != std::string::npos ? std::string() : content;
      });
    }
    start();
    for (int i = 0; i < 200; ++i) {
      const std::string node = "n" + std::to_string(i);
      for (const std::string service : {"pubsub.silent.example", "silent.example"}) want(Want::What::follow, node, {}, service);
      want(Want::What::follow, node, {}, "u" + std::to_string(i) + "@silent.example");
      if (silent_at == "unsubscribe") want(Want::What::unfollow, node, {}, "pubsub.silent.example");
    }
    io.run_for(100ms);
    told.clear();
    want(Want::What::follow, "news");
    EXPECT_TRUE(run_until([&] {
      return std::any_of(told.begin(), told.end(), [&](const hub::News& letter) {
        const auto* opened = std::get_if<hub::Opened>(&letter);
        return opened && opened->name.service == pubsub_service;
      });
    }));
    const std::size_t checks = services.count("subscriptions");
    EXPECT_TRUE(run_until_asked("subscriptions", checks + 3)) << "the others are checked";
    want(Want::What::unfollow, "news");
    EXPECT_TRUE(run_until([&] {
      const auto asked = services.asked("unsubscribe");
      return std::any_of(asked.begin(), asked.end(), [&](const auto& one) { return one.to == pubsub_service; });
    }));
    subscriber.reset();
  }
}

TEST_F(SubscriberTest, HasSoManyRequestsUnderWayAtAServiceAlone) {
  services.answer("http://jabber.org/protocol/disco#info", "<x/>");
  services.answer("subscribe", "");
  options.subscribing = {8, 64};
  start();
  for (int i = 0; i < 40; ++i) want(Want::What::follow, "n" + std::to_string(i));
  ASSERT_TRUE(run_until_asked("subscribe", 8));
  io.run_for(50ms);
  EXPECT_EQ(services.count("subscribe"), 8u);
}

// ---- nodes that the session fails at

class QuarantineTest : public SubscriberTest {
 protected:
  QuarantineTest() { services.answer("http://jabber.org/protocol/disco#info", "<x/>"); }

  /// The session ends whenever `what` is asked for of a node whose name begins with "bad".
  void fail_at(const std::string& what) {
    const std::string content = what == "items" ? empty_items : "<x/>";
    services.answer(what, [this, content](const Services::Question& question) {
      if (!question.node.starts_with("bad")) return content;
      server.hang_up();
      return std::string();
    });
  }
  void succeed() {
    services.answer("subscribe", "<x/>");
    services.answer("items", empty_items);
  }
  std::size_t asked_of(const std::string& what, const std::string& node) const {
    const auto asked = services.asked(what);
    return static_cast<std::size_t>(std::count_if(asked.begin(), asked.end(), [&](const auto& one) { return one.node == node; }));
  }
  std::size_t quarantined(const std::string& node) const {
    return static_cast<std::size_t>(std::count_if(told.begin(), told.end(), [&](const hub::News& letter) {
      const auto* held = std::get_if<hub::Held>(&letter);
      return held && held->quarantined && held->name.node == node;
    }));
  }
  std::size_t opened(const std::string& node) const {
    return static_cast<std::size_t>(std::count_if(told.begin(), told.end(), [&](const hub::News& letter) {
      const auto* opened = std::get_if<hub::Opened>(&letter);
      return opened && opened->name.node == node;
    }));
  }
  bool run_until_quarantined(std::uint64_t times = 1) {
    return run_until([&] { return subscriber->counters().quarantines >= times && subscriber->counters().session_up; });
  }
  /// What would be sent, were there anything to send.
  void run_on() { io.run_for(100ms); }
};

TEST_F(QuarantineTest, TakesANodeThatTheSessionFailedAtTwiceAndNoOther) {
  for (const std::string what : {"subscribe", "items"}) {
    SCOPED_TRACE(what);
    succeed();
    fail_at(what);
    start();
    const int before = server.connections;
    told.clear();
    for (int i = 0; i < 100; ++i) want(Want::What::follow, i == 50 ? "bad" : "n" + std::to_string(i));
    ASSERT_TRUE(run_until_quarantined());
    ASSERT_TRUE(run_until([&] {
      for (int i = 0; i < 100; ++i)
        if (i != 50 && opened("n" + std::to_string(i)) == 0) return false;
      return true;
    }));
    run_on();
    EXPECT_EQ(server.connections, before + 2);
    EXPECT_EQ(subscriber->counters().quarantines, 1u);
    EXPECT_EQ(quarantined("bad"), 1u);
    EXPECT_EQ(opened("bad"), 0u);
    EXPECT_EQ(told_of<hub::Refused>() + told_of<hub::Ended>(), 0u) << "it may pass";
    notify("<items node='n7'><item id='1'><x/></item></items>");
    EXPECT_TRUE(run_until_told<hub::Happened>());
    subscriber.reset();
  }
}

TEST_F(QuarantineTest, AllowsOneMoreTryForAStreamThatAsksAnew) {
  options.quarantine = 30ms;
  fail_at("items");
  start();
  want(Want::What::follow, "bad");
  ASSERT_TRUE(run_until_quarantined());
  run_on();
  EXPECT_EQ(asked_of("items", "bad"), 2u);
  want(Want::What::follow, "bad");
  want(Want::What::follow, "bad");
  ASSERT_TRUE(run_until_quarantined(2));
  run_on();
  EXPECT_EQ(asked_of("items", "bad"), 3u);
  EXPECT_EQ(server.connections, 4);
  succeed();
  run_on();
  EXPECT_EQ(opened("bad"), 0u) << "nobody has asked";
  want(Want::What::follow, "bad");
  ASSERT_TRUE(run_until([&] { return opened("bad") == 1; }));
  notify("<items node='bad'><item id='1'><x/></item></items>");
  EXPECT_TRUE(run_until_told<hub::Happened>());
}

TEST_F(QuarantineTest, LastsTwiceAsLongEachTime) {
  options.quarantine = 40ms;
  fail_at("subscribe");
  start();
  const auto start_time = std::chrono::steady_clock::now();
  want(Want::What::follow, "bad");
  for (std::uint64_t times = 1; times <= 4; ++times) {
    ASSERT_TRUE(run_until_quarantined(times));
    want(Want::What::follow, "bad");
  }
  ASSERT_TRUE(run_until_quarantined(5));
  EXPECT_GE(std::chrono::steady_clock::now() - start_time, 40ms + 80ms + 160ms + 320ms);
}

TEST_F(QuarantineTest, MakesStreamsWaitThatAskSoonerThanATryMayBe) {
  options.linger = 0ms;
  fail_at("subscribe");
  start();
  want(Want::What::follow, "bad");
  ASSERT_TRUE(run_until_quarantined());
  for (int i = 0; i < 10; ++i) {
    want(Want::What::follow, "bad");
    want(Want::What::unfollow, "bad");
    want(Want::What::follow, "bad");
    io.run_for(10ms);
  }
  EXPECT_EQ(asked_of("subscribe", "bad"), 2u);
  EXPECT_EQ(quarantined("bad"), 11u) << "each of those that came is held";
}

/// With no linger nothing would be known of a node when the next one comes.
TEST_F(QuarantineTest, IsNotEscapedByShortVisits) {
  options.linger = 0ms;
  fail_at("subscribe");
  start();
  for (std::size_t visit = 1; visit <= 5; ++visit) {
    const int before = server.connections;
    want(Want::What::follow, "bad");
    if (visit <= 2) {
      ASSERT_TRUE(run_until_asked("subscribe", visit));
      want(Want::What::unfollow, "bad");
      ASSERT_TRUE(run_until([&] { return server.connections > before && subscriber->counters().session_up; }));
    } else {
      run_on();
      want(Want::What::unfollow, "bad");
    }
  }
  EXPECT_EQ(asked_of("subscribe", "bad"), 2u);
}

TEST_F(QuarantineTest, EndsWhatIsOpen) {
  options.quarantine = 1ms;
  start();
  want(Want::What::follow, "bad");
  ASSERT_TRUE(run_until([&] { return opened("bad") == 1; }));
  fail_at("subscribe");
  notify("<configuration node='bad'/>");
  ASSERT_TRUE(run_until_quarantined());
  ASSERT_TRUE(run_until([&] { return quarantined("bad") == 1; }));
  succeed();
  want(Want::What::follow, "bad");
  EXPECT_TRUE(run_until([&] { return opened("bad") == 2; }));
}

/// A reader's question for what is stored, which is put to a node that is open.
TEST_F(QuarantineTest, CountsWhatIsAskedForOnceANodeIsOpen) {
  services.answer("items", [this](const Services::Question&) {
    if (services.count("items") % 2 == 1) return empty_items;
    server.hang_up();
    return std::string();
  });
  start();
  want(Want::What::follow, "bad");
  ASSERT_TRUE(run_until([&] { return opened("bad") == 1; }));
  want(Want::What::fetch, "bad");
  ASSERT_TRUE(run_until_quarantined());
  run_on();
  EXPECT_EQ(server.connections, 3);
}

/// Restarts of the server, say: only nodes that were asked about alone can be blamed, one for each.
TEST_F(QuarantineTest, TakesFewWhereTheSessionFailsForAnotherReason) {
  constexpr int failures = 4, nodes = 200;
  services.answer("subscribe", [&, in_session = 0, session = 0](const Services::Question&) mutable {
    if (std::exchange(session, server.connections) != server.connections) in_session = 0;
    if (session > failures || ++in_session < 20) return std::string("<x/>");
    server.hang_up();
    return std::string();
  });
  start();
  for (int i = 0; i < nodes; ++i) want(Want::What::follow, "n" + std::to_string(i));
  ASSERT_TRUE(run_until([&] {
    std::size_t open = 0;
    for (int i = 0; i < nodes; ++i) open += opened("n" + std::to_string(i)) > 0;
    return server.connections > failures && open + subscriber->counters().quarantines == nodes;
  }));
  EXPECT_LE(subscriber->counters().quarantines, failures - 1u);
}

TEST_F(QuarantineTest, IsLeftWithoutAQuestionOnceTheSessionHasBeenUpForLong) {
  options.quarantine = 1ms;
  options.forgive = 200ms;
  fail_at("subscribe");
  start();
  want(Want::What::follow, "bad");
  ASSERT_TRUE(run_until_quarantined());
  succeed();
  EXPECT_TRUE(run_until([&] { return opened("bad") == 1; }));
}

TEST_F(QuarantineTest, ForgetsAFailureOnceThereIsAnAnswer) {
  start();
  want(Want::What::follow, "bad");
  ASSERT_TRUE(run_until([&] { return opened("bad") == 1; }));
  for (int i = 1; i <= 4; ++i) {
    services.answer("subscribe", [&, times = 0](const auto&) mutable {
      if (++times > 1) return std::string("<x/>");
      server.hang_up();
      return std::string();
    });
    const std::size_t asked = services.count("items");
    notify("<configuration node='bad'/>");
    ASSERT_TRUE(run_until([&] { return server.connections == i + 1 && services.count("items") > asked; }));
    run_on();
  }
  EXPECT_EQ(subscriber->counters().quarantines, 0u);
}

// ---- nodes that nobody reads

/// Every order of pages that come and go and of answers, with no linger: one request for each node at a time, and in the
/// end the service has the subscriptions that are wanted, no others.
TEST_F(SubscriberTest, AsksOneThingOfANodeAtATimeWhateverComesAndGoes) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    options.linger = 0ms;
    options.retry = 1ms;
    std::vector<Services::Question> open;
    const auto ask = [&](const Services::Question& question) {
      for (const auto& other : open) EXPECT_NE(other.node, question.node) << other.what << " and " << question.what;
      open.push_back(question);
      return std::string();
    };
    for (const std::string what : {"subscribe", "unsubscribe"}) services.answer(what, ask);
    std::set<std::string> subscribed, wanted;
    bool settling = false;  // a refusal that passes is asked about again, for ever
    const auto answer_one = [&] {
      std::swap(open[random() % open.size()], open.back());
      const Services::Question question = open.back();
      open.pop_back();
      if (!settling && question.what == "subscribe" && random() % 4 == 0) return services.reply(question, unavailable);
      if (question.what == "subscribe") subscribed.insert(question.node);
      else subscribed.erase(question.node);
      services.reply(question, "<pubsub xmlns='http://jabber.org/protocol/pubsub'/>");
    };
    start();
    for (int step = 0; step < 400; ++step) {
      const std::string node(1, static_cast<char>('a' + random() % 3));
      if (random() % 2 == 0 && !open.empty()) {
        answer_one();
      } else if (wanted.erase(node) > 0) {
        want(Want::What::unfollow, node);
      } else {
        wanted.insert(node);
        want(Want::What::follow, node);
      }
      for (auto turns = random() % 6; turns > 0; --turns) io.run_one_for(1ms);
    }
    settling = true;
    EXPECT_TRUE(run_until([&] {
      while (!open.empty()) answer_one();
      io.run_for(5ms);
      return open.empty() && subscribed == wanted && subscriber->counters().nodes == wanted.size();
    })) << testing::PrintToString(subscribed) << " for " << testing::PrintToString(wanted);
    EXPECT_EQ(subscribed, wanted);
    subscriber.reset();
  }
}

TEST_F(SubscriberTest, UnsubscribesOnceTheSubscribeThatWasUnderWayIsAnswered) {
  options.linger = 0ms;
  services.answer("subscribe", "");
  services.answer("unsubscribe", "<x/>");
  start();
  want(Want::What::follow, "news");
  ASSERT_TRUE(run_until_asked("subscribe"));
  want(Want::What::unfollow, "news");
  io.run_for(50ms);
  EXPECT_EQ(services.count("unsubscribe"), 0u);
  services.reply(services.asked("subscribe").front(), "<x/>");
  EXPECT_TRUE(run_until_asked("unsubscribe"));
  EXPECT_TRUE(run_until([&] { return subscriber->counters().nodes == 0; }));
  EXPECT_EQ(services.count("items"), 0u) << "nobody wants them";
}

/// Short visits to many names: as many nodes are followed as may be, those that were read last.
TEST_F(SubscriberTest, GivesUpWhatLingeredLongestWhereAnotherNeedsRoom) {
  options.max_nodes = 10;
  options.linger = 1h;
  options.leaving = {3, 3};
  std::set<std::string> subscribed;
  std::vector<Services::Question> unanswered;
  services.answer("subscribe", [&](const Services::Question& question) {
    subscribed.insert(question.node);
    return "<x/>";
  });
  services.answer("unsubscribe", [&](const Services::Question& question) {
    unanswered.push_back(question);
    EXPECT_LE(unanswered.size(), 3u) << "a few at a time";
    return "";
  });
  start();
  want(Want::What::follow, "stays");
  for (int i = 0; i < 100; ++i) {
    const std::string node = "n" + std::to_string(i);
    want(Want::What::follow, node);
    ASSERT_TRUE(run_until_told<hub::Opened>(static_cast<std::size_t>(i) + 2));
    EXPECT_LE(subscriber->counters().nodes, 10u);
    want(Want::What::unfollow, node);
  }
  ASSERT_TRUE(run_until([&] {
    for (const Services::Question& question : std::exchange(unanswered, {})) {
      subscribed.erase(question.node);
      services.reply(question, "<x/>");
    }
    return subscribed.size() == 10;
  })) << testing::PrintToString(subscribed);
  EXPECT_THAT(subscribed, testing::UnorderedElementsAre("stays", "n91", "n92", "n93", "n94", "n95", "n96", "n97", "n98", "n99"));
  for (int i = 91; i < 100; ++i) want(Want::What::follow, "n" + std::to_string(i));
  ASSERT_TRUE(run_until_told<hub::Opened>(110));
  EXPECT_EQ(services.count("subscribe"), 101u) << "these had lingered";
}

// ---- access that is withdrawn

const std::string wait = "<error type='wait'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
const std::string away = "<error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
const std::string unsupported =
    "<error type='cancel'><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

class WithdrawnTest : public SubscriberTest {
 protected:
  void open_then_answer(const std::string& items, const std::string& subscribe) {
    options.retry = 10ms;
    services.answer("subscriptions", subscriptions_of({"news"}));
    start();
    want(Want::What::follow, "news");
    ASSERT_TRUE(run_until_told<hub::Opened>());
    services.answer("items", items);
    services.answer("subscribe", subscribe);
  }
  WithdrawnTest() {
    options.recheck = 20ms;
    options.deadline = 200ms;
  }
  std::vector<hub::Refusal> endings() const {
    std::vector<hub::Refusal> all;
    for (const hub::News& letter : told)
      if (const auto* ended = std::get_if<hub::Ended>(&letter)) all.push_back(ended->refusal);
    return all;
  }
};

TEST_F(WithdrawnTest, IsFoundByThePeriodicCheckAndEndsWhatIsOpen) {
  open_then_answer(forbidden, forbidden);
  ASSERT_TRUE(run_until_told<hub::Ended>());
  EXPECT_THAT(endings(), testing::ElementsAre(hub::Refusal::forbidden));
  want(Want::What::follow, "news");
  ASSERT_TRUE(run_until_told<hub::Refused>());
  EXPECT_EQ(told_of<hub::Opened>(), 1u) << "nothing from memory";
}

TEST_F(WithdrawnTest, IsFoundByAReaderOfStoredItemsWhoIsNotAnsweredFromMemory) {
  options.recheck = 1h;
  open_then_answer(forbidden, forbidden);
  want(Want::What::fetch, "news");
  ASSERT_TRUE(run_until_told<hub::Ended>());
  EXPECT_EQ(told_of<hub::Snapshot>(), 0u);
}

TEST_F(WithdrawnTest, IsFoundWhenANodeThatLingersIsReadAgain) {
  options.recheck = 1h;
  options.linger = 1h;
  open_then_answer(forbidden, forbidden);
  want(Want::What::unfollow, "news");
  want(Want::What::follow, "news");
  EXPECT_TRUE(run_until_told<hub::Ended>());
}

TEST_F(WithdrawnTest, IsAnApprovalThatIsAwaitedAgain) {
  open_then_answer(forbidden, "<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscription node='news' jid='me.example' "
                              "subscription='pending'/></pubsub>");
  ASSERT_TRUE(run_until_told<hub::Ended>());
  want(Want::What::follow, "news");
  EXPECT_TRUE(run_until([&] {
    return std::any_of(told.begin(), told.end(), [](const hub::News& letter) {
      const auto* held = std::get_if<hub::Held>(&letter);
      return held && held->pending;
    });
  }));
}

/// ejabberd lets who is subscribed read the items of a node that was made private.
TEST_F(WithdrawnTest, IsFoundWhereItemsMayStillBeRead) {
  open_then_answer(empty_items, forbidden);
  ASSERT_TRUE(run_until_told<hub::Ended>());
  EXPECT_THAT(endings(), testing::ElementsAre(hub::Refusal::forbidden));
}

TEST_F(WithdrawnTest, IsLookedForWithoutAWordToStreams) {
  const std::string yes = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscription node='news' jid='me.example' "
                          "subscription='subscribed' subid='1'/></pubsub>";
  open_then_answer(empty_items, yes);
  services.answer("subscribe", [&](const Services::Question& question) {
    server.say("<message from='" + question.to + "' to='me.example'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
               "<items node='news'><item id='1'><x xmlns='urn:x'/></item></items></event>"
               "<delay xmlns='urn:xmpp:delay' stamp='2001-01-01T00:00:00Z'/></message>");
    return yes;
  });
  ASSERT_TRUE(run_until_asked("subscribe", 6));
  EXPECT_EQ(told_of<hub::Happened>(), 0u) << "the last item, pushed as news";
}

/// As Openfire does: once is enough to know it, and one subscription is left.
TEST_F(WithdrawnTest, IsNotLookedForByWhatWouldMakeOneMoreSubscription) {
  int subid = 0;
  services.answer("subscribe", [&](const Services::Question&) {
    return "<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscription node='news' jid='me.example' "
           "subscription='subscribed' subid='" + std::to_string(++subid) + "'/></pubsub>";
  });
  services.answer("subscriptions", subscriptions_of({"news"}));
  start();
  want(Want::What::follow, "news");
  ASSERT_TRUE(run_until_asked("items", 8));
  EXPECT_EQ(services.count("subscribe"), 2u);
  EXPECT_EQ(services.count("unsubscribe"), 1u);
}

/// Neither what passes, nor that items alone cannot be had.
TEST_F(WithdrawnTest, IsNothingThatPasses) {
  const std::string yes = "<pubsub xmlns='http://jabber.org/protocol/pubsub'/>";
  for (const auto& [items, subscribe] : {std::pair(wait, forbidden), std::pair(away, forbidden), std::pair(unavailable, forbidden),
                                         std::pair(unsupported, forbidden), std::pair(std::string(), forbidden),
                                         std::pair(forbidden, wait), std::pair(forbidden, away), std::pair(forbidden, unavailable),
                                         std::pair(forbidden, yes)}) {
    SCOPED_TRACE(items + " and " + subscribe);
    services.answer("items", empty_items);
    services.answer("subscribe", yes);
    told.clear();
    open_then_answer(items, subscribe);
    const std::size_t asked = services.count("items");
    ASSERT_TRUE(run_until_asked(items == forbidden ? "subscribe" : "items",
                                (items == forbidden ? services.count("subscribe") : asked) + (items.empty() ? 1 : 3)));
    EXPECT_TRUE(endings().empty());
    EXPECT_EQ(told_of<hub::Refused>(), 0u);
    subscriber.reset();
  }
}

/// ejabberd without s2s says it of everything in the name of a component that is away.
TEST_F(WithdrawnTest, IsNothingThatIsSaidInTheNameOfAServiceThatIsAway) {
  const std::string info = "http://jabber.org/protocol/disco#info";
  services.answer(info, "<query xmlns='" + info + "'/>");
  open_then_answer(forbidden, forbidden);
  services.answer(info, forbidden);
  ASSERT_TRUE(run_until_asked("subscribe", 5));
  EXPECT_TRUE(endings().empty());
  services.answer(info, "<query xmlns='" + info + "'/>");
  EXPECT_TRUE(run_until_told<hub::Ended>());
}

class RoomSubscriberTest : public SubscriberTest {
 protected:
  RoomSubscriberTest() {
    options.services.clear();
    options.rooms = {{.jid = "rooms.example", .rooms = {"*"}}};
    services.answer("http://jabber.org/protocol/disco#info", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
  }
  /// Up to the ping that shows the join's end.
  void enter() {
    start();
    want(Want::What::follow, "lobby", {}, "rooms.example");
    ASSERT_TRUE(run_until([&] { return server.heard("http://jabber.org/protocol/muc"); }));
    let_in();
  }
  void let_in() {
    const std::size_t pings = services.count("urn:xmpp:ping");
    server.say("<presence from='lobby@rooms.example/eventsource' to='me.example'>"
               "<x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x></presence>");
    ASSERT_TRUE(run_until_asked("urn:xmpp:ping", pings + 1));
  }
  void finish_entering() {
    services.reply(services.asked("urn:xmpp:ping").back(), "");
    ASSERT_TRUE(run_until_told<hub::Opened>());
  }
  void say(const std::string& content, bool dated) {
    server.say("<message type='groupchat' from='lobby@rooms.example/alice' to='me.example'>" + content +
               (dated ? "<delay xmlns='urn:xmpp:delay' from='lobby@rooms.example' stamp='" + old + "'/>" : "") + "</message>");
  }
  /// The events of the room, those of the history first.
  std::vector<hub::EventRef> events() const {
    std::vector<hub::EventRef> all;
    for (const hub::News& letter : told) {
      if (const auto* opened = std::get_if<hub::Opened>(&letter)) all = opened->history;
      if (const auto* more = std::get_if<hub::Happened>(&letter)) all.insert(all.end(), more->events.begin(), more->events.end());
    }
    return all;
  }

  const std::string old = "2001-01-01T00:00:00Z";
};

TEST_F(RoomSubscriberTest, BelievesWhatTheRoomSaysOfTheTimeInItsHistoryAlone) {
  enter();
  say("<body>before</body>", true);
  say("<subject/>", false);
  finish_entering();
  say("<body>live</body>", true);  // ejabberd hands on what an occupant makes up
  ASSERT_TRUE(run_until([&] { return events().size() == 2; }));
  EXPECT_EQ(events()[0]->item.published, old);
  EXPECT_THAT(*events()[0]->item.text, testing::HasSubstr("\"history\":true"));
  EXPECT_NE(events()[1]->item.published, old);
  EXPECT_THAT(*events()[1]->item.text, testing::Not(testing::HasSubstr("history")));
}

TEST_F(RoomSubscriberTest, TakesWhatComesAfterASubjectWithoutATimeForLive) {
  enter();
  say("<subject/>", false);
  say("<body>live</body>", true);
  finish_entering();
  ASSERT_EQ(events().size(), 1u);
  EXPECT_NE(events()[0]->item.published, old);
  EXPECT_THAT(*events()[0]->item.text, testing::Not(testing::HasSubstr("history")));
}

TEST_F(RoomSubscriberTest, LooksForTheHistoryAgainWhenItEntersAgain) {
  enter();
  say("<body>before</body>", true);
  say("<subject/>", false);
  finish_entering();
  server.hang_up();
  ASSERT_TRUE(run_until([&] { return server.connections == 2 && server.heard("http://jabber.org/protocol/muc"); }));
  let_in();
  say("<body>before</body>", true);
  say("<body>missed</body>", true);
  say("<subject/>", false);
  services.reply(services.asked("urn:xmpp:ping").back(), "");
  ASSERT_TRUE(run_until([&] { return events().size() == 2; }));
  EXPECT_THAT(*events()[1]->item.text, testing::HasSubstr("missed"));
  EXPECT_EQ(events()[1]->item.published, old);
}

}  // namespace
}  // namespace xes::xmpp
