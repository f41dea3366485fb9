// SPDX-License-Identifier: MIT
// Purpose: how long to wait before the next attempt to connect. Thread: one at a time.
//
// "Full jitter" of M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): a uniformly random wait
// below a ceiling that doubles with every attempt. Here it is never below `min` either, so that a lone client does not
// hammer a server that refuses it at once; with many clients the spread is what keeps them from coming back together.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace xes::xmpp {

class Backoff {
 public:
  using Duration = std::chrono::milliseconds;
  struct Options {
    Duration min{500};
    Duration max{60'000};
    Duration stable_after{30'000};  ///< a session that was up for so long starts the doubling anew
  };

  /// `random` gives numbers that are uniform over all 64 bits.
  Backoff(Options options, std::function<std::uint64_t()> random)
      : options_(options), random_(std::move(random)), ceiling_(options.min) {}

  /// The wait before the next attempt: in [min, ceiling], the ceiling being 2·min, 4·min … max.
  Duration next() {
    ceiling_ = std::min(options_.max, 2 * ceiling_);
    const auto span = static_cast<std::uint64_t>((ceiling_ - options_.min).count()) + 1;
    return options_.min + Duration(static_cast<Duration::rep>(random_() % span));
  }

  /// A session ended that had been ready for `up`.
  void ended_after(Duration up) {
    if (up >= options_.stable_after) ceiling_ = options_.min;
  }

 private:
  Options options_;
  std::function<std::uint64_t()> random_;
  Duration ceiling_;
};

}  // namespace xes::xmpp
