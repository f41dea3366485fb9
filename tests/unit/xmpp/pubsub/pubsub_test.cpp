// SPDX-License-Identifier: MIT
// Stanzas in their servers' own spelling, where Prosody and ejabberd differ.
#include "xmpp/pubsub/pubsub.hpp"

#include <gtest/gtest.h>

#include "../xml/stanzas.hpp"
#include "xmpp/session/answers.hpp"

namespace xes::xmpp::pubsub {
namespace {

using Changes = std::vector<hub::Change>;

std::string xml(const OutStanza& stanza) { return stanza.xml().value_or("not XML"); }

Stanza message(const std::string& event, const std::string& more = "") {
  return parse("<message from='pubsub.example' to='evs.example'><event xmlns='http://jabber.org/protocol/pubsub#event'>" +
               event + "</event>" + more + "</message>");
}
Stanza result(const std::string& pubsub) {
  return parse("<iq type='result' from='pubsub.example' id='1'><pubsub xmlns='http://jabber.org/protocol/pubsub'>" +
               pubsub + "</pubsub></iq>");
}
Changes changes(const Element& stanza) {
  const auto notification = read_notification(stanza);
  if (!notification) return {};
  const auto* found = std::get_if<Changes>(&notification->what);
  EXPECT_TRUE(found);
  return found ? *found : Changes{};
}
Refusal refusal(const std::string& error) {
  return read_refusal(to_failure(read_stanza_error(parse("<iq type='error' id='1'>" + error + "</iq>"))));
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Pubsub, AsksToSubscribeAndToUnsubscribe) {
  EXPECT_EQ(xml(subscribe("a&b", "evs.example")),
            "<pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><subscribe jid=\"evs.example\" node=\"a&amp;b\"/></pubsub>");
  EXPECT_NE(xml(unsubscribe("n", "evs.example", "s1")).find("subid=\"s1\""), std::string::npos);
  EXPECT_EQ(xml(unsubscribe("n", "evs.example", "")).find("subid"), std::string::npos);
  EXPECT_EQ(xml(subscriptions()), "<pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><subscriptions/></pubsub>");
}

TEST(Pubsub, AsksForItems) {
  EXPECT_EQ(xml(item("n", "i")),
            "<pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><items node=\"n\"><item id=\"i\"/></items></pubsub>");
  const std::string first = xml(items_page("n", 50, ""));
  EXPECT_NE(first.find("<set xmlns=\"http://jabber.org/protocol/rsm\"><max>50</max></set>"), std::string::npos) << first;
  EXPECT_NE(xml(items_page("n", 50, "x<y")).find("<after>x&lt;y</after>"), std::string::npos);
}

TEST(Pubsub, TellsOfAnItemWhosePayloadWasLeftOut) {
  const std::string deep = repeated("<a>", 200) + repeated("</a>", 200);
  const std::string items = "<items node='n'><item id='1' publisher='p'>" + deep + "</item><item id='2'><x xmlns='urn:x'/></item></items>";
  const auto notified = changes(message(items));
  ASSERT_EQ(notified.size(), 2u);
  const auto stored = read_items(result(items));
  ASSERT_EQ(stored.size(), 2u);
  for (const auto& [left_out, whole] : {std::pair(notified[0].item, notified[1].item), std::pair(stored[0], stored[1])}) {
    EXPECT_EQ(left_out.id, "1");
    EXPECT_EQ(left_out.publisher, "p");
    EXPECT_TRUE(left_out.left_out);
    EXPECT_EQ(left_out.payload, "");
    EXPECT_FALSE(whole.left_out);
    EXPECT_EQ(whole.payload, "<x xmlns='urn:x'/>");
  }
}

TEST(Pubsub, ReadsAPublishedItem) {
  const auto all = changes(message("<items node='news'><item id='i1' publisher='p@example'><x xmlns='urn:x'>1</x></item></items>"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].happening, hub::Happening::item);
  EXPECT_EQ(all[0].item.id, "i1");
  EXPECT_EQ(all[0].item.publisher, "p@example");
  EXPECT_EQ(all[0].item.payload, "<x xmlns='urn:x'>1</x>");
  EXPECT_EQ(all[0].item.text, std::nullopt);
  EXPECT_FALSE(all[0].delayed);
}

TEST(Pubsub, ReadsItemsAndRetractsOfOneNotificationInTheirOrder) {
  const auto all = changes(message(
      "<items node='n'><item id='a'><x xmlns='u'/></item><retract id='b'/><item id='c'/></items>"));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].happening, hub::Happening::retract);
  EXPECT_EQ(all[1].item.id, "b");
  EXPECT_EQ(all[2].item.id, "c");
  EXPECT_EQ(all[2].item.payload, "") << "deliver_payloads=0";
}

TEST(Pubsub, ReadsANotificationOfNothing) {
  const auto notification = read_notification(message("<items node='n'/>"));
  ASSERT_TRUE(notification);
  EXPECT_EQ(notification->node, "n");
  EXPECT_TRUE(std::get<Changes>(notification->what).empty());
}

TEST(Pubsub, TellsADelayedItem) {
  const auto all = changes(message("<items node='n'><item id='a'><x xmlns='u'/></item></items>",
                                   "<delay xmlns='urn:xmpp:delay' stamp='2024-01-01T00:00:00Z'/>"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_TRUE(all[0].delayed);
  EXPECT_EQ(all[0].item.published, "2024-01-01T00:00:00Z");
}

TEST(Pubsub, ReadsTheTextOfJson) {
  const auto all = changes(message("<items node='n'><item id='a'><json xmlns='urn:xmpp:json:0'>{&quot;a&quot;:1}</json></item></items>"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].item.text, "{\"a\":1}");
}

TEST(Pubsub, ReadsPurgeDeleteConfigurationAndSubscription) {
  EXPECT_EQ(changes(message("<purge node='n'/>")).at(0).happening, hub::Happening::purge);
  const auto deleted = read_notification(message("<delete node='n'><redirect uri='xmpp:x'/></delete>"));
  ASSERT_TRUE(deleted);
  EXPECT_TRUE(std::holds_alternative<Notification::Deleted>(deleted->what));
  const auto configured = read_notification(message("<configuration node='n'/>"));
  ASSERT_TRUE(configured);
  EXPECT_TRUE(std::holds_alternative<Notification::ConfigurationChanged>(configured->what));
  const auto subscription =
      read_notification(message("<subscription node='n' jid='evs.example' subscription='subscribed'/>"));
  ASSERT_TRUE(subscription);
  EXPECT_EQ(subscription->node, "n");
  EXPECT_EQ(std::get<Subscription>(subscription->what).state, SubscriptionState::subscribed);
}

TEST(Pubsub, TakesNothingElseForANotification) {
  EXPECT_FALSE(read_notification(parse("<message from='pubsub.example'><body>hello</body></message>")));
  EXPECT_FALSE(read_notification(message("")));
  EXPECT_FALSE(read_notification(message("<collection node='n'/>")));
  EXPECT_FALSE(read_notification(message("<items xmlns='urn:other' node='n'/>")));
  EXPECT_FALSE(read_notification(parse("<message type='error' from='pubsub.example'><event "
                                       "xmlns='http://jabber.org/protocol/pubsub#event'><purge node='n'/></event></message>")))
      << "our own message that came back";
}

TEST(Pubsub, ReadsASubscribeReply) {
  const auto subscribed = read_subscription(result("<subscription node='n' jid='evs.example' subid='4F' subscription='subscribed'/>"));
  ASSERT_TRUE(subscribed);
  EXPECT_EQ(subscribed->state, SubscriptionState::subscribed);
  EXPECT_EQ(subscribed->subid, "4F");
  const auto pending = read_subscription(result("<subscription node='n' jid='evs.example' subscription='pending'/>"));
  ASSERT_TRUE(pending);
  EXPECT_EQ(pending->state, SubscriptionState::pending);
  EXPECT_FALSE(read_subscription(parse("<iq type='result' id='1'/>")));
}

TEST(Pubsub, ReadsTheListOfSubscriptions) {
  const auto all = read_subscriptions(
      result("<subscriptions><subscription node='a' jid='evs.example' subscription='subscribed'/>"
             "<other/><subscription node='b' jid='evs.example/x' subscription='none'/></subscriptions>"));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].node, "a");
  EXPECT_EQ(all[1].state, SubscriptionState::none);
  EXPECT_TRUE(read_subscriptions(result("<subscriptions/>")).empty());
  EXPECT_TRUE(read_subscriptions(parse("<iq type='result' id='1'/>")).empty());
}

TEST(Pubsub, ReadsStoredItemsInTheirOrder) {
  const auto all = read_items(result("<items node='n'><item id='a'><x xmlns='u'/></item><item id='b'/></items>"));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].id, "a");
  EXPECT_EQ(all[0].payload, "<x xmlns='u'/>");
  EXPECT_EQ(all[1].payload, "");
  EXPECT_TRUE(read_items(parse("<iq type='result' id='1'/>")).empty());
}

TEST(Pubsub, GivesAnItemTheSameContentHowEverItIsRead) {
  const auto live = changes(message("<items node='n'><item id='a' publisher='p@x/1'><x xmlns='u'>1</x></item></items>"));
  const auto stored = read_items(result("<items node='n'><item id='a'><x xmlns='u'>1</x></item></items>"));
  ASSERT_EQ(live.size(), 1u);
  ASSERT_EQ(stored.size(), 1u);
  const hub::NodeName name{"pubsub.example", "n"};
  EXPECT_EQ(live[0].item.content_hash(name), stored[0].content_hash(name));
}

TEST(Pubsub, TellsWhatARefusalMeans) {
  const std::string stanzas = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
  const std::string errors = "xmlns='http://jabber.org/protocol/pubsub#errors'";
  EXPECT_EQ(refusal("<error type='cancel'><item-not-found " + stanzas + "/></error>"), Refusal::no_such_node);
  EXPECT_EQ(refusal("<error type='auth'><forbidden " + stanzas + "/></error>"), Refusal::forbidden);
  EXPECT_EQ(refusal("<error type='cancel'><not-allowed " + stanzas + "/><closed-node " + errors + "/></error>"),
            Refusal::forbidden);
  EXPECT_EQ(refusal("<error type='auth'><not-authorized " + stanzas + "/><presence-subscription-required " + errors +
                    "/></error>"),
            Refusal::forbidden);
  EXPECT_EQ(refusal("<error type='auth'><not-authorized " + stanzas + "/><pending-subscription " + errors +
                    "/></error>"),
            Refusal::pending);
  EXPECT_EQ(refusal("<error type='auth'><not-authorized " + stanzas + "/><pending-subscription xmlns='u'/></error>"),
            Refusal::forbidden);
  for (const std::string condition : {"service-unavailable", "remote-server-timeout", "resource-constraint",
                                      "internal-server-error", "recipient-unavailable", "remote-server-not-found"})
    EXPECT_EQ(refusal("<error type='wait'><" + condition + " " + stanzas + "/></error>"), Refusal::passing) << condition;
  EXPECT_EQ(read_refusal({Error::timed_out, "no reply", {}}), Refusal::passing);
}

}  // namespace
}  // namespace xes::xmpp::pubsub
