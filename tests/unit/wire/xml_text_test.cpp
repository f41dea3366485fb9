// SPDX-License-Identifier: MIT
#include "wire/xml_text.hpp"

#include <gtest/gtest.h>

using namespace xes::wire;
using namespace std::string_literals;

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  append_xml_text(out, text);
  return out;
}

}  // namespace

TEST(XmlText, EscapesWhatIsMarkup) { EXPECT_EQ(escaped("a<b>&\"'\r\n☃"), "a&lt;b&gt;&amp;\"'&#13;\n☃"); }

TEST(XmlText, MarksWhatXmlCannotHold) {
  EXPECT_EQ(as_xml_text("a\0b\x1b\xff\xc3"s), "a\uFFFDb\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(as_xml_text("é\uFFFF☃\uFFFE"), "é\uFFFD☃\uFFFD");
  EXPECT_EQ(as_xml_text("\xe2\x98"), "\uFFFD\uFFFD");
  EXPECT_EQ(as_xml_text("\xF0\x9F\x98\x80\x01"), "\xF0\x9F\x98\x80\uFFFD");
  EXPECT_EQ(as_xml_text(""), "");
}
