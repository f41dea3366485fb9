// SPDX-License-Identifier: MIT
// Rooms' stanzas in their servers' own spelling, where Prosody and ejabberd differ.
#include "xmpp/muc/room.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../xml/stanzas.hpp"

namespace xes::xmpp::room {
namespace {

using What = Presence::What;
const hub::NodeName lobby{"rooms.example", "lobby"};

Presence presence(const std::string& who, const std::string& attributes, const std::string& user) {
  const Stanza stanza = parse("<presence from='lobby@rooms.example/" + who + "' to='evs.example' " + attributes +
                              "><x xmlns='http://jabber.org/protocol/muc#user'>" + user + "</x></presence>");
  return read_presence(stanza, "us");
}
Presence refusal(const std::string& from, const std::string& condition) {
  const Stanza stanza = parse("<presence from='" + from + "' type='error'><error type='auth'><" + condition +
                              " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
  return read_presence(stanza, "us");
}
Presence thrown_out(const std::string& user) { return presence("us", "type='unavailable'", user); }

std::optional<Message> message(const std::string& content, const std::string& attributes = "type='groupchat' id='m1'",
                               const std::string& nick = "/alice") {
  const Stanza stanza = parse("<message from='lobby@rooms.example" + nick + "' " + attributes + ">" + content + "</message>");
  return read_message(stanza);
}
hub::Item item(const Message& of, bool was_there = false) { return to_item(lobby, of, was_there, "2026-11-22T18:29:19Z"); }

TEST(Room, IsANodeOfItsService) {
  EXPECT_EQ(jid_of(lobby), "lobby@rooms.example");
  EXPECT_EQ(name_of("lobby@rooms.example/nick@with/all"), lobby);
  EXPECT_EQ(name_of("rooms.example"), hub::NodeName{});
}

TEST(Room, IsAskedForItsNewestMessages) {
  EXPECT_EQ(join("lobby@rooms.example/us", 20).xml().value(),
            "<presence to=\"lobby@rooms.example/us\"><x xmlns=\"http://jabber.org/protocol/muc\">"
            "<history maxstanzas=\"20\"/></x></presence>");
}

TEST(RoomPresence, SaysThatWeAreIn) {
  const Presence in = presence("us", "", "<item role='participant'/><status code='110'/>");
  EXPECT_EQ(in.what, What::entered);
  EXPECT_EQ(in.nick, "us");
  EXPECT_FALSE(in.made);
  EXPECT_TRUE(presence("us", "", "<status code='201'/><status code='110'/>").made);
  EXPECT_EQ(presence("renamed", "", "<status code='210'/><status code='110'/>").nick, "renamed");
}

TEST(RoomPresence, OfOthersIsNothingToUs) {
  EXPECT_EQ(presence("alice", "", "<item/>").what, What::other);
  EXPECT_EQ(presence("alice", "type='unavailable'", "<status code='307'/>").what, What::other);
  EXPECT_EQ(presence("alice", "type='unavailable'", "<status code='303'/>").what, What::other);
  EXPECT_EQ(read_presence(parse("<presence from='lobby@rooms.example'/>"), "us").what, What::other) << "the room's own";
  EXPECT_EQ(refusal("lobby@rooms.example/alice", "conflict").what, What::other);
}

TEST(RoomPresence, SaysWhyWeMayNotIn) {
  EXPECT_EQ(refusal("lobby@rooms.example/us", "conflict").what, What::conflict);
  EXPECT_EQ(refusal("lobby@rooms.example/us", "registration-required").what, What::refused);
  EXPECT_EQ(refusal("lobby@rooms.example", "forbidden").what, What::refused);
}

TEST(RoomPresence, SaysWhyWeAreOut) {
  const Presence kicked = thrown_out("<item><reason>go&#10;away</reason></item><status code='307'/><status code='110'/>");
  EXPECT_EQ(kicked.what, What::thrown_out);
  EXPECT_EQ(kicked.reason, "kicked (\"go\\x0aaway\")") << "on one line";
  for (const std::string code : {"301", "321", "322"})
    EXPECT_EQ(thrown_out("<status code='" + code + "'/><status code='110'/>").what, What::thrown_out) << code;
  EXPECT_EQ(thrown_out("<status code='332'/><status code='110'/>").what, What::out) << "the service goes down";
  EXPECT_EQ(thrown_out("<status code='307'/><status code='333'/>").what, What::out) << "an error of delivery";
  EXPECT_EQ(thrown_out("<item/>").what, What::out);
  EXPECT_EQ(thrown_out("<destroy><reason>closing</reason></destroy>").what, What::destroyed) << "ejabberd: without 110";
  EXPECT_EQ(thrown_out("<destroy/><status code='110'/>").what, What::destroyed);
}

TEST(RoomMessage, HasNickBodyAndId) {
  const auto read = message("<body>hi</body>");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->nick, "alice");
  EXPECT_EQ(read->text, "hi");
  EXPECT_EQ(read->id, "m1");
  EXPECT_EQ(read->stamp, "");
  EXPECT_FALSE(read->is_subject);
}

TEST(RoomMessage, OfASubjectHasNoBody) {
  EXPECT_TRUE(message("<subject>s</subject>")->is_subject);
  EXPECT_TRUE(message("<subject/>")->is_subject);
  const auto both = message("<subject>s</subject><body>b</body>");
  EXPECT_FALSE(both->is_subject);
  EXPECT_EQ(both->text, "b");
}

TEST(RoomMessage, BelievesTheRoomAlone) {
  const std::string said = "<body>b</body>";
  const auto id = [](const std::string& by) { return "<stanza-id xmlns='urn:xmpp:sid:0' by='" + by + "' id='s1'/>"; };
  EXPECT_EQ(message(said + id("lobby@rooms.example"))->id, "s1");
  EXPECT_EQ(message(said + id("alice@example"))->id, "m1");
  const auto delay = [](const std::string& from) {
    return "<delay xmlns='urn:xmpp:delay' from='" + from + "' stamp='2026-11-22T18:29:19Z'/>";
  };
  EXPECT_EQ(message(said + delay("lobby@rooms.example"))->stamp, "2026-11-22T18:29:19Z");
  EXPECT_EQ(message(said + delay("alice@example"))->stamp, "");
}

TEST(RoomMessage, IsOnlyWhatAllAreTold) {
  EXPECT_FALSE(message("<body>b</body>", "type='chat'"));
  EXPECT_FALSE(message("<body>b</body>", ""));
  EXPECT_FALSE(message("<body>b</body>", "type='error'"));
  EXPECT_FALSE(message("<x xmlns='http://jabber.org/protocol/muc#user'><status code='104'/></x>"));
  EXPECT_FALSE(message("<body xmlns='urn:other'>b</body>"));
}

TEST(RoomItem, IsOneLineOfJson) {
  EXPECT_EQ(item({"al\"ice", "a\nb <&> ]]>", false, "m1", ""}).text,
            R"({"nick":"al\"ice","body":"a\nb <&> ]]>","id":"m1","stamp":"2026-11-22T18:29:19Z"})");
  EXPECT_EQ(item({"alice", "s", true, "m1", "2026-11-22T10:00:00Z"}, true).text,
            R"({"nick":"alice","subject":"s","id":"m1","stamp":"2026-11-22T10:00:00Z","history":true})");
}

TEST(RoomItem, IsAJsonContainerInXml) {
  EXPECT_EQ(item({"a", "<", false, "m", ""}).payload,
            "<json xmlns='urn:xmpp:json:0'>{\"nick\":\"a\",\"body\":\"&lt;\",\"id\":\"m\",\"stamp\":\"2026-11-22T18:29:19Z\"}</json>");
}

TEST(RoomItem, IsTheSameHoweverItWasSeen) {
  const hub::Item live = item({"alice", "hi", false, "m1", ""});
  const hub::Item old = item({"alice", "hi", false, "m1", "2026-11-22T10:00:00Z"}, true);
  EXPECT_EQ(live.id, old.id);
  EXPECT_EQ(live.content_hash(lobby), old.content_hash(lobby));
  const hub::Item subject = item({"alice", "s", true, "m1", ""});
  EXPECT_EQ(subject.id, item({"alice", "s", true, "", ""}, true).id) << "a join does not tell the subject's ID";
  EXPECT_EQ(subject.content_hash(lobby), item({"alice", "s", true, "", ""}, true).content_hash(lobby));
}

TEST(RoomItem, IsAnotherWhereAnythingDiffers) {
  const Message one{"alice", "hi", false, "m1", ""};
  for (const Message& other : {Message{"bob", "hi", false, "m1", ""}, Message{"alice", "ho", false, "m1", ""},
                               Message{"alice", "hi", false, "m2", ""}, Message{"alice", "hi", true, "m1", ""},
                               Message{"alicehi", "", false, "m1", ""}})
    EXPECT_NE(item(one).id, item(other).id);
}

TEST(RoomItem, HasAnIdWhereTheSenderGaveNone) {
  const hub::Item without = item({"alice", "hi", false, "", ""});
  EXPECT_FALSE(without.id.empty());
  EXPECT_THAT(*without.text, testing::HasSubstr("\"id\":\"" + without.id + "\""));
}

class RoomListTest : public testing::Test {
 protected:
  static hub::Item said(const std::string& text, const std::string& stamp = "") { return item({"a", text, false, "", stamp}); }
  static hub::Item subject(const std::string& text, const std::string& stamp = "") { return item({"a", text, true, "", stamp}); }
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const hub::Item& one : list.items()) all.push_back(one.text->substr(one.text->find(",\"") + 1, 14));
    return all;
  }
  static std::string of(const hub::Item& one) { return one.text->substr(one.text->find(",\"") + 1, 14); }
  List list{4, 1 << 20};
};

TEST_F(RoomListTest, KeepsTheNewest) {
  for (const char* text : {"m1", "m2", "m3", "m4", "m5"}) list.add(said(text));
  ASSERT_EQ(list.items().size(), 4u);
  EXPECT_EQ(of(list.items().front()), of(said("m2")));
}

TEST_F(RoomListTest, IsBoundedInBytesButKeepsOne) {
  List small{100, 1000};
  small.add(said("m1"));
  small.add(said(std::string(5000, 'x')));
  EXPECT_EQ(small.items().size(), 1u);
}

TEST_F(RoomListTest, HoldsWhatComesAgainOnceAndLast) {
  for (const char* text : {"m1", "m2", "m1"}) list.add(said(text));
  EXPECT_THAT(texts(), testing::ElementsAre(of(said("m2")), of(said("m1"))));
}

TEST_F(RoomListTest, PutsADatedSubjectInItsPlace) {
  list.add(said("m1", "2026-11-22T10:00:00Z"));
  list.add(said("m2", "2026-11-22T10:00:05.5Z"));
  list.add(said("m3", "2026-11-22T10:00:09Z"));
  list.add_subject(subject("s", "2026-11-22T10:00:05Z"), true);
  EXPECT_THAT(texts(), testing::ElementsAre(of(said("m1")), of(said("m2")), of(subject("s")), of(said("m3"))));
}

TEST_F(RoomListTest, PutsASubjectWithoutADateLast) {
  list.add(said("m1", "2027-11-22T10:00:00Z"));
  list.add_subject(subject("s"), false);
  EXPECT_EQ(of(list.items().back()), of(subject("s")));
}

TEST_F(RoomListTest, LeavesASubjectWhereTheHistoryHasIt) {
  list.add(subject("s", "2026-11-22T10:00:00Z"));
  list.add(said("m1", "2026-11-22T10:00:01Z"));
  list.add_subject(subject("s"), false);
  EXPECT_THAT(texts(), testing::ElementsAre(of(subject("s")), of(said("m1"))));
}

TEST(RoomTime, IsUtcToTheSecond) {
  EXPECT_EQ(utc(std::chrono::system_clock::from_time_t(1795372159)), "2026-11-22T18:29:19Z");
}

}  // namespace
}  // namespace xes::xmpp::room
