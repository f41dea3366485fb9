// SPDX-License-Identifier: MIT
#include "gateway/access.hpp"

#include <algorithm>
#include <utility>

#include "base/log_limited.hpp"
#include "base/text.hpp"

namespace xes::gateway {
namespace {

Answer forbidden(std::string why) { return {wire::status_forbidden, std::move(why)}; }

/// RFC 6750 §3: without a token the challenge alone, so that nobody thinks he had brought a wrong one.
Answer unauthorized(std::string why, bool brought_one) {
  return {wire::status_unauthorized, std::move(why), false, brought_one ? bearer_invalid : bearer_challenge};
}

/// What the request names must be offered, each node of it; what its patterns match is kept within by the hub.
std::optional<Answer> check_offer(StreamWanted& wanted) {
  if (!wanted.rule) return forbidden("this service is not offered here");
  for (const std::string& node : wanted.selection.nodes)
    if (!is_offered(*wanted.rule, node)) return forbidden("the node " + quote(node) + " is not offered here");
  if (wanted.selection.patterns.empty()) return std::nullopt;
  if (!wanted.rule->nodes.empty()) wanted.selection.within.push_back(wanted.rule->nodes);
  wanted.selection.without = wanted.rule->deny;
  return std::nullopt;
}

/// RFC 7519 §4.1.3: a token that says for whom it is is for nobody else.
bool is_meant_for(const Token& token, const AccessRule& rule, const std::string& service) {
  if (!token.audience) return rule.audience.empty();
  return std::ranges::count(*token.audience, rule.audience.empty() ? service : rule.audience) > 0;
}

}  // namespace

Gate::Gate(GateOptions options, std::shared_ptr<const Keys> keys)
    : options_(std::move(options)), keys_(std::move(keys)), limits_(options_.limits) {}

void Gate::set_keys(std::shared_ptr<const Keys> keys) {
  const std::lock_guard lock(keys_mutex_);
  keys_ = std::move(keys);
}

std::shared_ptr<const Keys> Gate::keys() const {
  const std::lock_guard lock(keys_mutex_);
  return keys_;
}

Gate::Checked Gate::check(const Params& params, StreamWanted& wanted, Clock::time_point now) {
  if (auto refused = check_offer(wanted)) return std::move(*refused);
  switch (wanted.rule->access) {
    case Access::token: return check_token(params, wanted, now);
    case Access::user: return check_user(params, wanted);
    case Access::open: break;
  }
  const std::string_view user = params.get("REMOTE_USER");
  return Visitor{user.empty() ? "" : "user " + ascii_lower(user), {}, std::nullopt, 0};
}

Gate::Checked Gate::check_token(const Params& params, StreamWanted& wanted, Clock::time_point now) {
  const auto brought = find_token(params, options_.found_in);
  if (!brought) return unauthorized("a token is required", false);
  const std::string_view address = params.get("REMOTE_ADDR");
  const auto limits_now = Limits::Clock::now();
  if (const auto refusal = limits_.may_bring_token(address, limits_now)) return *refusal;
  const auto keys = this->keys();
  const auto token = keys ? keys->verify(*brought, now) : fail(Error::refused, "no keys are loaded");
  if (!token) {
    limits_.note_bad_token(address, limits_now);
    log_limited::info("token: refused a token from {}: {}", address_text(address_key(address)), token.error().reason);
    return unauthorized("the token is not valid, or no longer valid", true);
  }
  if (!is_meant_for(*token, *wanted.rule, wanted.selection.service)) {
    log_limited::info("token: refused a token from {}: its audience (aud) does not match that of {}", address_text(address_key(address)), quote(wanted.selection.service));
    return unauthorized("the token is for another audience", true);
  }
  for (const std::string& node : wanted.selection.nodes)
    if (!matches_any(token->nodes, node)) return forbidden("the token does not name the node " + quote(node));
  if (!wanted.selection.patterns.empty()) {
    if (token->nodes.empty()) return forbidden("the token names no node");
    std::vector<std::string> globs = token->nodes;
    std::sort(globs.begin(), globs.end());
    globs.erase(std::unique(globs.begin(), globs.end()), globs.end());
    wanted.selection.within.push_back(std::move(globs));
  }
  return Visitor{"token " + token->subject, {}, token->expires, token->key};
}

/// Not 401: who has to authenticate, and how, is the web server's to say; that it let nobody's request through to here
/// is a fault of its configuration, which no password in the browser would mend.
Gate::Checked Gate::check_user(const Params& params, StreamWanted& wanted) const {
  const std::string_view user = params.get("REMOTE_USER");
  if (user.empty()) return forbidden("the web server did not authenticate a user (REMOTE_USER)");
  auto jid = jid_of_user(*wanted.rule, options_.component, user);
  if (!jid) return forbidden(jid.error().reason);
  if (!wanted.selection.patterns.empty()) wanted.selection.reader = {*jid, wanted.rule->ask_as, wanted.rule->ask_every};
  std::string name = "user " + *jid;
  return Visitor{std::move(name), std::move(*jid), std::nullopt, 0};
}

std::variant<Limits::Ticket, Refusal> Gate::admit(const Params& params, const Visitor& visitor,
                                                  const hub::Selection& selection) {
  return limits_.admit(params.get("REMOTE_ADDR"), visitor.name, selection.service, selection.nodes,
                       Limits::Clock::now());
}

}  // namespace xes::gateway
