// SPDX-License-Identifier: MIT
// Purpose: the questions by which a service says what a user may read, and what its answers mean. Thread: xmpp
// (OutStanza). Sources: XEP-0060 §6.5.9 (errors of items requests), §8.2 and §8.9.1 (an owner's view), XEP-0356 §6.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hub/user.hpp"
#include "xmpp/session/out_stanza.hpp"
#include "xmpp/session/session.hpp"

namespace xes::xmpp {

/// What an answer says: a verdict, or (without one) that nobody knows for now.
struct Answered {
  std::optional<hub::Verdict> verdict;
  std::string fault = {};  ///< not empty: what an operator has to mend
  std::string reason = {};  ///< where there is no verdict
};

/// For an item that does not exist: it says whether items may be read, and carries none.
OutStanza probe(std::string_view node);
Answered read_probe(const IqResult& result);

/// The same in the user's name (to: the user's bare JID).
OutStanza privileged_probe(std::string_view service, std::string_view node);
Answered read_privileged_probe(const IqResult& result, std::string_view service);

// As an owner of the node, one after the other while the answer depends on more.
OutStanza affiliations(std::string_view node);
OutStanza configuration(std::string_view node);
OutStanza node_subscriptions(std::string_view node);

/// Who asks as an owner and is none, or gets no answer.
Answered read_owner_failure(const IqFailure& failure);
/// No verdict: the user has no affiliation, so the access model decides.
std::optional<hub::Verdict> read_affiliations(const Element& iq, std::string_view jid);
/// No verdict: whoever has been approved may, and the subscriptions say who that is.
std::optional<hub::Verdict> read_access_model(const Element& iq);
hub::Verdict read_node_subscriptions(const Element& iq, std::string_view jid);

}  // namespace xes::xmpp
