// SPDX-License-Identifier: MIT
#include "wire/glob.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <random>
#include <string>
#include <vector>

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

/// The two ways to match agree on whatever a small alphabet gives: stars, question marks, escapes, code points.
TEST(Glob, MadeOnceMatchesTheSame) {
  std::mt19937 random(7);
  const std::vector<std::string> in_patterns = {"*", "*", "?", "a", "b", "é", "☃", "\\*", "\\?", "\\", "a"};
  const std::vector<std::string> in_texts = {"a", "b", "é", "☃", "*", "?", "\\", "a", "a"};
  const auto some = [&](const std::vector<std::string>& words, unsigned most) {
    std::string text;
    for (auto i = random() % most; i > 0; --i) text += words[random() % words.size()];
    return text;
  };
  int matched = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string pattern = some(in_patterns, 9);
    const Glob glob(pattern);
    for (int i = 0; i < 10; ++i) {
      const std::string text = some(in_texts, 12);
      EXPECT_EQ(glob.matches(text), glob_matches(pattern, text)) << pattern << " on " << text;
      matched += glob.matches(text);
    }
  }
  EXPECT_GT(matched, 1000);
}

TEST(Glob, MatchesLongPartsTheSame) {
  for (const std::size_t length : {63, 64, 65, 200}) {
    const std::string part = "?" + std::string(length - 1, 'a');
    const Glob glob("*" + part + "*z");
    EXPECT_EQ(glob.is_linear(), length <= Glob::max_searched);
    for (const std::string& text : {"é" + std::string(length - 1, 'a') + "z", std::string(length - 1, 'a') + "z",
                                    std::string(3 * length, 'a') + "bz", "b" + std::string(length - 2, 'a') + "bz"})
      EXPECT_EQ(glob.matches(text), glob_matches("*" + part + "*z", text)) << length;
  }
  EXPECT_TRUE(Glob("*" + std::string(500, 'a') + "*").is_linear()) << "without a ? it is found in linear time";
  EXPECT_TRUE(Glob(std::string(500, '?') + "*" + std::string(500, '?')).is_linear()) << "these have their places";
}

/// This thread's CPU time, with a wide margin: what costs pattern × text costs hundreds of times what pattern + text does.
TEST(Glob, MadeOnceIsLinearWhereAPatternIsWrittenToBeSlow) {
  const std::string name(1000, 'a');
  for (const std::string& pattern : {"*" + std::string(450, 'a') + "b*", std::string("*a*a*a*a*a*a*a*a*b"), "*" + std::string(60, 'a') + "?b*"}) {
    const Glob glob(pattern);
    const auto seconds = [](auto body) {
      timespec before{}, after{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
      body();
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
      return static_cast<double>(after.tv_sec - before.tv_sec) + 1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec);
    };
    bool any = false;
    const double taken = seconds([&] { for (int i = 0; i < 2000; ++i) any = glob.matches(name) || any; });
    EXPECT_FALSE(any);
    EXPECT_LT(taken, 1.0) << pattern << ": 2 MB of names; 450 steps for each byte would take over a second";
  }
}
