// SPDX-License-Identifier: MIT
// Purpose: what a component sends before it may send stanzas: the stream's header and the handshake.
// Thread: any. No I/O: Session sends, StanzaReader reads what the server answers.
// Source: XEP-0114 §3.
//
//   component                                        server
//   <stream:stream to='eventsource.example'>   ───▶
//                                              ◀───  <stream:stream id='3BF96D32'>
//   <handshake>SHA-1 of ID and secret</handshake> ─▶
//                                              ◀───  <handshake/>
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace xes::xmpp {

inline constexpr std::string_view component_ns = "jabber:component:accept";

/// Opens a stream for the component `jid`. Error::malformed if XML cannot hold the JID.
Result<std::string> stream_header(std::string_view jid);

/// Answers the stream ID of the server's header. Not for logs: a weak secret can be guessed from the hash.
std::string handshake(std::string_view stream_id, std::string_view secret);

}  // namespace xes::xmpp
