// SPDX-License-Identifier: MIT
#include "base/text.hpp"

#include <gtest/gtest.h>

using namespace xes;

TEST(Quoted, LeavesPrintableUtf8AsItIs) { EXPECT_EQ(quote("größe ☃ 😀"), "\"größe ☃ 😀\""); }

TEST(Quoted, NeverLetsALineEnd) {
  EXPECT_EQ(quote("a\nb\r\x1b[2J"), R"("a\x0ab\x0d\x1b[2J")");
  EXPECT_EQ(quote("a\xe2\x80\xa8z"), R"("a\xe2\x80\xa8z")");
  EXPECT_EQ(quote("\xc2\x85"), R"("\xc2\x85")");
}

TEST(Quoted, EscapesItsOwnMarksAndBytesThatAreNoUtf8) { EXPECT_EQ(quote("\"\\\xff"), R"("\x22\x5c\xff")"); }

TEST(Quoted, KeepsTheDirectionOfWriting) {
  EXPECT_EQ(quote("a\xe2\x80\xae" "b"), R"("a\xe2\x80\xaeb")");
  EXPECT_EQ(quote("a\xe2\x81\xa6" "b"), R"("a\xe2\x81\xa6b")");
}

TEST(Quoted, MayStandInXmlWhateverTheBytesAre) {
  for (unsigned lead = 0; lead < 256; ++lead)
    for (unsigned second = 0; second < 256; ++second)
      for (const char* rest : {"", "\x80", "\xbe", "\xbf", "\xbf\xbe", "\xbf\xbf"}) {
        const std::string bytes = {static_cast<char>(lead), static_cast<char>(second)};
        EXPECT_TRUE(is_xml_text(quote(bytes + rest))) << lead << ' ' << second;
      }
}

TEST(Quoted, CutsAtItsBound) { EXPECT_EQ(quote("abcdef", 3), "\"abc…\""); }

TEST(Utf8, RefusesOverlongFormsSurrogatesAndTruncation) {
  EXPECT_TRUE(is_utf8("å😀"));
  for (const char* bad : {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
    EXPECT_FALSE(is_utf8(bad)) << quote(bad);
}

TEST(XmlText, RefusesWhatXmlCannotCarry) {
  EXPECT_TRUE(is_xml_text("a\tb\n"));
  EXPECT_FALSE(is_xml_text(std::string_view("\0", 1)));
  EXPECT_FALSE(is_xml_text("\x01"));
  EXPECT_FALSE(is_xml_text("\xef\xbf\xbe"));
}

TEST(AsciiLower, TouchesAsciiOnly) { EXPECT_EQ(ascii_lower("PubSub.ÄExample"), "pubsub.Äexample"); }
