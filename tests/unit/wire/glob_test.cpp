// SPDX-License-Identifier: MIT
#include "wire/glob.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

using namespace xes::wire;

TEST(Glob, IsToldByAStarOrAQuestionMark) {
  EXPECT_TRUE(is_glob("weather/*"));
  EXPECT_TRUE(is_glob("?"));
  EXPECT_TRUE(is_glob("a\\*b"));
  EXPECT_FALSE(is_glob(""));
  EXPECT_FALSE(is_glob("weather/bonn"));
  EXPECT_FALSE(is_glob("a\\b[c]"));
}

TEST(Glob, MatchesAWholeText) {
  EXPECT_TRUE(glob_matches("abc", "abc"));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "a"));
  EXPECT_FALSE(glob_matches("a", ""));
  EXPECT_FALSE(glob_matches("bc", "abc"));
  EXPECT_FALSE(glob_matches("ab", "abc"));
  EXPECT_FALSE(glob_matches("abc", "ABC"));
}

TEST(Glob, StarIsAnyRunSlashesAndNothingIncluded) {
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("*", "a/b/c"));
  EXPECT_TRUE(glob_matches("weather/*", "weather/"));
  EXPECT_TRUE(glob_matches("weather/*", "weather/de/bonn"));
  EXPECT_FALSE(glob_matches("weather/*", "weather"));
  EXPECT_TRUE(glob_matches("*/bonn", "weather/de/bonn"));
  EXPECT_TRUE(glob_matches("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(glob_matches("a*b*c", "a-c-b"));
  EXPECT_TRUE(glob_matches("**a**", "bab"));
  EXPECT_TRUE(glob_matches("*aab", "aaaab"));
}

TEST(Glob, QuestionMarkIsOneCodePoint) {
  EXPECT_TRUE(glob_matches("a?c", "abc"));
  EXPECT_TRUE(glob_matches("a?c", "a☃c"));
  EXPECT_TRUE(glob_matches("?", "\xF0\x9F\x98\x80"));
  EXPECT_FALSE(glob_matches("?", ""));
  EXPECT_FALSE(glob_matches("??", "☃"));
  EXPECT_FALSE(glob_matches("*??", "☃"));
  EXPECT_TRUE(glob_matches("*??", "a☃é"));
  EXPECT_TRUE(glob_matches("?*?", "é☃"));
}

TEST(Glob, BackslashTakesTheNextCharacterAsItIs) {
  EXPECT_TRUE(glob_matches("a\\*b", "a*b"));
  EXPECT_FALSE(glob_matches("a\\*b", "axb"));
  EXPECT_TRUE(glob_matches("\\?\\\\\\a", "?\\a"));
  EXPECT_TRUE(glob_matches("*\\*", "a**"));
  EXPECT_TRUE(glob_matches("a\\", "a\\"));
}

TEST(Glob, TakesNothingElseSpecially) {
  EXPECT_TRUE(glob_matches("[a]{b}!", "[a]{b}!"));
  EXPECT_FALSE(glob_matches("[a]", "a"));
}

TEST(Glob, EndsOnTextThatIsNoUtf8) {
  EXPECT_TRUE(glob_matches("*", "\xff\x80\xff"));
  EXPECT_TRUE(glob_matches("?b", "\xff" "b"));
  EXPECT_FALSE(glob_matches("*b", "\x80\x80\x80\x80\x80\x80"));
}

TEST(Glob, NeedsAtMostPatternTimesText) {
  std::string pattern, text(20'000, 'a');
  for (int i = 0; i < 1'000; ++i) pattern += "*a";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(glob_matches(pattern + "b", text));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}
