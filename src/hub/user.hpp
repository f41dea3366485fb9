// SPDX-License-Identifier: MIT
// Purpose: a user whose right to read a node has to be asked about, and what the answer was. Values. Thread: any.
#pragma once

#include <chrono>
#include <string>

namespace xes::hub {

/// How a service is asked what a user may read.
enum class AskAs : unsigned char {
  user_at_component,  ///< from USER@COMPONENT: needs no privilege; nodes whitelist these JIDs
  owner,              ///< as an owner of the node, for its access model and the affiliation of the user's own JID
  privileged,         ///< from the user's own JID, through an XMPP server that grants XEP-0356 IQs
};

struct User {
  std::string jid;  ///< bare, in lower case
  AskAs ask_as = AskAs::user_at_component;
  std::chrono::milliseconds ask_every{};  ///< how long an answer counts

  bool operator==(const User&) const = default;
};

enum class Verdict : unsigned char {
  held,          ///< nobody can be asked now, but that may pass: who waits, waits on; who reads, reads on
  lapsed,        ///< nobody could be asked for too long: who reads has to wait, too
  allowed,
  refused,
  no_such_node,
};

}  // namespace xes::hub
