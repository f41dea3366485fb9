// SPDX-License-Identifier: MIT
// Purpose: services' answers about access, as the session would hand them out.
#pragma once

#include <string>

#include "../xml/stanzas.hpp"
#include "xmpp/session/answers.hpp"
#include "xmpp/session/session.hpp"

namespace xes::xmpp {

inline const std::string forbidden =
    "<error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
inline const std::string not_found =
    "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
inline const std::string unavailable =
    "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

inline IqResult failed(const std::string& error) {
  return tl::unexpected<IqFailure>(to_failure(read_stanza_error(parse("<iq type='error' id='1'>" + error + "</iq>"))));
}

inline Stanza owners(const std::string& list) {
  return parse("<iq type='result' from='pubsub.localhost' id='1'><pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>" +
               list + "</pubsub></iq>");
}

}  // namespace xes::xmpp
