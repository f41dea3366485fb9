// SPDX-License-Identifier: MIT
// Purpose: which nodes of a service may be read, by whom, and who is asked about it. Thread: any (values).
// Sources: RFC 6122 §2.3 (what a user's part of a JID may hold), XEP-0060 §4.5 (access models), XEP-0356.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "hub/user.hpp"

namespace xes::gateway {

enum class Access {
  open,   ///< anybody, what the component itself may subscribe to
  token,  ///< who brings a token, the nodes that it names
  user,   ///< whom the web server has authenticated (REMOTE_USER), what the service lets that user read; not of rooms
};

using hub::AskAs;

struct AccessRule {
  Access access = Access::open;
  std::vector<std::string> nodes = {};  ///< globs (wire/glob.hpp) of what may be read; none: every node
  std::vector<std::string> deny = {};   ///< globs of what may not, even if `nodes` or a token names it
  std::string user_jid = {};            ///< with "{user}"; empty for user_at_component
  AskAs ask_as = AskAs::user_at_component;
  std::chrono::milliseconds ask_every{};  ///< how long an answer counts
  std::string audience = {};  ///< that a token must be meant for; empty: the service's JID, if it says whom it is meant for
};

bool matches_any(const std::vector<std::string>& globs, std::string_view node);

/// Whether the configuration lets anybody read `node` at all. What of it a user or a token may is another question.
bool is_offered(const AccessRule& rule, std::string_view node);

/// The bare JID as which the service knows `user`, who is whatever the web server authenticated: put in the place of
/// "{user}", or before `component`. Whoever is authenticated cannot become somebody else: Error::malformed for an "@", a
/// "/" or anything else that a user's part of a JID may not hold, and for a spelling that XMPP servers take for another
/// user's (wire/jid.hpp); but ASCII letters may have either case. Where the template is "{user}" alone, the user must be a
/// bare JID.
Result<std::string> jid_of_user(const AccessRule& rule, std::string_view component, std::string_view user);

}  // namespace xes::gateway
