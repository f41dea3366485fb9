// SPDX-License-Identifier: MIT
#include "base/log_limited.hpp"

#include <exception>
#include <map>
#include <mutex>
#include <utility>

namespace xes::log_limited {

std::optional<std::uint64_t> Budget::take(Clock::time_point now) {
  if (!began_ || now - *began_ >= std::chrono::minutes(1)) {
    began_ = now;
    written_ = 0;
  }
  if (written_ >= lines_per_minute) {
    ++left_out_;
    return std::nullopt;
  }
  ++written_;
  return std::exchange(left_out_, 0);
}

namespace {

void write_within_budget(spdlog::level::level_enum level, fmt::string_view text, fmt::format_args args) {
  if (!spdlog::default_logger_raw()->should_log(level)) return;
  static std::mutex mutex;
  static std::map<const char*, Budget> budgets;  // as many as there are such lines in the code
  std::optional<std::uint64_t> left_out;
  {
    const std::lock_guard lock(mutex);
    left_out = budgets[text.data()].take(Budget::Clock::now());
  }
  if (!left_out) return;
  const std::string more = *left_out == 0 ? "" : " (… " + std::to_string(*left_out) + " more)";
  spdlog::log(level, "{}{}", fmt::vformat(text, args), more);
}

}  // namespace

void write(spdlog::level::level_enum level, fmt::string_view text, fmt::format_args args) noexcept {
  try {
    write_within_budget(level, text, args);
  } catch (const std::exception&) {
    // Out of memory: a line less.
  }
}

}  // namespace xes::log_limited
