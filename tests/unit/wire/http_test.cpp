// SPDX-License-Identifier: MIT
#include "wire/http.hpp"

#include <gtest/gtest.h>

using namespace xes;
using namespace xes::wire;
using namespace std::string_literals;

TEST(ResponseHead, IsWrittenLineByLine) {
  std::string out;
  append_status(out, status_ok);
  EXPECT_TRUE(append_header(out, "Content-Type", "text/event-stream"));
  EXPECT_TRUE(append_header(out, "X-Empty", ""));
  append_head_end(out);
  EXPECT_EQ(out, "Status: 200 OK\r\nContent-Type: text/event-stream\r\nX-Empty: \r\n\r\n");
}

TEST(ResponseHead, NamesItsStatuses) {
  std::string out;
  for (const Status status :
       {status_bad_request, status_forbidden, status_not_found, status_method_not_allowed})
    append_status(out, status);
  EXPECT_EQ(out,
            "Status: 400 Bad Request\r\nStatus: 403 Forbidden\r\nStatus: 404 Not Found\r\n"
            "Status: 405 Method Not Allowed\r\n");
}

TEST(ResponseHead, RefusesAHeaderThatCouldAddAnother) {
  std::string out = "before";
  for (const std::string& bad : {"a\rb"s, "a\nb"s, "a\r\nX: y"s, "a\0b"s, "\x1b"s, "\x7f"s}) {
    const auto result = append_header(out, "Name", bad);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error, Error::malformed);
  }
  for (const std::string& bad : {""s, "a b"s, "a:"s, "a\r"s, "a\n"s, "a\0"s, "ä"s})
    EXPECT_FALSE(append_header(out, bad, "value"));
  EXPECT_EQ(out, "before");
}

TEST(ResponseHead, LetsTabsAndUtf8BeInAValue) {
  std::string out;
  EXPECT_TRUE(append_header(out, "a", "\tå"));
  EXPECT_EQ(out, "a: \tå\r\n");
}
