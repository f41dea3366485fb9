// SPDX-License-Identifier: MIT
#include "wire/fastcgi.hpp"

#include <gtest/gtest.h>

using namespace xes::wire;
using namespace std::string_literals;

TEST(FastcgiRecord, HeaderIsWrittenInNetworkOrder) {
  std::string out;
  append_record_header(
      out, {.type = RecordType::params, .request_id = 0x1234, .content_bytes = 0xABCD, .padding_bytes = 7});
  EXPECT_EQ(out, "\x01\x04\x12\x34\xab\xcd\x07\x00"s);
}

TEST(FastcgiRecord, HeaderIsReadBack) {
  const RecordHeader header = decode_record_header("\x02\xfe\xff\x01\x80\x02\xf0\x00"s);
  EXPECT_EQ(header.version, 2);
  EXPECT_EQ(static_cast<int>(header.type), 0xFE);
  EXPECT_EQ(header.request_id, 0xFF01);
  EXPECT_EQ(header.content_bytes, 0x8002);
  EXPECT_EQ(header.padding_bytes, 0xF0);
}

TEST(FastcgiStdout, IsOneRecordForUsualBytes) {
  std::string out;
  append_stdout(out, 1, "abc");
  EXPECT_EQ(out, "\x01\x06\x00\x01\x00\x03\x00\x00"s + "abc");
}

TEST(FastcgiStdout, IsNoRecordForNoBytesBecauseThatWouldEndTheStream) {
  std::string out;
  append_stdout(out, 1, "");
  EXPECT_EQ(out, "");
}

TEST(FastcgiStdout, IsCutAtTheLargestContent) {
  const std::string bytes = std::string(65'535, 'a') + std::string(65'535, 'b') + "c";
  std::string out;
  append_stdout(out, 0x0102, bytes);
  EXPECT_EQ(out, "\x01\x06\x01\x02\xff\xff\x00\x00"s + std::string(65'535, 'a') +
                     "\x01\x06\x01\x02\xff\xff\x00\x00"s + std::string(65'535, 'b') +
                     "\x01\x06\x01\x02\x00\x01\x00\x00"s + "c");
  out.clear();
  append_stdout(out, 1, std::string(65'535, 'a'));
  EXPECT_EQ(out.size(), 8u + 65'535u);
}

TEST(FastcgiEnd, IsAnEmptyStdoutAndAnEndRequest) {
  std::string out;
  append_stream_end(out, RecordType::stdout_, 1);
  append_end_request(out, 1, 0x01020304, ProtocolStatus::overloaded);
  EXPECT_EQ(out, "\x01\x06\x00\x01\x00\x00\x00\x00"s + "\x01\x03\x00\x01\x00\x08\x00\x00"s +
                     "\x01\x02\x03\x04\x02\x00\x00\x00"s);
}

TEST(FastcgiUnknownType, NamesTheType) {
  std::string out;
  append_unknown_type(out, static_cast<RecordType>(0xC8));
  EXPECT_EQ(out, "\x01\x0b\x00\x00\x00\x08\x00\x00"s + "\xc8\x00\x00\x00\x00\x00\x00\x00"s);
}

TEST(FastcgiPair, HasShortLengthsBelow128) {
  std::string out;
  append_pair(out, "A", "bc");
  append_pair(out, "", "");
  EXPECT_EQ(out, "\x01\x02"s + "Abc" + "\0\0"s);
  out.clear();
  append_pair(out, std::string(127, 'n'), std::string(128, 'v'));
  EXPECT_EQ(out, "\x7f\x80\x00\x00\x80"s + std::string(127, 'n') + std::string(128, 'v'));
}

TEST(FastcgiPair, LengthsAreReadOnceTheyAreAllThere) {
  const std::string lengths = "\x81\x02\x03\x04\xff\xff\xff\xff"s;
  for (std::size_t n = 0; n < lengths.size(); ++n)
    EXPECT_FALSE(decode_pair_lengths(lengths.substr(0, n))) << n;
  const auto read = decode_pair_lengths(lengths);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->prefix_bytes, 8u);
  EXPECT_EQ(read->name_bytes, 0x01020304u);
  EXPECT_EQ(read->value_bytes, 0x7FFFFFFFu);
  EXPECT_EQ(read->total_bytes(), 8u + 0x01020304u + 0x7FFFFFFFu);
}
