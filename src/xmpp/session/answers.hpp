// SPDX-License-Identifier: MIT
// Purpose: what this component answers to IQs of others, and what their error stanzas mean. Thread: the xmpp thread.
// Sources: RFC 6120 §8.2.3 (every get and set gets an answer) and §8.3, XEP-0030, XEP-0092, XEP-0199.
#pragma once

#include "xmpp/session/out_stanza.hpp"
#include "xmpp/session/session.hpp"
#include "xmpp/xml/element.hpp"

namespace xes::xmpp {

/// The reply to an <iq type='get'/> or 'set': service discovery (one identity, no items), ping, software version, and
/// service-unavailable to everything else. `to` and `id` are set, `from` is not.
OutStanza answer(const Element& iq);

/// The reply to an IQ that was passed over because of its size: policy-violation.
OutStanza answer_too_large(const Element& iq);

/// The <error/> of an error stanza; all empty if there is none.
StanzaError read_stanza_error(const Element& stanza);

/// What an error stanza means to whoever asked.
IqFailure to_failure(StanzaError error);

}  // namespace xes::xmpp
