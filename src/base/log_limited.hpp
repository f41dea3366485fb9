// SPDX-License-Identifier: MIT
// Purpose: log lines that outsiders can cause (browsers, accounts, services that a pattern matches): of each kind a few a
// minute, so that nobody fills a disk or hides what matters. Whoever writes one says who caused it.
// Thread: any. Bounds: lines_per_minute for each place in the code; those that are left out are counted, and the next line
// of that place that is written ends in how many they were. Lines below the log's level cost nothing; trace and debug
// lines, which are for finding a fault, are not limited.
#pragma once

#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace xes::log_limited {

inline constexpr unsigned lines_per_minute = 10;

/// How many lines of one kind may be written. Thread: one at a time.
class Budget {
 public:
  using Clock = std::chrono::steady_clock;

  /// How many were left out since the last one that was written; nothing: leave this one out, too.
  std::optional<std::uint64_t> take(Clock::time_point now);

 private:
  std::optional<Clock::time_point> began_;  ///< the minute
  unsigned written_ = 0;                    ///< within it
  std::uint64_t left_out_ = 0;
};

/// `text` is a literal: its address stands for the kind.
void write(spdlog::level::level_enum level, fmt::string_view text, fmt::format_args args) noexcept;

template <class... Args>
void info(fmt::format_string<const Args&...> text, const Args&... args) {
  write(spdlog::level::info, text, fmt::make_format_args(args...));
}

template <class... Args>
void warn(fmt::format_string<const Args&...> text, const Args&... args) {
  write(spdlog::level::warn, text, fmt::make_format_args(args...));
}

template <class... Args>
void error(fmt::format_string<const Args&...> text, const Args&... args) {
  write(spdlog::level::err, text, fmt::make_format_args(args...));
}

}  // namespace xes::log_limited
