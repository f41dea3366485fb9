// SPDX-License-Identifier: MIT
#include <spdlog/spdlog.h>

#include "base/log_limited.hpp"
#include "base/text.hpp"
#include "xmpp/session/answers.hpp"
#include "xmpp/session/component_stream.hpp"
#include "xmpp/session/session_impl.hpp"

namespace xes::xmpp {
namespace {

/// RFC 6120 §4.9.3: a stream error as an operator would say it.
Failure stream_failure(const Element& error) {
  std::string condition = "undefined-condition";
  std::string text;
  for (const Element& part : error.children) {
    if (part.ns != "urn:ietf:params:xml:ns:xmpp-streams") continue;
    if (part.name == "text")
      text = part.text;
    else
      condition = part.name;
  }
  std::string reason = "the server ended the stream with " + quote(condition, 60);
  if (!text.empty()) reason += " (" + quote(text) + ")";
  if (condition == "not-authorized") reason += ": wrong secret?";
  if (condition == "conflict") reason += ": another component with this JID is connected";
  if (condition == "host-unknown") reason += ": the server has no such component";
  const bool refused = condition == "not-authorized" || condition == "conflict" || condition == "host-unknown";
  return {refused ? Error::refused : Error::unavailable, std::move(reason)};
}

}  // namespace

void Session::Impl::received(std::string_view bytes) {
  last_received = Clock::now();
  if (!reader_failure)
    if (Result<void> parsed = reader->feed(bytes); !parsed) reader_failure = parsed.error();
  drain();
}

/// Hands out what is parsed. A callback may pause, stop or even bring the session down in the middle.
void Session::Impl::drain() {
  if (draining) return;
  const auto keep_alive = shared_from_this();
  {
    // An exception ends it, too, or no later session would read anything.
    const struct Draining {
      explicit Draining(bool& which) : flag(which) { flag = true; }
      ~Draining() { flag = false; }
      bool& flag;
    } now(draining);
    while (!held() && link) {
      std::optional<StreamEvent> event = reader->next();
      if (!event) break;
      handle(*event);
      reader->recycle(std::move(*event));
    }
  }
  if (!held() && link && reader_failure) down(*reader_failure);
}

void Session::Impl::handle(StreamEvent& event) {
  switch (event.kind) {
    case StreamEvent::Kind::open: return handle_header(event.element);
    case StreamEvent::Kind::close: return down({Error::unavailable, "the server closed the stream"});
    case StreamEvent::Kind::passed_over: return handle_passed_over(event);
    case StreamEvent::Kind::stanza: return handle_stanza(event);
  }
}

void Session::Impl::handle_header(const Element& header) {
  const std::string_view id = header.attribute("id");
  if (id.empty()) return down({Error::malformed, "the server's stream header has no ID, so the worker cannot compute the handshake"});
  link->send(handshake(id, options.secret));
}

/// Before the handshake is over only the server itself speaks.
void Session::Impl::handle_handshake(const Stanza& answer) {
  if (answer.is("handshake", component_ns)) return became_ready();
  down({Error::malformed, "the server answered the handshake with " + quote(answer.name, 60)});
}

void Session::Impl::handle_stanza(StreamEvent& event) {
  Stanza& stanza = event.element;
  if (stanza.name == "error" && stanza.ns == streams_ns) return down(stream_failure(stanza));
  if (state != SessionState::ready) return handle_handshake(stanza);
  if (stanza.name == "iq") return handle_iq(std::move(stanza));
  if (stanza.name == "message" && events.on_message) return events.on_message(std::move(stanza));
  if (stanza.name == "presence" && events.on_presence) return events.on_presence(std::move(stanza));
}

void Session::Impl::handle_passed_over(const StreamEvent& event) {
  const Element& stanza = event.element;
  log_limited::warn("ignored a {} from {}: {}", quote(stanza.name, 30), quote(stanza.attribute("from")), event.reason);
  if (events.on_passed_over) events.on_passed_over();
  if (stanza.name != "iq" || state != SessionState::ready) return;
  const std::string_view type = stanza.attribute("type");
  if (type == "get" || type == "set") return answer_stranger(stanza, answer_too_large(stanza));
  if (auto callback = pending.take(stanza.attribute("id"), stanza.attribute("from"), options.jid))
    callback(tl::unexpected<IqFailure>({Error::too_large, "the reply was ignored: " + event.reason, {}}));
}

void Session::Impl::handle_iq(Stanza&& iq) {
  const std::string_view type = iq.attribute("type");
  if (type != "result" && type != "error") return answer_stranger(iq, answer(iq));
  OnIqResult callback = pending.take(iq.attribute("id"), iq.attribute("from"), options.jid);
  if (!callback) {
    spdlog::debug("an IQ reply from {} matches no request", quote(iq.attribute("from")));
  } else if (type == "result") {
    callback(std::move(iq));
  } else {
    callback(tl::unexpected<IqFailure>(to_failure(read_stanza_error(iq))));
  }
}

}  // namespace xes::xmpp
