// SPDX-License-Identifier: MIT
#include "hub/stream.hpp"

#include <spdlog/spdlog.h>

#include <array>

#include "hub/shard.hpp"

namespace xes::hub {

Stream::~Stream() = default;

void Stream::deliver(const FrameRef& frame) {
  guard([&] {
    if (ended_) return;
    if (backlog_) return queue(frame);
    const std::string_view bytes = frame->bytes(framing_);
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    const ssize_t written = write({&part, 1});
    last_write_ = shard_.ticks();
    if (written == static_cast<ssize_t>(bytes.size())) return;
    if (written < 0) return end(CloseReason::client_left);
    begin_backlog();
    backlog_->offset = static_cast<std::size_t>(written);
    queue(frame);
    if (!ended_) wait_writable();
  });
}

void Stream::begin_backlog() { backlog_ = std::make_unique<Backlog>(shard_.options().backlogs, address()); }

/// What is being written does not lag: one event always fits, however big it is.
void Stream::queue(const FrameRef& frame) {
  Backlog& backlog = *backlog_;
  const auto size_of = [&](const FrameRef& one) { return one->bytes(framing_).size(); };
  const bool lagging = !backlog.waiting.empty() && backlog.waiting.front().lags;
  if (backlog.lag_bytes - (lagging ? size_of(backlog.waiting.front().frame) : 0) > shard_.options().max_lag_bytes)
    return end(CloseReason::too_slow);
  backlog.waiting.push_back({.frame = frame, .lags = true});
  backlog.lag_bytes += size_of(frame);
  backlog.count(backlog.waiting.back());
  if (!backlog.share.fits()) end(CloseReason::backlog_full);
}

void Stream::replay(const std::vector<FrameRef>& frames, std::unique_ptr<Replay> then) {
  guard([&] {
    if (ended_ || (frames.empty() && !then)) return;
    const bool idle = !backlog_;
    if (idle) begin_backlog();
    for (const FrameRef& frame : frames) backlog_->waiting.push_back({.frame = frame});
    if (then) backlog_->waiting.push_back({.replay = std::move(then)});
    if (idle) return write_backlog();
    count_backlog();
  });
}

void Stream::on_writable() {
  guard([&] {
    if (!ended_ && backlog_) write_backlog();
  });
}

/// The next frames of a replay that is next.
void Stream::unfold(std::size_t most) {
  constexpr std::size_t enough = 64u << 10;
  std::deque<Waiting>& waiting = backlog_->waiting;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < waiting.size() && i < most && bytes < enough;) {
    const auto at = waiting.begin() + static_cast<std::ptrdiff_t>(i);
    if (at->frame) {
      bytes += at->frame->bytes(framing_).size();
      ++i;
    } else if (FrameRef next = at->replay->next()) {
      waiting.insert(at, Waiting{.frame = std::move(next)});
    } else {
      waiting.erase(at);
    }
  }
}

void Stream::write_backlog() {
  std::array<iovec, 64> parts;
  for (;;) {
    unfold(parts.size());
    if (backlog_->waiting.empty()) break;
    std::size_t count = 0, asked = 0;
    for (const Waiting& one : backlog_->waiting) {
      if (!one.frame || count == parts.size()) break;
      std::string_view bytes = one.frame->bytes(framing_);
      if (count == 0) bytes.remove_prefix(backlog_->offset);
      parts[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
      asked += bytes.size();
    }
    const ssize_t written = write({parts.data(), count});
    if (written < 0) return end(CloseReason::client_left);
    last_write_ = shard_.ticks();
    drop_written(static_cast<std::size_t>(written));
    if (static_cast<std::size_t>(written) == asked) continue;
    count_backlog();
    if (!ended_) wait_writable();
    return;
  }
  const std::optional<CloseReason> then_end = backlog_->then_end;
  backlog_.reset();
  if (then_end) end(*then_end);
}

void Stream::drop_written(std::size_t bytes) {
  Backlog& backlog = *backlog_;
  std::size_t offset = backlog.offset + bytes;
  while (!backlog.waiting.empty() && backlog.waiting.front().frame) {
    const std::size_t size = backlog.waiting.front().frame->bytes(framing_).size();
    if (offset < size) break;
    offset -= size;
    if (backlog.waiting.front().lags) backlog.lag_bytes -= size;
    backlog.uncount(backlog.waiting.front());
    backlog.waiting.pop_front();
  }
  backlog.offset = offset;
}

void Stream::count_backlog() {
  for (Waiting& one : backlog_->waiting) backlog_->count(one);
  if (!backlog_->share.fits()) end(CloseReason::backlog_full);
}

void Stream::Backlog::count(Waiting& one) {
  if (one.counted) return;
  one.counted = true;
  if (one.replay) return one.replay->count_in(share);
  share.add(*one.frame, one.frame->bytes_held_with_owner());
}

void Stream::Backlog::uncount(Waiting& one) {
  if (std::exchange(one.counted, false) && one.frame) share.remove(*one.frame, one.frame->bytes_held_with_owner());
}

Stream::Backlog::~Backlog() {
  for (Waiting& one : waiting) uncount(one);
}

void Stream::end_when_written(CloseReason reason) {
  if (!backlog_) return end(reason);
  if (!backlog_->then_end) backlog_->then_end = reason;
}

void Stream::end(CloseReason reason) {
  if (ended_) return;
  ended_ = true;
  const bool cleanly = !backlog_ || backlog_->waiting.empty();
  backlog_.reset();
  shard_.forget(*this, reason);
  on_ended(reason, cleanly);
}

void Stream::fail(const std::exception& why) {
  shard_.count_failure("stream", why);
  end(CloseReason::internal_error);
  on_failure();
}

void Stream::accept() {
  if (accepted_ || ended_ || wants_document()) return;
  accepted_ = true;
  replay({response_head()});
  if (head_only()) end_when_written(CloseReason::answered);
}

}  // namespace xes::hub
