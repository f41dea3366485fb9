// SPDX-License-Identifier: MIT
// Purpose: a pubsub service with one node, as far as Prosody 0.12 and ejabberd 23 differ where it matters to a resume.
// Every published version has a number, which its payload carries: "ITEM=NUMBER".
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "samples.hpp"

namespace xes::hub::model {

struct ServiceOptions {
  bool republish_moves = false;  ///< Prosody: to the end of the list; ejabberd: keeps its place
  bool tells_evictions = false;  ///< ejabberd sends <retract/>, Prosody nothing
  enum class LastItem { never, before_result, after_result } last_item = LastItem::never;  ///< pushed at a subscribe
  std::size_t max_items = 20;
  bool lists_ahead = true;  ///< a list may hold an item whose notification is still to come
};

/// What a component session delivers, in this order.
struct Subscribed {};
struct Listed {
  std::vector<Item> items;
};
using Delivery = std::variant<Change, Subscribed, Listed>;

/// The service's end of one component's session.
struct Session {
  bool up = false;
  bool subscribed = false;
  std::deque<Delivery> deliveries;  ///< on their way to the component
};

class Service {
 public:
  explicit Service(ServiceOptions options) : options_(options) {}

  void add(Session& session) { sessions_.push_back(&session); }
  const std::vector<Item>& stored() const { return stored_; }
  const ServiceOptions& options() const { return options_; }
  /// How often a payload was published.
  unsigned times_published(const std::string& payload) const {
    const auto found = times_.find(payload);
    return found == times_.end() ? 0 : found->second;
  }

  void publish(const std::string& id, const std::string& payload) {
    notify_late_ones();
    ++times_[payload];
    const auto same = [&](const Item& one) { return one.id == id; };
    const auto place = std::find_if(stored_.begin(), stored_.end(), same);
    if (place != stored_.end() && !options_.republish_moves) {
      *place = item(id, payload);
    } else {
      std::erase_if(stored_, same);
      stored_.push_back(item(id, payload));
    }
    late_.push_back(published(id, payload));
    while (stored_.size() > options_.max_items) {
      if (options_.tells_evictions) late_.push_back(retracted(stored_.front().id));
      stored_.erase(stored_.begin());
    }
    if (!options_.lists_ahead) notify_late_ones();
  }
  void retract(const std::string& id) {
    notify_late_ones();
    if (std::erase_if(stored_, [&](const Item& one) { return one.id == id; }) > 0) late_.push_back(retracted(id));
    if (!options_.lists_ahead) notify_late_ones();
  }
  void purge() {
    notify_late_ones();
    stored_.clear();
    late_.push_back(purged());
    if (!options_.lists_ahead) notify_late_ones();
  }
  /// The last change is in the store at once, but its notification may come after a list that holds it already.
  void notify_late_ones() {
    for (const Change& change : std::exchange(late_, {}))
      for (Session* session : sessions_)
        if (session->up && session->subscribed) session->deliveries.push_back(change);
  }

  void subscribe(Session& session) {
    using LastItem = ServiceOptions::LastItem;
    if (options_.last_item != LastItem::never) notify_late_ones();
    session.subscribed = true;
    const auto push_last = [&](LastItem when) {
      if (options_.last_item == when && !stored_.empty())
        session.deliveries.push_back(Change{Happening::item, stored_.back(), options_.last_item == LastItem::before_result});
    };
    push_last(LastItem::before_result);
    session.deliveries.push_back(Subscribed{});
    push_last(LastItem::after_result);
  }
  void list(Session& session) { session.deliveries.push_back(Listed{stored_}); }

 private:
  ServiceOptions options_;
  std::vector<Item> stored_;
  std::vector<Session*> sessions_;
  std::vector<Change> late_;
  std::map<std::string, unsigned> times_;
};

}  // namespace xes::hub::model
