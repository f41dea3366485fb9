// SPDX-License-Identifier: MIT
// Purpose: what one stream is sent before it goes live, encoded piece by piece as its socket takes it.
// Thread: its shard's. Bounds: it refers to events that others share; of its own it has those references and the piece
// that is being sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hub/backlog_budget.hpp"
#include "hub/event.hpp"
#include "hub/frame.hpp"
#include "wire/positions.hpp"

namespace xes::hub {

/// Where a stream of one node stands, or (`several`) of several: its event IDs.
struct Numbering {
  bool several = false;
  std::vector<std::uint64_t> epochs;  ///< of the nodes, if several
  std::string id(const wire::Entries& entries) const;
  void append_event(std::string& out, const EventRef& event, View view, const wire::Entries& entries) const;
};

class Replay {
 public:
  /// Pieces of several nodes' events are of about so many bytes; one node's events are sent as they are, for every
  /// stream the same bytes.
  static constexpr std::size_t piece_bytes = 64u << 10;

  /// One node's part.
  struct Part {
    std::vector<EventRef> events = {};
    std::optional<wire::EventId> then = {};  ///< where the stream stands in it after them
  };

  /// `opening`: blocks that come first. `entries`: where the client stands in each node before the first event. Until a
  /// node's part begins, that says where the client was, so whoever is cut in between goes on there.
  Replay(View view, Numbering numbering, std::string opening, wire::Entries entries, std::vector<Part> parts)
      : view_(view), numbering_(std::move(numbering)), text_(std::move(opening)), entries_(std::move(entries)), parts_(std::move(parts)) {}
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;
  ~Replay();

  /// Its next piece; nothing after the last.
  FrameRef next();
  /// From now on what it holds counts, as part of a backlog that outlives it.
  void count_in(BacklogShare& share);

 private:
  const EventRef* peek();
  void drop_first();

  const View view_;
  const Numbering numbering_;
  std::string text_;
  wire::Entries entries_;
  std::vector<Part> parts_;
  std::size_t part_ = 0, event_ = 0;  ///< the next one
  bool told_position_ = false;
  BacklogShare* share_ = nullptr;
  std::size_t own_bytes_ = 0;
};

}  // namespace xes::hub
