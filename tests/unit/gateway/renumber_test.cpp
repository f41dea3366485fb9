// SPDX-License-Identifier: MIT
#include "gateway/renumber.hpp"

#include <gtest/gtest.h>

#include "wire/fastcgi.hpp"

namespace xes::gateway {
namespace {

std::string records(std::uint16_t request_id) {
  std::string out;
  wire::append_stdout(out, request_id, "hello");
  wire::append_stdout(out, request_id, std::string(1, '\1'));
  wire::append_stdout(out, request_id, std::string(300, '\1'));
  wire::append_stream_end(out, wire::RecordType::stdout_, request_id);
  wire::append_stdout(out, request_id, "after an empty record");
  return out;
}

TEST(Renumber, ChangesTheRequestIdOfEveryRecordAndNothingElse) {
  Renumber renumber(0x1234);
  std::string bytes = records(1);
  renumber.patch(bytes);
  EXPECT_EQ(bytes, records(0x1234));
}

TEST(Renumber, GoesOnInTheMiddleOfARecordWhereverItWasCut) {
  const std::string all = records(1);
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    Renumber renumber(0x1234);
    std::string first = all;  // offered whole, but only a part goes out
    renumber.patch(first);
    renumber.written(first, cut);
    std::string rest = all.substr(cut);
    renumber.patch(rest);
    ASSERT_EQ(first.substr(0, cut) + rest, records(0x1234)) << cut;
  }
}

TEST(Renumber, GoesOnByteByByte) {
  Renumber renumber(7);
  std::string out;
  for (const char byte : records(1)) {
    std::string one(1, byte);
    renumber.patch(one);
    renumber.patch(one);  // refused once
    renumber.written(one, 1);
    out += one;
  }
  EXPECT_EQ(out, records(7));
}

}  // namespace
}  // namespace xes::gateway
