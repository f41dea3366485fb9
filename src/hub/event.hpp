// SPDX-License-Identifier: MIT
// Purpose: one event of a node: what happened, its place in the order, its bytes in each view. Shared; made on the XMPP
// thread, read by all shards.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "hub/frame.hpp"
#include "hub/item.hpp"
#include "wire/event_id.hpp"

namespace xes::hub {

enum class Happening : unsigned char { item, retract, purge, deletion, reset };

/// What an event's place among the others says.
enum class Origin : unsigned char {
  live,   ///< seen as it happened
  store,  ///< read back from the service's store: what happened before it is known only as far as the store tells
};

class Event {
 public:
  /// `item`: of a retract only its ID counts, of what is no item nothing does.
  Event(Happening what, Origin from, const wire::EventId& event_id, std::shared_ptr<const NodeName> of, Item about)
      : happening(what), origin(from), id(event_id), node(std::move(of)), item(std::move(about)) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  const Happening happening;
  const Origin origin;
  const wire::EventId id;
  const std::shared_ptr<const NodeName> node;
  const Item item;

  /// Its event-stream block. Encoded once, when a stream first wants that view, on the thread that asks first; another
  /// that asks meanwhile waits for it.
  const Frame& frame(View view) const;
  /// The block without its `id:` line.
  std::string_view body(View view) const;

  /// About how long its block is.
  std::size_t block_bytes() const { return (item.text ? item.text->size() : item.payload.size()) + 90; }
  /// What it may cost to keep, in bytes: the item, and its block in one view and both framings.
  std::size_t size() const;

 private:
  struct Encoded {
    std::once_flag once;
    std::unique_ptr<const Frame> frame;
  };
  mutable std::array<Encoded, view_count> encoded_;
};

using EventRef = std::shared_ptr<const Event>;

/// The frame of an event, sharing the event's ownership.
inline FrameRef frame_of(const EventRef& event, View view) { return {event, &event->frame(view)}; }

// Event-stream blocks (WHATWG EventSource §9.2.6) beside those of events.

/// Where the stream stands. A lone `id:` would do for an EventSource, but polyfills take an ID only from an event with data.
std::string position_block(std::string_view id);
/// The stream could not go on where the client was; a snapshot of the stored items follows.
std::string reset_block(std::string_view node, std::string_view reason);
/// XMPP session "down" or "up".
std::string status_block(bool up);
/// What became of one of a stream's several nodes: "created", "deleted", "missing", "forbidden", "left-out".
std::string node_block(std::string_view node, std::string_view state);

}  // namespace xes::hub
