// SPDX-License-Identifier: MIT
#include "wire/link.hpp"

#include <gtest/gtest.h>

using namespace xes::wire;

TEST(LinkScheme, IsInLowerCase) {
  EXPECT_EQ(link_scheme("HTTPS://a/"), "https");
  EXPECT_EQ(link_scheme("xmpp:a@b"), "xmpp");
  EXPECT_EQ(link_scheme("view-source+1.0:x"), "view-source+1.0");
}

TEST(LinkScheme, IsEmptyForARelativeReference) {
  for (const auto* url : {"", "a", "/a:b", "?a:b", "#a:b", ":a", "1a:b", "a b:c", "é:a"}) EXPECT_EQ(link_scheme(url), "") << url;
}

// RFC 3986 §5.4.1, but for the dot segments, which stay.
TEST(Link, IsResolvedAgainstItsBase) {
  constexpr std::string_view base = "http://a/b/c/d;p?q";
  EXPECT_EQ(resolve_link(base, "g:h"), "g:h");
  EXPECT_EQ(resolve_link(base, "g"), "http://a/b/c/g");
  EXPECT_EQ(resolve_link(base, "g/"), "http://a/b/c/g/");
  EXPECT_EQ(resolve_link(base, "/g"), "http://a/g");
  EXPECT_EQ(resolve_link(base, "//g"), "http://g");
  EXPECT_EQ(resolve_link(base, "?y"), "http://a/b/c/d;p?y");
  EXPECT_EQ(resolve_link(base, "g?y/./x"), "http://a/b/c/g?y/./x");
  EXPECT_EQ(resolve_link(base, "#s"), "http://a/b/c/d;p?q#s");
  EXPECT_EQ(resolve_link(base, ""), base);
  EXPECT_EQ(resolve_link(base, "../g"), "http://a/b/c/../g");
  EXPECT_EQ(resolve_link("http://a", "g"), "http://a/g");
  EXPECT_EQ(resolve_link("http://a?x/y", "g"), "http://a/g");
  EXPECT_EQ(resolve_link("http://a/b#c/d", "g"), "http://a/g");
}

TEST(Link, StaysRelativeWithoutAnAbsoluteBase) {
  EXPECT_EQ(resolve_link("", "g"), "g");
  EXPECT_EQ(resolve_link("/b/c", "g"), "/b/g");
  EXPECT_EQ(resolve_link("c", "g"), "g");
}

TEST(Link, IsReadAsABrowserReadsIt) {
  EXPECT_EQ(resolve_link("", " \n java\n\tscript:alert(1) "), "javascript:alert(1)");
  EXPECT_EQ(resolve_link(" http://a/ ", "\r\nb\nc"), "http://a/bc");
}
