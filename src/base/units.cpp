// SPDX-License-Identifier: MIT
#include "base/units.hpp"

#include <charconv>
#include <limits>
#include <span>

#include "base/text.hpp"

namespace xes {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Smallest first.
constexpr Unit durations[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit sizes[] = {{"B", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};

Result<std::uint64_t> parse(std::string_view text, std::span<const Unit> units, std::string_view what,
                            std::string_view advice) {
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view suffix(end, text.data() + text.size());
  const auto too_large = [&] {
    return fail(Error::too_large, quote(text) + " is too large a " + std::string(what));
  };
  for (const Unit& unit : units) {
    if (suffix != unit.name || end == text.data()) continue;
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (code == std::errc::result_out_of_range || number > most / unit.factor) return too_large();
    return number * unit.factor;
  }
  return fail(Error::malformed, quote(text) + " is not a valid " + std::string(what) + "; " + std::string(advice));
}

std::string print(std::uint64_t value, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units)
    if (value != 0 && value % unit.factor == 0) best = &unit;
  return std::to_string(value / best->factor) + std::string(best->name);
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  return parse(text, durations, "duration",
               "write a whole number and one of ms, s, m, h, d, for instance \"15s\"")
      .map([](std::uint64_t count) { return std::chrono::milliseconds(count); });
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  return parse(text, sizes, "number of bytes",
               "write a whole number and one of B, KiB, MiB, GiB, for instance \"64KiB\"");
}

std::string duration_text(std::chrono::milliseconds duration) {
  if (duration.count() == 0) return "0s";
  if (duration.count() < 0) return "-" + duration_text(-duration);
  return print(static_cast<std::uint64_t>(duration.count()), durations);
}

std::string bytes_text(std::uint64_t bytes) { return print(bytes, sizes); }

}  // namespace xes
