// SPDX-License-Identifier: MIT
#include "wire/event_stream.hpp"

#include <gtest/gtest.h>

using namespace xes;
using namespace xes::wire;
using namespace std::chrono_literals;

namespace {

std::string data_lines(std::string_view text) {
  std::string out;
  append_data(out, text);
  return out;
}

std::string comment(std::string_view text) {
  std::string out;
  append_comment(out, text);
  return out;
}

std::string retry(std::chrono::milliseconds time) {
  std::string out;
  append_retry(out, time);
  return out;
}

/// What a page reads as event.data: WHATWG HTML §9.2.6, for lines that end in LF.
std::string read_by_a_page(std::string_view lines) {
  std::string buffer;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + 1);
    EXPECT_TRUE(line.starts_with("data:")) << line;
    buffer.append(line.substr(line.substr(5).starts_with(' ') ? 6 : 5)) += '\n';
  }
  buffer.pop_back();
  return buffer;
}

}  // namespace

TEST(EventData, IsOneLinePerLine) {
  EXPECT_EQ(data_lines("<a/>"), "data: <a/>\n");
  EXPECT_EQ(data_lines("a\nb"), "data: a\ndata: b\n");
}

TEST(EventData, EndsALineAtLfCrAndCrlf) {
  EXPECT_EQ(data_lines("a\rb\r\nc\nd"), "data: a\ndata: b\ndata: c\ndata: d\n");
  EXPECT_EQ(data_lines("a\n\rb"), "data: a\ndata: \ndata: b\n");
  EXPECT_EQ(data_lines("a\r\r\nb"), "data: a\ndata: \ndata: b\n");
  EXPECT_EQ(data_lines("a\r\n\r\nb"), "data: a\ndata: \ndata: b\n");
}

TEST(EventData, KeepsALastLineEnd) {
  EXPECT_EQ(data_lines("a\n"), "data: a\ndata: \n");
  EXPECT_EQ(data_lines("a\r"), "data: a\ndata: \n");
  EXPECT_EQ(data_lines("a\r\n"), "data: a\ndata: \n");
  EXPECT_EQ(data_lines("\n\n"), "data: \ndata: \ndata: \n");
}

TEST(EventData, IsOneEmptyLineForNoText) { EXPECT_EQ(data_lines(""), "data: \n"); }

TEST(EventData, KeepsEveryOtherByte) {
  using namespace std::string_literals;
  EXPECT_EQ(data_lines(" a: b\t\0\xff "s), "data:  a: b\t\0\xff \n"s);
  EXPECT_EQ(data_lines("\xe2\x80\xa8"), "data: \xe2\x80\xa8\n");  // U+2028 ends no line of an event stream
}

TEST(EventData, ReadsBackAsTheTextWithLfForEveryLineEnd) {
  EXPECT_EQ(read_by_a_page(data_lines("  x\r\n\r\ty\n")), "  x\n\n\ty\n");
  EXPECT_EQ(read_by_a_page(data_lines("")), "");
  EXPECT_EQ(read_by_a_page(data_lines("\n")), "\n");
}

TEST(EventComment, StaysOnOneLine) {
  EXPECT_EQ(comment(""), ":\n");
  EXPECT_EQ(comment("hello"), ": hello\n");
  EXPECT_EQ(comment("a\ndata: b\r\n"), ": a data: b  \n");
}

TEST(EventRetry, IsDigitsOnly) {
  EXPECT_EQ(retry(3s), "retry: 3000\n");
  EXPECT_EQ(retry(0ms), "retry: 0\n");
  EXPECT_EQ(retry(-1ms), "retry: 0\n");
}

TEST(EventId, IsWrittenIfItsBytesAreSafe) {
  std::string out;
  EXPECT_TRUE(append_id(out, "1700-42.aZ_9"));
  EXPECT_EQ(out, "id: 1700-42.aZ_9\n");
  EXPECT_TRUE(append_id(out, std::string(128, 'x')));
}

TEST(EventId, IsRefusedIfItCouldAddALineOrNotComeBack) {
  using namespace std::string_literals;
  for (const std::string& bad :
       {""s, "a\nb"s, "a\r"s, "a b"s, "a:b"s, "a\0"s, "ä"s, "a,b"s, std::string(129, 'x')}) {
    std::string out = "before";
    const auto result = append_id(out, bad);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error, Error::malformed);
    EXPECT_EQ(out, "before");
  }
}

TEST(EventName, IsLowerCaseAsciiAndHyphens) {
  std::string out;
  EXPECT_TRUE(append_event_name(out, "re-tract"));
  EXPECT_EQ(out, "event: re-tract\n");
  for (const char* bad : {"", "a\n", "a\rb", "A", "a b", "a1", "ä"})
    EXPECT_FALSE(append_event_name(out, bad));
  EXPECT_EQ(out, "event: re-tract\n");
}

TEST(EventName, IsNeverOneThatAnEventSourceFiresItself) {
  EXPECT_FALSE(is_event_name("open"));
  EXPECT_FALSE(is_event_name("error"));
  EXPECT_TRUE(is_event_name("message"));
}

TEST(EventBlock, WritesEveryFieldOnce) {
  std::string out;
  EXPECT_TRUE(append_block(out, {.event = "retract", .id = "e-1", .data = "a\nb", .retry = 3s}));
  EXPECT_EQ(out, "retry: 3000\nid: e-1\nevent: retract\ndata: a\ndata: b\n\n");
}

TEST(EventBlock, LeavesOutWhatIsNotGiven) {
  std::string out;
  EXPECT_TRUE(append_block(out, {.data = ""}));
  EXPECT_TRUE(append_block(out, {.id = "e-2"}));
  EXPECT_TRUE(append_block(out, {.retry = 1ms}));
  EXPECT_EQ(out, "data: \n\nid: e-2\n\nretry: 1\n\n");
}

TEST(EventBlock, WritesNothingIfOneFieldIsRefused) {
  std::string out = "before";
  EXPECT_FALSE(append_block(out, {.event = "x\n", .id = "good", .data = "d"}));
  EXPECT_FALSE(append_block(out, {.event = "good", .id = "x\ndata: forged", .data = "d"}));
  EXPECT_EQ(out, "before");
}
