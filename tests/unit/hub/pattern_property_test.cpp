// SPDX-License-Identifier: MIT
// Nodes that come and go, are published to and withdrawn from a reader, under a random schedule, and clients that follow
// them by a pattern. XES_SEED=N runs one schedule, XES_SCHEDULES=N so many.
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "fake_stream.hpp"

namespace xes::hub {
namespace {

constexpr const char* service_jid = "pubsub.example";
constexpr const char* reader_jid = "alice@example";

/// A service, the XMPP side's word of it to one shard, and what that shard is yet to read.
class ModelService {
 public:
  explicit ModelService(std::mt19937_64& random)
      : random_(random), shard(options(), [this](Want want) { wants_.push_back(std::move(want)); }) {}

  struct ModelNode {
    std::unique_ptr<Feed> feed;
    std::vector<Item> stored;
    bool open = false, wanted = false, fetched = false, refused = false;
  };

  void create(const std::string& name) {
    if (nodes_.count(name)) return;
    FeedOptions feed_options;
    feed_options.epoch = ++epochs_;
    feed_options.history.max_events = 8;
    nodes_[name].feed = std::make_unique<Feed>(NodeName{service_jid, name}, feed_options);
    log << "\ncreate " << name;
  }
  void remove(const std::string& name) {
    const auto node = nodes_.find(name);
    if (node == nodes_.end()) return;
    log << "\ndelete " << name;
    if (node->second.wanted) news_.push_back(Ended{{service_jid, name}});
    nodes_.erase(node);
    told_.erase(name);
  }
  void publish(const std::string& name, const std::string& id) {
    const auto node = nodes_.find(name);
    if (node == nodes_.end()) return;
    const Item made = item(id, name + " " + id + " " + std::to_string(++versions_));
    log << "\npublish " << made.payload;
    std::erase_if(node->second.stored, [&](const Item& one) { return one.id == id; });
    node->second.stored.push_back(made);
    happened(node->second, {Happening::item, made, false});
  }
  void retract(const std::string& name, const std::string& id) {
    const auto node = nodes_.find(name);
    if (node == nodes_.end()) return;
    if (std::erase_if(node->second.stored, [&](const Item& one) { return one.id == id; }) == 0) return;
    log << "\nretract " << name << " " << id;
    happened(node->second, {Happening::retract, item(id, ""), false});
  }
  void judge(const std::string& name, Verdict verdict) {
    verdicts_[name] = verdict;
    log << "\njudge " << name << " " << static_cast<int>(verdict);
    if (asked_about_.count(name)) news_.push_back(Judged{{service_jid, name}, reader_jid, verdict});
  }
  void list() {
    std::set<std::string> names;
    for (const auto& [name, node] : nodes_) names.insert(name);
    if (!listed_ || names == told_) return;
    told_ = names;
    log << "\nlist";
    news_.push_back(Listed{service_jid, std::make_shared<const std::vector<std::string>>(names.begin(), names.end())});
  }
  bool take_want() {
    if (wants_.empty()) return false;
    const Want want = std::move(wants_.front());
    wants_.pop_front();
    const auto node = nodes_.find(want.name.node);
    switch (want.what) {
      case Want::What::follow:
        if (node == nodes_.end()) {
          news_.push_back(Refused{want.name, Refusal::no_such_node});
          told_.erase(want.name.node);
        } else {
          node->second.wanted = true;
          if (random_() % 3 == 0) news_.push_back(Held{want.name, random_() % 2 == 0});
        }
        break;
      case Want::What::unfollow:
        if (node != nodes_.end()) node->second.wanted = node->second.open = node->second.fetched = false;
        break;
      case Want::What::check: break;
      case Want::What::fetch:
        if (node != nodes_.end()) node->second.fetched = true;
        break;
      case Want::What::list:
        listed_ = true;
        told_ = {"never"};
        break;
      case Want::What::unlist: listed_ = false; break;
      case Want::What::judge:
        asked_about_.insert(want.name.node);
        news_.push_back(Judged{want.name, reader_jid, verdict(want.name.node)});
        break;
      case Want::What::unjudge: asked_about_.erase(want.name.node); break;
    }
    return true;
  }
  /// Subscribed, or the stored items are read.
  bool answer(const std::string& name) {
    const auto node = nodes_.find(name);
    if (node == nodes_.end() || !node->second.wanted) return false;
    ModelNode& one = node->second;
    if (!one.open) {
      const auto& events = one.feed->history().events();
      one.open = true;
      news_.push_back(Opened{one.feed->name(), {events.begin(), events.end()}, one.feed->position(), true});
      return true;
    }
    if (!std::exchange(one.fetched, false)) return false;
    news_.push_back(Snapshot{one.feed->name(), one.feed->snapshot(one.stored)});
    return true;
  }
  bool read_letter() {
    if (news_.empty()) return false;
    News news = std::move(news_.front());
    news_.pop_front();
    shard.read(std::move(news));
    shard.flush({});
    return true;
  }
  Verdict verdict(const std::string& name) const {
    const auto known = verdicts_.find(name);
    return known == verdicts_.end() ? Verdict::allowed : known->second;
  }
  const std::map<std::string, ModelNode>& nodes() const { return nodes_; }

  static inline std::ostringstream log;

 private:
  static ShardOptions options() {
    ShardOptions made;
    made.pace = std::chrono::milliseconds(0);
    return made;
  }
  void happened(ModelNode& node, const Change& change) {
    const auto events = node.feed->change(change, {});
    if (node.open) news_.push_back(Happened{std::make_shared<const NodeName>(node.feed->name()), events});
  }

  std::mt19937_64& random_;
  std::map<std::string, ModelNode> nodes_;
  std::map<std::string, Verdict> verdicts_;
  std::set<std::string> told_, asked_about_;
  std::deque<Want> wants_;
  std::deque<News> news_;
  bool listed_ = false;
  std::uint64_t epochs_ = 0;
  unsigned long versions_ = 0;

 public:
  Shard shard;  ///< which speaks to the end
};

/// Keeps of each node what an EventSource was told that there is.
class PatternClient {
 public:
  PatternClient(std::size_t number, std::string jid) : number_(number), jid_(std::move(jid)) {}

  void connect(ModelService& service) {
    Selection selection{service_jid, {}, View::payload, true, {"*"}};
    selection.reader.jid = jid_;
    ModelService::log << "\n" << name() << " connects after " << last_id_;
    was_away_ |= !last_id_.empty();
    stream_ = std::make_unique<FakeStream>(service.shard);
    service.shard.open(*stream_, selection, last_id_.empty() ? Start::newest(1000) : Start::after(last_id_));
  }
  void cut() {
    read();
    stream_.reset();
  }
  bool connected() const { return stream_ && !stream_->ended(); }
  void read() {
    if (!stream_) return;
    for (const Block& block : stream_->blocks()) take(block);
  }
  void check(const ModelService& service) const {
    for (const auto& [name, node] : service.nodes()) {
      if (!jid_.empty() && service.verdict(name) != Verdict::allowed) {
        EXPECT_TRUE(was_away_ || !seen_.count(name)) << this->name() << " still has " << name << ModelService::log.str();
        continue;
      }
      std::map<std::string, std::string> stored;
      for (const Item& one : node.stored) stored[one.id] = one.payload;
      const auto seen = seen_.find(name);
      EXPECT_EQ(seen == seen_.end() ? stored_none : seen->second, stored) << this->name() << " " << name << ModelService::log.str();
    }
    for (const auto& [name, items] : seen_)
      EXPECT_TRUE(was_away_ || service.nodes().count(name)) << this->name() << " still has " << name << ModelService::log.str();
  }

 private:
  using Items = std::map<std::string, std::string>;
  static inline const Items stored_none;

  std::string name() const { return std::to_string(number_) + (jid_.empty() ? "" : " " + jid_); }
  static std::string member(const std::string& json, const std::string& key) {
    const auto at = json.find("\"" + key + "\":\"");
    const auto begin = at + key.size() + 4;
    return at == json.npos ? "" : json.substr(begin, json.find('"', begin) - begin);
  }
  void take(const Block& block) {
    if (!block.id.empty()) last_id_ = block.id;
    if (!block.data) return;
    ModelService::log << "\n  " << name() << ": " << block.event << " " << *block.data;
    const std::string node = member(*block.data, "node"), state = member(*block.data, "state");
    if (block.event == "node") {
      EXPECT_TRUE(was_away_ || state != "created" || !seen_.count(node)) << name() << ": " << node << " created, and there already" << ModelService::log.str();
      seen_.erase(node);
      if (state == "created") seen_[node];
    } else if (block.event == "reset") {
      seen_[node].clear();
    } else if (block.event == "retract") {
      seen_[node].erase(member(*block.data, "id"));
    } else if (block.event.empty()) {
      std::istringstream words(*block.data);
      std::string of, id, version;
      words >> of >> id >> version;
      std::string& newest = seen_[of][id];
      EXPECT_TRUE(newest.empty() || std::stoul(newest.substr(newest.rfind(' '))) < std::stoul(version))
          << *block.data << " after " << newest << ModelService::log.str();
      newest = *block.data;
    }
  }

  std::size_t number_;
  std::string jid_;
  bool was_away_ = false;  ///< nodes that went meanwhile are not told of, nor those that its user may not read any more
  std::unique_ptr<FakeStream> stream_;
  std::string last_id_;
  std::map<std::string, Items> seen_;
};

void run(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  ModelService::log.str("");
  ModelService::log << "\nseed " << seed;
  ModelService service(random);
  std::vector<PatternClient> clients;
  for (const char* jid : {"", "", reader_jid, reader_jid}) clients.emplace_back(clients.size(), jid);
  const auto upto = [&](std::size_t bound) { return random() % bound; };
  const auto any_node = [&] { return "n" + std::to_string(upto(4)); };
  for (int step = 0; step < 400 && !testing::Test::HasFailure(); ++step) {
    PatternClient& client = clients[upto(clients.size())];
    switch (upto(16)) {
      case 0: service.create(any_node()); break;
      case 1: if (upto(3) == 0) service.remove(any_node()); break;
      case 2: case 3: case 4: service.publish(any_node(), "i" + std::to_string(upto(3))); break;
      case 5: service.retract(any_node(), "i" + std::to_string(upto(3))); break;
      case 6: if (upto(2) == 0) service.judge(any_node(), upto(2) ? Verdict::allowed : Verdict::refused); break;
      case 7: service.list(); break;
      case 8: service.answer(any_node()); break;
      case 9: service.take_want(); break;
      case 10: if (upto(4) == 0) client.cut(); break;
      case 11: if (!client.connected()) client.connect(service); break;
      case 12: client.read(); break;
      default: service.read_letter();
    }
  }
  for (PatternClient& client : clients)
    if (!client.connected()) client.connect(service);
  for (bool busy = true; busy;) {
    busy = service.take_want() || service.read_letter();
    for (const auto& [name, node] : service.nodes()) busy |= service.answer(name);
    if (busy) continue;
    service.list();
    busy = service.read_letter();
  }
  for (PatternClient& client : clients) {
    client.read();
    client.check(service);
  }
}

TEST(PatternSchedules, ShowInTheEndWhatThereIsWhateverTheOrder) {
  const char* seed = std::getenv("XES_SEED");
  const char* schedules = std::getenv("XES_SCHEDULES");
  if (seed) return run(std::strtoull(seed, nullptr, 10));
  const std::uint64_t count = schedules ? std::strtoull(schedules, nullptr, 10) : 200;
  for (std::uint64_t i = 1; i <= count && !testing::Test::HasFailure(); ++i) run(i);
}

}  // namespace
}  // namespace xes::hub
