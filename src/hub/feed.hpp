// SPDX-License-Identifier: MIT
// Purpose: one followed node on its way in: puts what the service sends and what it stores into one order, numbers it,
// and keeps the history that shards are primed from. Thread: XMPP.
//
// Where live notifications and a list of stored items meet (after each subscribe, after each outage), the feed tells
// by content what its streams have not had yet: an item that was published while nobody listened, or changed in
// place, becomes an event; one that they have had does not.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "hub/event.hpp"
#include "hub/history.hpp"
#include "hub/item.hpp"

namespace xes::hub {

struct FeedOptions {
  std::uint64_t epoch = 0;  ///< of this run, see wire/event_id.hpp
  HistoryOptions history;
  /// Item IDs whose content is remembered to tell known items from new ones. At the bound the oldest is forgotten: it
  /// would be sent again if it still were in the store after an outage.
  std::size_t max_known = 16384;
  /// Changes that are kept while a list of stored items is on its way, at most max_known of them and so many bytes. At
  /// the bound the older half is forgotten; where streams had still to be told of it, they get a reset.
  std::size_t max_since_bytes = 64u << 20;
  /// How long after a list of stored items a notification that repeats one of them counts as its echo.
  std::chrono::milliseconds echo_window{3000};
};

/// One change of a node as the service tells it (XEP-0060 §7.1.2.1, §7.2.2.1, §8.5.3.1, §8.4.2).
struct Change {
  Happening happening = Happening::item;
  Item item;  ///< of a retract, only its id
  /// The service pushed an old item at the subscribe (XEP-0060 §6.1.7, marked by XEP-0203): it is no news.
  bool delayed = false;
};

class Feed {
 public:
  using Clock = std::chrono::steady_clock;
  using Events = std::vector<EventRef>;

  Feed(NodeName name, FeedOptions options)
      : name_(std::make_shared<const NodeName>(std::move(name))), options_(options), history_(options.history),
        encoded_bytes_(std::make_shared<EncodedBytes>(options.history.max_encoded_bytes())) {}

  const NodeName& name() const { return *name_; }
  const History& history() const { return history_; }
  /// Where a stream that begins now stands.
  wire::EventId position() const { return id_of(sequence_, newest_content_, stored_sum_, before_newest()); }

  /// A change as it is notified: the events to hand out now (none while held, none for an echo).
  Events change(Change change, Clock::time_point now);

  /// Before asking for the stored items. `hold`: changes wait until then (the subscription is new, so what came
  /// before them is not known yet); otherwise they go out as they come.
  void begin_backfill(bool hold);
  struct Backfill {
    Events events;              ///< to hand out now
    std::size_t live_from = 0;  ///< those from here on happened after begin_backfill(): a stream that began then gets them
  };
  /// The stored items, in the order of the service's list.
  Backfill end_backfill(const std::vector<Item>& stored, Clock::time_point now);
  /// There is no list to be had: held changes go out as they came.
  Backfill abandon_backfill(Clock::time_point now);

  /// The stored items as events, oldest first, for a stream that begins with them. Those of the history keep their
  /// place and come last, so every event's ID resumes after it.
  Events snapshot(const std::vector<Item>& stored) const;
  /// The same from the history alone, for when the service cannot be asked.
  Events remembered() const;

 private:
  class Merge;
  struct Known {
    std::uint64_t content;
    std::uint64_t sequence;
  };

  EventRef emit(Change change, Origin origin);
  EventRef event(Happening happening, Origin origin, const wire::EventId& id, Item item) const {
    return std::make_shared<const Event>(happening, origin, id, name_, std::move(item), encoded_bytes_);
  }
  void keep(Change change);
  void learn(const std::string& item_id, std::uint64_t content);
  void forget(const std::string& item_id);
  bool is_known(const std::string& item_id, std::uint64_t content) const;
  bool take_echo(const Change& change, Clock::time_point now);
  std::uint64_t before_newest() const;
  wire::EventId id_of(std::uint64_t sequence, std::uint64_t content, std::uint64_t stored, std::uint64_t before) const {
    return {options_.epoch, sequence, content, stored & wire::stored_mask, before};
  }

  std::shared_ptr<const NodeName> name_;
  FeedOptions options_;
  History history_;
  std::shared_ptr<EncodedBytes> encoded_bytes_;  ///< of the node's events, in the history or out of it
  std::uint64_t sequence_ = 0;
  std::uint64_t newest_content_ = 0;
  std::string newest_item_id_;
  std::unordered_map<std::string, Known> known_;
  std::deque<std::pair<std::uint64_t, std::string>> known_order_;  ///< oldest first; entries may be outdated
  std::uint64_t stored_sum_ = 0;                                   ///< of known_'s contents

  bool primed_ = false;  ///< streams have been told something, if only that the node is empty
  bool backfilling_ = false;
  bool hold_ = false;
  std::vector<Change> since_;  ///< changes since begin_backfill()
  std::size_t since_bytes_ = 0;
  bool overrun_ = false;       ///< held changes had to be forgotten
  Events meanwhile_;           ///< items that went out since begin_backfill()
  std::size_t stale_ = 0;      ///< of them, the first ones: held before a session was lost
  std::unordered_map<std::string, std::uint64_t> echoes_;
  Clock::time_point echoes_until_{};
};

}  // namespace xes::hub
