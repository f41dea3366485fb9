// SPDX-License-Identifier: MIT
// Purpose: what tests have in common that turn an io_context themselves. Thread: the test's.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>

namespace xes::xmpp {

class LoopTest : public testing::Test {
 protected:
  /// Turns the loop until `done`, at most for some seconds.
  template <class Done>
  bool run_until(Done done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() >= give_up) return false;
      io.run_one_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  boost::asio::io_context io;
};

}  // namespace xes::xmpp
