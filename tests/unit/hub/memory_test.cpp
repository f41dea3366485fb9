// SPDX-License-Identifier: MIT
// What is held is counted, what is counted is bounded, and no allocation that fails takes down more than its stream.
#include <malloc.h>

#include "../failing_new.hpp"
#include "hub/backlog_budget.hpp"
#include "shard_fixture.hpp"

namespace xes::hub {
namespace {

std::size_t allocated() {
  const auto now = mallinfo2();
  return now.uordblks + now.hblkhd;
}

// ---- history_bytes

struct Kind {
  const char* name;
  std::string payload;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class HistoryMemory : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Payloads, HistoryMemory,
                         testing::Values(Kind{"LineEnds", std::string(50'000, '\n')}, Kind{"OneByte", "x"}, Kind{"Empty", ""},
                                         Kind{"Large", std::string(300'000, 'x')}, Kind{"Escapes", std::string(20'000, '"')},
                                         Kind{"Controls", std::string(20'000, '\x7F')}),
                         [](const auto& one) { return one.param.name; });

TEST_P(HistoryMemory, IsWhatIsConfiguredWhateverIsPublishedAndHoweverItIsRead) {
  constexpr std::size_t most = 4u << 20;
  const std::size_t before = allocated();
  FeedOptions options;
  options.history = {.max_events = 65'536, .max_bytes = most};
  options.max_known = 16;
  auto feed = std::make_unique<Feed>(sample_name, options);
  std::size_t largest = 0;
  for (int i = 0; largest == 0 || i < 20'000; ++i) {
    if (i * (GetParam().payload.size() + 300) > 4 * most) break;
    const auto events = feed->change(published("i" + std::to_string(i), GetParam().payload), {});
    for (const View view : {View::payload, View::item, View::json, View::atom}) EXPECT_FALSE(frame_of(events[0], view)->plain().empty());
    largest = std::max(largest, allocated() - before);
  }
  EXPECT_GT(feed->history().events().size(), 1u);
  EXPECT_LE(feed->history().bytes(), most);
  // The factor is the allocator's: a payload and its block are on their way while they are made.
  EXPECT_LE(largest, most + most / 4 + 12 * (GetParam().payload.size() + 1000)) << "held, not counted";
  feed.reset();
  EXPECT_LE(allocated(), before + most / 16);
}

TEST(EncodedBytes, AreGivenBackWithTheirEvents) {
  const auto bytes = std::make_shared<EncodedBytes>(3000);
  const auto name = std::make_shared<const NodeName>(sample_name);
  std::vector<EventRef> events;
  for (int i = 0; i < 10; ++i) {
    events.push_back(std::make_shared<const Event>(Happening::item, Origin::live, wire::EventId{}, name,
                                                   item("i", std::string(500, 'x')), bytes));
    EXPECT_NE(frame_of(events.back(), View::payload)->plain().find("data: xxx"), std::string::npos);
    EXPECT_LE(bytes->bytes(), 3000u);
  }
  EXPECT_EQ(frame_of(events[0], View::payload), frame_of(events[0], View::payload)) << "it is kept ready";
  EXPECT_NE(frame_of(events[9], View::payload), frame_of(events[9], View::payload)) << "there is no room for it";
  events.erase(events.begin(), events.begin() + 5);
  EXPECT_EQ(frame_of(events[4], View::payload), frame_of(events[4], View::payload));
  events.clear();
  EXPECT_EQ(bytes->bytes(), 0u);
}

// ---- unread replays

class ReplayMemory : public ShardTest {
 protected:
  static constexpr std::size_t streams = 40, items = 250, item_bytes = 20'000;

  explicit ReplayMemory(ShardOptions options = ShardTest::small()) : ShardTest(options), other(make_feed({}, epoch, other_name)) {}
  /// Two nodes with 5 MB each.
  void open_both() {
    for (std::size_t i = 0; i < items; ++i) {
      feed->change(published("i" + std::to_string(i), std::string(item_bytes, 'x')), {});
      other->change(published("i" + std::to_string(i), std::string(item_bytes, 'y')), {});
    }
    for (const Feed* one : {feed.get(), other.get()}) {
      const auto& events = one->history().events();
      send(Opened{one->name(), {events.begin(), events.end()}, one->position(), true});
    }
  }
  /// A stream that wants all of both nodes and reads nothing.
  std::unique_ptr<FakeStream> unread(std::size_t room = 1000) {
    auto stream = std::make_unique<FakeStream>(shard);
    stream->room = room;
    shard.open(*stream, both, newest(1000));
    return stream;
  }
  void give_stores() {
    for (const Feed* one : {feed.get(), other.get()}) send(Snapshot{one->name(), one->remembered()});
  }

  const NodeName other_name{"pubsub.example", "sports"};
  const Selection both{"pubsub.example", {"news", "sports"}, View::json, true};
  std::unique_ptr<Feed> other;
};

TEST_F(ReplayMemory, IsSharedByStreamsThatDoNotRead) {
  std::vector<std::unique_ptr<FakeStream>> all;
  all.push_back(unread());
  open_both();
  give_stores();
  ASSERT_TRUE(all[0]->has_backlog());
  const std::size_t before = allocated();
  for (std::size_t i = 1; i < streams; ++i) all.push_back(unread());
  give_stores();
  const std::size_t each = (allocated() - before) / (streams - 1);
  EXPECT_TRUE(all.back()->has_backlog());
  EXPECT_LT(each, 2 * Replay::piece_bytes + 4 * item_bytes) << "10 MB are to be read by each";
  // Each of them gets all of it, however it reads.
  for (const std::size_t step : {std::size_t{100'000}, std::size_t{7'777'777}}) {
    const auto stream = std::move(all.back());
    all.pop_back();
    Words texts;
    for (int i = 0; i < 10'000 && stream->waits; ++i) {
      stream->make_room(step);
      const Words more = stream->texts();
      texts.insert(texts.end(), more.begin(), more.end());
    }
    EXPECT_EQ(texts.size(), 2 * items + 1);
    EXPECT_FALSE(stream->has_backlog());
  }
}

// ---- what may wait

class Backlogs : public ReplayMemory {
 protected:
  Backlogs() : ReplayMemory(bounded()) {}
  static ShardOptions bounded() {
    ShardOptions options = small();
    options.backlogs = &budget;
    return options;
  }
  struct Addressed : FakeStream {
    Addressed(Shard& its, std::string from) : FakeStream(its), address_(std::move(from)) {}
    std::string_view address() const override { return address_; }
    std::string address_;
  };
  std::unique_ptr<FakeStream> from(std::string address, std::size_t room = 1000) {
    auto stream = std::make_unique<Addressed>(shard, std::move(address));
    stream->room = room;
    shard.open(*stream, both, newest(1000));
    return stream;
  }

  static inline BacklogBudget budget{{.worker_bytes = 30u << 20, .address_bytes = 25u << 20}};
};

TEST_F(Backlogs, AreCountedWhileTheyLast) {
  EXPECT_EQ(budget.bytes(), 0u);
  {
    auto one = from("192.0.2.1"), two = from("192.0.2.2");
    open_both();
    give_stores();
    const std::size_t waiting = budget.bytes();
    EXPECT_GT(waiting, 2 * items * item_bytes - 200'000);
    EXPECT_LT(waiting, 2 * items * item_bytes * 13 / 10) << "both wait for the same";
    EXPECT_EQ(budget.addresses(), 2u);
    happen(published("live", "1"));
    EXPECT_GT(budget.bytes(), waiting);
    for (int i = 0; i < 10'000 && one->waits; ++i) one->make_room(1'000'000);
    EXPECT_FALSE(one->has_backlog());
    EXPECT_EQ(budget.addresses(), 1u);
    EXPECT_GT(budget.bytes(), items * item_bytes) << "the other one waits on";
    for (int i = 0; i < 5; ++i) two->make_room(1'000'000);
    EXPECT_LT(budget.bytes(), waiting - 3'000'000);
  }
  EXPECT_EQ(budget.bytes(), 0u);
  EXPECT_EQ(budget.addresses(), 0u);
}

TEST_F(Backlogs, OfAnAddressHaveABound) {
  std::vector<std::unique_ptr<FakeStream>> greedy;
  greedy.push_back(from("192.0.2.1"));
  open_both();
  give_stores();
  for (int i = 0; i < 9; ++i) greedy.push_back(from("192.0.2.1"));
  const auto other_one = from("192.0.2.2"), nobodys = from("");
  give_stores();
  std::size_t closed_ones = 0;
  for (const auto& stream : greedy) closed_ones += stream->reason == CloseReason::backlog_full;
  EXPECT_EQ(closed_ones, 8u) << "two times 10 MB are below 25 MB";
  EXPECT_FALSE(other_one->ended());
  EXPECT_FALSE(nobodys->ended());
}

TEST_F(Backlogs, OfTheWorkerHaveABound) {
  std::vector<std::unique_ptr<FakeStream>> all;
  // Each waits for stored items of its own.
  all.push_back(from("192.0.2.0"));
  open_both();
  for (int i = 1;; ++i) {
    std::vector<Item> stored;
    for (std::size_t k = 0; k < items; ++k) stored.push_back(item("old" + std::to_string(k), std::string(item_bytes, 'o')));
    Feed another(sample_name, {});
    another.begin_backfill(true);
    another.end_backfill(stored, {});
    send(Snapshot{sample_name, another.remembered()});
    send(Snapshot{other_name, other->remembered()});
    if (i == 8) break;
    all.push_back(from("192.0.2." + std::to_string(i)));
  }
  std::size_t closed_ones = 0;
  for (const auto& stream : all) closed_ones += stream->reason == CloseReason::backlog_full;
  EXPECT_GT(closed_ones, 0u);
  EXPECT_LT(closed_ones, 8u);
  EXPECT_LE(budget.bytes(), budget.options().worker_bytes);
}

// ---- no memory

class NoMemory : public ShardTest {
 protected:
  std::unique_ptr<FakeStream> live(std::size_t room = FakeStream::endless) {
    auto stream = std::make_unique<FakeStream>(shard);
    shard.open(*stream, sample, {});
    open();
    stream->blocks();
    stream->room = room;
    return stream;
  }
};

/// Whichever allocation fails: streams that are not told of it miss nothing, and the shard goes on.
TEST_F(NoMemory, EndsStreamsAndNothingElse) {
  unsigned failures = 0, ended = 0, untouched = 0;
  for (long nth = 0; nth < 60; ++nth) {
    std::vector<std::unique_ptr<FakeStream>> streams;
    for (int i = 0; i < 3; ++i) streams.push_back(live(i == 1 ? 10 : FakeStream::endless));
    const std::string text = "event " + std::to_string(nth);
    News first = Happened{std::make_shared<const NodeName>(sample_name), feed->change(published("a", text), {})};
    News second = Happened{std::make_shared<const NodeName>(sample_name), feed->change(published("b", text + " b"), {})};
    allocations_left = nth;
    shard.read(std::move(first));
    shard.flush({});
    shard.read(std::move(second));
    shard.flush({});
    failures += allocations_left == -1 ? 1 : 0;
    allocations_left = -1;
    for (auto& stream : streams) {
      if (stream->ended()) {
        EXPECT_EQ(stream->reason, CloseReason::internal_error);
        ++ended;
        continue;
      }
      for (int i = 0; i < 1000 && stream->waits; ++i) stream->make_room(100);
      EXPECT_THAT(stream->texts(), testing::ElementsAre(text, text + " b"));
      ++untouched;
    }
    streams.clear();
    const auto next = live();
    happen(published("c", "goes on"));
    EXPECT_THAT(next->texts(), testing::ElementsAre("goes on"));
  }
  EXPECT_GT(failures, 10u);
  EXPECT_GT(ended, 10u);
  EXPECT_GT(untouched, 10u);
  EXPECT_EQ(shard.counters().failures, failures);
  EXPECT_EQ(shard.counters().streams, 0u);
}

}  // namespace
}  // namespace xes::hub
