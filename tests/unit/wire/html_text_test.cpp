// SPDX-License-Identifier: MIT
#include "wire/html_text.hpp"

#include <gtest/gtest.h>

using namespace xes::wire;

TEST(TextOfHtml, LeavesTagsAndCommentsOut) {
  EXPECT_EQ(text_of_html("a<b class='x'>b</b><br/>c<!-- <i> -->d<!doctype>"), "abcd");
  EXPECT_EQ(text_of_html("a<b"), "a");
  EXPECT_EQ(text_of_html("a<!-- b>c"), "a");
}

TEST(TextOfHtml, KeepsAngleBracketsThatAreNoTags) { EXPECT_EQ(text_of_html("1 < 2 > 0 <3 <"), "1 < 2 > 0 <3 <"); }

TEST(TextOfHtml, ResolvesTheCommonReferences) {
  EXPECT_EQ(text_of_html("&lt;b&gt; &amp;amp; &quot;&apos;&nbsp;&#233;&#x2603;&#x1F600;&#65;"),
            "<b> &amp; \"'\u00A0é☃\xF0\x9F\x98\x80" "A");
}

TEST(TextOfHtml, LeavesOtherReferencesAlone) {
  for (const auto* text : {"&", "&;", "&hearts;", "&#;", "&#x;", "&#0;", "&#10;", "&#xD800;", "&#1114112;", "&#99999999999;",
                           "&#-1;", "&# 1;", "&amp"})
    EXPECT_EQ(text_of_html(text), text);
}
