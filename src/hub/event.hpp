// SPDX-License-Identifier: MIT
// Purpose: one event of a node: what happened, its place in the order, its bytes in each view. Shared; made on the XMPP
// thread, read by all shards.
#pragma once

#include <array>
#include <atomic>
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

/// How many bytes of one node's events are kept ready to be sent. At the bound an event is encoded each time anew.
class EncodedBytes {
 public:
  explicit EncodedBytes(std::size_t most) : most_(most) {}
  bool take(std::size_t bytes) {
    if (bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= most_) return true;
    give_back(bytes);
    return false;
  }
  void give_back(std::size_t bytes) { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> bytes_{0};
};

class Event;
using EventRef = std::shared_ptr<const Event>;

class Event : public Shareable {
 public:
  /// `item`: of a retract only its ID counts, of what is no item nothing does. Without `encoded` there is no bound on what
  /// is kept ready.
  Event(Happening what, Origin from, const wire::EventId& event_id, std::shared_ptr<const NodeName> of, Item about,
        std::shared_ptr<EncodedBytes> encoded = nullptr)
      : happening(what), origin(from), id(event_id), node(std::move(of)), item(std::move(about)), encoded_bytes_(std::move(encoded)) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event();

  const Happening happening;
  const Origin origin;
  const wire::EventId id;
  const std::shared_ptr<const NodeName> node;
  const Item item;

  /// About how long its block is.
  std::size_t block_bytes() const { return (item.text ? item.text->size() : item.payload.size()) + 90; }
  /// What it takes to keep, in bytes, beside the frames that are ready (EncodedBytes).
  std::size_t size() const;

 private:
  friend FrameRef frame_of(const EventRef& event, View view);
  mutable std::array<std::atomic<const Frame*>, view_count> frames_{};
  const std::shared_ptr<EncodedBytes> encoded_bytes_;
};

/// Its event-stream block. Encoded when a stream first wants that view, on the thread that asks first, and kept for the next
/// one, sharing the event's ownership, while its node has room for it.
FrameRef frame_of(const EventRef& event, View view);
/// The block without its `id:` line; valid as long as `frame`, which is an event's.
std::string_view body_of(const Frame& frame);

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
