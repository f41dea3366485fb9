// SPDX-License-Identifier: MIT
#include "hub/audience.hpp"

#include <algorithm>
#include <random>

#include "hub/node_list.hpp"
#include "shard_fixture.hpp"
#include "wire/glob.hpp"

namespace xes::hub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

/// Streams of the nodes "a" and "b" (and of "c" by patterns), on a service whose feeds live here.
class SeveralNodes : public ShardTest {
 protected:
  SeveralNodes() {
    for (const char* node : {"a", "b", "c"}) feeds.push_back(feed_of(node));
  }
  static std::unique_ptr<Feed> feed_of(const char* node, std::uint64_t run = epoch) {
    return make_feed({}, run, {"pubsub.example", node});
  }
  static Selection both(View view = View::payload) { return {"pubsub.example", {"a", "b"}, view, true}; }
  void open_node(std::size_t i) {
    const auto& events = feeds[i]->history().events();
    send(Opened{feeds[i]->name(), {events.begin(), events.end()}, feeds[i]->position(), true});
  }
  void open_both() {
    open_node(0);
    open_node(1);
  }
  void publish(std::size_t i, const std::string& id) {
    send(Happened{std::make_shared<const NodeName>(feeds[i]->name()), feeds[i]->change(published(id, id), {})});
    shard.flush({});
  }
  void store(std::size_t i, const std::vector<Item>& stored) { send(Snapshot{feeds[i]->name(), feeds[i]->snapshot(stored)}); }
  /// The last event ID that a stream's client has.
  static std::string last_id(FakeStream& stream, Words* texts = nullptr) {
    std::string id;
    for (const Block& block : stream.blocks()) {
      if (!block.id.empty()) id = block.id;
      if (texts) texts->push_back(!block.data ? "#" : block.event.empty() ? *block.data : block.event + " " + *block.data);
    }
    return id;
  }
  /// Another worker, which reads from the service what is stored.
  void become_another_run(const std::vector<Item>& stored_a, const std::vector<Item>& stored_b) {
    feeds.clear();
    for (const auto* stored : {&stored_a, &stored_b}) {
      feeds.push_back(feed_of(feeds.empty() ? "a" : "b", other_epoch));
      feeds.back()->begin_backfill(true);
      feeds.back()->end_backfill(*stored, {});
    }
  }
  std::vector<std::unique_ptr<Feed>> feeds;
};

TEST_F(SeveralNodes, WaitsForAllOfThem) {
  FakeStream stream(shard);
  shard.open(stream, both(), {});
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::follow));
  open_node(0);
  EXPECT_FALSE(stream.accepted());
  open_node(1);
  EXPECT_THAT(stream.texts(), ElementsAre("#"));
  publish(0, "a1");
  publish(1, "b1");
  EXPECT_THAT(stream.texts(), ElementsAre("a1", "b1"));
}

TEST_F(SeveralNodes, GoOnWithoutOneThatIsInQuarantine) {
  FakeStream before(shard), stream(shard), document(shard);
  shard.open(before, both(), {});
  open_both();
  publish(1, "b1");
  before.texts();
  send(Held{feeds[1]->name(), false, true});
  EXPECT_EQ(before.reason, CloseReason::quarantined);
  asked();
  shard.open(stream, both(), {});
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::follow)) << "anew";
  send(Held{feeds[1]->name(), false, true});
  open_node(0);
  document.document = true;
  shard.open(document, both(), newest(9));
  EXPECT_TRUE(document.held) << "half a document would read as a whole one";
  publish(0, "a1");
  EXPECT_THAT(stream.texts(), ElementsAre("#", "a1"));
  open_node(1);
  store(1, {item("b1", "b1")});
  publish(1, "b2");
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"b","state":"created"})", "b1", "#", "b2"));
}

TEST_F(SeveralNodes, KeepsWhatWasAbsentFromWhoseRightToItNobodyKnows) {
  FakeStream allowed(shard), other(shard);
  Selection selection = both();
  selection.absent = {"b"};
  shard.open(other, selection, {});
  EXPECT_THAT(asked(), ElementsAre(What::follow)) << "of a";
  open_node(0);
  EXPECT_THAT(other.texts(), ElementsAre(R"(node {"node":"b","state":"missing"})", "#"));
  // Somebody else follows it, now that it is there.
  shard.open(allowed, both(), {});
  open_node(1);
  publish(1, "secret");
  publish(0, "a1");
  EXPECT_THAT(allowed.texts(), ElementsAre("#", "secret", "a1"));
  EXPECT_THAT(other.texts(), ElementsAre("a1"));
}

TEST_F(SeveralNodes, HasAnIdThatSaysWhereItIsInEach) {
  FakeStream stream(shard);
  shard.open(stream, both(), {});
  open_both();
  publish(0, "a1");
  publish(1, "b1");
  const std::string id = last_id(stream);
  EXPECT_LE(id.size(), 128u);
  publish(0, "a2");
  publish(1, "b2");
  publish(0, "a3");
  FakeStream later(shard);
  shard.open(later, both(), Start::after(id));
  EXPECT_THAT(later.texts(), ElementsAre("a2", "a3", "b2", "#"));
}

TEST_F(SeveralNodes, GoesOnFromAnyEventOfAReplayThatWasCut) {
  FakeStream stream(shard);
  shard.open(stream, both(), {});
  open_both();
  const std::string id = last_id(stream);
  for (const char* name : {"1", "2", "3"})
    for (std::size_t node : {0u, 1u}) publish(node, (node == 0 ? "a" : "b") + std::string(name));
  FakeStream whole(shard);
  shard.open(whole, both(), Start::after(id));
  std::vector<Block> blocks = whole.blocks();
  ASSERT_EQ(blocks.size(), 7u);
  for (std::size_t had = 0; had < blocks.size(); ++had) {
    FakeStream again(shard);
    shard.open(again, both(), Start::after(blocks[had].id));
    const std::vector<Block> rest = again.blocks();
    ASSERT_EQ(rest.size(), blocks.size() - 1 - std::min<std::size_t>(had, 5)) << had;
    for (std::size_t i = 0; i + 1 < rest.size(); ++i) EXPECT_EQ(rest[i].data, blocks[had + 1 + i].data);
  }
}

TEST_F(SeveralNodes, GoesOnAtAnotherWorkerByWhatIsStored) {
  FakeStream stream(shard);
  shard.open(stream, both(), {});
  open_both();
  for (const char* name : {"a1", "a2"}) publish(0, name);
  publish(1, "b1");
  const std::string id = last_id(stream);
  stream.end(CloseReason::client_left);
  shard.beat();
  become_another_run({item("a1", "a1"), item("a2", "a2"), item("a3", "a3")}, {item("b1", "b1"), item("b2", "b2")});
  FakeStream later(shard);
  shard.open(later, both(), Start::after(id));
  open_both();
  EXPECT_THAT(later.texts(), ElementsAre("a3", "b2", "#"));
}

TEST_F(SeveralNodes, ResetsTheNodeWhosePositionIsLostAndNoOther) {
  FakeStream stream(shard);
  shard.open(stream, both(), {});
  open_both();
  publish(0, "a1");
  publish(1, "b1");
  const std::string id = last_id(stream);
  stream.end(CloseReason::client_left);
  shard.beat();
  become_another_run({item("a1", "a1"), item("a2", "a2")}, {item("b8", "b8"), item("b9", "b9")});
  FakeStream later(shard);
  shard.open(later, both(), Start::after(id));
  open_both();
  EXPECT_THAT(later.texts(), IsEmpty());
  store(1, {item("b8", "b8"), item("b9", "b9")});
  EXPECT_THAT(later.texts(),
              ElementsAre(R"(reset {"node":"b","reason":"position-lost"})", "a2", "b8", "b9", "#"));
}

TEST_F(SeveralNodes, ResetsAllAfterAnIdThatNobodyWrote) {
  publish(0, "a1");
  publish(1, "b1");
  FakeStream stream(shard);
  shard.open(stream, both(), unknown());
  open_both();
  store(1, {item("b1", "b1")});
  publish(1, "b2");
  EXPECT_THAT(stream.texts(), IsEmpty()) << "the other node's store is not there yet";
  store(0, {item("a1", "a1")});
  EXPECT_THAT(stream.texts(), ElementsAre(R"(reset {"node":"a","reason":"unknown-id"})",
                                          R"(reset {"node":"b","reason":"unknown-id"})", "a1", "b1", "b2", "#"));
}

TEST_F(SeveralNodes, GoesOnWithoutANodeThatIsRefusedAndSaysSo) {
  FakeStream stream(shard);
  shard.open(stream, both(), {});
  open_node(0);
  send(Refused{feeds[1]->name(), Refusal::forbidden});
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"b","state":"forbidden"})", "#"));
  publish(0, "a1");
  EXPECT_THAT(stream.texts(), ElementsAre("a1"));
}

TEST_F(SeveralNodes, IsRefusedIfAllAre) {
  FakeStream stream(shard);
  shard.open(stream, both(), {});
  send(Refused{feeds[0]->name(), Refusal::forbidden});
  EXPECT_FALSE(stream.refused);
  send(Refused{feeds[1]->name(), Refusal::no_such_node});
  EXPECT_EQ(stream.refused, Refusal::forbidden);
  shard.flush({});
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::follow, What::unfollow, What::unfollow));
}

TEST_F(SeveralNodes, OutlivesANodeAndAsksForItAgainWithTheNextStream) {
  FakeStream stream(shard);
  shard.open(stream, both(), {});
  open_both();
  publish(1, "b1");
  stream.texts();
  send(Ended{feeds[1]->name()});
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"b","state":"deleted"})", "#"));
  publish(0, "a1");
  EXPECT_THAT(stream.texts(), ElementsAre("a1"));
  asked();
  FakeStream next(shard);
  shard.open(next, both(), {});
  EXPECT_THAT(asked(), ElementsAre(What::follow));
  feeds[1] = feed_of("b", 9);
  publish(1, "b2");  // not followed yet: it is in the history
  open_node(1);
  store(1, {item("b2", "b2")});
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"b","state":"created"})", "b2", "#"));
  EXPECT_THAT(next.texts(), ElementsAre("#"));
  publish(1, "b3");
  EXPECT_THAT(stream.texts(), ElementsAre("b3"));
  EXPECT_THAT(next.texts(), ElementsAre("b3"));
}

TEST_F(SeveralNodes, EndsWithItsLastNode) {
  FakeStream stream(shard);
  shard.open(stream, both(), {});
  open_both();
  send(Ended{feeds[0]->name()});
  EXPECT_FALSE(stream.ended());
  send(Ended{feeds[1]->name()});
  EXPECT_EQ(stream.reason, CloseReason::node_ended);
}

TEST_F(SeveralNodes, SharesANodeWithStreamsOfThatNodeAloneEachInItsView) {
  FakeStream one(shard), two(shard);
  shard.open(one, only(feeds[0]->name(), View::payload), {});
  shard.open(two, both(View::json), {});
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::follow));
  open_both();
  one.texts();
  two.texts();
  publish(0, "a1");
  EXPECT_THAT(one.texts(), ElementsAre("a1"));
  EXPECT_THAT(two.texts(), ElementsAre(R"({"service":"pubsub.example","node":"a","id":"a1","payload":"a1"})"));
  two.end(CloseReason::client_left);
  shard.flush({});
  EXPECT_THAT(asked(), ElementsAre(What::unfollow)) << "b; a has a stream yet";
}

TEST_F(SeveralNodes, SendsABurstInOnePiece) {
  FakeStream stream(shard);
  shard.open(stream, both(), {});
  open_both();
  stream.texts();
  stream.writes.clear();
  for (const char* id : {"a1", "a2", "a3"})
    send(Happened{std::make_shared<const NodeName>(feeds[0]->name()), feeds[0]->change(published(id, id), {})});
  shard.flush({});
  EXPECT_EQ(stream.writes.size(), 1u);
  EXPECT_THAT(stream.texts(), ElementsAre("a1", "a2", "a3"));
}

// ---- documents

TEST_F(SeveralNodes, GivesTheNewestItemsOfEachAsADocumentFromWhoseIdAStreamGoesOn) {
  for (const char* id : {"a1", "a2"}) feeds[0]->change(published(id, id), {});
  feeds[1]->change(published("b1", "b1"), {});
  FakeStream stream(shard);
  stream.document = true;
  shard.open(stream, both(), newest(1));
  open_both();
  EXPECT_FALSE(stream.accepted());
  store(0, {item("a1", "a1"), item("a2", "a2")});
  store(1, {item("b1", "b1")});
  EXPECT_EQ(stream.items, (Words{"item a2=a2", "item b1=b1"}));
  EXPECT_EQ(stream.bytes, "") << "the head is the document's own";
  EXPECT_EQ(stream.reason, CloseReason::answered);
  shard.beat();
  FakeStream next(shard), again(shard);
  shard.open(next, both(), {});
  asked();
  open_both();
  publish(0, "a3");
  shard.open(again, both(), Start::after(stream.document_id));
  EXPECT_THAT(again.texts(), ElementsAre("a3", "#"));
}

TEST_F(ShardTest, RefusesADocumentForAWhileWhereTheServiceIsAway) {
  FakeStream first(shard), later(shard);
  first.document = later.document = true;
  shard.open(first, sample, newest(1));
  send(Held{sample_name});
  EXPECT_TRUE(first.held);
  FakeStream stream(shard);
  shard.open(stream, sample, {});
  open();
  send(SessionChanged{false});
  shard.open(later, sample, newest(1));
  EXPECT_TRUE(later.held);
  EXPECT_FALSE(later.accepted());
}

// ---- patterns

TEST_F(SeveralNodes, ShowWhatIsStoredNowToThoseWhoComeWhileOthersWait) {
  FakeStream first(shard), later(shard), document(shard);
  document.document = true;
  publish(0, "a0");
  publish(0, "a1");
  publish(1, "b0");
  shard.open(first, both(), Start::newest(1));
  open_both();
  store(0, {item("a0", "a0"), item("a1", "a1")});
  // b's list has not come, so a's is kept; meanwhile more happens in a.
  send(Happened{std::make_shared<const NodeName>(feeds[0]->name()), feeds[0]->change(retracted("a0"), {})});
  for (const char* id : {"a2", "a3"}) publish(0, id);
  shard.open(later, only({"pubsub.example", "a"}, View::payload), Start::newest(2));
  EXPECT_THAT(later.texts(), ElementsAre("a2", "a3", "#"));
  shard.open(document, only({"pubsub.example", "a"}, View::payload), Start::newest(20));
  ASSERT_TRUE(document.items);
  EXPECT_THAT(*document.items, ElementsAre("item a1=a1", "item a2=a2", "item a3=a3"));
  store(1, {item("b0", "b0")});
  asked();
  FakeStream last(shard);
  shard.open(last, only({"pubsub.example", "a"}, View::payload), Start::newest(2));
  EXPECT_THAT(asked(), ElementsAre(What::fetch)) << "nobody waits any more";
}

class Patterns : public SeveralNodes {
 protected:
  static Selection pattern(const std::string& glob) {
    Selection selection = both();
    selection.nodes.clear();
    selection.patterns = {glob};
    return selection;
  }
  void list(std::vector<std::string> nodes) {
    send(Listed{"pubsub.example", std::make_shared<const std::vector<std::string>>(std::move(nodes))});
  }
};

TEST_F(Patterns, FollowWhatTheServiceLists) {
  FakeStream stream(shard);
  shard.open(stream, pattern("*"), {});
  EXPECT_THAT(asked(), ElementsAre(What::list));
  list({"a", "b"});
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::follow));
  EXPECT_FALSE(stream.accepted());
  open_both();
  EXPECT_THAT(stream.texts(), ElementsAre("#"));
  publish(0, "a1");
  EXPECT_THAT(stream.texts(), ElementsAre("a1"));
  stream.end(CloseReason::client_left);
  shard.flush({});
  EXPECT_THAT(asked(), ElementsAre(What::unfollow, What::unfollow, What::unlist));
}

TEST_F(Patterns, TakeInANodeThatIsCreatedWithAllThatItHas) {
  FakeStream stream(shard);
  shard.open(stream, pattern("?"), {});
  list({"a", "other"});
  open_node(0);
  EXPECT_THAT(asked(), ElementsAre(What::list, What::follow));
  EXPECT_THAT(stream.texts(), ElementsAre("#"));
  publish(1, "b1");  // before the worker knows of the node
  list({"a", "b", "other"});
  EXPECT_THAT(asked(), ElementsAre(What::follow));
  stream.texts();
  publish(0, "a1");
  EXPECT_THAT(stream.texts(), ElementsAre("a1")) << "meanwhile it goes on";
  open_node(1);
  EXPECT_THAT(asked(), ElementsAre(What::fetch));
  publish(0, "a2");
  store(1, {item("b1", "b1")});
  EXPECT_THAT(stream.texts(), ElementsAre("a2", R"(node {"node":"b","state":"created"})", "b1", "#"));
  publish(1, "b2");
  EXPECT_THAT(stream.texts(), ElementsAre("b2"));
}

TEST_F(Patterns, SaySoWhenANodeIsNoLongerListed) {
  FakeStream stream(shard);
  shard.open(stream, pattern("*"), {});
  list({"a", "b"});
  open_both();
  stream.texts();
  asked();
  list({"b"});
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"a","state":"deleted"})", "#"));
  EXPECT_THAT(asked(), ElementsAre(What::unfollow));
  list({});
  EXPECT_FALSE(stream.ended()) << "others may come";
}

TEST_F(Patterns, GoOnWithTheSameSetAndResetWithAnother) {
  FakeStream stream(shard);
  shard.open(stream, pattern("*"), {});
  list({"a", "b"});
  open_both();
  publish(0, "a1");
  const std::string id = last_id(stream);
  publish(0, "a2");
  FakeStream same(shard);
  shard.open(same, pattern("*"), Start::after(id));
  EXPECT_THAT(same.texts(), ElementsAre("a2", "#"));
  list({"a"});
  FakeStream other(shard);
  shard.open(other, pattern("*"), Start::after(id));
  store(0, {item("a1", "a1"), item("a2", "a2")});
  EXPECT_THAT(other.texts(), ElementsAre(R"(reset {"node":"a","reason":"unknown-id"})", "a1", "a2", "#"));
}

TEST_F(Patterns, LeaveOutWhatIsBeyondTheBoundAndSaySo) {
  ShardOptions options = small();
  options.max_nodes = 1;
  Shard strict(options, [](Want) {});
  FakeStream stream(strict);
  strict.open(stream, pattern("*"), {});
  strict.read(Listed{"pubsub.example", std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"a", "b"})});
  strict.read(Opened{feeds[0]->name(), {}, feeds[0]->position(), true});
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"b","state":"left-out"})", "#"));
}

TEST_F(Patterns, TakeInSeveralNodesThatAreCreatedAtOnce) {
  for (std::size_t i = 0; i < 3; ++i) publish(i, std::string(1, "abc"[i]) + "1");
  FakeStream stream(shard);
  shard.open(stream, pattern("*"), {});
  list({"a"});
  open_node(0);
  list({"a", "b", "c"});
  stream.texts();
  open_node(1);
  publish(0, "a2");
  open_node(2);
  EXPECT_THAT(stream.texts(), ElementsAre("a2"));
  store(2, {item("c1", "c1")});
  store(1, {item("b1", "b1")});
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"c","state":"created"})", "c1", "#",
                                          R"(node {"node":"b","state":"created"})", "b1", "#"));
}

TEST_F(Patterns, GoOnWhileANewNodeWaits) {
  FakeStream stream(shard);
  shard.open(stream, pattern("*"), {});
  list({"a"});
  open_node(0);
  list({"a", "b", "c"});
  send(Held{feeds[1]->name()});
  send(Held{feeds[2]->name(), true});
  stream.texts();
  publish(0, "a1");
  EXPECT_THAT(stream.texts(), ElementsAre("a1"));
  FakeStream another(shard);
  shard.open(another, pattern("*"), {});
  EXPECT_THAT(another.texts(), IsEmpty()) << "b may come at any moment";
  open_node(1);
  store(1, {});
  EXPECT_THAT(another.texts(), ElementsAre("#")) << "c's owner may never approve";
}

TEST_F(Patterns, BeginWhereNodesAreWhoseStreamsAreOpenAlready) {
  publish(0, "a1");
  publish(1, "b1");
  FakeStream other(shard), stream(shard), newest(shard);
  shard.open(other, both(), {});
  open_both();
  shard.open(stream, pattern("*"), {});
  list({"a", "b"});
  EXPECT_THAT(stream.texts(), ElementsAre("#")) << "it asked for nothing that is stored";
  shard.open(newest, pattern("*"), Start::newest(1));
  store(0, {item("a1", "a1")});
  store(1, {item("b1", "b1")});
  EXPECT_THAT(newest.texts(), ElementsAre("a1", "b1", "#"));
}

TEST_F(Patterns, FollowAListThatChangesWhileAStreamWaitsForStoredItems) {
  for (std::size_t i = 0; i < 3; ++i) publish(i, std::string(1, "abc"[i]) + "1");
  FakeStream stream(shard);
  shard.open(stream, pattern("*"), Start::newest(2));
  list({"b"});
  open_node(1);
  list({"a", "b", "c"});
  open_node(0);
  open_node(2);
  list({"c"});
  store(2, {item("c1", "c1")});
  EXPECT_THAT(stream.texts(), ElementsAre("c1", "#"));
}

TEST_F(Patterns, FollowAListThatShrinksWhileANodeJoins) {
  publish(2, "c1");
  FakeStream stream(shard);
  shard.open(stream, pattern("*"), {});
  list({"a", "b"});
  open_both();
  list({"a", "b", "c"});
  open_node(2);
  list({"c"});
  stream.texts();
  store(2, {item("c1", "c1")});
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"c","state":"created"})", "c1", "#"));
}

TEST_F(Patterns, TakeInANodeThatIsCreatedAgain) {
  FakeStream stream(shard);
  shard.open(stream, pattern("*"), {});
  list({"a", "b"});
  open_both();
  asked();
  stream.texts();
  send(Ended{feeds[1]->name()});
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"b","state":"deleted"})", "#"));
  list({"a", "b"});
  EXPECT_THAT(asked(), ElementsAre(What::follow));
  feeds[1] = feed_of("b", other_epoch);
  feeds[1]->change(published("b1", "b1"), {});
  open_node(1);
  store(1, {item("b1", "b1")});
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"b","state":"created"})", "b1", "#"));
}

TEST_F(Patterns, TellOfANodeThatWentWhileAStreamBeganAgain) {
  for (const char* id : {"a1", "a2"}) publish(0, id);
  FakeStream stream(shard);
  shard.open(stream, pattern("*"), {});
  list({"a", "b"});
  open_both();
  stream.texts();
  feeds[0] = feed_of("a", other_epoch);
  open_node(0);
  list({"a"});
  store(0, {});
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"b","state":"deleted"})", StartsWith("reset"), "#"));
}

TEST_F(Patterns, SubscribeToNothingForStreamsThatMayNotFollowIt) {
  FakeStream stream(shard);
  stream.most_nodes = 1;
  shard.open(stream, pattern("*"), {});
  list({"a", "b"});
  EXPECT_EQ(stream.reason, CloseReason::overloaded);
  EXPECT_THAT(asked(), ElementsAre(What::list, What::unlist));
}

TEST_F(Patterns, EndStreamsThatMayNotFollowSoMany) {
  FakeStream all(shard), one(shard), late(shard);
  one.most_nodes = late.most_nodes = 1;
  shard.open(all, pattern("*"), {});
  shard.open(one, pattern("*"), {});
  list({"a"});
  open_node(0);
  EXPECT_FALSE(one.ended());
  list({"a", "b"});
  EXPECT_EQ(one.reason, CloseReason::overloaded);
  open_node(1);
  shard.open(late, pattern("*"), {});
  EXPECT_EQ(late.reason, CloseReason::overloaded);
  EXPECT_FALSE(all.ended());
}

TEST_F(Patterns, KeepWithinWhatMayBeSeen) {
  Selection selection = pattern("*");
  selection.within = {{"a*", "b*"}};
  selection.without = {"*secret*"};
  selection.nodes = {"b2"};
  NodeList list(std::make_shared<const NodeList::Names>(NodeList::Names{"a", "a/secret/b", "b1", "b2", "b3", "c"}));
  EXPECT_THAT(list.matching(selection, 10).first, ElementsAre("a", "b1", "b3"));
  EXPECT_THAT(list.matching(selection, 2).first, ElementsAre("a", "b1"));
  selection.within = {{"a*", "b*"}, {}};
  EXPECT_THAT(list.matching(selection, 10).first, IsEmpty()) << "of an empty list nothing matches";
}

/// What a reference says, over many names and selections that share patterns.
TEST(NodeList, AgreesWithEachPatternAlone) {
  std::mt19937 random(1);
  const std::vector<std::string> patterns = {"*", "a*", "*b", "?", "a?", "*a?b*", "no", "**", "b*b"};
  const auto some = [&] {
    std::vector<std::string> few;
    for (auto i = random() % 4; i > 0; --i) few.push_back(patterns[random() % patterns.size()]);
    return few;
  };
  NodeList::Names names;
  for (int i = 0; i < 300; ++i) {
    names.emplace_back();
    for (auto k = 1 + random() % 5; k > 0; --k) names.back() += static_cast<char>('a' + random() % 3);
  }
  NodeList list(std::make_shared<const NodeList::Names>(names));
  for (int round = 0; round < 300; ++round) {
    Selection selection{"pubsub.example", {}, View::json, true, some(), {}, some()};
    for (auto i = random() % 3; i > 0; --i) selection.within.push_back(some());
    NodeList::Names expected;
    for (const std::string& name : names) {
      const auto any = [&](const auto& globs) {
        return std::any_of(globs.begin(), globs.end(), [&](const auto& glob) { return wire::glob_matches(glob, name); });
      };
      if (any(selection.patterns) && std::all_of(selection.within.begin(), selection.within.end(), any) && !any(selection.without))
        expected.push_back(name);
    }
    const auto found = list.matching(selection, names.size());
    EXPECT_EQ(found.first, expected);
    const auto few = list.matching(selection, 3);
    EXPECT_EQ(few.count, expected.size());
    expected.resize(std::min<std::size_t>(3, expected.size()));
    EXPECT_EQ(few.first, expected);
  }
}

TEST_F(Patterns, HoldTheStreamWhileTheServiceCannotBeAsked) {
  FakeStream stream(shard);
  shard.open(stream, pattern("*"), {});
  send(Listed{"pubsub.example", nullptr});
  EXPECT_TRUE(stream.accepted());
  EXPECT_THAT(stream.texts(), IsEmpty());
  list({});
  EXPECT_THAT(stream.texts(), ElementsAre("#"));
}

/// A pattern, for a user whose rights decide.
class PatternsForAReader : public Patterns {
 protected:
  static Selection pattern_for(const std::string& jid) {
    Selection selection = pattern("*");
    selection.reader.jid = jid;
    return selection;
  }
  void judge(const std::string& node, Verdict verdict, const std::string& jid = "alice@example") {
    send(Judged{{"pubsub.example", node}, jid, verdict});
  }
  /// Live with a and b.
  void begin(FakeStream& stream) {
    shard.open(stream, pattern_for("alice@example"), {});
    list({"a", "b"});
    judge("a", Verdict::allowed);
    judge("b", Verdict::allowed);
    open_both();
    stream.texts();
    asked();
  }
};

TEST_F(PatternsForAReader, FollowOnlyWhatTheReaderMayRead) {
  FakeStream alice(shard), bob(shard);
  shard.open(alice, pattern_for("alice@example"), {});
  shard.open(bob, pattern_for("bob@example"), {});
  asked();
  list({"a", "b"});
  EXPECT_THAT(asked(), ElementsAre(What::judge, What::judge, What::judge, What::judge)) << "nothing is followed yet";
  judge("a", Verdict::allowed);
  EXPECT_FALSE(alice.accepted()) << "of b it is not known";
  judge("b", Verdict::refused);
  judge("a", Verdict::refused, "bob@example");
  judge("b", Verdict::no_such_node, "bob@example");
  open_node(0);
  EXPECT_THAT(asked(), ElementsAre(What::follow));
  publish(0, "a1");
  EXPECT_THAT(alice.texts(), ElementsAre("#", "a1"));
  EXPECT_THAT(bob.texts(), ElementsAre("#"));
  alice.end(CloseReason::client_left);
  bob.end(CloseReason::client_left);
  shard.flush({});
  EXPECT_EQ(shard.rights().size(), 0u);
}

TEST_F(PatternsForAReader, AskAboutANodeThatComes) {
  FakeStream stream(shard);
  begin(stream);
  list({"a", "b", "c"});
  EXPECT_THAT(asked(), ElementsAre(What::judge));
  EXPECT_THAT(stream.texts(), IsEmpty());
  judge("c", Verdict::allowed);
  EXPECT_THAT(asked(), ElementsAre(What::follow));
}

TEST_F(PatternsForAReader, DropANodeWhoseRightIsGoneAndTakeItInAgain) {
  FakeStream stream(shard);
  begin(stream);
  judge("a", Verdict::refused);
  publish(0, "secret");
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"a","state":"forbidden"})", "#"));
  EXPECT_THAT(asked(), ElementsAre(What::unfollow));
  judge("a", Verdict::allowed);
  EXPECT_THAT(asked(), ElementsAre(What::follow));
  stream.texts();
  open_node(0);
  store(0, {item("secret", "secret")});
  EXPECT_THAT(stream.texts(), ElementsAre(R"(node {"node":"a","state":"created"})", "secret", "#"));
}

TEST_F(PatternsForAReader, WaitWhileNobodyCanBeAsked) {
  FakeStream stream(shard);
  shard.open(stream, pattern_for("alice@example"), {});
  list({"a"});
  judge("a", Verdict::held);
  EXPECT_TRUE(stream.accepted());
  open_node(0);
  publish(0, "a1");
  EXPECT_THAT(stream.texts(), IsEmpty());
  judge("a", Verdict::allowed);
  open_node(0);
  EXPECT_THAT(stream.texts(), ElementsAre("#"));
}

TEST_F(PatternsForAReader, ReadOnWhileNobodyCanBeAskedUntilThatIsTooLong) {
  FakeStream stream(shard);
  begin(stream);
  judge("a", Verdict::held);
  publish(0, "a1");
  const std::string id = last_id(stream);
  EXPECT_NE(id, "");
  judge("a", Verdict::lapsed);
  EXPECT_EQ(stream.reason, CloseReason::access_revoked);
  EXPECT_THAT(asked(), UnorderedElementsAre(What::unfollow, What::unfollow, What::unjudge, What::unjudge, What::unlist));
  // Its client comes back, waits, and goes on where it was.
  FakeStream again(shard);
  shard.open(again, pattern_for("alice@example"), Start::after(id));
  list({"a", "b"});
  judge("a", Verdict::held);
  judge("b", Verdict::allowed);
  EXPECT_THAT(again.texts(), IsEmpty());
  judge("a", Verdict::allowed);
  feeds[0]->change(published("a2", "a2"), {});
  open_both();
  EXPECT_THAT(again.texts(), ElementsAre("a2", "#"));
}

TEST_F(PatternsForAReader, AskAboutABoundedNumberOfNodes) {
  FakeStream stream(shard);
  shard.open(stream, pattern_for("alice@example"), {});
  asked();
  std::vector<std::string> many;
  for (int i = 100; i < 999; ++i) many.push_back("n" + std::to_string(i));
  list(many);
  EXPECT_EQ(asked().size(), 4 * shard.options().max_nodes);
}

/// A shard that left a node and came back within moments may be told Opened twice.
TEST_F(ShardTest, BeginsItsStreamsAgainWhereTwoAnswersLeaveAHole) {
  feed = make_feed({.max_events = 2});
  feed->change(published("a", "a"), {});
  FakeStream stream(shard);
  shard.open(stream, sample, {});
  open();
  EXPECT_THAT(stream.texts(), ElementsAre("#"));
  for (const char* id : {"b", "c", "d", "e"}) feed->change(published(id, id), {});
  open();
  EXPECT_THAT(asked(), ElementsAre(What::follow, What::fetch)) << "b and c are in neither";
  snapshot({item("a", "a"), item("b", "b"), item("c", "c"), item("d", "d"), item("e", "e")});
  EXPECT_THAT(stream.texts(), ElementsAre("b", "c", "d", "e", "#"));
}

TEST_F(ShardTest, LosesNothingWhereTwoAnswersOverlap) {
  feed->change(published("a", "a"), {});
  FakeStream stream(shard);
  shard.open(stream, sample, {});
  open();
  for (const char* id : {"b", "c"}) feed->change(published(id, id), {});
  open();
  EXPECT_THAT(stream.texts(), ElementsAre("#", "b", "c"));
}

}  // namespace
}  // namespace xes::hub
