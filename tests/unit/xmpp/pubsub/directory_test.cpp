// SPDX-License-Identifier: MIT
#include "xmpp/pubsub/directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../session/loop_test.hpp"
#include "services.hpp"

namespace xes::xmpp {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const std::string service = "pubsub.example";

class DirectoryTest : public LoopTest {
 protected:
  DirectoryTest() {
    list({"news", "weather"});
    session.start();
    EXPECT_TRUE(run_until([&] { return session.ready(); }));
  }

  void list(const std::vector<std::string>& nodes) {
    std::string items;
    for (const std::string& node : nodes) items += "<item jid='" + service + "' node='" + node + "'/>";
    services.answer(disco_items, "<query xmlns='" + disco_items + "'>" + items + "</query>");
  }
  bool run_until_told(std::size_t times) {
    return run_until([&] { return told.size() >= times; });
  }
  /// Until the service has answered so many times from now on.
  void run_rounds(std::size_t rounds) {
    const std::size_t asked = services.count(disco_items) + rounds + 1;
    ASSERT_TRUE(run_until([&] { return services.count(disco_items) >= asked; }));
  }

  Server server{io};
  Services services{server};
  Session session{io,
                  server.session_options(),
                  {.on_ready = [this] { directory.on_ready(); },
                   .on_down = [this](const Failure&) { directory.on_down(); },
                   .on_message = [](Stanza&&) {},
                   .on_presence = [](Stanza&&) {}}};
  Directory directory{io, session, {.every = 20ms}, [this](std::size_t, hub::Listed listed) {
                        told.push_back(listed.nodes ? *listed.nodes : std::vector<std::string>{});
                      }};
  std::vector<std::vector<std::string>> told;
};

TEST_F(DirectoryTest, TellsAListWhenItChanges) {
  directory.want(0, service);
  ASSERT_TRUE(run_until_told(1));
  EXPECT_THAT(told[0], ElementsAre("news", "weather"));
  run_rounds(3);
  EXPECT_EQ(told.size(), 1u) << "nothing new";
  list({"news"});
  ASSERT_TRUE(run_until_told(2));
  EXPECT_THAT(told[1], ElementsAre("news"));
}

TEST_F(DirectoryTest, TellsOfANodeAnewThatWasForgottenAndIsStillListed) {
  directory.want(0, service);
  ASSERT_TRUE(run_until_told(1));
  directory.forget({service, "weather"});
  ASSERT_TRUE(run_until_told(2));
  EXPECT_THAT(told[1], ElementsAre("news", "weather"));
  run_rounds(3);
  EXPECT_EQ(told.size(), 2u) << "once";
}

TEST_F(DirectoryTest, HasNothingToForgetOfANodeThatItDidNotTell) {
  directory.forget({service, "weather"});
  directory.want(0, service);
  ASSERT_TRUE(run_until_told(1));
  directory.forget({service, "other"});
  directory.forget({"another.example", "news"});
  run_rounds(3);
  EXPECT_EQ(told.size(), 1u);
}

}  // namespace
}  // namespace xes::xmpp
