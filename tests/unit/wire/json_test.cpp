// SPDX-License-Identifier: MIT
#include "wire/json.hpp"

#include <gtest/gtest.h>

using namespace xes::wire;
using namespace std::string_literals;

namespace {

std::string json(std::string_view text) {
  std::string out = "before ";
  append_json_string(out, text);
  return out.substr(7);
}

}  // namespace

TEST(JsonString, IsQuoted) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("a/b ☃"), R"("a/b ☃")");
  EXPECT_EQ(json("\"\\"), R"("\"\\")");
}

TEST(JsonString, IsAlwaysOneLine) { EXPECT_EQ(json("a\r\nb\t\0\x01"s), R"("a\r\nb\t\u0000\u0001")"); }

TEST(JsonString, ReplacesBytesThatAreNoUtf8) { EXPECT_EQ(json("a\xff z"), "\"a\xef\xbf\xbd z\""); }
