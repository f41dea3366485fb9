// SPDX-License-Identifier: MIT
#include "wire/xml.hpp"

#include <gtest/gtest.h>

using namespace xes::wire;

namespace {

std::string one_line(std::string_view xml) {
  std::string out;
  append_one_line(out, xml);
  return out;
}

}  // namespace

TEST(XmlAttribute, EscapesWhatWouldEndOrChangeIt) {
  std::string out;
  append_attribute(out, "id", "a'b\"<&>\t\n\r é");
  EXPECT_EQ(out, " id='a&apos;b&quot;&lt;&amp;&gt;&#9;&#10;&#13; é'");
}

TEST(XmlOnOneLine, WritesLineEndsInTextAsReferences) {
  EXPECT_EQ(one_line("<p>a\nb\r\nc\rd</p>"), "<p>a&#10;b&#10;c&#10;d</p>");
}

TEST(XmlOnOneLine, WritesLineEndsInTagsAsSpaces) {
  EXPECT_EQ(one_line("<p\n a='1\n2'\r\nb=\">'\n\"/>"), "<p  a='1 2' b=\">' \"/>");
}

TEST(XmlOnOneLine, LeavesCdataForALineEnd) {
  EXPECT_EQ(one_line("<p><![CDATA[<a>\n]]]>\n</p>"), "<p><![CDATA[<a>]]>&#10;<![CDATA[]]]>&#10;</p>");
}

TEST(XmlOnOneLine, LeavesEverythingElseAlone) {
  constexpr std::string_view xml = "<p xmlns='urn:x'><q a=\"'\">&lt; ' \" > é</q></p>";
  EXPECT_EQ(one_line(xml), xml);
}
