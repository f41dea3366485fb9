// SPDX-License-Identifier: MIT
#include "wire/xml_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace xes::wire {
namespace {

using Outcome = XmlParser::Outcome;

/// Writes down what it is told: <{namespace}local~prefix …>.
struct Notes final : XmlParser::Handler {
  static std::string text_of(const XmlName& name) {
    return "{" + std::string(name.ns) + "}" + std::string(name.local) +
           (name.prefix.empty() ? "" : "~" + std::string(name.prefix));
  }
  void start_element(const XmlName& name, std::span<const XmlAttribute> attributes) override {
    said += "<" + text_of(name);
    for (const XmlAttribute& a : attributes) said += " " + text_of(a.name) + "=" + std::string(a.value);
    said += ">";
    if (begin_of == name.local) {
      token_begin = parser->token_begin();
      token_size = parser->token_size();
    }
    if (stop_at == name.local) parser->stop();
    if (throw_at == name.local) throw std::runtime_error("no");
  }
  void end_element() override { said += "</>"; }
  void text(std::string_view characters) override { said += characters; }
  void bind(std::string_view prefix, std::string_view uri) override {
    said += "(" + std::string(prefix) + "=" + std::string(uri) + ")";
  }
  void unbind() override { said += "()"; }

  XmlParser* parser = nullptr;
  std::string begin_of, stop_at, throw_at, said;
  std::size_t token_begin = 0, token_size = 0;
};

struct XmlParserTest : testing::Test {
  XmlParserTest() { notes.parser = &parser; }
  Notes notes;
  XmlParser parser{notes, {.max_memory_bytes = 1u << 20}};
};

TEST(XmlName, IsTheNamespaceAndTheLocalNameWhateverThePrefix) {
  EXPECT_EQ((XmlName{"urn:1", "a", "p"}), (XmlName{"urn:1", "a"}));
  EXPECT_NE((XmlName{"urn:1", "a"}), (XmlName{"urn:2", "a"}));
  EXPECT_NE((XmlName{"urn:1", "a"}), (XmlName{"urn:1", "b"}));
}

TEST_F(XmlParserTest, TellsNamesWithTheirPrefixesAndTheDeclarations) {
  EXPECT_EQ(parser.parse_last("<a xmlns='urn:1' xmlns:p='urn:2'><p:b p:c='1' d='2'>x</p:b></a>"), Outcome::parsed);
  EXPECT_EQ(notes.said, "(=urn:1)(p=urn:2)<{urn:1}a><{urn:2}b~p {urn:2}c~p=1 {}d=2>x</></>()()");
}

TEST_F(XmlParserTest, TellsWhatIsCompleteAtOnce) {
  EXPECT_EQ(parser.parse("<a><b c='1'"), Outcome::parsed);
  EXPECT_EQ(notes.said, "<{}a>");
  EXPECT_EQ(parser.parse("/>"), Outcome::parsed);
  EXPECT_EQ(notes.said, "<{}a><{}b {}c=1></>");
}

TEST_F(XmlParserTest, SaysWhereATokenStands) {
  notes.begin_of = "b";
  EXPECT_EQ(parser.parse("<a>12"), Outcome::parsed);
  EXPECT_EQ(parser.parse("3<b c='1'>"), Outcome::parsed);
  EXPECT_EQ(notes.token_begin, 6u);
  EXPECT_EQ(notes.token_size, 9u);
}

TEST_F(XmlParserTest, KeepsToItsMemoryAndGivesItBack) {
  const std::size_t at_first = parser.memory();
  EXPECT_GT(at_first, 0u);
  Outcome outcome = parser.parse("<a>");
  for (int i = 0; i < 100'000 && outcome == Outcome::parsed; ++i) {
    outcome = parser.parse("<n" + std::to_string(i) + "/>");
    EXPECT_LE(parser.memory(), 1u << 20);
  }
  EXPECT_EQ(outcome, Outcome::no_memory) << "it keeps every name";
  parser.restart();
  EXPECT_EQ(parser.memory(), at_first);
  EXPECT_EQ(parser.parse_last("<a/>"), Outcome::parsed);
}

TEST_F(XmlParserTest, TellsUndeclaredNamespacesFromBadXml) {
  EXPECT_EQ(parser.parse_last("<p:a/>"), Outcome::misnamed);
  EXPECT_STREQ(parser.reason(), "unbound prefix");
  parser.restart();
  EXPECT_EQ(parser.parse_last("<a></b>"), Outcome::malformed);
  EXPECT_STREQ(parser.reason(), "mismatched tag");
}

TEST_F(XmlParserTest, NeverTakesADtd) {
  EXPECT_EQ(parser.parse("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), Outcome::malformed);
  EXPECT_STREQ(parser.reason(), "it has a DTD");
  EXPECT_EQ(notes.said, "");
  EXPECT_EQ(parser.parse("<a/>"), Outcome::malformed) << "until restart()";
}

TEST_F(XmlParserTest, TakesAnXmlDeclarationUnlessToldOtherwise) {
  EXPECT_EQ(parser.parse_last("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xC3\xA9</a>"), Outcome::parsed);
  EXPECT_EQ(notes.said, "<{}a>\xC3\xA9</>") << "its encoding does not count";
  XmlParser strict(notes, {.max_memory_bytes = XmlParser::no_memory_bound, .takes_xml_declaration = false});
  EXPECT_EQ(strict.parse_last("<?xml version='1.0'?><a/>"), Outcome::malformed);
  EXPECT_STREQ(strict.reason(), "it has an XML declaration");
}

TEST_F(XmlParserTest, CallsNobodyOnceItIsStopped) {
  notes.stop_at = "b";
  EXPECT_EQ(parser.parse("<a><b/>1<c/></a>"), Outcome::stopped);
  EXPECT_EQ(parser.parse("<d/>"), Outcome::stopped);
  EXPECT_EQ(notes.said, "<{}a><{}b>");
}

TEST_F(XmlParserTest, HandsOutWhatItsHandlerThrowsOnceExpatHasReturned) {
  notes.throw_at = "b";
  EXPECT_THROW(parser.parse("<a><b/>1<c/></a>"), std::runtime_error);
  EXPECT_EQ(notes.said, "<{}a><{}b>");
  EXPECT_EQ(parser.parse("<d/>"), Outcome::stopped);
  parser.restart();
  EXPECT_EQ(parser.parse_last("<a/>"), Outcome::parsed);
}

TEST_F(XmlParserTest, CountsItsOwnMemoryWhileAnotherReadsWithin) {
  struct Outer final : XmlParser::Handler {
    void start_element(const XmlName&, std::span<const XmlAttribute>) override {
      Notes within;
      XmlParser inner(within, {.max_memory_bytes = XmlParser::no_memory_bound});
      within.parser = &inner;
      inner_outcome = inner.parse_last("<a>" + std::string(100, 'x') + "</a>");
    }
    void end_element() override {}
    void text(std::string_view) override {}
    Outcome inner_outcome = Outcome::malformed;
  } outer;
  XmlParser reader(outer, {.max_memory_bytes = 1u << 20});
  XmlParser alone(notes, {.max_memory_bytes = 1u << 20});
  EXPECT_EQ(reader.parse("<a><b/>"), Outcome::parsed);
  EXPECT_EQ(alone.parse("<a><b/>"), Outcome::parsed);
  EXPECT_EQ(outer.inner_outcome, Outcome::parsed);
  EXPECT_EQ(reader.memory(), alone.memory());
}

}  // namespace
}  // namespace xes::wire
