// SPDX-License-Identifier: MIT
#include "hub/selection.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "wire/glob.hpp"

namespace xes::hub {

bool matches(const Selection& selection, const std::string& node) {
  const auto any = [&](const std::vector<std::string>& globs) {
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return wire::glob_matches(glob, node); });
  };
  return any(selection.patterns) && std::all_of(selection.within.begin(), selection.within.end(), any) && !any(selection.without);
}

std::string describe(const Selection& selection) {
  const auto& names = selection.nodes.empty() ? selection.patterns : selection.nodes;
  const std::string more = selection.several ? " and others" : "";
  return (names.empty() ? std::string("nothing") : quote(names.front()) + more) + " at " + quote(selection.service);
}

}  // namespace xes::hub
