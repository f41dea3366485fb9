// SPDX-License-Identifier: MIT
// Purpose: one thing to do later. It is done only if the timer still exists then and was neither cancelled nor set anew;
// Asio's own timers call back in each of these cases, if only to say so. Thread: the one that runs the io_context.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <utility>

namespace xes {

class Timer {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Timer(boost::asio::io_context& io) : timer_(io, Clock::time_point::min()) {}

  template <class Then>
  void at(Clock::time_point when, Then then) {
    timer_.expires_at(when);
    timer_.async_wait([weak = std::weak_ptr(number_), number = ++*number_, then = std::move(then)](
                          const boost::system::error_code& error) mutable {
      const auto newest = weak.lock();
      if (!error && newest && *newest == number) then();
    });
  }
  template <class Then>
  void after(Clock::duration wait, Then then) {
    at(Clock::now() + wait, std::move(then));
  }
  void cancel() {
    ++*number_;
    timer_.expires_at(Clock::time_point::min());
  }
  /// When it is or was due; min() if it was cancelled, or never set.
  Clock::time_point expiry() const { return timer_.expiry(); }

 private:
  boost::asio::steady_timer timer_;
  std::shared_ptr<unsigned> number_ = std::make_shared<unsigned>(0);  ///< of the newest thing to do
};

}  // namespace xes
