// SPDX-License-Identifier: MIT
// Purpose: one shard with what its tests send it and what it asked for.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "fake_stream.hpp"

namespace xes::hub {

class ShardTest : public testing::Test {
 protected:
  static constexpr std::uint64_t epoch = 5, other_epoch = 6;

  explicit ShardTest(ShardOptions options = small())
      : shard(options, [this](Want want) { wants.push_back(want); }), feed(make_feed(options.history)) {}
  /// Another epoch: the feed of another run.
  static std::unique_ptr<Feed> make_feed(HistoryOptions history = {}, std::uint64_t run = epoch, const NodeName& name = sample_name) {
    FeedOptions options;
    options.epoch = run;
    options.history = history;
    return std::make_unique<Feed>(name, options);
  }
  static ShardOptions small() {
    ShardOptions options;
    options.max_lag_bytes = 1000;
    options.pace = std::chrono::milliseconds(0);
    return options;
  }

  static Start after(const wire::EventId& last) { return Start::after(to_string(last)); }
  static Start newest(unsigned count) { return Start::newest(count); }
  static Start unknown() { return Start::after("anything"); }

  /// What the XMPP side would say.
  void send(News news) { shard.read(std::move(news)); }
  void open(bool republish_moves = true) {
    const auto& events = feed->history().events();
    send(Opened{sample_name, {events.begin(), events.end()}, feed->position(), republish_moves});
  }
  /// Read, but not flushed.
  void read(const Change& change) {
    send(Happened{std::make_shared<const NodeName>(sample_name), feed->change(change, {})});
  }
  void happen(const Change& change) {
    read(change);
    shard.flush({});
  }
  void snapshot(const std::vector<Item>& stored) { send(Snapshot{sample_name, feed->snapshot(stored)}); }
  std::vector<Want::What> asked() {
    std::vector<Want::What> all;
    for (const Want& want : std::exchange(wants, {})) all.push_back(want.what);
    return all;
  }
  std::uint64_t closed(CloseReason reason) const {
    return shard.counters().closed[static_cast<std::size_t>(reason)];
  }

  using What = Want::What;
  std::vector<Want> wants;
  Shard shard;
  std::unique_ptr<Feed> feed;
};

}  // namespace xes::hub
