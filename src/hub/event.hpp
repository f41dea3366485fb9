// SPDX-License-Identifier: MIT
// Purpose: one event of a node's stream: what happened, its place in the order, its bytes. Immutable and shared; made
// on the XMPP thread, read by all shards.
#pragma once

#include <cstdint>
#include <memory>
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

struct Event {
  Happening happening = Happening::item;
  Origin origin = Origin::live;
  wire::EventId id;
  std::string item_id;  ///< of an item or a retract
  Frame frame;

  Event(Happening what, Origin from, const wire::EventId& event_id, std::string item, std::string_view block)
      : happening(what), origin(from), id(event_id), item_id(std::move(item)), frame(block) {}

  /// What it costs to keep, in bytes.
  std::size_t size() const { return sizeof(Event) + item_id.size() + frame.fastcgi().size(); }
};

using EventRef = std::shared_ptr<const Event>;

/// The frame of an event, sharing the event's ownership.
inline FrameRef frame_of(const EventRef& event) { return {event, &event->frame}; }

// The event-stream blocks (WHATWG EventSource §9.2.6) that streams carry.
std::string item_block(const wire::EventId& id, const Item& item, View view);
std::string retract_block(const wire::EventId& id, const NodeName& name, std::string_view item_id);
std::string purge_block(const wire::EventId& id, const NodeName& name);
std::string deletion_block(const wire::EventId& id, const NodeName& name);
/// Moves the client's last event ID without firing an event.
std::string position_block(const wire::EventId& id);
/// The stream could not go on where the client was; a snapshot of the stored items follows.
std::string reset_block(const std::optional<wire::EventId>& id, const NodeName& name, std::string_view reason);
/// XMPP session "down" or "up".
std::string status_block(bool up);

}  // namespace xes::hub
