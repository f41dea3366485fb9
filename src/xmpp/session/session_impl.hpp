// SPDX-License-Identifier: MIT
// Purpose: what a Session is made of, for its three files: session.cpp (connecting, ready, down, and the public calls),
// session_receiving.cpp and session_sending.cpp (with pings and deadlines). Thread: the session's.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/timer.hpp"
#include "xmpp/session/backoff.hpp"
#include "xmpp/session/link.hpp"
#include "xmpp/session/pending_iqs.hpp"
#include "xmpp/session/session.hpp"
#include "xmpp/xml/stanza_reader.hpp"

namespace xes::xmpp {

/// Asio's handlers hold weak pointers: once the Session is gone they find nothing.
struct Session::Impl : std::enable_shared_from_this<Session::Impl> {
  using Clock = std::chrono::steady_clock;

  Impl(boost::asio::io_context& context, SessionOptions session_options, SessionEvents session_events,
       std::function<std::uint64_t()> random_source)
      : io(context),
        options(std::move(session_options)),
        events(std::move(session_events)),
        random(std::move(random_source)),
        backoff({options.backoff_min, options.backoff_max, options.stable_after}, random),
        pending(options.max_pending_iqs),
        answer_budget(options.answers),
        state_timer(context),
        ping_timer(context),
        iq_timer(context) {}

  boost::asio::io_context& io;
  SessionOptions options;
  SessionEvents events;
  std::function<std::uint64_t()> random;
  Backoff backoff;
  PendingIqs pending;
  AnswerBudget answer_budget;
  Timer state_timer;  ///< connecting, handshaking: the watchdog; down: the back-off
  Timer ping_timer;
  Timer iq_timer;

  SessionState state = SessionState::down;
  bool running = false;
  bool paused = false;
  bool draining = false;
  std::uint64_t times_ready = 0;
  Clock::time_point ready_since;
  Clock::time_point last_received;

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

  /// Pausing holds back what others sent, not the handshake.
  bool held() const { return paused && state == SessionState::ready; }

  void connect();
  void opened();
  void received(std::string_view bytes);
  void drain();
  void handle(StreamEvent& event);
  void handle_stanza(StreamEvent& event);
  void handle_passed_over(const StreamEvent& event);
  void handle_iq(Stanza&& iq);
  void handle_header(const Element& header);
  void handle_handshake(const Stanza& answer);
  void became_ready();
  void down(const Failure& why);
  void log_down(const Failure& why, std::chrono::milliseconds again_in);
  void write(OutStanza stanza);
  void answer_stranger(const Element& iq, OutStanza reply);
  void wait_for_ping();
  void ping();
  void wait_for_iqs();
  void stop();
};

}  // namespace xes::xmpp
