// SPDX-License-Identifier: MIT
// Answers as Prosody 0.12 and ejabberd 23.01 gave them, verbatim but for their names.
#include "xmpp/pubsub/access_answers.hpp"

#include <gtest/gtest.h>

#include "access_stanzas.hpp"

namespace xes::xmpp {
namespace {

using hub::Verdict;

std::optional<Verdict> probed(const std::string& error) { return read_probe(failed(error)).verdict; }

TEST(AccessAnswers, AsksForAnItemThatDoesNotExist) {
  EXPECT_EQ(probe("a&b").xml().value(),
            "<pubsub xmlns=\"http://jabber.org/protocol/pubsub\"><items node=\"a&amp;b\">"
            "<item id=\"xmpp-eventsource-may-read\"/></items></pubsub>");
}

TEST(AccessAnswers, AllowsWhomTheServiceAnswersAtAll) {
  EXPECT_EQ(read_probe(parse("<iq type='result' id='1'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                             "<items node='n'/></pubsub></iq>")).verdict, Verdict::allowed);
}

TEST(AccessAnswers, AllowsWhereANodeStoresNothing) {
  EXPECT_EQ(probed("<error type='cancel'><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                   "<persistent-items xmlns='http://jabber.org/protocol/pubsub#errors'/></error>"), Verdict::allowed);
  EXPECT_EQ(probed("<error type='cancel'><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                   "<unsupported feature='persistent-items' xmlns='http://jabber.org/protocol/pubsub#errors'/></error>"),
            Verdict::allowed);
}

TEST(AccessAnswers, RefusesWhereAServiceCannotTell) {
  EXPECT_EQ(probed("<error type='cancel'><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                   "<unsupported feature='retrieve-items' xmlns='http://jabber.org/protocol/pubsub#errors'/></error>"),
            Verdict::refused);
}

TEST(AccessAnswers, RefusesWhomTheServiceRefuses) {
  EXPECT_EQ(probed(forbidden), Verdict::refused);
  EXPECT_EQ(probed("<error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                   "<closed-node xmlns='http://jabber.org/protocol/pubsub#errors'/></error>"), Verdict::refused);
  EXPECT_EQ(probed("<error type='auth'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                   "<not-in-roster-group xmlns='http://jabber.org/protocol/pubsub#errors'/></error>"), Verdict::refused);
}

TEST(AccessAnswers, KnowsAMissingNode) {
  EXPECT_EQ(probed(not_found), Verdict::no_such_node);
}

TEST(AccessAnswers, TakesSilenceForNoAnswer) {
  EXPECT_EQ(probed("<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"),
            std::nullopt);
  EXPECT_EQ(probed("<error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"),
            std::nullopt);
  EXPECT_EQ(read_probe(tl::unexpected<IqFailure>({Error::timed_out, "no reply", {}})).verdict, std::nullopt);
}

std::string privileged(const std::string& inner) {
  return "<iq id='q5' to='eventsource.localhost' type='result' from='friend@localhost'>"
         "<privilege xmlns='urn:xmpp:privilege:2'><forwarded xmlns='urn:xmpp:forward:0'>" + inner +
         "</forwarded></privilege></iq>";
}
Answered privileged_answer(const std::string& inner) {
  return read_privileged_probe(parse(privileged(inner)), "pubsub.localhost");
}

TEST(AccessAnswers, AsksInTheUsersNameWherePrivileged) {
  const std::string xml = privileged_probe("pubsub.localhost", "n").xml().value();
  EXPECT_EQ(xml.find("<privileged_iq xmlns=\"urn:xmpp:privilege:2\"><iq "), 0u) << xml;
  for (const auto* part : {" xmlns=\"jabber:client\"", " to=\"pubsub.localhost\"", " type=\"get\"", " id=\"probe\""})
    EXPECT_NE(xml.find(part), xml.npos) << part << " in any order";
  EXPECT_NE(xml.find(probe("n").xml().value() + "</iq></privileged_iq>"), xml.npos) << xml;
}

TEST(AccessAnswers, LetTheInnerAnswerDecide) {
  EXPECT_EQ(privileged_answer("<iq to='friend@localhost' id='w1' xmlns='jabber:client' from='pubsub.localhost' "
                              "type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n'/></pubsub>"
                              "</iq>").verdict, Verdict::allowed);
  EXPECT_EQ(privileged_answer("<iq to='friend@localhost' id='w1' xmlns='jabber:client' from='pubsub.localhost' "
                              "type='error'>" + forbidden + "</iq>").verdict, Verdict::refused);
  EXPECT_EQ(privileged_answer("<iq to='friend@localhost' id='w1' xmlns='jabber:client' from='pubsub.localhost' "
                              "type='error'>" + not_found + "</iq>").verdict, Verdict::no_such_node);
}

TEST(AccessAnswers, BelieveNoInnerAnswerOfSomebodyElse) {
  EXPECT_EQ(privileged_answer("<iq xmlns='jabber:client' from='evil.localhost' type='result'/>").verdict, std::nullopt);
  EXPECT_EQ(privileged_answer("<iq xmlns='jabber:client' type='result'/>").verdict, std::nullopt);
  EXPECT_EQ(privileged_answer("").verdict, std::nullopt);
}

TEST(AccessAnswers, RefuseAndComplainWithoutThePrivilege) {
  const auto answered = read_privileged_probe(
      failed("<error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
             "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no privilege granted</text></error>"), "pubsub.localhost");
  EXPECT_EQ(answered.verdict, Verdict::refused);
  EXPECT_NE(answered.fault.find("no privilege granted"), std::string::npos);
}

std::optional<Verdict> affiliated(const std::string& affiliation) {
  return read_affiliations(owners("<affiliations node='n'><affiliation jid='bob@localhost' affiliation='owner'/>"
                                  "<affiliation jid='Alice@localhost' affiliation='" + affiliation + "'/></affiliations>"),
                           "alice@localhost");
}

TEST(AccessAnswers, AskAnOwnersViewByTheUsersAffiliation) {
  for (const auto* may : {"owner", "publisher", "member"}) EXPECT_EQ(affiliated(may), Verdict::allowed) << may;
  for (const auto* may_not : {"outcast", "publish-only", "new"}) EXPECT_EQ(affiliated(may_not), Verdict::refused) << may_not;
  EXPECT_EQ(affiliated("none"), std::nullopt);
  EXPECT_EQ(read_affiliations(owners("<affiliations node='n'/>"), "alice@localhost"), std::nullopt);
  EXPECT_EQ(read_affiliations(owners(""), "alice@localhost"), Verdict::refused) << "no answer to that question";
}

std::optional<Verdict> modelled(const std::string& model) {
  return read_access_model(owners(
      "<configure node='n'><x xmlns='jabber:x:data' type='form'><field var='pubsub#title'><value>open</value></field>"
      "<field type='list-single' var='pubsub#access_model'><option label='o'><value>open</value></option><value>" +
      model + "</value><option><value>open</value></option></field></x></configure>"));
}

TEST(AccessAnswers, LetTheAccessModelDecideForWhoHasNoAffiliation) {
  EXPECT_EQ(modelled("open"), Verdict::allowed);
  for (const auto* closed : {"whitelist", "presence", "roster", "new"}) EXPECT_EQ(modelled(closed), Verdict::refused);
  EXPECT_EQ(modelled("authorize"), std::nullopt);
  EXPECT_EQ(read_access_model(owners("<configure node='n'/>")), Verdict::refused);
}

TEST(AccessAnswers, LetTheSubscriptionsSayWhoIsApproved) {
  const std::string list = "<subscriptions node='n'><subscription jid='alice@localhost/x' subscription='subscribed'/>"
                           "<subscription jid='bob@localhost' subscription='pending'/></subscriptions>";
  EXPECT_EQ(read_node_subscriptions(owners(list), "alice@localhost"), Verdict::allowed);
  EXPECT_EQ(read_node_subscriptions(owners(list), "bob@localhost"), Verdict::refused);
  EXPECT_EQ(read_node_subscriptions(owners(list), "carol@localhost"), Verdict::refused);
}

TEST(AccessAnswers, RefuseAndComplainWhereTheComponentIsNoOwner) {
  const auto answered = read_owner_failure(failed(forbidden).error());
  EXPECT_EQ(answered.verdict, Verdict::refused);
  EXPECT_FALSE(answered.fault.empty());
}

}  // namespace
}  // namespace xes::xmpp
