// SPDX-License-Identifier: MIT
#include "gateway/access_rule.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "wire/glob.hpp"
#include "wire/jid.hpp"

namespace xes::gateway {
namespace {

constexpr std::string_view place = "{user}";

}  // namespace

bool matches_any(const std::vector<std::string>& globs, std::string_view node) {
  return std::ranges::any_of(globs, [&](const std::string& glob) { return wire::glob_matches(glob, node); });
}

bool is_offered(const AccessRule& rule, std::string_view node) {
  return (rule.nodes.empty() || matches_any(rule.nodes, node)) && !matches_any(rule.deny, node);
}

Result<std::string> jid_of_user(const AccessRule& rule, std::string_view component, std::string_view user) {
  std::string jid = rule.user_jid.empty() ? std::string(place) + "@" + std::string(component) : rule.user_jid;
  const std::size_t at = jid.find(place);
  if (at == jid.npos) return fail(Error::malformed, "user_jid has no {user}");
  // By itself, too: what stands around it could hide that it is misspelt.
  const auto checked = rule.user_jid == place ? wire::unmistakable_account(user) : wire::unmistakable_localpart(user);
  if (!checked) return fail(Error::malformed, "cannot make a JID of the user " + quote(user) + ": " + checked.error().reason);
  jid.replace(at, place.size(), user);
  return wire::unmistakable_account(jid);
}

}  // namespace xes::gateway
