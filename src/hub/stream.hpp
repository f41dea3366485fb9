// SPDX-License-Identifier: MIT
// Purpose: one client's event stream: the hot path (deliver), and what waits while its socket is full.
// Thread: its shard's. No sockets here: the gateway's connections derive from it.
//
// An idle stream owns no queue. While its socket is full, references to frames wait; when more than `max_lag` bytes of live
// frames wait behind the one that is being written, the next one closes the stream (too_slow), and its client resumes by
// its last event ID. A replay does not lag, and is read from events that streams share as the socket takes it. All that
// waits counts in the BacklogBudget (backlog_full). An exception in what is done for a stream ends it (internal_error).
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "hub/backlog_budget.hpp"
#include "hub/close_reason.hpp"
#include "hub/frame.hpp"
#include "hub/letters.hpp"
#include "hub/replay.hpp"

namespace xes::hub {

class Shard;
class Audience;

class Stream {
 public:
  Stream(Shard& shard, Framing framing) : shard_(shard), framing_(framing) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream();

  /// Sends the frame, or queues what the socket does not take. May end the stream.
  void deliver(const FrameRef& frame);
  /// Sends frames, then a replay, that live ones wait for and that do not count as lag.
  void replay(const std::vector<FrameRef>& frames, std::unique_ptr<Replay> then = nullptr);
  /// The socket takes bytes again.
  void on_writable();

  /// Ends it now. Idempotent; on_ended() runs once.
  void end(CloseReason reason);
  /// Ends it when what waits has been written, or when its reader has taken nothing of that for half a heartbeat period.
  void end_when_written(CloseReason reason);

  bool ended() const { return ended_; }
  bool accepted() const { return accepted_; }
  /// Of live frames that wait.
  std::size_t lag_bytes() const { return backlog_ ? backlog_->lag_bytes : 0; }
  bool has_backlog() const { return backlog_ != nullptr; }
  Framing framing() const { return framing_; }

 protected:
  /// Non-blocking: bytes taken, 0 if the socket is full, -1 if the connection is gone.
  virtual ssize_t write(std::span<const iovec> bytes) = 0;
  /// on_writable() is to be called once the socket takes bytes.
  virtual void wait_writable() = 0;
  /// What the stream begins with: the head of a 200 response and `retry:`.
  virtual FrameRef response_head() const = 0;
  /// True for a HEAD request: the response ends there.
  virtual bool head_only() const = 0;
  /// True where the newest stored items are wanted as one document, instead of a stream. Then no head is sent, and one of
  /// on_document(), on_document_held() (not now, but it may pass) and on_refused() answers.
  virtual bool wants_document() const { return false; }
  /// The items that its Start asks for, oldest first, and the event ID that follows them. Ends the stream.
  virtual void on_document(const std::vector<EventRef>& /*items*/, std::string_view /*id*/) {}
  virtual void on_document_held() {}
  /// A pattern matches these nodes now. False: that is over a limit, and the stream was told to come back later.
  virtual bool may_follow(const std::string& /*service*/, const std::vector<std::string>& /*nodes*/) { return true; }
  /// The node cannot be followed: send a refusal and end.
  virtual void on_refused(Refusal refusal) = 0;
  /// Say the framing's end if `cleanly` (nothing half-written is under way), close the connection.
  virtual void on_ended(CloseReason reason, bool cleanly) = 0;
  /// Whose stream it is, for log lines, until on_ended().
  virtual std::string who() const { return {}; }

  /// An exception was caught, and the stream is ended.
  virtual void on_failure() {}
  /// Whose backlog it counts as; empty: nobody's.
  virtual std::string_view address() const { return {}; }

  Shard& shard() { return shard_; }

  /// Runs something for this stream; an exception ends it, and nothing else.
  template <class Body>
  void guard(Body body) {
    try {
      body();
    } catch (const std::exception& why) {
      fail(why);
    }
  }

 private:
  friend class Audience;
  friend class Shard;

  /// A frame, or a replay that gives the next ones.
  struct Waiting {
    FrameRef frame = {};
    std::unique_ptr<Replay> replay = {};
    bool lags = false;     ///< a live frame
    bool counted = false;  ///< in the share
  };
  struct Backlog {
    Backlog(BacklogBudget* budget, std::string_view address) : share(budget, address) {}
    ~Backlog();
    void count(Waiting& one);
    void uncount(Waiting& one);

    BacklogShare share;
    std::deque<Waiting> waiting;
    std::size_t offset = 0;     ///< bytes of the first frame that are written already
    std::size_t lag_bytes = 0;  ///< of live frames, the first one in full
    std::optional<CloseReason> then_end;
  };

  void begin_backlog();
  void queue(const FrameRef& frame);
  void unfold(std::size_t most);
  void write_backlog();
  void drop_written(std::size_t bytes);
  void count_backlog();
  [[gnu::cold]] void fail(const std::exception& why);
  /// Sends the response's head, once.
  void accept();

  Shard& shard_;
  std::unique_ptr<Backlog> backlog_;
  Audience* audience_ = nullptr;  ///< that lists it
  std::uint32_t place_ = 0;       ///< in that audience's list
  std::uint32_t slot_ = 0;   ///< in the shard's list
  std::uint32_t last_write_ = 0;  ///< Shard::ticks() of it
  Framing framing_;
  bool listed_ = false;    ///< in the shard's list
  bool live_ = false;      ///< in its audience's live list (else in the waiting one, if audience_)
  bool accepted_ = false;  ///< the response's head is sent
  bool ended_ = false;
};

}  // namespace xes::hub
