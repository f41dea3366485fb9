// SPDX-License-Identifier: MIT
// Purpose: "did you mean": the known word that a mistyped one is nearest to. Thread: any.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace xes::app {

/// Letters that must be inserted, removed, replaced or swapped with a neighbour to get from `a` to `b`
/// (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known` (the first of several), if at most a third of its letters, and two at the least,
/// are wrong.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace xes::app
