// SPDX-License-Identifier: MIT
#include "hub/stream.hpp"

#include <array>

#include "hub/shard.hpp"

namespace xes::hub {

void Stream::deliver(const FrameRef& frame) {
  if (ended_) return;
  if (backlog_) return queue(frame, 0);
  const std::string_view bytes = frame->bytes(framing_);
  const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  const ssize_t written = write({&part, 1});
  last_write_ = shard_.ticks();
  if (written == static_cast<ssize_t>(bytes.size())) return;
  if (written < 0) return end(CloseReason::client_left);
  backlog_ = std::make_unique<Backlog>();
  queue(frame, static_cast<std::size_t>(written));
  if (!ended_) wait_writable();
}

void Stream::queue(const FrameRef& frame, std::size_t offset) {
  const std::size_t size = frame->bytes(framing_).size();
  if (backlog_->frames.empty()) backlog_->offset = offset;
  backlog_->frames.push_back(frame);
  backlog_->bytes += size - offset;
  if (backlog_->bytes > backlog_->allowance + shard_.options().max_lag_bytes) end(CloseReason::too_slow);
}

void Stream::replay(const std::vector<FrameRef>& frames) {
  if (ended_ || frames.empty()) return;
  const bool idle = !backlog_;
  if (idle) backlog_ = std::make_unique<Backlog>();
  for (const FrameRef& frame : frames) {
    backlog_->allowance += frame->bytes(framing_).size();
    queue(frame, 0);
  }
  if (idle) write_backlog();
}

void Stream::on_writable() {
  if (!ended_ && backlog_) write_backlog();
}

void Stream::write_backlog() {
  while (!backlog_->frames.empty()) {
    std::array<iovec, 64> parts;
    std::size_t count = 0, asked = 0;
    for (const FrameRef& frame : backlog_->frames) {
      std::string_view bytes = frame->bytes(framing_);
      if (count == 0) bytes.remove_prefix(backlog_->offset);
      parts[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
      asked += bytes.size();
      if (count == parts.size()) break;
    }
    const ssize_t written = write({parts.data(), count});
    if (written < 0) return end(CloseReason::client_left);
    last_write_ = shard_.ticks();
    const auto taken = static_cast<std::size_t>(written);
    backlog_->bytes -= taken;
    backlog_->allowance -= std::min(backlog_->allowance, taken);
    std::size_t offset = backlog_->offset + taken;
    while (!backlog_->frames.empty() && offset >= backlog_->frames.front()->bytes(framing_).size()) {
      offset -= backlog_->frames.front()->bytes(framing_).size();
      backlog_->frames.pop_front();
    }
    backlog_->offset = offset;
    if (taken < asked) return wait_writable();
  }
  const std::optional<CloseReason> then_end = backlog_->then_end;
  backlog_.reset();
  if (then_end) end(*then_end);
}

void Stream::end_when_written(CloseReason reason) {
  if (!backlog_) return end(reason);
  if (!backlog_->then_end) backlog_->then_end = reason;
}

void Stream::end(CloseReason reason) {
  if (ended_) return;
  ended_ = true;
  const bool cleanly = !backlog_ || backlog_->frames.empty();
  backlog_.reset();
  shard_.forget(*this, reason);
  on_ended(reason, cleanly);
}

void Stream::accept() {
  if (accepted_ || ended_ || wants_document()) return;
  accepted_ = true;
  replay({response_head()});
  if (head_only()) end_when_written(CloseReason::answered);
}

}  // namespace xes::hub
