// SPDX-License-Identifier: MIT
// Purpose: one component session (XEP-0114) that is kept up for ever: connects, shakes hands, pings, reconnects with
// back-off, answers IQs and matches replies. Thread: the one that runs the io_context; every call and callback is there.
//
// Sources: XEP-0114 (component protocol), XEP-0199 (ping), RFC 6120 §8.2.3 (IQ), §4.9 (stream errors).
//
//   connecting ──TCP is up──▶ handshaking ──<handshake/>──▶ ready ──anything──▶ down ──back-off──▶ connecting
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "xmpp/session/answer_budget.hpp"
#include "xmpp/session/out_stanza.hpp"
#include "xmpp/xml/element.hpp"

namespace xes::xmpp {

struct SessionOptions {
  std::string host;          ///< of the server's component listener: a name or an address
  std::uint16_t port = 5347;
  std::string jid;           ///< the component's domain
  std::string secret;        ///< never logged
  std::chrono::milliseconds ready_within{10'000};  ///< from connecting to ready, else the attempt is given up
  std::chrono::milliseconds ping_every{30'000};    ///< of silence from the server
  std::chrono::milliseconds ping_deadline{10'000}; ///< for a sign of life after a ping, else the session is dropped
  std::chrono::milliseconds backoff_min{500};
  std::chrono::milliseconds backoff_max{60'000};
  std::chrono::milliseconds stable_after{30'000};  ///< a session up for so long resets the back-off
  std::chrono::milliseconds log_again_after{600'000};  ///< an unchanged reason of failure is logged again so seldom
  std::size_t max_pending_iqs = 10'000;  ///< one more fails with Error::unavailable
  std::size_t max_queued_bytes = 4u << 20;    ///< to send; more drops the session
  AnswerBudgetOptions answers;  ///< to strangers
  /// Of max_queued_bytes, where answers to strangers may stand: what we send ourselves always has the rest.
  std::size_t max_queued_answer_bytes = 1u << 20;
  std::size_t max_answered_id_bytes = 1024;  ///< an IQ with a longer ID gets no answer
  std::size_t max_stanza_bytes = 16u << 20;   ///< received; a longer stanza is passed over, its IQ fails with Error::too_large
};

enum class SessionState { down, connecting, handshaking, ready };

/// RFC 6120 §8.3: what an error stanza says. All empty if there was none.
struct StanzaError {
  std::string type;            ///< auth, cancel, continue, modify, wait
  std::string condition;       ///< defined condition, e.g. "not-allowed"
  std::string application;     ///< application-specific condition's element name, e.g. "closed-node"
  std::string application_ns;  ///< and its namespace, e.g. "http://jabber.org/protocol/pubsub#errors"
  std::string feature;         ///< the `feature` attribute of pubsub#errors' <unsupported/> (XEP-0060)
  std::string text;            ///< as the peer sent it: only quote() may go into a log line
};

/// Why an IQ has no result. Errors: refused, missing, malformed, unsupported, unavailable (by the peer's condition);
/// timed_out (deadline), unavailable (session not ready, went down, or too many pending), too_large (reply passed over).
struct IqFailure {
  Error error;
  std::string reason;  ///< one sentence, fit for a log line
  StanzaError stanza;  ///< set if the peer answered with an error
};

enum class IqType { get, set };
using IqResult = tl::expected<Stanza, IqFailure>;  ///< the value is the whole <iq type='result'/>
using OnIqResult = std::function<void(IqResult)>;

/// What a session tells. A callback may call any method of the session, but not destroy it.
struct SessionEvents {
  std::function<void()> on_ready;
  std::function<void(const Failure& why)> on_down;     ///< only after on_ready; all pending IQs have failed by then
  std::function<void(Stanza&& message)> on_message;   ///< every <message/>, whoever sent it: check `from`
  std::function<void(Stanza&& presence)> on_presence; ///< every <presence/>
  std::function<void()> on_unanswered = {};   ///< an IQ of a stranger that got no answer: over a bound
  std::function<void()> on_passed_over = {};  ///< a stanza over a bound (xmpp/xml/reader_options.hpp)
};

class Session {
 public:
  /// `random` gives numbers that are uniform over all 64 bits; empty: the system's source.
  Session(boost::asio::io_context& io, SessionOptions options, SessionEvents events,
          std::function<std::uint64_t()> random = {});
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();  ///< closes at once; no callback comes any more

  void start();
  /// Stays down from now on. Pending IQs fail; on_down comes if it was ready. What was sent and the end of the stream
  /// still go out, as long as the io_context runs (1 s at most).
  void stop();

  SessionState state() const;
  bool ready() const { return state() == SessionState::ready; }
  /// Times that the session became ready since start() (for metrics and for telling "reconnected").
  std::uint64_t times_ready() const;

  /// Sends <iq type from id to>payload</iq>. `callback` is called exactly once and never before send_iq returns;
  /// only a reply whose `from` is `to` (or is absent, where `to` is our own JID) counts.
  /// `from`: our JID unless set; a JID within our domain.
  void send_iq(IqType type, std::string to, OutStanza payload, std::chrono::milliseconds deadline, OnIqResult callback,
               const std::string& from = {});

  /// Sends a <message/> or <presence/>; `from` is our JID unless set. Error::unavailable while not ready.
  Result<void> send(OutStanza stanza);

  /// Back-pressure: after pause() no message, presence or reply is handed out, and soon none is read from the server,
  /// until resume(). Nothing is lost; IQ deadlines and pings wait too.
  void pause();
  void resume();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace xes::xmpp
