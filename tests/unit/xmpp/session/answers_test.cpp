// SPDX-License-Identifier: MIT
#include "xmpp/session/answers.hpp"

#include <gtest/gtest.h>

#include "../xml/stanzas.hpp"

namespace xes::xmpp {
namespace {

Stanza answer_to(const std::string& child, const std::string& type = "get") {
  const auto xml = answer(parse("<iq type='" + type + "' id='i' from='u@h/r' to='c'>" + child + "</iq>")).xml();
  EXPECT_TRUE(xml);
  return parse(xml.value_or(""));
}

void expect_error(const Element& reply, const std::string& condition) {
  EXPECT_EQ(reply.attribute("type"), "error");
  EXPECT_EQ(reply.attribute("to"), "u@h/r");
  EXPECT_EQ(reply.attribute("id"), "i");
  EXPECT_EQ(read_stanza_error(reply).condition, condition);
}

TEST(Answers, TellsWhatItIs) {
  const Stanza reply = answer_to("<query xmlns='http://jabber.org/protocol/disco#info'/>");
  EXPECT_EQ(reply.attribute("type"), "result");
  EXPECT_EQ(reply.attribute("to"), "u@h/r");
  EXPECT_EQ(reply.attribute("id"), "i");
  const Element& query = reply.children.at(0);
  EXPECT_EQ(query.children.at(0).attribute("category"), "component");
  EXPECT_EQ(query.children.at(0).attribute("type"), "generic");
  EXPECT_EQ(query.children.size(), 5u);
}

TEST(Answers, HasNoItemsAndNoNodes) {
  const Stanza reply = answer_to("<query xmlns='http://jabber.org/protocol/disco#items'/>");
  EXPECT_EQ(reply.attribute("type"), "result");
  EXPECT_TRUE(reply.children.at(0).children.empty());
  expect_error(answer_to("<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>"), "item-not-found");
}

TEST(Answers, AnswersAPing) {
  const Stanza reply = answer_to("<ping xmlns='urn:xmpp:ping'/>");
  EXPECT_EQ(reply.attribute("type"), "result");
  EXPECT_TRUE(reply.children.empty());
}

TEST(Answers, TellsItsVersion) {
  const Stanza reply = answer_to("<query xmlns='jabber:iq:version'/>");
  ASSERT_NE(reply.children.at(0).child("version", "jabber:iq:version"), nullptr);
  EXPECT_EQ(reply.children.at(0).child("version", "jabber:iq:version")->text, XES_VERSION);
}

TEST(Answers, RefusesEveryOtherGetAndSet) {
  expect_error(answer_to("<query xmlns='urn:other'/>"), "service-unavailable");
  expect_error(answer_to("<ping xmlns='urn:xmpp:ping'/>", "set"), "service-unavailable");
}

TEST(Answers, RefusesAnIqThatBreaksTheRules) {
  expect_error(answer_to(""), "bad-request");
  expect_error(answer_to("<ping xmlns='urn:xmpp:ping'/>", "unheard-of"), "bad-request");
}

TEST(Answers, ReadsAnErrorStanza) {
  const StanzaError error = read_stanza_error(parse(
      "<iq type='error'><pubsub xmlns='http://jabber.org/protocol/pubsub'/><error type='cancel'>"
      "<not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
      "<closed-node xmlns='http://jabber.org/protocol/pubsub#errors'/>"
      "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no</text></error></iq>"));
  EXPECT_EQ(error.type, "cancel");
  EXPECT_EQ(error.condition, "not-allowed");
  EXPECT_EQ(error.application, "closed-node");
  EXPECT_EQ(error.application_ns, "http://jabber.org/protocol/pubsub#errors");
  EXPECT_EQ(error.text, "no");
}

TEST(Answers, KnowsWhatAConditionMeans) {
  const auto meaning = [](const char* condition) {
    StanzaError error;
    error.condition = condition;
    return to_failure(error).error;
  };
  EXPECT_EQ(meaning("forbidden"), Error::refused);
  EXPECT_EQ(meaning("not-authorized"), Error::refused);
  EXPECT_EQ(meaning("item-not-found"), Error::missing);
  EXPECT_EQ(meaning("feature-not-implemented"), Error::unsupported);
  EXPECT_EQ(meaning("bad-request"), Error::malformed);
  EXPECT_EQ(meaning("remote-server-timeout"), Error::unavailable);
  EXPECT_EQ(meaning(""), Error::unavailable);
}

TEST(Answers, QuotesWhatThePeerWrote) {
  StanzaError error;
  error.condition = "forbidden";
  error.text = "a\nb";
  EXPECT_EQ(to_failure(error).reason,
            "the service answered \"forbidden\": \"a\\x0ab\"");
}

}  // namespace
}  // namespace xes::xmpp
