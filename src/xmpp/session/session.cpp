// SPDX-License-Identifier: MIT
#include "xmpp/session/session.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <random>
#include <utility>

#include "base/text.hpp"
#include "xmpp/session/component_stream.hpp"
#include "xmpp/session/session_impl.hpp"

namespace xes::xmpp {
namespace {

std::uint64_t system_random() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

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
  state_timer.at(Clock::now() + options.ready_within, guarded([](Impl& self) {
    self.down({Error::timed_out, self.state == SessionState::connecting
                                     ? "the server did not accept the connection in time"
                                     : "the server did not finish the component handshake in time"});
  }));
  link->open(options.host, options.port);
}

void Session::Impl::opened() {
  state = SessionState::handshaking;
  Result<std::string> header = stream_header(options.jid);
  if (!header) return down(header.error());
  link->send(std::move(*header));
}

void Session::Impl::became_ready() {
  state = SessionState::ready;
  ++times_ready;
  state_timer.cancel();
  ready_since = last_received = Clock::now();
  logged_reason.clear();
  spdlog::info("XMPP session ready: component {} at {}:{}", quote(options.jid), options.host, options.port);
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
  iq_timer.cancel();
  link.reset();
  if (running) {
    const std::chrono::milliseconds again_in = backoff.next();
    state_timer.at(Clock::now() + again_in, guarded([](Impl& self) { self.connect(); }));
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
  spdlog::warn("no XMPP session for component {} at {}:{}: {}; trying again, first in {} ms", quote(options.jid),
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

// ---- public calls ----

Session::Session(boost::asio::io_context& io, SessionOptions options, SessionEvents events,
                 std::function<std::uint64_t()> random)
    : impl_(std::make_shared<Impl>(io, std::move(options), std::move(events),
                                   random ? std::move(random) : system_random)) {}

Session::~Session() {
  impl_->events = {};
  impl_->pending.forget_all();
  impl_->running = false;
  impl_->link.reset();
}

void Session::start() {
  if (std::exchange(impl_->running, true)) return;
  impl_->connect();
}

void Session::stop() { impl_->stop(); }

SessionState Session::state() const { return impl_->state; }

std::uint64_t Session::times_ready() const { return impl_->times_ready; }

void Session::pause() {
  impl_->paused = true;
  if (ready()) impl_->link->pause_reading();
}

void Session::resume() {
  if (!std::exchange(impl_->paused, false)) return;
  // Not from within the caller: what is handed out may make it pause again.
  boost::asio::post(impl_->io, impl_->guarded([](Impl& self) {
    self.drain();
    if (self.paused) return;
    if (self.link) self.link->resume_reading();
    self.wait_for_iqs();
  }));
}

}  // namespace xes::xmpp
