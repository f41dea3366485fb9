// SPDX-License-Identifier: MIT
#include "gateway/access_rule.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "wire/glob.hpp"

namespace xes::gateway {
namespace {

constexpr std::string_view place = "{user}";
constexpr std::size_t max_part_bytes = 1023;

/// RFC 7622 §3.3.1, and what no part of a JID may hold.
bool is_part(std::string_view text) {
  return !text.empty() && text.size() <= max_part_bytes && is_xml_text(text) &&
         std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == 0x7F ||
                  std::string_view("\"&'/:<>@").find(c) != std::string_view::npos;
         });
}

bool is_account(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != text.npos && is_part(text.substr(0, at)) && is_part(text.substr(at + 1));
}

}  // namespace

bool matches_any(const std::vector<std::string>& globs, std::string_view node) {
  return std::ranges::any_of(globs, [&](const std::string& glob) { return wire::glob_matches(glob, node); });
}

bool is_offered(const AccessRule& rule, std::string_view node) {
  return (rule.nodes.empty() || matches_any(rule.nodes, node)) && !matches_any(rule.deny, node);
}

Result<std::string> jid_of_user(const AccessRule& rule, std::string_view component, std::string_view user) {
  const bool is_jid = rule.user_jid == place;
  if (is_jid ? !is_account(user) : !is_part(user))
    return fail(Error::malformed, "the user " + quoted(user) + (is_jid ? " is no JID" : " does not fit into a JID"));
  std::string jid = rule.user_jid.empty() ? std::string(place) + "@" + std::string(component) : rule.user_jid;
  const std::size_t at = jid.find(place);
  if (at == jid.npos) return fail(Error::malformed, "the template of users' JIDs has no place for a user");
  jid.replace(at, place.size(), user);
  if (!is_account(jid)) return fail(Error::malformed, "the user " + quoted(user) + " does not fit into a JID");
  return ascii_lower(jid);
}

}  // namespace xes::gateway
