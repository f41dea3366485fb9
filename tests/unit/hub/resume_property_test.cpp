// SPDX-License-Identifier: MIT
// A simulated pubsub service, two workers with two shards each, and clients that behave as an EventSource does, under
// a random schedule of publishes, faults and partial writes. XES_SEED=N runs one schedule, XES_SCHEDULES=N so many.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <sstream>

#include "fake_stream.hpp"
#include "model_service.hpp"
#include "model_worker.hpp"

namespace xes::hub::model {
namespace {

struct Scenario {
  ServiceOptions service;
  bool repeats_payloads = false;  ///< a payload may be published again for the same item ID
  bool reuses_ids = true;
  HistoryOptions history = {};
};

/// Remembers its last event ID and what it was told, checks each event as it comes.
class Client {
 public:
  Client(std::mt19937_64& random, const Service& service, bool repeats_payloads)
      : random_(random), service_(service), repeats_payloads_(repeats_payloads) {}

  bool connected() const { return stream_ && !stream_->ended(); }
  void connect(Shard& shard) {
    stream_ = std::make_unique<FakeStream>(shard, random_() % 2 ? Framing::plain : Framing::fastcgi);
    stream_->room = random_() % 2 ? FakeStream::endless : random_() % 300;
    Start start;
    if (last_id_.empty()) {
      start = Start::newest(1000);
    } else {
      const auto id = wire::parse_event_id(last_id_);
      ASSERT_TRUE(id) << "the worker sent an ID that no worker understands: " << last_id_;
      start = Start::after(last_id_);
    }
    log << "\n  connects after " << last_id_;
    shard.open(*stream_, sample, start);
  }
  void cut() {
    if (!stream_) return;
    read();
    log << "\n  is cut";
    stream_.reset();
  }
  void forget_stream() { stream_.reset(); }
  void read() {
    if (!stream_) return;
    for (const Block& block : stream_->blocks()) take(block);
    if (stream_->ended()) {
      log << "\n  was ended: " << row(*stream_->reason).name;
      stream_.reset();
    }
  }
  void take_room(std::size_t bytes) {
    if (stream_) stream_->make_room(bytes);
  }
  /// Everything that is stored is the newest that the client has of its item.
  void check_complete() {
    for (const Item& stored : service_.stored()) {
      const auto seen = newest_.find(stored.id);
      if (seen == newest_.end()) {
        ADD_FAILURE() << "lost " << stored.payload << log.str();
      } else if (seen->second != stored.payload) {
        ADD_FAILURE() << "has " << seen->second << ", stored is " << stored.payload << log.str();
      }
    }
    // What is stored came in the order of its publishing. (What is not may have come late, see Feed::end_backfill.)
    unsigned long last = 0;
    for (const unsigned long number : order_) {
      const auto is_this = [&](const Item& one) { return one.id == "u" + std::to_string(number); };
      if (std::none_of(service_.stored().begin(), service_.stored().end(), is_this)) continue;
      if (number < last) ADD_FAILURE() << number << " came after " << last << log.str();
      last = number;
    }
  }
  std::size_t resets = 0, received = 0;
  std::ostringstream log;

 private:
  void take(const Block& block) {
    if (!block.id.empty()) last_id_ = block.id;
    log << "\n  " << block.id << " " << block.event << " " << block.data.value_or("");
    if (block.event == "reset") {
      ++resets;
      times_.clear();
      newest_.clear();
      order_.clear();
    }
    if (!block.event.empty() || !block.data) return;
    ++received;
    const std::string& payload = *block.data;
    const std::string id = payload.substr(0, payload.find('='));
    const unsigned long number = std::stoul(payload.substr(payload.find('=') + 1));
    // Where payloads repeat, a node may be in the same state twice, and a worker that lags may be in the earlier one.
    const bool again = ++times_[payload] > service_.times_published(payload);
    if (again && !repeats_payloads_) ADD_FAILURE() << "twice without a reset: " << payload << log.str();
    auto& newest = newest_[id];
    if (!repeats_payloads_ && !newest.empty() && number < std::stoul(newest.substr(newest.find('=') + 1)))
      ADD_FAILURE() << payload << " came after " << newest << log.str();
    newest = payload;
    if (id[0] == 'u') order_.push_back(number);
  }

  std::mt19937_64& random_;
  const Service& service_;
  bool repeats_payloads_;
  std::unique_ptr<FakeStream> stream_;
  std::string last_id_;
  std::map<std::string, std::string> newest_;
  std::map<std::string, unsigned> times_;
  std::vector<unsigned long> order_;  ///< of items that are published once each
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, const Scenario& scenario)
      : random_(seed), scenario_(scenario), service_(scenario.service) {
    for (std::size_t i = 0; i < 2; ++i) {
      service_.add(sessions_[i]);
      start_worker(i);
    }
    for (int i = 0; i < 3; ++i)
      clients_.push_back(std::make_unique<Client>(random_, service_, scenario.repeats_payloads));
  }
  ~Simulation() {
    for (auto& client : clients_) client->forget_stream();
  }

  void run(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      chance();
      if (step % 150 == 149) settle();
    }
    settle();
  }
  std::size_t resets() const {
    std::size_t all = 0;
    for (const auto& client : clients_) all += client->resets;
    return all;
  }
  std::size_t received() const {
    std::size_t all = 0;
    for (const auto& client : clients_) all += client->received;
    return all;
  }

 private:
  std::size_t upto(std::size_t bound) { return random_() % bound; }
  void note(const std::string& what) {
    for (auto& client : clients_) client->log << "\n" << what;
  }

  void start_worker(std::size_t i) {
    workers_[i] = std::make_unique<Worker>(service_, sessions_[i], random_, scenario_.history);
    homes_[i].clear();
    workers_[i]->session_goes_up();
  }
  void connect(std::size_t c) {
    const std::size_t w = upto(2);
    homes_[w].insert(c);
    homes_[1 - w].erase(c);
    clients_[c]->log << "\n  to worker " << w;
    clients_[c]->connect(workers_[w]->shard(upto(Worker::shard_count)));
  }

  void chance() {
    now_ += std::chrono::milliseconds(1);
    const std::size_t w = upto(2), c = upto(clients_.size());
    switch (const std::size_t dice = upto(100); dice) {
      case 0: case 1: case 2: case 3: case 4: case 5: case 6: case 7: case 8: case 9: case 10: case 11:
        publish();
        break;
      case 12: case 13:
        if (!service_.stored().empty()) {
          const std::string id = service_.stored()[upto(service_.stored().size())].id;
          note("retract " + id);
          service_.retract(id);
        }
        break;
      case 14:
        if (upto(8) == 0) {
          note("purge");
          service_.purge();
        }
        break;
      case 15:
        if (upto(3) == 0) {
          note("worker restarts: " + std::to_string(w));
          for (const std::size_t home : homes_[w]) clients_[home]->cut();
          workers_[w]->session_goes_down();
          start_worker(w);
        }
        break;
      case 16: case 17:
        if (sessions_[w].up) {
          note("session down: " + std::to_string(w));
          workers_[w]->session_goes_down();
        }
        break;
      case 18: case 19: case 20: case 21:
        if (!sessions_[w].up) {
          note("session up: " + std::to_string(w));
          workers_[w]->session_goes_up();
        }
        break;
      case 22: case 23:
        clients_[c]->cut();
        break;
      case 24: case 25: case 26: case 27: case 28: case 29:
        clients_[c]->read();
        if (!clients_[c]->connected()) connect(c);
        break;
      case 30:
        workers_[w]->leaves_if_unused();
        break;
      case 31:
        workers_[w]->beat();
        break;
      default:
        if (dice < 40) {
          service_.notify_late_ones();
        } else if (dice < 52) {
          clients_[c]->read();
          clients_[c]->take_room(upto(4) == 0 ? FakeStream::endless : upto(400));
        } else {
          work(w, upto(5));
        }
    }
  }
  bool work(std::size_t w, std::size_t what) {
    if (what == 0) return workers_[w]->service_answers();
    if (what == 1 || what == 4) return workers_[w]->takes_delivery(now_);
    if (what == 2) return workers_[w]->takes_want(0) || workers_[w]->takes_want(1);
    const std::size_t first = upto(2), letters = 1 + upto(4);
    return workers_[w]->shard_reads(first, letters) || workers_[w]->shard_reads(1 - first, letters);
  }
  void publish() {
    ++versions_;
    std::string id = "u" + std::to_string(versions_);
    std::string payload = id + "=" + std::to_string(versions_);
    if (scenario_.reuses_ids && upto(2) == 0) {
      id = "r" + std::to_string(upto(3));
      payload = id + "=" + std::to_string(scenario_.repeats_payloads ? upto(2) : versions_);
    }
    note("publish " + payload);
    service_.publish(id, payload);
  }
  /// All faults end; everybody gets what is on its way.
  void settle() {
    note("settle");
    service_.notify_late_ones();
    for (std::size_t w = 0; w < 2; ++w)
      if (!sessions_[w].up) workers_[w]->session_goes_up();
    for (int quiet = 0, rounds = 0; quiet < 3 && rounds < 2000; ++rounds) {
      bool busy = false;
      for (std::size_t c = 0; c < clients_.size(); ++c) {
        clients_[c]->take_room(FakeStream::endless);
        clients_[c]->read();
        if (clients_[c]->connected()) continue;
        connect(c);
        busy = true;
      }
      for (std::size_t w = 0; w < 2; ++w)
        for (std::size_t what = 0; what < 4; ++what)
          while (work(w, what)) busy = true;
      quiet = busy ? 0 : quiet + 1;
    }
    for (auto& client : clients_) client->read();
    for (auto& client : clients_) client->check_complete();
  }

  std::mt19937_64 random_;
  Scenario scenario_;
  Service service_;
  Session sessions_[2];
  std::unique_ptr<Worker> workers_[2];
  std::set<std::size_t> homes_[2];  ///< clients of each worker
  std::vector<std::unique_ptr<Client>> clients_;
  Feed::Clock::time_point now_{};
  unsigned long versions_ = 0;
};

class Resume : public testing::Test {
 protected:
  static std::uint64_t number(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
  }
  void run(const Scenario& scenario) {
    const std::uint64_t seed = number("XES_SEED", 0);
    const std::uint64_t first = seed ? seed : 1, last = seed ? seed : number("XES_SCHEDULES", 60);
    std::size_t resets = 0, received = 0;
    for (std::uint64_t one = first; one <= last && !HasFailure(); ++one) {
      SCOPED_TRACE("XES_SEED=" + std::to_string(one));
      Simulation simulation(one, scenario);
      simulation.run(600);
      resets += simulation.resets();
      received += simulation.received();
    }
    std::printf("  events %zu, resets %zu\n", received, resets);
    EXPECT_GT(received, 100u);
  }
  using LastItem = ServiceOptions::LastItem;
};

TEST_F(Resume, LosesNothingOnAServiceLikeProsody) {
  run({.service = {.republish_moves = true, .tells_evictions = false, .last_item = LastItem::never, .max_items = 20}});
}
TEST_F(Resume, LosesNothingWhereTheLastItemComesAfterTheSubscribe) {
  run({.service = {.republish_moves = true, .tells_evictions = false, .last_item = LastItem::after_result,
                   .max_items = 20}});
}
TEST_F(Resume, LosesNothingOnAServiceLikeEjabberd) {
  run({.service = {.republish_moves = false, .tells_evictions = true, .last_item = LastItem::before_result,
                   .max_items = 40}});
}
TEST_F(Resume, LosesNothingWhereEvictionsAreSilentAndRepublishedItemsStay) {
  run({.service = {.republish_moves = false, .tells_evictions = false, .last_item = LastItem::never, .max_items = 8}});
}
// A list that is ahead of a notification, of a version that the history has dropped already, would repeat that version.
TEST_F(Resume, LosesNothingWithAHistoryOfAFewEvents) {
  run({.service = {.republish_moves = true, .max_items = 30, .lists_ahead = false}, .history = {.max_events = 4, .max_bytes = 1 << 20}});
  run({.service = {.republish_moves = false, .tells_evictions = true, .max_items = 30, .lists_ahead = false},
       .history = {.max_events = 4, .max_bytes = 1 << 20}});
}
TEST_F(Resume, LosesNothingWherePayloadsRepeatOnEjabberd) {
  run({.service = {.republish_moves = false, .tells_evictions = true, .max_items = 30}, .repeats_payloads = true});
}
// Not given: an item ID with the same payload again, seen by another worker, may stand for the earlier publish of it.
TEST_F(Resume, LosesNothingWherePayloadsRepeatOnProsody) {
  run({.service = {.republish_moves = true, .max_items = 30}, .repeats_payloads = true});
}
TEST_F(Resume, LosesNothingWhereIdsAreNeverReused) {
  run({.service = {.republish_moves = true, .max_items = 10}, .reuses_ids = false});
  run({.service = {.republish_moves = false, .tells_evictions = true, .max_items = 10}, .reuses_ids = false});
}

}  // namespace
}  // namespace xes::hub::model
