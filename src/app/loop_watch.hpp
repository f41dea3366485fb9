// SPDX-License-Identifier: MIT
// Purpose: whether every thread's loop turns. Thread: one; the loops are others'.
// Bounds: one posted call for each loop at most, however long it stands still.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

namespace xes::app {

class LoopWatch {
 public:
  /// It must outlive the loop's last turn.
  void add(boost::asio::io_context& loop);
  /// True if every loop has turned since this was asked the last time; the first time, of course.
  bool all_have_turned();

 private:
  struct Loop {
    explicit Loop(boost::asio::io_context& loop) : io(loop) {}
    boost::asio::io_context& io;
    std::atomic<bool> has_turned{true};  ///< false: the call that sets it is still to run
  };
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace xes::app
