// SPDX-License-Identifier: MIT
// Purpose: durations and byte counts as a person writes them. Thread: any. Errors: malformed, too_large.
// One whole number and one unit, nothing between them: "15s", "64KiB". No fractions and no bare numbers, so
// that nobody has to guess a unit.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace xes {

/// Units: ms, s, m, h, d. The reason of a failure quotes `text`.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Units: B, KiB, MiB, GiB (powers of 1,024). "KB" and the like are refused, for they mean two things.
Result<std::uint64_t> parse_bytes(std::string_view text);

/// In the largest unit that divides it: 90s is "90s", 120s is "2m". Parsing the text gives `duration` back.
std::string duration_text(std::chrono::milliseconds duration);
std::string bytes_text(std::uint64_t bytes);

}  // namespace xes
