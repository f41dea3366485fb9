// SPDX-License-Identifier: MIT
#include "xmpp/session.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <random>
#include <utility>

#include "base/text.hpp"
#include "xmpp/answers.hpp"
#include "xmpp/backoff.hpp"
#include "xmpp/link.hpp"
#include "xmpp/pending_iqs.hpp"
#include "xmpp/stanza_reader.hpp"
#include "xmpp/strophe.hpp"

namespace xes::xmpp {
namespace {

using Clock = std::chrono::steady_clock;
namespace asio = boost::asio;

std::uint64_t system_random() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

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
  std::string reason = "the server ended the stream with " + quoted(condition, 60);
  if (!text.empty()) reason += " (" + quoted(text) + ")";
  if (condition == "not-authorized") reason += ": wrong secret?";
  if (condition == "conflict") reason += ": another component with this JID is connected";
  if (condition == "host-unknown") reason += ": the server has no such component";
  const bool refused = condition == "not-authorized" || condition == "conflict" || condition == "host-unknown";
  return {refused ? Error::refused : Error::unavailable, std::move(reason)};
}

}  // namespace

/// Asio's handlers hold weak pointers: once the Session is gone they find nothing.
struct Session::Impl : std::enable_shared_from_this<Session::Impl> {
  Impl(asio::io_context& context, SessionOptions session_options, SessionEvents session_events,
       std::function<std::uint64_t()> random_source)
      : io(context),
        options(std::move(session_options)),
        events(std::move(session_events)),
        random(random_source ? std::move(random_source) : system_random),
        backoff({options.backoff_min, options.backoff_max, options.stable_after}, random),
        pending(options.max_pending_iqs),
        state_timer(context),
        ping_timer(context),
        iq_timer(context) {}

  asio::io_context& io;
  SessionOptions options;
  SessionEvents events;
  std::function<std::uint64_t()> random;
  Backoff backoff;
  PendingIqs pending;
  asio::steady_timer state_timer;  ///< connecting, handshaking: the watchdog; down: the back-off
  asio::steady_timer ping_timer;
  asio::steady_timer iq_timer;

  SessionState state = SessionState::down;
  bool running = false;
  bool paused = false;
  bool draining = false;
  std::uint64_t times_ready = 0;
  Clock::time_point ready_since;
  Clock::time_point last_received;

  std::optional<Strophe> strophe;
  std::unique_ptr<Link> link;
  std::optional<StanzaReader> reader;
  std::optional<Failure> reader_failure;  ///< told once the events before it are handed out

  std::string logged_reason;
  Clock::time_point logged_at;

  template <class Body>
  auto guarded(Body body) {
    return [weak = weak_from_this(), body](auto&&... arguments) {
      if (auto self = weak.lock()) body(*self, std::forward<decltype(arguments)>(arguments)...);
    };
  }
  /// A timer that was moved or cancelled says nothing.
  template <class Body>
  void wait(asio::steady_timer& timer, Clock::time_point until, Body body) {
    timer.expires_at(until);
    timer.async_wait(guarded([body, &timer, until](Impl& self, const boost::system::error_code& error) {
      if (!error && timer.expiry() == until) body(self);
    }));
  }

  /// Pausing holds back what others sent, not the handshake.
  bool held() const { return paused && state == SessionState::ready; }

  void connect();
  void opened();
  void received(std::string_view bytes);
  void drain();
  void handle(StreamEvent event);
  void handle_stanza(StreamEvent event);
  void handle_skipped(const StreamEvent& event);
  void handle_iq(Element iq);
  void take(Strophe::Step step);
  void became_ready();
  void down(const Failure& why);
  void log_down(const Failure& why, std::chrono::milliseconds again_in);
  void write(OutStanza stanza);
  void wait_for_ping();
  void ping();
  void wait_for_iqs();
  void stop();
};

// ---- connecting, ready, down ----

void Session::Impl::connect() {
  state = SessionState::connecting;
  reader.emplace(ReaderOptions{.max_stanza_bytes = options.max_stanza_bytes});
  reader_failure.reset();
  link = std::make_unique<Link>(
      io, Link::Options{.max_queued_bytes = options.max_queued_bytes},
      Link::Events{.on_open = guarded([](Impl& self) { self.opened(); }),
                   .on_bytes = guarded([](Impl& self, std::string_view bytes) { self.received(bytes); }),
                   .on_closed = guarded([](Impl& self, const Failure& why) { self.down(why); })});
  wait(state_timer, Clock::now() + options.ready_within, [](Impl& self) {
    self.down({Error::timed_out, self.state == SessionState::connecting
                                     ? "the server did not accept the connection in time"
                                     : "the server did not finish the component handshake in time"});
  });
  link->open(options.host, options.port);
}

void Session::Impl::opened() {
  state = SessionState::handshaking;
  if (!strophe) {
    Result<Strophe> made = Strophe::create();
    if (!made) return down(made.error());
    strophe.emplace(std::move(*made));
  }
  Result<Strophe::Step> step = strophe->open(options.jid, options.secret);
  if (!step) return down(step.error());
  take(std::move(*step));
}

void Session::Impl::take(Strophe::Step step) {
  if (link) link->send(std::move(step.to_server));
  if (step.closed) {  // later: the caller may be a send() whose owner expects no callback yet
    asio::post(io, guarded([](Impl& self) { self.down({Error::unavailable, "libstrophe gave the stream up"}); }));
    return;
  }
  if (step.became_ready && state == SessionState::handshaking) became_ready();
}

void Session::Impl::became_ready() {
  state = SessionState::ready;
  ++times_ready;
  state_timer.cancel();
  ready_since = last_received = Clock::now();
  logged_reason.clear();
  spdlog::info("XMPP session ready: component {} at {}:{}", quoted(options.jid), options.host, options.port);
  if (paused) link->pause_reading();
  wait_for_ping();
  if (events.on_ready) events.on_ready();
}

void Session::Impl::down(const Failure& why) {
  if (state == SessionState::down) return;
  const bool was_ready = std::exchange(state, SessionState::down) == SessionState::ready;
  if (was_ready)
    backoff.ended_after(std::chrono::duration_cast<Backoff::Duration>(Clock::now() - ready_since));
  ping_timer.cancel();
  iq_timer.expires_at(Clock::time_point::min());  // so that the next session's first IQ arms it
  link.reset();
  if (strophe) strophe->close();
  if (running) {
    const std::chrono::milliseconds again_in = backoff.next();
    wait(state_timer, Clock::now() + again_in, [](Impl& self) { self.connect(); });
    log_down(why, again_in);
  } else {
    state_timer.cancel();
  }
  const auto keep_alive = shared_from_this();
  pending.fail_all({Error::unavailable, "the XMPP session went down: " + why.reason, {}});
  if (was_ready && events.on_down) events.on_down(why);
}

void Session::Impl::log_down(const Failure& why, std::chrono::milliseconds again_in) {
  const Clock::time_point now = Clock::now();
  if (why.reason == logged_reason && now - logged_at < options.log_again_after) return;
  logged_reason = why.reason;
  logged_at = now;
  spdlog::warn("no XMPP session for component {} at {}:{}: {}; trying again in {} ms, and so on", quoted(options.jid),
               options.host, options.port, why.reason, again_in.count());
}

void Session::Impl::stop() {
  running = false;
  if (link && state == SessionState::ready) {
    link->send("</stream:stream>");
    link->finish(std::chrono::seconds(1));
  }
  if (state == SessionState::down) state_timer.cancel();
  down({Error::unavailable, "the session was stopped"});
}

// ---- receiving ----

void Session::Impl::received(std::string_view bytes) {
  last_received = Clock::now();
  if (!reader_failure)
    if (Result<void> parsed = reader->feed(bytes); !parsed) reader_failure = parsed.error();
  drain();
}

/// Hands out what is parsed. A callback may pause, stop or even bring the session down in the middle.
void Session::Impl::drain() {
  if (draining) return;
  draining = true;
  const auto keep_alive = shared_from_this();
  while (!held() && link) {
    std::optional<StreamEvent> event = reader->next();
    if (!event) break;
    handle(std::move(*event));
  }
  draining = false;
  if (!held() && link && reader_failure) down(*reader_failure);
}

void Session::Impl::handle(StreamEvent event) {
  switch (event.kind) {
    case StreamEvent::Kind::open: return take(strophe->receive(event.raw));
    case StreamEvent::Kind::close: return down({Error::unavailable, "the server closed the stream"});
    case StreamEvent::Kind::skipped: return handle_skipped(event);
    case StreamEvent::Kind::stanza: return handle_stanza(std::move(event));
  }
}

void Session::Impl::handle_stanza(StreamEvent event) {
  Element& stanza = event.element;
  if (stanza.name == "error" && stanza.ns == "http://etherx.jabber.org/streams") return down(stream_failure(stanza));
  // Before the handshake is over only the server itself speaks, and libstrophe listens.
  if (state != SessionState::ready) {
    if (!event.raw.empty()) take(strophe->receive(event.raw));
    return;
  }
  if (stanza.name == "iq") return handle_iq(std::move(stanza));
  if (stanza.name == "message" && events.on_message) return events.on_message(std::move(stanza));
  if (stanza.name == "presence" && events.on_presence) return events.on_presence(std::move(stanza));
}

void Session::Impl::handle_skipped(const StreamEvent& event) {
  const Element& stanza = event.element;
  spdlog::warn("a {} from {} was skipped: {}", quoted(stanza.name, 30), quoted(stanza.attribute("from")), event.reason);
  if (stanza.name != "iq" || state != SessionState::ready) return;
  const std::string_view type = stanza.attribute("type");
  if (type == "get" || type == "set") return write(answer_too_large(stanza));
  if (auto callback = pending.take(stanza.attribute("id"), stanza.attribute("from"), options.jid))
    callback(tl::unexpected<IqFailure>({Error::too_large, "the reply was skipped: " + event.reason, {}}));
}

void Session::Impl::handle_iq(Element iq) {
  const std::string_view type = iq.attribute("type");
  if (type != "result" && type != "error") return write(answer(iq));
  OnIqResult callback = pending.take(iq.attribute("id"), iq.attribute("from"), options.jid);
  if (!callback) {
    spdlog::debug("an IQ reply from {} answers nothing", quoted(iq.attribute("from")));
  } else if (type == "result") {
    callback(std::move(iq));
  } else {
    callback(tl::unexpected<IqFailure>(to_failure(read_stanza_error(iq))));
  }
}

// ---- sending ----

void Session::Impl::write(OutStanza stanza) {
  if (!stanza.has_attribute("from")) stanza.attribute("from", options.jid);
  if (Result<std::string> xml = stanza.xml())
    take(strophe->send(*xml));
  else
    spdlog::debug("not sent: {}", xml.error().reason);
}

void Session::Impl::wait_for_iqs() {
  const std::optional<Clock::time_point> deadline = pending.next_deadline();
  if (!deadline || (iq_timer.expiry() <= *deadline && iq_timer.expiry() > Clock::now())) return;
  wait(iq_timer, *deadline, [](Impl& self) {
    // While paused the reply may be waiting in the socket; resume() comes back here.
    if (self.paused) return;
    const auto keep_alive = self.shared_from_this();
    self.pending.fail_overdue(Clock::now());
    self.wait_for_iqs();
  });
}

/// Silence for ping_every: asks the server to route a ping to ourselves, which needs no name but our own. Any byte that
/// comes, an error too, is a sign of life.
void Session::Impl::wait_for_ping() {
  wait(ping_timer, std::max(last_received + options.ping_every, Clock::now()), [](Impl& self) {
    const bool silent = !self.paused && Clock::now() - self.last_received >= self.options.ping_every;
    if (silent) return self.ping();
    if (self.paused) self.last_received = Clock::now();  // nobody listened: the silence begins anew
    self.wait_for_ping();
  });
}

void Session::Impl::ping() {
  write(OutStanza("iq")
            .attribute("type", "get")
            .attribute("id", pending.new_id(random))
            .attribute("to", options.jid)
            .child(OutStanza("ping", "urn:xmpp:ping")));
  const Clock::time_point asked = Clock::now();
  wait(ping_timer, asked + options.ping_deadline, [asked](Impl& self) {
    if (self.last_received < asked && !self.paused)
      return self.down({Error::timed_out, "the server does not answer pings"});
    self.wait_for_ping();
  });
}

// ---- Session ----

Session::Session(asio::io_context& io, SessionOptions options, SessionEvents events,
                 std::function<std::uint64_t()> random)
    : impl_(std::make_shared<Impl>(io, std::move(options), std::move(events), std::move(random))) {
  // Early, while low descriptors are free; a failure is told at the first connection.
  if (Result<Strophe> made = Strophe::create()) impl_->strophe.emplace(std::move(*made));
}

Session::~Session() {
  impl_->events = {};
  impl_->pending.forget_all();
  impl_->stop();
}

void Session::start() {
  if (std::exchange(impl_->running, true)) return;
  impl_->connect();
}

void Session::stop() { impl_->stop(); }

SessionState Session::state() const { return impl_->state; }

std::uint64_t Session::times_ready() const { return impl_->times_ready; }

void Session::send_iq(IqType type, std::string to, OutStanza payload, std::chrono::milliseconds deadline,
                      OnIqResult callback) {
  Impl& impl = *impl_;
  const auto fail_later = [&](Error error, std::string reason) {
    asio::post(impl.io, impl.guarded([callback = std::move(callback),
                                      failure = IqFailure{error, std::move(reason), {}}](Impl&) {
      callback(tl::unexpected<IqFailure>(failure));
    }));
  };
  if (!ready()) return fail_later(Error::unavailable, "the XMPP session is not ready");
  if (impl.pending.full()) return fail_later(Error::unavailable, "too many IQs wait for their replies");
  const std::string id = impl.pending.new_id(impl.random);
  OutStanza iq("iq");
  iq.attribute("type", type == IqType::get ? "get" : "set").attribute("id", id).attribute("to", to);
  iq.attribute("from", impl.options.jid).child(std::move(payload));
  const Result<std::string> xml = iq.xml();
  if (!xml) return fail_later(xml.error().error, xml.error().reason);
  impl.pending.add(id, std::move(to), Clock::now() + deadline, std::move(callback));
  impl.take(impl.strophe->send(*xml));
  impl.wait_for_iqs();
}

Result<void> Session::send(OutStanza stanza) {
  Impl& impl = *impl_;
  if (!ready()) return fail(Error::unavailable, "the XMPP session is not ready");
  if (!stanza.has_attribute("from")) stanza.attribute("from", impl.options.jid);
  const Result<std::string> xml = stanza.xml();
  if (!xml) return tl::unexpected<Failure>(xml.error());
  impl.take(impl.strophe->send(*xml));
  return {};
}

void Session::pause() {
  impl_->paused = true;
  if (ready()) impl_->link->pause_reading();
}

void Session::resume() {
  if (!std::exchange(impl_->paused, false)) return;
  // Not from within the caller: what is handed out may make it pause again.
  asio::post(impl_->io, impl_->guarded([](Impl& self) {
    self.drain();
    if (self.paused) return;
    if (self.link) self.link->resume_reading();
    self.wait_for_iqs();
  }));
}

}  // namespace xes::xmpp
