// SPDX-License-Identifier: MIT
#include "wire/xml_reader.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

using namespace xes;
using namespace xes::wire;
using namespace std::string_literals;

namespace {

/// Writes down what it is told.
struct Notes : XmlVisitor {
  bool start_element(const XmlName& name, std::span<const XmlAttribute> attributes) override {
    said += "<{" + std::string(name.ns) + "}" + std::string(name.local);
    for (const XmlAttribute& a : attributes)
      said += " {" + std::string(a.name.ns) + "}" + std::string(a.name.local) + "=" + std::string(a.value);
    said += ">";
    return name.local != "stop";
  }
  void text(std::string_view characters) override { said += characters; }
  void end_element() override { said += "</>"; }

  std::string said;
};

std::string read(std::string_view xml) {
  Notes notes;
  const auto result = read_element(xml, notes);
  EXPECT_TRUE(result.has_value()) << result.error().reason;
  return notes.said;
}

Error error_of(std::string_view xml) {
  Notes notes;
  return read_element(xml, notes).error().error;
}

std::string nested(std::size_t depth) {
  std::string xml;
  for (std::size_t i = 0; i < depth; ++i) xml += "<a>";
  for (std::size_t i = 0; i < depth; ++i) xml += "</a>";
  return xml;
}

}  // namespace

TEST(XmlReader, ResolvesNamespaces) {
  EXPECT_EQ(read("<a xmlns='urn:1' b='2' xml:lang='en'><p:c xmlns:p='urn:2' p:d='3'/><e xmlns=''/></a>"),
            "<{urn:1}a {}b=2 {http://www.w3.org/XML/1998/namespace}lang=en><{urn:2}c {urn:2}d=3></><{}e></></>");
}

TEST(XmlReader, ResolvesReferencesAndCdata) { EXPECT_EQ(read("<a>&lt;&#233;<![CDATA[<b>]]></a>"), "<{}a><é<b></>"); }

TEST(XmlReader, RefusesWhatIsNotOneElement) {
  for (const auto& xml : {""s, "a"s, "<a>"s, "<a/><b/>"s, "<a/>b"s, "</a>"s, "<p:a/>"s, "<a>&b;</a>"s, "<a b='1' b='2'/>"s,
                          "<a>\xff</a>"s, "<a>\x01</a>"s, "<\0a\0/\0>\0"s, "\xff\xfe<\0a\0/\0>\0"s})
    EXPECT_EQ(error_of(xml), Error::malformed) << xml;
}

TEST(XmlReader, RefusesDtdsAndDeclarations) {
  EXPECT_EQ(error_of("<!DOCTYPE a><a/>"), Error::malformed);
  EXPECT_EQ(error_of("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), Error::malformed);
  EXPECT_EQ(error_of("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), Error::malformed);
  EXPECT_EQ(error_of("<?xml version='1.0'?><a/>"), Error::malformed);
}

TEST(XmlReader, KeepsToItsBounds) {
  EXPECT_TRUE(is_element(nested(max_element_depth)));
  EXPECT_EQ(error_of(nested(max_element_depth + 1)), Error::too_large);
  EXPECT_TRUE(is_element("<a>" + std::string(max_element_bytes - 7, 'x') + "</a>"));
  EXPECT_EQ(error_of("<a>" + std::string(max_element_bytes - 6, 'x') + "</a>"), Error::too_large);
}

TEST(XmlReader, EndsWhenItsVisitorHasSeenEnough) {
  Notes notes;
  EXPECT_EQ(read_element("<a>1<stop/>2<b/></a>", notes).error().error, Error::refused);
  EXPECT_EQ(notes.said, "<{}a>1<{}stop>");
}

TEST(XmlReader, LetsNoExceptionThroughExpat) {
  struct : Notes {
    void text(std::string_view) override { throw std::runtime_error("no"); }
  } thrower;
  EXPECT_EQ(read_element("<a>1<b/></a>", thrower).error().error, Error::unavailable);
}

TEST(XmlReader, FindsAnAttributeWithoutNamespace) {
  const XmlAttribute attributes[] = {{{"urn:1", "a"}, "1"}, {{"", "a"}, "2"}};
  EXPECT_EQ(attribute(attributes, "a"), "2");
  EXPECT_EQ(attribute(attributes, "b"), "");
}
