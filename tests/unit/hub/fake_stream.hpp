// SPDX-License-Identifier: MIT
// Purpose: a stream whose socket is a script.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "hub/frame.hpp"
#include "hub/shard.hpp"
#include "hub/stream.hpp"
#include "samples.hpp"

namespace xes::hub {

class FakeStream : public Stream {
 public:
  static constexpr std::size_t endless = std::numeric_limits<std::size_t>::max();

  explicit FakeStream(Shard& shard, Framing framing = Framing::plain) : Stream(shard, framing) {}
  /// As a connection does, a stream that goes tells its shard.
  ~FakeStream() override { end(CloseReason::client_left); }

  std::size_t room = endless;  ///< bytes that the socket still takes
  bool gone = false;           ///< the connection is broken: writes give -1
  bool head = false;           ///< a HEAD request
  bool document = false;       ///< no stream is wanted
  std::size_t most_nodes = endless;  ///< that it may follow by a pattern

  std::string bytes;  ///< that the socket has taken and the client has not read
  std::vector<std::size_t> writes;
  bool waits = false;  ///< for writability
  std::optional<Refusal> refused;
  std::optional<Words> items;  ///< of the document
  std::string document_id;
  bool held = false;
  std::optional<CloseReason> reason;
  bool cleanly = false;
  int endings = 0;

  /// What the client reads: event-stream bytes of what was written.
  std::string read() {
    return framing() == Framing::plain ? std::exchange(bytes, {}) : take_stdout(bytes);
  }
  /// Blocks other than the head and comments.
  std::vector<Block> blocks() {
    unread_ += read();
    std::vector<Block> all = take_blocks(unread_);
    std::erase(all, Block{});
    return all;
  }
  /// The data of each block, "#" for one that only moves the position, "NAME data" for a named event.
  Words texts() {
    Words all;
    for (const Block& block : blocks())
      all.push_back(!block.data ? "#" : block.event.empty() ? *block.data : block.event + " " + *block.data);
    return all;
  }
  void make_room(std::size_t more) {
    room = more;
    if (std::exchange(waits, false)) on_writable();
  }

 protected:
  ssize_t write(std::span<const iovec> parts) override {
    if (gone) return -1;
    std::size_t taken = 0;
    for (const iovec& part : parts) {
      const std::size_t now = std::min(part.iov_len, room);
      bytes.append(static_cast<const char*>(part.iov_base), now);
      taken += now;
      if (room != endless) room -= now;
      if (now < part.iov_len) break;
    }
    writes.push_back(taken);
    return static_cast<ssize_t>(taken);
  }
  void wait_writable() override { waits = true; }
  FrameRef response_head() const override { return make_frame(": head\n\n"); }
  bool head_only() const override { return head; }
  bool wants_document() const override { return document; }
  void on_document(const std::vector<EventRef>& events, std::string_view id) override {
    items = words(events);
    document_id = id;
    end_when_written(CloseReason::answered);
  }
  void on_document_held() override {
    held = true;
    end_when_written(CloseReason::answered);
  }
  bool may_follow(const std::string&, const std::vector<std::string>& nodes) override {
    if (nodes.size() > most_nodes) end_when_written(CloseReason::overloaded);
    return nodes.size() <= most_nodes;
  }
  void on_refused(Refusal refusal) override {
    refused = refusal;
    deliver(make_frame(": refused\n\n"));
    end_when_written(CloseReason::answered);
  }
  void on_ended(CloseReason why, bool clean) override {
    reason = why;
    cleanly = clean;
    ++endings;
  }

 private:
  std::string unread_;
};

}  // namespace xes::hub
