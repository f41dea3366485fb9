// SPDX-License-Identifier: MIT
// Purpose: one worker: a Feed as xmpp::Subscriber drives it, shards, and the mailboxes between them, all advanced step
// by step so that a test chooses what is late.
#pragma once

#include <deque>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "hub/shard.hpp"
#include "model_service.hpp"

namespace xes::hub::model {

class Worker {
 public:
  static constexpr std::size_t shard_count = 2;

  Worker(Service& service, Session& session, std::mt19937_64& random, HistoryOptions history)
      : service_(service), session_(session), random_(random), history_(history) {
    ShardOptions options;
    options.pace = std::chrono::milliseconds(0);
    options.history = history;
    options.max_lag_bytes = 600;
    for (std::size_t i = 0; i < shard_count; ++i) {
      doors_.push_back(std::make_unique<Doors>());
      Doors& doors = *doors_.back();
      doors.shard = std::make_unique<Shard>(options, [&doors](Want want) { doors.wants.push_back(std::move(want)); });
    }
  }

  Shard& shard(std::size_t i) { return *doors_[i]->shard; }

  void session_goes_up() {
    session_.up = true;
    if (follow_) subscribe();
  }
  void session_goes_down() {
    session_.up = false;
    session_.deliveries.clear();
    asked_.clear();
    listing_.clear();
    if (!follow_) return;
    state_ = State::idle;
    follow_->fetching = false;
    if (!follow_->primed) tell_held();
  }

  // Each does one thing if there is one to do, and says whether there was.
  bool service_answers() {
    if (asked_.empty()) return false;
    const Asked asked = asked_.front();
    asked_.pop_front();
    if (asked == Asked::subscribe) service_.subscribe(session_);
    if (asked != Asked::subscribe) {
      service_.list(session_);
      listing_.push_back(asked);
    }
    return true;
  }
  bool takes_delivery(Feed::Clock::time_point now) {
    if (session_.deliveries.empty()) return false;
    Delivery delivery = std::move(session_.deliveries.front());
    session_.deliveries.pop_front();
    if (auto* change = std::get_if<Change>(&delivery)) {
      if (follow_ && state_ != State::idle) tell_events(follow_->feed.change(std::move(*change), now));
    } else if (std::holds_alternative<Subscribed>(delivery)) {
      if (follow_ && state_ == State::subscribing) {
        state_ = State::filling;
        asked_.push_back(Asked::fill);
      }
    } else {
      const Asked asked = listing_.front();
      listing_.pop_front();
      if (follow_) listed(asked, std::get<Listed>(delivery).items, now);
    }
    return true;
  }
  bool takes_want(std::size_t i) {
    Doors& doors = *doors_[i];
    if (doors.wants.empty()) return false;
    const Want want = doors.wants.front();
    doors.wants.pop_front();
    if (want.what == Want::What::follow) follow(i);
    if (want.what == Want::What::unfollow) unfollow(i);
    if (want.what == Want::What::fetch) fetch(i);
    return true;
  }
  /// A batch of `letters`, as one wake of a shard thread.
  bool shard_reads(std::size_t i, std::size_t letters) {
    Doors& doors = *doors_[i];
    if (doors.news.empty()) return false;
    for (; letters > 0 && !doors.news.empty(); --letters) {
      News news = std::move(doors.news.front());
      doors.news.pop_front();
      doors.shard->read(std::move(news));
    }
    doors.shard->flush({});
    return true;
  }
  void beat() {
    for (auto& doors : doors_) doors->shard->beat();
  }
  /// The linger is over. (A new subscribe is not so quick that it would meet notifications of this one.)
  void leaves_if_unused() {
    if (follow_ && follow_->shards.empty() && session_.deliveries.empty()) {
      follow_.reset();
      state_ = State::idle;
      session_.subscribed = false;
    }
  }

 private:
  enum class State { idle, subscribing, filling, active };
  enum class Asked { subscribe, fill, snapshot };

  struct Doors {
    std::unique_ptr<Shard> shard;
    std::deque<Want> wants;
    std::deque<News> news;
  };
  struct Follow {
    explicit Follow(const FeedOptions& options) : feed(sample_name, options) {}
    Feed feed;
    bool primed = false;
    bool fetching = false;
    std::set<std::size_t> shards, open, wants_snapshot;
  };

  void follow(std::size_t i) {
    const bool is_new = !follow_;
    if (is_new) {
      FeedOptions options;
      options.epoch = random_() & wire::epoch_mask;
      options.history = history_;
      follow_ = std::make_unique<Follow>(options);
      state_ = State::idle;
    }
    follow_->shards.insert(i);
    if (follow_->primed) {
      tell_opened(i);
    } else if (!session_.up || (!is_new && state_ == State::idle)) {
      tell(i, Held{sample_name});
    }
    if (is_new && session_.up) subscribe();
  }
  void unfollow(std::size_t i) {
    if (!follow_) return;
    follow_->shards.erase(i);
    follow_->open.erase(i);
    follow_->wants_snapshot.erase(i);
  }
  void fetch(std::size_t i) {
    if (!follow_) return;
    follow_->wants_snapshot.insert(i);
    if (state_ == State::active && session_.up) fetch_snapshot();
  }

  void subscribe() {
    state_ = State::subscribing;
    follow_->feed.begin_backfill(true);
    asked_.push_back(Asked::subscribe);
  }
  void listed(Asked asked, const std::vector<Item>& items, Feed::Clock::time_point now) {
    if (asked == Asked::fill && state_ == State::filling) {
      state_ = State::active;
      follow_->primed = true;
      const Feed::Backfill filled = follow_->feed.end_backfill(items, now);
      tell_events(filled.events);
      for (const std::size_t i : follow_->shards)
        if (!follow_->open.count(i)) tell_opened(i, filled.events.size() - filled.live_from);
      if (!follow_->wants_snapshot.empty()) fetch_snapshot();
    } else if (asked == Asked::snapshot && follow_->fetching) {
      follow_->fetching = false;
      if (state_ != State::active) return;
      tell_events(follow_->feed.end_backfill(items, now).events);
      const auto snapshot = follow_->feed.snapshot(items);
      for (const std::size_t i : std::exchange(follow_->wants_snapshot, {})) tell(i, Snapshot{sample_name, snapshot});
    }
  }
  void fetch_snapshot() {
    if (follow_->fetching) return;
    follow_->fetching = true;
    follow_->feed.begin_backfill(false);
    asked_.push_back(Asked::snapshot);
  }

  void tell(std::size_t i, News news) { doors_[i]->news.push_back(std::move(news)); }
  void tell_events(const Feed::Events& events) {
    if (events.empty()) return;
    for (const std::size_t i : follow_->open) tell(i, Happened{std::make_shared<const NodeName>(sample_name), events});
  }
  void tell_opened(std::size_t i, std::size_t live = 0) {
    const auto& events = follow_->feed.history().events();
    const auto split = events.end() - static_cast<std::ptrdiff_t>(std::min(live, events.size()));
    wire::EventId position = follow_->feed.position();
    if (split != events.end())
      position = split != events.begin() ? (*std::prev(split))->id
                                         : wire::EventId{position.epoch, (*split)->id.sequence - 1, 0, 0};
    follow_->open.insert(i);
    tell(i, Opened{sample_name, {events.begin(), split}, position, service_.options().republish_moves});
    if (split != events.end())
      tell(i, Happened{std::make_shared<const NodeName>(sample_name), {split, events.end()}});
  }
  void tell_held() {
    for (const std::size_t i : follow_->shards)
      if (!follow_->open.count(i)) tell(i, Held{sample_name});
  }

  Service& service_;
  Session& session_;
  std::mt19937_64& random_;
  HistoryOptions history_;
  State state_ = State::idle;
  std::unique_ptr<Follow> follow_;
  std::deque<Asked> asked_;    ///< on their way to the service
  std::deque<Asked> listing_;  ///< whose lists are on their way back
  std::vector<std::unique_ptr<Doors>> doors_;
};

}  // namespace xes::hub::model
