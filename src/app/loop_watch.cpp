// SPDX-License-Identifier: MIT
#include "app/loop_watch.hpp"

#include <boost/asio/post.hpp>

namespace xes::app {

void LoopWatch::add(boost::asio::io_context& loop) { loops_.push_back(std::make_unique<Loop>(loop)); }

bool LoopWatch::all_have_turned() {
  bool all = true;
  for (auto& loop : loops_) {
    if (!loop->has_turned.exchange(false)) {
      all = false;
      continue;
    }
    boost::asio::post(loop->io, [&turned = loop->has_turned] { turned = true; });
  }
  return all;
}

}  // namespace xes::app
