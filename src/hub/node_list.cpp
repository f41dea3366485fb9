// SPDX-License-Identifier: MIT
#include "hub/node_list.hpp"

#include <algorithm>
#include <bit>

#include "wire/glob.hpp"

namespace xes::hub {

const NodeList::Bits& NodeList::bits_of(const std::string& pattern) {
  if (by_pattern_.size() >= max_patterns) by_pattern_.clear();
  const auto [entry, is_new] = by_pattern_.try_emplace(pattern);
  Bits& bits = entry->second;
  if (!is_new) return bits;
  bits.resize((names_->size() + 63) / 64);
  const wire::Glob glob(pattern);
  for (std::size_t i = 0; i < names_->size(); ++i)
    if (glob.matches((*names_)[i])) bits[i / 64] |= std::uint64_t{1} << i % 64;
  return bits;
}

NodeList::Bits NodeList::any_of(const std::vector<std::string>& patterns) {
  Bits any((names_->size() + 63) / 64);
  for (const std::string& pattern : patterns) {
    const Bits& bits = bits_of(pattern);
    for (std::size_t i = 0; i < any.size(); ++i) any[i] |= bits[i];
  }
  return any;
}

NodeList::Matching NodeList::matching(const Selection& selection, std::size_t most) {
  Bits bits = any_of(selection.patterns);
  for (const std::vector<std::string>& list : selection.within) {
    const Bits within = any_of(list);
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] &= within[i];
  }
  const Bits without = any_of(selection.without);
  Matching out;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    for (std::uint64_t left = bits[i] & ~without[i]; left != 0; left &= left - 1) {
      if (out.first.size() == most) {
        out.count += static_cast<std::size_t>(std::popcount(left));
        break;
      }
      const std::string& name = (*names_)[i * 64 + static_cast<std::size_t>(std::countr_zero(left))];
      if (std::find(selection.nodes.begin(), selection.nodes.end(), name) != selection.nodes.end()) continue;
      ++out.count;
      out.first.push_back(name);
    }
  }
  return out;
}

}  // namespace xes::hub
