// SPDX-License-Identifier: MIT
#include "hub/selection.hpp"

#include "base/text.hpp"

namespace xes::hub {

std::string describe(const Selection& selection) {
  const auto& names = selection.nodes.empty() ? selection.patterns : selection.nodes;
  const std::string more = selection.several ? " and others" : "";
  return (names.empty() ? std::string("nothing") : quote(names.front()) + more) + " at " + quote(selection.service);
}

}  // namespace xes::hub
