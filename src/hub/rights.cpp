// SPDX-License-Identifier: MIT
#include "hub/rights.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace xes::hub {

std::unique_ptr<Rights::Claim> Rights::claim(RightsHolder& holder, const std::string& service,
                                             const std::vector<std::string>& nodes, const User& user) {
  std::unique_ptr<Claim> claim(new Claim(*this, holder));
  claim->entries_.reserve(nodes.size());
  for (const std::string& node : nodes) {
    const auto [entry, is_new] = entries_.try_emplace({service, node, user.jid}, Entry{{service, node}, user});
    claim->entries_.push_back(entry);
    entry->second.claims.insert(claim.get());
    if (is_new) want_({Want::What::judge, entry->second.name, user});
  }
  return claim;
}

void Rights::leave(Entries::iterator entry, Claim& claim) {
  entry->second.claims.erase(&claim);
  if (!entry->second.claims.empty()) return;
  try {
    want_({Want::What::unjudge, entry->second.name, entry->second.user});
  } catch (const std::bad_alloc&) {
    // Nobody may fail to leave: the answer is asked for on and on, and read by nobody.
  }
  entries_.erase(entry);
}

void Rights::take(const Judged& judged) {
  const auto entry = entries_.find({judged.name.service, judged.name.node, judged.jid});
  if (entry == entries_.end()) return;
  entry->second.verdict = judged.verdict;
  std::vector<std::shared_ptr<RightsHolder>> holders;
  for (const Claim* claim : entry->second.claims) holders.push_back(claim->holder_.hold());
  for (const auto& holder : holders) holder->on_rights();
}

Rights::Claim::~Claim() {
  for (const Entries::iterator entry : entries_) rights_.leave(entry, *this);
}

std::optional<Verdict> Rights::Claim::verdict() const {
  const auto any = [&](std::optional<Verdict> verdict) {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const Entries::iterator entry) { return entry->second.verdict == verdict; });
  };
  for (const Verdict verdict : {Verdict::refused, Verdict::lapsed, Verdict::held})
    if (any(verdict)) return verdict;
  if (any(std::nullopt)) return std::nullopt;
  return any(Verdict::no_such_node) && !any(Verdict::allowed) ? Verdict::no_such_node : Verdict::allowed;
}

}  // namespace xes::hub
