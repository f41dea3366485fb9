// SPDX-License-Identifier: MIT
#include "xmpp/session/pending_iqs.hpp"

#include <gtest/gtest.h>

#include <set>

namespace xes::xmpp {
namespace {

using TimePoint = PendingIqs::TimePoint;
constexpr TimePoint at(int second) { return TimePoint(std::chrono::seconds(second)); }

TEST(PendingIqs, TakesAReplyOnlyFromWhoWasAskedAndOnlyOnce) {
  PendingIqs pending(10);
  int called = 0;
  pending.add("1", "pubsub.example", at(10), [&](IqResult) { ++called; });
  EXPECT_FALSE(pending.take("1", "evil.example", "me.example"));
  EXPECT_FALSE(pending.take("1", "", "me.example"));
  EXPECT_FALSE(pending.take("2", "pubsub.example", "me.example"));
  OnIqResult callback = pending.take("1", "pubsub.example", "me.example");
  ASSERT_TRUE(callback);
  callback(Stanza{});
  EXPECT_EQ(called, 1);
  EXPECT_FALSE(pending.take("1", "pubsub.example", "me.example"));
  EXPECT_EQ(pending.next_deadline(), std::nullopt);
}

TEST(PendingIqs, ComparesTheDomainWithoutCaseAndTheRestAsItIs) {
  PendingIqs pending(10);
  for (const char* id : {"1", "2", "3"}) pending.add(id, "User@PubSub.example/Res", at(10), [](IqResult) {});
  EXPECT_TRUE(pending.take("1", "User@pubsub.example/Res", "me"));
  EXPECT_FALSE(pending.take("2", "user@pubsub.example/Res", "me"));
  EXPECT_FALSE(pending.take("3", "User@pubsub.example/res", "me"));
}

TEST(PendingIqs, TakesAReplyWithoutSenderAsFromTheServerOnBehalfOfOurselves) {
  PendingIqs pending(10);
  pending.add("1", "me.example", at(10), [](IqResult) {});
  EXPECT_TRUE(pending.take("1", "", "me.example"));
}

TEST(PendingIqs, FailsWhatIsOverdueAndNothingElse) {
  PendingIqs pending(10);
  std::vector<int> failed;
  for (int i : {3, 1, 2})
    pending.add(std::to_string(i), "a", at(i), [&failed, i](IqResult result) {
      EXPECT_EQ(result.error().error, Error::timed_out);
      failed.push_back(i);
    });
  EXPECT_EQ(pending.next_deadline(), at(1));
  pending.fail_overdue(at(2));
  EXPECT_EQ(failed, (std::vector{1, 2}));
  EXPECT_EQ(pending.next_deadline(), at(3));
}

TEST(PendingIqs, LetsACallbackAskAgainWhileAllFail) {
  PendingIqs pending(10);
  int failed = 0;
  const OnIqResult again = [&](IqResult result) {
    EXPECT_EQ(result.error().reason, "gone");
    ++failed;
    pending.add("again" + std::to_string(failed), "a", at(1), [](IqResult) { FAIL(); });
  };
  for (int i = 0; i < 3; ++i) pending.add(std::to_string(i), "a", at(1), again);
  pending.fail_all({Error::unavailable, "gone", {}});
  EXPECT_EQ(failed, 3);
  EXPECT_EQ(pending.size(), 3u);
}

TEST(PendingIqs, IsFullAtItsBound) {
  PendingIqs pending(2);
  pending.add("1", "a", at(1), [](IqResult) {});
  EXPECT_FALSE(pending.full());
  pending.add("2", "a", at(1), [](IqResult) {});
  EXPECT_TRUE(pending.full());
}

TEST(PendingIqs, NeverGivesAnIdTwice) {
  PendingIqs pending(2);
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(pending.new_id([] { return 42; }));
  EXPECT_EQ(ids.size(), 1000u);
}

}  // namespace
}  // namespace xes::xmpp
