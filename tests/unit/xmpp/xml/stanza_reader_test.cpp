// SPDX-License-Identifier: MIT
#include "xmpp/xml/stanza_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "stanzas.hpp"

namespace xes::xmpp {
namespace {

using Kind = StreamEvent::Kind;

const std::string kHeader = stream_header(" xmlns:s='urn:stream-wide' from='news.example' id='4711'");

std::vector<StreamEvent> drained(StanzaReader& reader) {
  std::vector<StreamEvent> events;
  while (auto event = reader.next()) events.push_back(std::move(*event));
  return events;
}

/// What the stream gives after its header.
std::vector<StreamEvent> read(const std::string& bytes, ReaderOptions options = {}) {
  StanzaReader reader(options);
  const auto fed = reader.feed(kHeader + bytes);
  EXPECT_TRUE(fed) << fed.error().reason;
  auto events = drained(reader);
  if (!events.empty()) events.erase(events.begin());
  return events;
}

/// What the stream gives once all has come, a thousand bytes at a time.
std::vector<StreamEvent> read_in_small_pieces(std::string_view bytes, ReaderOptions options) {
  StanzaReader reader(options);
  EXPECT_TRUE(reader.feed(kHeader));
  drained(reader);
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 1000)))
    if (!reader.feed(bytes.substr(0, 1000))) {
      ADD_FAILURE() << bytes.size() << " bytes before the end";
      break;
    }
  return drained(reader);
}

std::string in_item(const std::string& payload, const std::string& item_attributes = "") {
  return "<message from='pubsub.example'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
         "<items node='n'><item id='1'" +
         item_attributes + ">" + payload + "</item></items></event></message>";
}

/// A Payload that needs no stanza.
struct OwnPayload {
  std::string xml, name, ns;
  std::optional<std::string> text;
};

OwnPayload payload_of(const std::string& payload, const std::string& item_attributes = "") {
  const auto events = read(in_item(payload, item_attributes));
  if (events.size() != 1) return {};
  const auto& item = events[0].element.children.at(0).children.at(0).children.at(0);
  EXPECT_EQ(item.payloads.size(), 1u);
  EXPECT_TRUE(item.children.empty());
  if (item.payloads.empty()) return {};
  const Payload& found = item.payloads[0];
  return {std::string(found.xml), std::string(found.name), std::string(found.ns), std::optional<std::string>(found.text)};
}

Failure failure_of(const std::string& bytes, ReaderOptions options = {}) {
  StanzaReader reader(options);
  const auto fed = reader.feed(bytes);
  EXPECT_FALSE(fed);
  return fed ? Failure{} : fed.error();
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// ---- streams ----

TEST(StanzaReader, GivesTheStreamHeaderWithItsAttributes) {
  StanzaReader reader;
  ASSERT_TRUE(reader.feed(kHeader));
  const auto events = drained(reader);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, Kind::open);
  EXPECT_EQ(events[0].element.attribute("id"), "4711");
}

TEST(StanzaReader, GivesTheEndOfTheStream) {
  const auto events = read("</stream:stream>");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, Kind::close);
}

TEST(StanzaReader, GivesStreamLevelElementsAsItGivesStanzas) {
  const auto events = read("\n<handshake/> <stream:error><conflict xmlns='urn:x'/></stream:error><iq/>");
  ASSERT_EQ(events.size(), 3u);
  EXPECT_TRUE(events[0].element.is("handshake", "jabber:component:accept"));
  EXPECT_TRUE(events[1].element.is("error", "http://etherx.jabber.org/streams"));
  EXPECT_TRUE(events[1].element.child("conflict", "urn:x"));
  EXPECT_EQ(events[2].element.name, "iq");
}

TEST(StanzaReader, BuildsATreeWithNamespacesOfElementsAndAttributes) {
  const auto events = read(
      "<iq type='result' xml:lang='de' id='a&amp;b'><s:q xmlns:b='urn:b' b:mark='1' mark='2'>x<c/>y&lt;</s:q></iq>");
  ASSERT_EQ(events.size(), 1u);
  const Element& iq = events[0].element;
  EXPECT_TRUE(iq.is("iq", "jabber:component:accept"));
  EXPECT_EQ(iq.attribute("id"), "a&b");
  EXPECT_EQ(iq.find_attribute("lang"), nullptr);
  EXPECT_EQ(iq.attributes.at(1).ns, "http://www.w3.org/XML/1998/namespace");
  const Element* q = iq.child("q", "urn:stream-wide");
  ASSERT_NE(q, nullptr);
  EXPECT_EQ(q->attribute("mark"), "2");
  EXPECT_EQ(q->attributes.at(0).ns, "urn:b");
  EXPECT_EQ(q->text, "xy<");
  EXPECT_TRUE(q->children.at(0).is("c", "jabber:component:accept"));
}

TEST(StanzaReader, RefusesWhatIsNoXmppStream) {
  EXPECT_EQ(failure_of("<html/>").error, Error::malformed);
  EXPECT_EQ(failure_of("HTTP/1.1 400 Bad Request\r\n\r\n").error, Error::malformed);
  EXPECT_EQ(failure_of("<stream xmlns='urn:other'>").error, Error::malformed);
}

TEST(StanzaReader, RefusesWhatXmppForbids) {
  EXPECT_EQ(failure_of(kHeader + "<!-- x -->").error, Error::malformed);
  EXPECT_EQ(failure_of(kHeader + in_item("<a><!-- x --></a>")).error, Error::malformed);
  EXPECT_EQ(failure_of(kHeader + "<iq><?x y?></iq>").error, Error::malformed);
  EXPECT_EQ(failure_of("<!DOCTYPE x [<!ENTITY e 'v'>]>" + kHeader).error, Error::malformed);
  EXPECT_EQ(failure_of(kHeader + "<iq>&e;</iq>").error, Error::malformed);
  EXPECT_EQ(failure_of(kHeader + "<iq><![INCLUDE[x]]></iq>").error, Error::malformed);
  EXPECT_EQ(failure_of(kHeader + "<iq><a></iq>").error, Error::malformed);
  EXPECT_EQ(failure_of(kHeader + "<iq>\xC3\x28</iq>").error, Error::malformed);
}

TEST(StanzaReader, RefusesAllButWhiteSpaceBetweenStanzas) {
  for (const char* text : {"x", "<![CDATA[<message/>]]>", "<![CDATA[]]>", "&#32;", "&amp;", "]]>", "\xC2\xA0", "\xEF\xBB\xBF"})
    EXPECT_EQ(failure_of(kHeader + "<iq/> " + text + "<iq/>").error, Error::malformed) << text;
  EXPECT_EQ(read("<iq/> \t\r\n<iq/>\n").size(), 2u);
}

TEST(StanzaReader, GivesWhatWasWholeBeforeAFailureAndFailsEverAfter) {
  StanzaReader reader;
  EXPECT_FALSE(reader.feed(kHeader + "<iq id='1'/><iq></x>"));
  EXPECT_EQ(drained(reader).size(), 2u);
  EXPECT_FALSE(reader.feed("<iq/>"));
  EXPECT_TRUE(drained(reader).empty());
}

// ---- payloads ----

TEST(StanzaReader, LeavesAPayloadThatStandsAloneAsItIs) {
  const std::string entry =
      "<entry xmlns='http://www.w3.org/2005/Atom' xml:lang=\"en\"  >\n <title\ttype = 'x>y'>a &amp; b&#13;&#xA;</title>"
      "<![CDATA[<&]]]]>\r\n<p:q xmlns:p='urn:p' p:mark='1'/></entry >";
  const OwnPayload payload = payload_of(entry);
  EXPECT_EQ(payload.xml, entry);
  EXPECT_EQ(payload.name, "entry");
  EXPECT_EQ(payload.ns, "http://www.w3.org/2005/Atom");
  EXPECT_FALSE(payload.text);
}

TEST(StanzaReader, AddsTheDefaultNamespaceThatAPayloadInherits) {
  EXPECT_EQ(payload_of("<x a='1'/>").xml, "<x xmlns='http://jabber.org/protocol/pubsub#event' a='1'/>");
  EXPECT_EQ(payload_of("<x>t</x>").xml, "<x xmlns='http://jabber.org/protocol/pubsub#event'>t</x>");
  EXPECT_EQ(payload_of("<x/>", " xmlns:i='urn:i'").xml, "<x xmlns='http://jabber.org/protocol/pubsub#event'/>");
}

TEST(StanzaReader, AddsTheDefaultNamespaceThatOnlyAnInnerElementInherits) {
  EXPECT_EQ(payload_of("<p:x xmlns:p='urn:p'><y/></p:x>").xml,
            "<p:x xmlns='http://jabber.org/protocol/pubsub#event' xmlns:p='urn:p'><y/></p:x>");
}

TEST(StanzaReader, AddsPrefixesThatAPayloadInheritsFromItemOrStream) {
  EXPECT_EQ(payload_of("<i:x i:a='1'><i:y/></i:x>", " xmlns:i='urn:i'").xml,
            "<i:x xmlns:i='urn:i' i:a='1'><i:y/></i:x>");
  EXPECT_EQ(payload_of("<x xmlns='urn:x' s:a='1'/>").xml, "<x xmlns:s='urn:stream-wide' xmlns='urn:x' s:a='1'/>");
}

TEST(StanzaReader, AddsAnInheritedPrefixThatIsDeclaredAnewOnlyInOneBranch) {
  EXPECT_EQ(payload_of("<x xmlns='urn:x'><s:a xmlns:s='urn:other'/><s:b/></x>").xml,
            "<x xmlns:s='urn:stream-wide' xmlns='urn:x'><s:a xmlns:s='urn:other'/><s:b/></x>");
}

TEST(StanzaReader, AddsNothingForPrefixesThatAPayloadDeclaresItselfOrDoesNotUse) {
  const std::string own = "<s:x xmlns:s='urn:own' s:a='1'><s:y/></s:x>";
  EXPECT_EQ(payload_of(own, " xmlns:unused='urn:u'").xml, own);
}

TEST(StanzaReader, AddsNothingForAPayloadInNoNamespace) {
  EXPECT_EQ(payload_of("<x xmlns=''><y/></x>").xml, "<x xmlns=''><y/></x>");
  EXPECT_EQ(payload_of("<x xmlns=''><y/></x>").ns, "");
}

TEST(StanzaReader, TakesTheNearestOfTwoInheritedDeclarations) {
  EXPECT_EQ(payload_of("<s:x/>", " xmlns:s='urn:near'").xml, "<s:x xmlns:s='urn:near'/>");
}

TEST(StanzaReader, EscapesAnInheritedNamespace) {
  EXPECT_EQ(payload_of("<i:x/>", " xmlns:i=\"urn:a&amp;b'c\"").xml, "<i:x xmlns:i='urn:a&amp;b&apos;c'/>");
}

TEST(StanzaReader, AddsNothingForXmlLang) {
  EXPECT_EQ(payload_of("<x xmlns='urn:x' xml:lang='en'/>", " xml:lang='de'").xml, "<x xmlns='urn:x' xml:lang='en'/>");
}

TEST(StanzaReader, DecodesTheTextOfJsonAndDataContainers) {
  const OwnPayload json = payload_of("<json xmlns='urn:xmpp:json:0'>{\"a\":&#13;<![CDATA[\"<\"]]>&amp;\r\n}</json>");
  ASSERT_TRUE(json.text);
  EXPECT_EQ(*json.text, "{\"a\":\r\"<\"&\n}");
  EXPECT_EQ(json.xml, "<json xmlns='urn:xmpp:json:0'>{\"a\":&#13;<![CDATA[\"<\"]]>&amp;\r\n}</json>");
  EXPECT_EQ(payload_of("<data xmlns='https://prosody.im/protocol/data'/>").text, "");
  EXPECT_FALSE(payload_of("<json xmlns='urn:other'>1</json>").text);
}

TEST(StanzaReader, CapturesPayloadsOfItemsResultsToo) {
  const auto events = read(
      "<iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n'>"
      "<item id='1'><a xmlns='urn:a'/></item><item id='2'/><item id='3'> <b xmlns='urn:b'/> <c xmlns='urn:c'/></item>"
      "</items></pubsub></iq>");
  const auto& items = events.at(0).element.children.at(0).children.at(0).children;
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].payloads.at(0).xml, "<a xmlns='urn:a'/>");
  EXPECT_TRUE(items[1].payloads.empty());
  EXPECT_EQ(items[2].payloads.size(), 1u);
  EXPECT_EQ(items[2].payloads.at(0).xml, "<b xmlns='urn:b'/>");
}

// ---- borders between reads, and between parsers ----

const std::string kStream =
    kHeader + "<handshake/>" + in_item("<i:x i:a='&lt;é'>a\r\n<![CDATA[]]&gt;]]>&#13;<y/></i:x>", " xmlns:i='urn:i'") +
    " " + in_item("<json xmlns='urn:xmpp:json:0'>[1,\n2]</json>") + "<iq type='get' id='1' to='a'><s:q/></iq></stream:stream>";

std::string described(const Element& e) {
  std::ostringstream out;
  out << "{" << e.ns << "}" << e.name;
  for (const auto& a : e.attributes) out << " {" << a.ns << "}" << a.name << "=" << a.value;
  out << "[" << e.text << "]";
  for (const auto& p : e.payloads) out << " payload " << p.xml << " " << p.name << " " << p.ns << " " << p.text.value_or("-");
  for (const auto& c : e.children) out << "(" << described(c) << ")";
  return out.str();
}

std::string described(const StreamEvent& event) {
  return std::to_string(static_cast<int>(event.kind)) + described(event.element) + "\n";
}

std::string described(StanzaReader& reader) {
  std::string out;
  for (const auto& event : drained(reader)) out += described(event);
  return out;
}

TEST(StanzaReader, ReadsTheSameWhereverTheBytesAreSplit) {
  StanzaReader whole;
  ASSERT_TRUE(whole.feed(kStream));
  const std::string expected = described(whole);
  for (std::size_t at = 0; at <= kStream.size(); ++at) {
    StanzaReader reader;
    ASSERT_TRUE(reader.feed(kStream.substr(0, at)));
    std::string got = described(reader);
    ASSERT_TRUE(reader.feed(kStream.substr(at)));
    EXPECT_EQ(got + described(reader), expected) << "split at " << at;
  }
}

TEST(StanzaReader, GivesAStanzaAsSoonAsItsLastByteIsThere) {
  StanzaReader reader;
  ASSERT_TRUE(reader.feed(kHeader));
  drained(reader);
  const std::string stanza = in_item("<x xmlns='urn:x'/>");
  for (std::size_t i = 0; i < stanza.size(); ++i) {
    EXPECT_TRUE(drained(reader).empty());
    ASSERT_TRUE(reader.feed(stanza.substr(i, 1)));
  }
  EXPECT_EQ(drained(reader).size(), 1u);
}

TEST(StanzaReader, ReadsTheSameWhenNewParsersTakeOver) {
  StanzaReader whole;
  ASSERT_TRUE(whole.feed(kStream));
  const std::string expected = described(whole);
  for (std::size_t piece : {1u, 7u, 100u, 100'000u}) {
    StanzaReader reader({.renew_above_bytes = 0});
    for (std::size_t at = 0; at < kStream.size(); at += piece) ASSERT_TRUE(reader.feed(kStream.substr(at, piece)));
    EXPECT_EQ(described(reader), expected) << piece;
    EXPECT_GE(reader.renewals(), 1u);
  }
}

TEST(StanzaReader, KnowsTheStreamsDeclarationsAfterAParserTookOverFromAStanzaWithDeclarationsOfItsOwn) {
  StanzaReader reader({.renew_above_bytes = 0});
  ASSERT_TRUE(reader.feed(kHeader + "<iq xmlns:a='urn:a' xmlns:b='urn:b'/>" + in_item("<s:x/>") + in_item("<s:x/>")));
  const auto events = drained(reader);
  ASSERT_EQ(events.size(), 4u);
  for (std::size_t i : {2u, 3u})
    EXPECT_EQ(events[i].element.children.at(0).children.at(0).children.at(0).payloads.at(0).xml,
              "<s:x xmlns:s='urn:stream-wide'/>");
}

TEST(StanzaReader, ReadsTheSameIntoMemoryThatItUsesAgain) {
  const std::string stanza = in_item("<i:x i:a='1'>" + std::string(10'000, 'x') + "</i:x>", " xmlns:i='urn:i'") +
                             "<iq type='get' id='1'>a<s:q b='c'/>d<s:q/></iq>" + repeated(in_item("<x/>"), 300);
  StanzaReader once;
  ASSERT_TRUE(once.feed(kHeader));
  drained(once);
  ASSERT_TRUE(once.feed(stanza));
  const std::string expected = described(once);
  StanzaReader reader;
  ASSERT_TRUE(reader.feed(kHeader));
  drained(reader);
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(reader.feed(stanza));
    std::string got;
    while (auto event = reader.next()) {
      got += described(*event);
      reader.recycle(std::move(*event));
    }
    EXPECT_EQ(got, expected) << round;
  }
}

// ---- bounds: see also stanza_bounds_test.cpp ----

TEST(StanzaReader, ReadsAPayloadThatIsNestedAsDeepAsAllowed) {
  const std::string deep = repeated("<a>", 100) + repeated("</a>", 100);
  EXPECT_EQ(payload_of("<x xmlns='urn:x'>" + deep + "</x>").xml, "<x xmlns='urn:x'>" + deep + "</x>");
}

TEST(StanzaReader, DoesNotCountThePartsOfAPayloadAsTree) {
  const auto events = read(in_item("<x xmlns='urn:x'>" + repeated("<a b=''/>", 60) + "</x>"), {.max_nodes = 20});
  EXPECT_EQ(events.at(0).kind, Kind::stanza);
}

TEST(StanzaReader, FailsWhenTheStreamHeaderNeverEnds) {
  StanzaReader reader;
  Result<void> fed = reader.feed("<stream:stream a='");
  for (int i = 0; fed && i < 1000; ++i) fed = reader.feed(std::string(1000, 'x'));
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().error, Error::too_large);
}

// Quadratic reading would take minutes here, and run into the test's time limit.
TEST(StanzaReader, ReadsLongTextInSmallPiecesInLinearTime) {
  std::string payload = "<json xmlns='urn:xmpp:json:0'>";
  while (payload.size() < (12u << 20)) payload += "\n1,2]";
  payload += "</json>";
  const auto events = read_in_small_pieces(in_item(payload), {.max_item_bytes = 16u << 20});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].element.children.at(0).children.at(0).children.at(0).payloads.at(0).xml, payload);
}

}  // namespace
}  // namespace xes::xmpp
