// SPDX-License-Identifier: MIT
#include "wire/http.hpp"

#include <gtest/gtest.h>

using namespace xes::wire;

TEST(ResponseHead, IsWrittenLineByLine) {
  std::string out;
  append_status(out, status_ok);
  append_head_end(out);
  EXPECT_EQ(out, "Status: 200 OK\r\n\r\n");
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
