// SPDX-License-Identifier: MIT
#include "base/timer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>
#include <vector>

namespace xes {
namespace {

using namespace std::chrono_literals;

class TimerTest : public testing::Test {
 protected:
  boost::asio::io_context io;
  std::optional<Timer> timer{std::in_place, io};
  std::vector<int> done;
  auto note(int what) {
    return [this, what] { done.push_back(what); };
  }
};

TEST_F(TimerTest, DoesTheNewestThingOnly) {
  timer->after(0ms, note(1));
  timer->after(1ms, note(2));
  io.run();
  EXPECT_EQ(done, (std::vector{2}));
}

/// Its wait is over, and what Asio would call is in the queue by then.
TEST_F(TimerTest, DoesNothingOnceItIsCancelledSetAnewOrGone) {
  for (const int how : {0, 1, 2}) {
    SCOPED_TRACE(how);
    done.clear();
    io.restart();
    timer.emplace(io);
    Timer first(io);
    first.after(0ms, [&] {
      if (how == 0) timer->cancel();
      if (how == 1) timer->after(1ms, note(2));
      if (how == 2) timer.reset();
    });
    timer->after(0ms, note(1));
    const auto both = Timer::Clock::now() + 2ms;
    while (Timer::Clock::now() < both) {
    }
    io.run();
    EXPECT_EQ(done, how == 1 ? std::vector{2} : std::vector<int>{});
  }
}

TEST_F(TimerTest, MayBeDestroyedByWhatItDoes) {
  timer->after(0ms, [this] {
    timer.reset();
    done.push_back(1);
  });
  io.run();
  EXPECT_EQ(done, (std::vector{1}));
}

}  // namespace
}  // namespace xes
