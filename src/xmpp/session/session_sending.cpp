// SPDX-License-Identifier: MIT
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/log_limited.hpp"
#include "base/text.hpp"
#include "wire/jid.hpp"
#include "xmpp/session/session_impl.hpp"

namespace xes::xmpp {

void Session::Impl::write(OutStanza stanza) {
  if (!stanza.has_attribute("from")) stanza.attribute("from", options.jid);
  if (Result<std::string> xml = stanza.xml())
    link->send(std::move(*xml));
  else
    spdlog::debug("not sent: {}", xml.error().reason);
}

/// Whoever asks too much is answered no more, so that it costs us less than them.
void Session::Impl::answer_stranger(const Element& iq, OutStanza reply) {
  const std::string_view asker = wire::without_resource(iq.attribute("from"));
  const char* over = nullptr;
  if (iq.attribute("id").size() > options.max_answered_id_bytes) {
    over = "its ID is too long";
  } else {
    reply.attribute("from", options.jid);
    Result<std::string> xml = reply.xml();
    if (!xml) return spdlog::debug("not sent: {}", xml.error().reason);
    if (link->queued_bytes() + xml->size() > options.max_queued_answer_bytes)
      over = "the server does not read fast enough";
    else if (!answer_budget.take(asker, xml->size(), Clock::now()))
      over = "there were too many requests lately";
    else
      return link->send(std::move(*xml));
  }
  log_limited::info("left an IQ from {} unanswered: {}", quote(asker), over);
  if (events.on_unanswered) events.on_unanswered();
}

void Session::Impl::wait_for_iqs() {
  const std::optional<Clock::time_point> deadline = pending.next_deadline();
  if (!deadline || (iq_timer.expiry() <= *deadline && iq_timer.expiry() > Clock::now())) return;
  iq_timer.at(*deadline, guarded([](Impl& self) {
    // While paused the reply may be waiting in the socket; resume() comes back here.
    if (self.paused) return;
    const auto keep_alive = self.shared_from_this();
    self.pending.fail_overdue(Clock::now());
    self.wait_for_iqs();
  }));
}

/// Silence for ping_every: asks the server to route a ping to ourselves, which needs no name but our own. Any byte that
/// comes, an error too, is a sign of life.
void Session::Impl::wait_for_ping() {
  ping_timer.at(std::max(last_received + options.ping_every, Clock::now()), guarded([](Impl& self) {
    const bool silent = !self.paused && Clock::now() - self.last_received >= self.options.ping_every;
    if (silent) return self.ping();
    if (self.paused) self.last_received = Clock::now();  // nobody listened: the silence begins anew
    self.wait_for_ping();
  }));
}

void Session::Impl::ping() {
  write(OutStanza("iq")
            .attribute("type", "get")
            .attribute("id", pending.new_id(random))
            .attribute("to", options.jid)
            .child(OutStanza("ping", "urn:xmpp:ping")));
  const Clock::time_point asked = Clock::now();
  ping_timer.at(asked + options.ping_deadline, guarded([asked](Impl& self) {
    if (self.last_received < asked && !self.paused)
      return self.down({Error::timed_out, "the server does not answer pings"});
    self.wait_for_ping();
  }));
}

void Session::send_iq(IqType type, std::string to, OutStanza payload, std::chrono::milliseconds deadline,
                      OnIqResult callback, const std::string& from) {
  Impl& impl = *impl_;
  const auto fail_later = [&](Error error, std::string reason) {
    boost::asio::post(impl.io, impl.guarded([callback = std::move(callback),
                                      failure = IqFailure{error, std::move(reason), {}}](Impl&) {
      callback(tl::unexpected<IqFailure>(failure));
    }));
  };
  if (!ready()) return fail_later(Error::unavailable, "the XMPP session is not ready");
  if (impl.pending.full()) return fail_later(Error::unavailable, "too many IQs wait for their replies");
  const std::string id = impl.pending.new_id(impl.random);
  OutStanza iq("iq");
  iq.attribute("type", type == IqType::get ? "get" : "set").attribute("id", id).attribute("to", to);
  iq.attribute("from", from.empty() ? impl.options.jid : from).child(std::move(payload));
  Result<std::string> xml = iq.xml();
  if (!xml) return fail_later(xml.error().error, xml.error().reason);
  impl.pending.add(id, std::move(to), Impl::Clock::now() + deadline, std::move(callback));
  impl.link->send(std::move(*xml));
  impl.wait_for_iqs();
}

Result<void> Session::send(OutStanza stanza) {
  Impl& impl = *impl_;
  if (!ready()) return fail(Error::unavailable, "the XMPP session is not ready");
  if (!stanza.has_attribute("from")) stanza.attribute("from", impl.options.jid);
  Result<std::string> xml = stanza.xml();
  if (!xml) return tl::unexpected<Failure>(xml.error());
  impl.link->send(std::move(*xml));
  return {};
}

}  // namespace xes::xmpp
