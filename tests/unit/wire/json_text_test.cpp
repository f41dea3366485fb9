// SPDX-License-Identifier: MIT
#include "wire/json_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <random>

using namespace xes::wire;
using namespace std::string_literals;

namespace {

std::optional<std::string> copied(std::string_view text) {
  std::string out = "before ";
  if (append_json_text(out, text)) return out.substr(7);
  EXPECT_EQ(out, "before ");
  return std::nullopt;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST(JsonText, LosesTheSpaceBetweenItsTokens) {
  EXPECT_EQ(copied(" \t\r\n{ \"a\" :\r\n[ 1 ,\t2 ] , \"b\":{ } }\n"), R"({"a":[1,2],"b":{}})");
  EXPECT_EQ(copied("[ ]"), "[]");
  EXPECT_EQ(copied(" true "), "true");
}

TEST(JsonText, KeepsStringsAsTheyAre) {
  constexpr std::string_view text = R"(["  a  ","\"\\\/\b\f\n\r\t","\u00e9\uD83D\uDE00","é☃","\u2028"])";
  EXPECT_EQ(copied(text), text);
}

TEST(JsonText, KeepsTheSpellingOfNumbers) {
  constexpr std::string_view text = "[0,-0,1.50,12345678901234567890123,1E+2,1e999,1e-400,0.1000000000000000055511]";
  EXPECT_EQ(copied(text), text);
}

TEST(JsonText, KeepsDoubledMembersInTheirOrder) { EXPECT_EQ(copied(R"({"b":1,"a":2,"b":3})"), R"({"b":1,"a":2,"b":3})"); }

TEST(JsonText, MayBeAnyValue) {
  for (const std::string_view text : {"null", "true", "false", "0", "\"\"", "{}", "[]"}) EXPECT_EQ(copied(text), text);
}

TEST(JsonText, IsRefusedWhereTheGrammarIsBroken) {
  for (const std::string_view text :
       {"", " ", "nul", "nulll", "True", "NaN", "1 2", "[1,]", "[,1]", "[1 2]", "[", "]", "[}", "{]", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{1:2}", "{a:1}", "{,}", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "'a'", "\"a", "\"\\x\"",
        "\"\\u12g4\"", "\"\\u123", "\"\\", "\"a\nb\"", "\"\t\"", "[1]]", "// no\n1", "[1]x"})
    EXPECT_EQ(copied(text), std::nullopt) << text;
}

TEST(JsonText, IsRefusedWhereParsersDisagree) {
  EXPECT_EQ(copied("\"\xff\""), std::nullopt);
  EXPECT_EQ(copied("\xEF\xBB\xBF{}"), std::nullopt);
  EXPECT_EQ(copied("1\0"s), std::nullopt);
  EXPECT_EQ(copied("\0"s), std::nullopt);
  EXPECT_EQ(copied("\"\0\""s), std::nullopt);
  EXPECT_EQ(copied(R"("\ud83d")"), std::nullopt);
  EXPECT_EQ(copied(R"("\ud83dx")"), std::nullopt);
  EXPECT_EQ(copied(R"("\ud83d\u0041")"), std::nullopt);
  EXPECT_EQ(copied(R"("\ude00")"), std::nullopt);
}

TEST(JsonText, NestsToABound) {
  EXPECT_EQ(copied(nested(max_json_depth)), nested(max_json_depth));
  EXPECT_EQ(copied(nested(max_json_depth + 1)), std::nullopt);
  EXPECT_EQ(copied(std::string(1'000'000, '[')), std::nullopt);
  EXPECT_EQ(copied("[" + nested(60) + ",{\"a\":[]}]"), "[" + nested(60) + ",{\"a\":[]}]");
}

// Whatever the other parser takes is taken, and says the same afterwards; whatever it refuses is refused.
TEST(JsonText, AgreesWithAnotherParser) {
  constexpr std::string_view tokens[] = {"{", "}", "[", "]", ",", ":", "\"a\"", "\"\"", "1", "-2.5e-1", "null", " ", "\n", "t"};
  std::mt19937 random(7);
  int valid = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text;
    for (auto left = random() % 9; left > 0; --left) text += tokens[random() % std::size(tokens)];
    const auto ours = copied(text);
    ASSERT_EQ(ours.has_value(), nlohmann::json::accept(text)) << text;
    if (!ours) continue;
    ++valid;
    ASSERT_EQ(nlohmann::json::parse(*ours), nlohmann::json::parse(text)) << text;
    ASSERT_EQ(ours->find_first_of("\r\n"), ours->npos);
  }
  EXPECT_GT(valid, 1'000);
}

TEST(JsonMember, FollowsAComma) {
  std::string out = "{";
  append_json_member(out, "a", "\"1\"");
  append_json_member(out, "b", "{");
  append_json_name(out, "c");
  out += "[]}";
  EXPECT_EQ(out, R"({"a":"\"1\"","b":"{","c":[]})");
}
