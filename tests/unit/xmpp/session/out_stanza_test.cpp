// SPDX-License-Identifier: MIT
#include "xmpp/session/out_stanza.hpp"

#include <gtest/gtest.h>

#include <string>

#include "../xml/stanzas.hpp"

namespace xes::xmpp {
namespace {

/// The stanza as the other side reads it.
Stanza read_back(const OutStanza& stanza) {
  const auto xml = stanza.xml();
  EXPECT_TRUE(xml);
  return parse(xml.value_or(""));
}

TEST(OutStanza, WritesElementsTextAndNamespaces) {
  EXPECT_EQ(OutStanza("iq").child(OutStanza("ping", "urn:xmpp:ping")).xml(), "<iq><ping xmlns=\"urn:xmpp:ping\"/></iq>");
  EXPECT_EQ(OutStanza("a", "urn:a").child(OutStanza("b").text("x").text("<y>")).xml(),
            "<a xmlns=\"urn:a\"><b>x&lt;y&gt;</b></a>");
}

TEST(OutStanza, EscapesEveryValueSoThatItComesBackWhole) {
  const std::string awkward = "<a>&amp; \"q\" 'p' ]]> \t\n\r\n\r é \U0001F600 %s";
  const Stanza back = read_back(OutStanza("iq").attribute("node", awkward).text(awkward));
  EXPECT_EQ(back.attribute("node"), awkward);
  EXPECT_EQ(back.text, awkward);
}

TEST(OutStanza, ReplacesAnAttributeThatIsSetTwice) {
  OutStanza stanza("iq");
  stanza.attribute("to", "a").attribute("to", "b");
  EXPECT_EQ(stanza.xml(), "<iq to=\"b\"/>");
  EXPECT_TRUE(stanza.has_attribute("to"));
  EXPECT_FALSE(stanza.has_attribute("from"));
}

TEST(OutStanza, RefusesCharactersThatXmlDoesNotAllow) {
  using namespace std::string_literals;
  for (const std::string& bad : {"a\x01"s, "a\0b"s, "\xFF"s, "\xEF\xBF\xBF"s}) {
    EXPECT_FALSE(OutStanza("iq").attribute("a", bad).xml());
    EXPECT_FALSE(OutStanza("iq").child(OutStanza("x").text(bad)).xml());
  }
}

TEST(OutStanza, KeepsItsChildrenWhenMoved) {
  OutStanza pubsub("pubsub", "urn:p");
  for (int i = 0; i < 3; ++i) pubsub.child(OutStanza("x").attribute("i", std::to_string(i)));
  OutStanza iq = OutStanza("iq").child(std::move(pubsub));
  OutStanza moved = std::move(iq);
  EXPECT_EQ(read_back(moved).children.at(0).children.size(), 3u);
}

}  // namespace
}  // namespace xes::xmpp
