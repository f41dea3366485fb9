// SPDX-License-Identifier: MIT
#include "gateway/limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

namespace xes::gateway {
namespace {

using namespace std::chrono_literals;
using Ticket = Limits::Ticket;
using Nodes = std::vector<std::string>;

struct Client {
  std::string address = "192.0.2.1";
  std::string user = "";
  Nodes nodes = {"n"};
};

class LimitsTest : public testing::Test {
 protected:
  /// Opens a stream; the name of the limit that refuses it, or "".
  std::string open(const Client& client) {
    auto answer = limits().admit(client.address, client.user, "pubsub.example", client.nodes, now);
    if (const auto* refusal = std::get_if<Refusal>(&answer)) return std::string(refusal->info().name);
    tickets.push_back(std::get<Ticket>(std::move(answer)));
    return "";
  }
  Limits& limits() {
    if (!limits_) limits_ = std::make_unique<Limits>(options);
    return *limits_;
  }
  void expect_counts(std::size_t streams, std::size_t addresses, std::size_t users, std::size_t nodes) {
    const auto counts = limits().counts();
    EXPECT_EQ(counts.streams, streams);
    EXPECT_EQ(counts.addresses, addresses);
    EXPECT_EQ(counts.users, users);
    EXPECT_EQ(counts.nodes, nodes);
  }

  Limits::Options options;
  Limits::Clock::time_point now{};

 private:
  std::unique_ptr<Limits> limits_;  // outlives the tickets

 protected:
  std::vector<Ticket> tickets;
};

TEST_F(LimitsTest, RefuseNothingWhereNoneIsSet) {
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(open({.user = "alice", .nodes = {"n", "m" + std::to_string(i)}}), "");
  expect_counts(1000, 1, 1, 1001);
}

TEST_F(LimitsTest, BoundStreamsInAll) {
  options.streams = 2;
  EXPECT_EQ(open({}), "");
  EXPECT_EQ(open({.address = "192.0.2.2"}), "");
  EXPECT_EQ(open({.address = "192.0.2.3"}), "streams");
  tickets.pop_back();
  EXPECT_EQ(open({.address = "192.0.2.3"}), "");
}

TEST_F(LimitsTest, BoundStreamsOfAnAddress) {
  options.streams_per_address = 1;
  EXPECT_EQ(open({}), "");
  EXPECT_EQ(open({.address = "::ffff:192.0.2.1"}), "streams_per_address") << "the same address, written otherwise";
  EXPECT_EQ(open({.address = "2001:db8::1"}), "");
  EXPECT_EQ(open({.address = "2001:db8:0:0:ffff::2"}), "streams_per_address") << "the same /64";
  EXPECT_EQ(open({.address = "2001:db8:0:1::1"}), "");
}

TEST_F(LimitsTest, CountNobodyWhereTheWebServerTellsNoAddress) {
  options.streams_per_address = 1;
  EXPECT_EQ(open({.address = ""}), "");
  EXPECT_EQ(open({.address = ""}), "");
  EXPECT_EQ(open({.address = "unix:"}), "");
  EXPECT_EQ(open({.address = "unix:"}), "streams_per_address") << "text that is no address counts as itself";
}

TEST_F(LimitsTest, BoundStreamsOfAUser) {
  options.streams_per_user = 1;
  EXPECT_EQ(open({.user = "alice"}), "");
  EXPECT_EQ(open({.address = "192.0.2.2", .user = "alice"}), "streams_per_user");
  EXPECT_EQ(open({.user = "bob"}), "");
  EXPECT_EQ(open({}), "");
  EXPECT_EQ(open({}), "") << "nobody in particular";
}

TEST_F(LimitsTest, BoundStreamsOfANode) {
  options.streams_per_node = 1;
  EXPECT_EQ(open({.nodes = {"a", "b"}}), "");
  EXPECT_EQ(open({.nodes = {"c", "b"}}), "streams_per_node");
  EXPECT_EQ(open({.nodes = {"c"}}), "");
  EXPECT_TRUE(std::holds_alternative<Ticket>(limits().admit("", "", "other.example", {"a"}, now)))
      << "another service's";
}

TEST_F(LimitsTest, BoundNodesInAll) {
  options.nodes = 2;
  EXPECT_EQ(open({.nodes = {"a"}}), "");
  EXPECT_EQ(open({.nodes = {"b", "c"}}), "nodes");
  EXPECT_EQ(open({.nodes = {"a", "b"}}), "");
  EXPECT_EQ(open({.nodes = {"b"}}), "") << "which is there already";
  tickets.clear();
  EXPECT_EQ(open({.nodes = {"b", "c"}}), "");
}

TEST_F(LimitsTest, BoundHowManyNewNodesASecondBrings) {
  options.subscribes_per_second = 2;
  EXPECT_EQ(open({.nodes = {"a"}}), "");
  EXPECT_EQ(open({.nodes = {"b"}}), "");
  EXPECT_EQ(open({.nodes = {"c"}}), "subscribes_per_second");
  EXPECT_EQ(open({.nodes = {"a"}}), "") << "which costs no subscription";
  now += 499ms;
  EXPECT_EQ(open({.nodes = {"c"}}), "subscribes_per_second");
  now += 1ms;
  EXPECT_EQ(open({.nodes = {"c"}}), "");
  now += 1h;
  EXPECT_EQ(open({.nodes = {"d"}}), "");
  EXPECT_EQ(open({.nodes = {"e"}}), "");
  EXPECT_EQ(open({.nodes = {"f"}}), "subscribes_per_second") << "a quiet hour is worth no more than a quiet second";
}

TEST_F(LimitsTest, LetAStreamOfSeveralNodesOverdrawTheSecond) {
  options.subscribes_per_second = 2;
  EXPECT_EQ(open({.nodes = {"a", "b", "c", "d", "e"}}), "");
  now += 1999ms;
  EXPECT_EQ(open({.nodes = {"f"}}), "subscribes_per_second");
  now += 1ms;
  EXPECT_EQ(open({.nodes = {"f"}}), "");
}

TEST_F(LimitsTest, BearAClockThatSeemsToGoBack) {
  options.subscribes_per_second = 1;
  now += 10s;
  EXPECT_EQ(open({.nodes = {"a"}}), "");
  now -= 5s;
  EXPECT_EQ(open({.nodes = {"b"}}), "subscribes_per_second");
  now += 5s;
  EXPECT_EQ(open({.nodes = {"b"}}), "subscribes_per_second") << "no second is counted twice";
}

TEST_F(LimitsTest, TakeNothingForAStreamThatTheyRefuse) {
  options.streams_per_user = 1;
  options.subscribes_per_second = 2;
  EXPECT_EQ(open({.user = "alice", .nodes = {"a"}}), "");
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(open({.address = "192.0.2.9", .user = "alice", .nodes = {"b"}}), "streams_per_user");
  expect_counts(1, 1, 1, 1);
  EXPECT_EQ(open({.user = "bob", .nodes = {"b"}}), "");
}

TEST_F(LimitsTest, CountTheirRefusals) {
  options.streams = 1;
  EXPECT_EQ(open({}), "");
  EXPECT_EQ(open({}), "streams");
  EXPECT_EQ(open({}), "streams");
  EXPECT_EQ(limits().refused(Limit::streams), 2u);
  EXPECT_EQ(limits().refused(Limit::address), 0u);
}

TEST_F(LimitsTest, KeepNothingOfStreamsThatHaveEnded) {
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(open({.address = "2001:db8:0:" + std::to_string(i) + "::1",
                    .user = "u" + std::to_string(i),
                    .nodes = {"n" + std::to_string(i)}}),
              "");
  expect_counts(100, 100, 100, 100);
  tickets.clear();
  expect_counts(0, 0, 0, 0);
}

TEST_F(LimitsTest, HoldATicketOnceHoweverOftenItMoves) {
  EXPECT_EQ(open({.user = "alice"}), "");
  Ticket ticket = std::move(tickets.front());
  Ticket other;
  EXPECT_FALSE(other);
  other = std::move(ticket);
  tickets.clear();
  expect_counts(1, 1, 1, 1);
  Ticket& same = other;  // to itself
  other = std::move(same);
  EXPECT_TRUE(other);
  EXPECT_EQ(open({.user = "bob"}), "");
  other = std::move(tickets.front());
  expect_counts(1, 1, 1, 1);
  other.release();
  other.release();
  expect_counts(0, 0, 0, 0);
}

TEST_F(LimitsTest, FollowTheNodesThatJoinAndLeaveAStream) {
  options.nodes = 2;
  EXPECT_EQ(open({.nodes = {"a"}}), "");
  Ticket& ticket = tickets.front();
  const auto follow = [&](std::vector<std::string> nodes) { return ticket.follow("pubsub.example", nodes, now); };
  EXPECT_EQ(follow({"a", "b"}), std::nullopt);
  expect_counts(1, 1, 0, 2);
  EXPECT_EQ(follow({"a", "b", "c"})->limit, Limit::nodes);
  expect_counts(1, 1, 0, 2);
  EXPECT_EQ(follow({"b", "c"}), std::nullopt) << "a makes room";
  expect_counts(1, 1, 0, 2);
  EXPECT_EQ(follow({}), std::nullopt);
  expect_counts(1, 1, 0, 0);
  EXPECT_EQ(follow({"d"}), std::nullopt);
  tickets.clear();
  expect_counts(0, 0, 0, 0);
}

TEST_F(LimitsTest, KeepNewNodesForOthersWhateverOneAddressAsksFor) {
  options.subscribes_per_second = 100;
  options.subscribes_per_address = 20;
  auto sixteen = [names = 0]() mutable {
    Nodes nodes;
    for (int i = 0; i < 16; ++i) nodes.push_back("random" + std::to_string(++names));
    return nodes;
  };
  // One address, or all of a /64, as hard as it can, for a minute.
  for (int tick = 0; tick < 1200; ++tick, now += 50ms) {
    open({.address = tick % 2 == 0 ? "2001:db8::1" : "2001:db8::ffff:2", .nodes = sixteen()});
    tickets.clear();
    EXPECT_EQ(open({.address = "192.0.2." + std::to_string(tick % 250), .nodes = {"cold" + std::to_string(tick)}}), "");
    tickets.clear();
  }
  EXPECT_GT(limits().refused(Limit::address_subscribes), 1000u);
  EXPECT_EQ(limits().refused(Limit::subscribes), 0u);
  now += 5s;
  EXPECT_EQ(open({.address = "2001:db8::1"}), "") << "it is not kept waiting for ever";
}

TEST_F(LimitsTest, ChargeAnAddressForWhatItsPatternsMatch) {
  options.subscribes_per_address = 2;
  EXPECT_EQ(open({.nodes = {"a"}}), "");
  EXPECT_EQ(tickets.front().follow("pubsub.example", {"a", "b", "c"}, now), std::nullopt) << "two more at once may overdraw";
  EXPECT_EQ(open({.nodes = {"d"}}), "subscribes_per_address");
  EXPECT_EQ(open({.nodes = {"a", "b"}}), "") << "which are there already";
  EXPECT_EQ(open({.address = "192.0.2.2", .nodes = {"d"}}), "");
}

TEST_F(LimitsTest, SayWhoseStreamItIs) {
  for (const auto& [address, text] : {std::pair<std::string, std::string>("192.0.2.1", "192.0.2.1"),
                                      {"::ffff:192.0.2.1", "192.0.2.1"},
                                      {"2001:db8:0:7::9", "2001:db8:0:7::/64"},
                                      {"", "nobody"},
                                      {"unix:\n", "\"unix:\\x0a\""}}) {
    EXPECT_EQ(open({.address = address}), "");
    EXPECT_EQ(tickets.back().address(), text);
  }
  tickets.back().release();
  EXPECT_EQ(tickets.back().address(), "nobody");
}

TEST(AddressBudget, ForgetsThoseThatHaveAllOfItAgain) {
  AddressBudget budget(4, 1s);
  AddressBudget::Clock::time_point now{};
  for (int i = 0; i < 1000; ++i, now += 10ms) {
    budget.charge("a" + std::to_string(i), 1, now);
    EXPECT_LE(budget.addresses(), 30u) << "one is full again after a quarter of a second";
  }
}

TEST(AddressBudget, HoldsABoundedNumberOfAddresses) {
  AddressBudget budget(4, 1h);
  const AddressBudget::Clock::time_point now{};
  for (std::size_t i = 0; i < AddressBudget::max_addresses + 500; ++i) budget.charge("a" + std::to_string(i), 4, now);
  EXPECT_EQ(budget.addresses(), AddressBudget::max_addresses);
  EXPECT_FALSE(budget.is_spent("a0", now)) << "forgotten first";
  EXPECT_TRUE(budget.is_spent("a" + std::to_string(AddressBudget::max_addresses + 499), now));
}

TEST(AddressBudget, FillsEvenly) {
  AddressBudget budget(60, 60s);
  AddressBudget::Clock::time_point now{};
  budget.charge("a", 60, now);
  EXPECT_TRUE(budget.is_spent("a", now + 999ms));
  EXPECT_FALSE(budget.is_spent("a", now + 1s));
  budget.charge("a", 1, now - 5s);
  EXPECT_TRUE(budget.is_spent("a", now - 1h)) << "a clock that was read earlier gives nothing";
}

TEST_F(LimitsTest, ShortenAnAddressThatIsNone) {
  EXPECT_LE(address_key(std::string(100'000, 'x')).size(), 64u);
  EXPECT_NE(address_key("192.0.2.1"), address_key("192.0.2.2"));
  EXPECT_EQ(address_key("fe80::1%1"), address_key("fe80::2"));
}

TEST_F(LimitsTest, HoldWithManyThreads) {
  options.streams = 20;
  options.streams_per_node = 8;
  Limits& shared = limits();
  std::vector<std::thread> threads;
  std::atomic<std::size_t> most{0};
  for (unsigned id = 0; id < 4; ++id)
    threads.emplace_back([&, id] {
      std::mt19937 random(id);
      std::vector<Ticket> own;
      for (int i = 0; i < 3000; ++i) {
        if (!own.empty() && random() % 2 == 0) {
          own.pop_back();
          continue;
        }
        auto answer = shared.admit("192.0.2." + std::to_string(random() % 9), "u" + std::to_string(random() % 9), "s",
                                   {"n" + std::to_string(random() % 9)}, now);
        if (auto* ticket = std::get_if<Ticket>(&answer)) own.push_back(std::move(*ticket));
        most = std::max<std::size_t>(most, shared.counts().streams);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 20u);
  expect_counts(0, 0, 0, 0);
}

}  // namespace
}  // namespace xes::gateway
