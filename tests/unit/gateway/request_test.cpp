// SPDX-License-Identifier: MIT
#include "gateway/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xes::gateway {
namespace {

using At = hub::Start::At;

class RouteTest : public testing::Test {
 protected:
  RouteTest() {
    options.services = {{"pubsub.example", {"example.org", "www.example.org"}},
                        {"pubsub.other", {"*"}},
                        {"pubsub.third", {"third.org"}}};
  }
  using Routed = std::variant<StreamWanted, Answer>;
  Routed ask(const std::string& uri, std::vector<std::pair<std::string, std::string>> more = {}) {
    Params params;
    for (auto& [name, value] : more) params.add(name, value);
    if (!params.has("REQUEST_METHOD")) params.add("REQUEST_METHOD", "GET");
    if (!params.has("HTTP_HOST")) params.add("HTTP_HOST", "example.org");
    params.add("REQUEST_URI", uri);
    return route(params, options);
  }
  StreamWanted stream(const std::string& uri, std::vector<std::pair<std::string, std::string>> more = {}) {
    const Routed routed = ask(uri, std::move(more));
    if (const auto* answer = std::get_if<Answer>(&routed)) {
      ADD_FAILURE() << uri << ": " << answer->status.code << " " << answer->text;
      return {};
    }
    return std::get<StreamWanted>(routed);
  }
  int status(const std::string& uri, std::vector<std::pair<std::string, std::string>> more = {}) {
    const Routed routed = ask(uri, std::move(more));
    const auto* answer = std::get_if<Answer>(&routed);
    return answer ? answer->status.code : 200;
  }
  std::string service(const std::string& host) { return stream("/eventsource/n", {{"HTTP_HOST", host}}).selection.service; }
  RouteOptions options;
};

const std::string id = to_string(wire::EventId{1, 2, 3, 4});
const std::string other_id = to_string(wire::EventId{5, 6, 7, 8});

TEST_F(RouteTest, LetsTheHostChooseTheService) {
  EXPECT_EQ(service("example.org"), "pubsub.example");
  EXPECT_EQ(service("www.example.org"), "pubsub.example");
  EXPECT_EQ(service("third.org"), "pubsub.third") << "though * stands before it";
}

TEST_F(RouteTest, TakesAServicesOwnNameForItsHostOnlyWhereNoHostIsConfigured) {
  EXPECT_EQ(service("pubsub.third"), "pubsub.other") << "it is read under third.org, which the web server may guard";
  options.services.push_back({"hostless.example", {}});
  EXPECT_EQ(service("hostless.example"), "hostless.example");
  options.services.push_back({"own.example", {"own.example"}});
  EXPECT_EQ(service("own.example"), "own.example");
  options.services.erase(options.services.begin() + 1);
  for (const std::string host : {"pubsub.third", "pubsub.example", "PUBSUB.third.", "pubsub.third:443"})
    EXPECT_EQ(status("/eventsource/n", {{"HTTP_HOST", host}}), 404) << host;
}

TEST_F(RouteTest, TakesAnyHostForTheServiceWithAStar) { EXPECT_EQ(service("unheard.of"), "pubsub.other"); }

TEST_F(RouteTest, RefusesAnUnknownHostWhereNoServiceTakesAny) {
  options.services.erase(options.services.begin() + 1);
  EXPECT_EQ(status("/eventsource/n", {{"HTTP_HOST", "unheard.of"}}), 404);
}

TEST_F(RouteTest, IgnoresPortCaseAndTheTrailingDotOfAHost) {
  EXPECT_EQ(service("EXAMPLE.org:8443"), "pubsub.example");
  EXPECT_EQ(service("Example.ORG."), "pubsub.example");
}

TEST_F(RouteTest, RefusesWhatIsNoHost) {
  for (const std::string host : {"a b", "a/b", "<x>", ":80"})
    EXPECT_EQ(status("/eventsource/n", {{"HTTP_HOST", host}}), 400) << host;
}

TEST_F(RouteTest, LetsTheWebServerChooseTheService) {
  EXPECT_EQ(stream("/eventsource/n", {{"PUBSUB_SERVICE", "Pubsub.Third"}}).selection.service, "pubsub.third");
  EXPECT_EQ(stream("/eventsource/n", {{"PUBSUB_SERVICE", ""}}).selection.service, "pubsub.example");
  EXPECT_EQ(status("/eventsource/n", {{"PUBSUB_SERVICE", "pubsub.unheard"}}), 404);
  EXPECT_EQ(stream("/eventsource/n", {{"PUBSUB_SERVICE", "pubsub.third"}, {"HTTP_HOST", "a b"}}).selection.service,
            "pubsub.third");
}

TEST_F(RouteTest, TakesTheRestOfThePathForTheNode) {
  EXPECT_EQ(stream("/eventsource/news").selection.nodes.at(0), "news");
  EXPECT_EQ(stream("/eventsource/a/b/").selection.nodes.at(0), "a/b/");
  EXPECT_EQ(stream("/eventsource//").selection.nodes.at(0), "/");
  EXPECT_EQ(stream("http://example.org/eventsource/news").selection.nodes.at(0), "news");
}

TEST_F(RouteTest, DecodesTheNodeOnce) {
  EXPECT_EQ(stream("/eventsource/a%20b%2Fc%3Fd+e").selection.nodes.at(0), "a b/c?d+e");
  EXPECT_EQ(stream("/eventsource/%2541").selection.nodes.at(0), "%41");
  EXPECT_EQ(stream("/eventsource/%C3%A4").selection.nodes.at(0), "ä");
  EXPECT_EQ(stream("/eventsource/http:%2F%2Fjabber.org%2Fx%23y").selection.nodes.at(0), "http://jabber.org/x#y");
}

TEST_F(RouteTest, RefusesANameThatIsNone) {
  for (const std::string node : {"", "%", "%2", "%zz", "%00", "%01", "%1B", "%FF", "%C3", "%ED%A0%80", "%EF%BF%BF"})
    EXPECT_EQ(status("/eventsource/" + node), 400) << node;
  EXPECT_EQ(status("/eventsource/" + std::string(1023, 'x')), 200);
  EXPECT_EQ(status("/eventsource/" + std::string(1024, 'x')), 400);
}

TEST_F(RouteTest, KnowsNoOtherPath) {
  for (const std::string path : {"/", "/eventsource", "/other/n", "/EventSource/n", "//eventsource/n"})
    EXPECT_EQ(status(path), 404) << path;
  options.path = "/s/";
  EXPECT_EQ(stream("/s/n").selection.nodes.at(0), "n");
  EXPECT_EQ(status("/eventsource/n"), 404);
}

TEST_F(RouteTest, RefusesWhatIsNoTarget) {
  for (const std::string uri : {"", "eventsource/n", "*", "/eventsource/a b", "/eventsource/a#b"})
    EXPECT_EQ(status(uri), 400) << uri;
}

TEST_F(RouteTest, AnswersGetAndHeadAlone) {
  EXPECT_FALSE(stream("/eventsource/n").head_only);
  EXPECT_TRUE(stream("/eventsource/n", {{"REQUEST_METHOD", "HEAD"}}).head_only);
  for (const std::string method : {"POST", "OPTIONS", "get", ""}) {
    const Routed routed = ask("/eventsource/n", {{"REQUEST_METHOD", method}});
    ASSERT_TRUE(std::holds_alternative<Answer>(routed)) << method;
    EXPECT_EQ(std::get<Answer>(routed).status.code, 405);
    EXPECT_TRUE(std::get<Answer>(routed).allow);
  }
}

TEST_F(RouteTest, BeginsNowWithoutALastEventId) {
  EXPECT_EQ(stream("/eventsource/n").start.at, At::now);
  EXPECT_EQ(stream("/eventsource/n?lastEventId=", {{"HTTP_LAST_EVENT_ID", ""}}).start.at, At::now);
}

TEST_F(RouteTest, GoesOnAfterTheLastEventIdOfTheHeader) {
  const auto start = stream("/eventsource/n", {{"HTTP_LAST_EVENT_ID", id}}).start;
  EXPECT_EQ(start.at, At::after);
  EXPECT_EQ(start.last, id);
}

TEST_F(RouteTest, GoesOnAfterTheLastEventIdOfEachPolyfill) {
  for (const std::string name : {"lastEventId", "last_event_id", "Last-Event-ID", "evs_last_event_id"})
    EXPECT_EQ(stream("/eventsource/n?x=y&" + name + "=" + id).start.last, id) << name;
  EXPECT_EQ(stream("/eventsource/n?lasteventid=" + id).start.at, At::now);
}

TEST_F(RouteTest, TakesTheLastPositionOfTheQueryAsPolyfillsAppendTheirs) {
  EXPECT_EQ(stream("/eventsource/n?lastEventId=" + other_id + "&evs_last_event_id=" + id).start.last, id);
  EXPECT_EQ(stream("/eventsource/n?lastEventId=" + id + "&evs_last_event_id=").start.last, id);
}

TEST_F(RouteTest, PadsWhereAPolyfillAsksForIt) {
  EXPECT_EQ(stream("/eventsource/n").padding_bytes, 0u);
  EXPECT_EQ(stream("/eventsource/n?padding=true").padding_bytes, 2048u);
  EXPECT_EQ(stream("/eventsource/n?padding=false").padding_bytes, 0u);
  EXPECT_EQ(stream("/eventsource/n?evs_preamble=2056").padding_bytes, 2056u);
  EXPECT_EQ(stream("/eventsource/n?evs_preamble=2056&padding=true").padding_bytes, 2056u);
  EXPECT_EQ(stream("/eventsource/n?evs_preamble=4000000000").padding_bytes, max_padding_bytes);
  for (const std::string number : {"", "-1", "2k", "99999999999999999999"})
    EXPECT_EQ(status("/eventsource/n?evs_preamble=" + number), 400) << number;
}

TEST_F(RouteTest, LetsTheHeaderBeatTheQueryAndAPositionBeatLast) {
  const auto start = stream("/eventsource/n?lastEventId=" + other_id + "&last=5", {{"HTTP_LAST_EVENT_ID", id}}).start;
  EXPECT_EQ(start.at, At::after);
  EXPECT_EQ(start.last, id);
  EXPECT_EQ(stream("/eventsource/n?last=5&lastEventId=" + other_id).start.at, At::after);
}

TEST_F(RouteTest, TakesGarbageForAPositionAndNoError) {
  for (const std::string garbage : {"x", "1-2.3.4", "\xFF\xFE", "0"}) {
    EXPECT_EQ(stream("/eventsource/n", {{"HTTP_LAST_EVENT_ID", garbage}}).start.at, At::after) << garbage;
    EXPECT_EQ(stream("/eventsource/n?last=3&lastEventId=" + garbage).start.at, At::after) << garbage;
  }
  EXPECT_EQ(stream("/eventsource/n", {{"HTTP_LAST_EVENT_ID", std::string(60'000, 'x')}}).start.last, "") << "nor kept";
}

TEST_F(RouteTest, BeginsWithTheNewestItemsWhereAsked) {
  EXPECT_EQ(stream("/eventsource/n?last=10").start.at, At::newest);
  EXPECT_EQ(stream("/eventsource/n?last=10").start.count, 10u);
  EXPECT_EQ(stream("/eventsource/n?last=0").start.count, 0u);
  options.max_newest = 100;
  EXPECT_EQ(stream("/eventsource/n?last=4000000000").start.count, 100u);
}

TEST_F(RouteTest, TakesSeveralNodesFromTheQuery) {
  const hub::Selection both = stream("/eventsource/?node=b&node=a%2Fc&node=b&last=3").selection;
  EXPECT_THAT(both.nodes, testing::ElementsAre("a/c", "b")) << "in one order, each once";
  EXPECT_TRUE(both.several);
  EXPECT_EQ(both.view, hub::View::json);
  const hub::Selection one = stream("/eventsource/?node=b").selection;
  EXPECT_TRUE(one.several) << "it is asked for in the same way";
  EXPECT_FALSE(stream("/eventsource/b").selection.several);
  EXPECT_EQ(status("/eventsource/b?node=a"), 400);
  EXPECT_EQ(status("/eventsource/"), 400);
  EXPECT_EQ(status("/eventsource/?node="), 400);
  EXPECT_EQ(status("/eventsource/?node=%01"), 400);
}

TEST_F(RouteTest, TellsPatternsFromNodes) {
  const hub::Selection some = stream("/eventsource/?node=b&node=weather/*&node=a%3F&node=c").selection;
  EXPECT_THAT(some.nodes, testing::ElementsAre("b", "c"));
  EXPECT_THAT(some.patterns, testing::ElementsAre("a?", "weather/*"));
  EXPECT_THAT(stream("/eventsource/*").selection.nodes, testing::ElementsAre("*")) << "in the path it is a name";
}

TEST_F(RouteTest, BoundsTheNodesOfAStream) {
  std::string query = "?node=0";
  for (int i = 1; i < 16; ++i) query += "&node=" + std::to_string(i);
  EXPECT_EQ(stream("/eventsource/" + query).selection.nodes.size(), 16u);
  EXPECT_EQ(status("/eventsource/" + query + "&node=16"), 400);
  options.max_nodes = 2;
  EXPECT_EQ(status("/eventsource/?node=a&node=b&node=c"), 400);
}

TEST_F(RouteTest, LetsTheRequestChooseTheView) {
  using hub::View;
  EXPECT_EQ(stream("/eventsource/n").selection.view, View::payload);
  EXPECT_EQ(stream("/eventsource/n?format=json").selection.view, View::json);
  EXPECT_EQ(stream("/eventsource/n?format=item").selection.view, View::item);
  EXPECT_EQ(stream("/eventsource/n?format=atom").selection.view, View::atom);
  EXPECT_EQ(stream("/eventsource/?node=a&node=b&format=payload").selection.view, View::payload);
  EXPECT_EQ(status("/eventsource/n?format=xml"), 400);
  options.services.at(0).view = View::item;
  EXPECT_EQ(stream("/eventsource/n").selection.view, View::item);
  EXPECT_EQ(stream("/eventsource/?node=n").selection.view, View::json);
}

class NamedServiceTest : public RouteTest {
 protected:
  NamedServiceTest() {
    options.services.push_back({"*@example.org", {}, hub::View::item});
    options.services.push_back({"pubsub.*.example", {}});
    options.services.push_back({"hostless.example", {}});
    options.services.push_back({"bob@example.org", {}});
  }
  std::string named(const std::string& rest) { return stream("/eventsource/" + rest).selection.service; }
};

TEST_F(NamedServiceTest, AnAccountOfAKindIsNamedByThePath) {
  const auto wanted = stream("/eventsource/@alice@example.org/urn:xmpp:microblog:0?last=2").selection;
  EXPECT_EQ(wanted.service, "alice@example.org");
  EXPECT_THAT(wanted.nodes, testing::ElementsAre("urn:xmpp:microblog:0"));
  EXPECT_FALSE(wanted.several);
  EXPECT_EQ(wanted.view, hub::View::item) << "of the pattern";
  EXPECT_EQ(stream("/eventsource/@alice@example.org/a/b%2Fc").selection.nodes.at(0), "a/b/c");
  EXPECT_EQ(named("@pubsub.a.example/n"), "pubsub.a.example");
}

TEST_F(NamedServiceTest, ItsNodesMayBeInTheQuery) {
  for (const std::string path : {"@alice@example.org/", "@alice@example.org"}) {
    const auto wanted = stream("/eventsource/" + path + "?node=b&node=a").selection;
    EXPECT_EQ(wanted.service, "alice@example.org");
    EXPECT_THAT(wanted.nodes, testing::ElementsAre("a", "b"));
    EXPECT_TRUE(wanted.several);
    EXPECT_EQ(status("/eventsource/" + path), 400) << "no node at all";
    EXPECT_EQ(status("/eventsource/" + path + "?node=a*"), 400) << "no server lists an account's nodes";
  }
}

TEST_F(NamedServiceTest, TheJidIsDecodedOnceAndInLowerCase) {
  EXPECT_EQ(named("@%61lice%40Example.ORG/n"), "alice@example.org");
  EXPECT_EQ(named("@Alice@example.org/n"), "alice@example.org") << "as its server answers";
  EXPECT_EQ(status("/eventsource/@a%2540b@example.org/n"), 200) << "a%40b is a name like another";
}

TEST_F(NamedServiceTest, TheJidIsSpeltAsItsServerAnswers) {
  EXPECT_EQ(named("@%EF%BD%81lice@example.org/n"), "alice@example.org") << "a fullwidth a";
  EXPECT_EQ(named("@al%C2%ADice@%EF%BC%A5xample.org/n"), "alice@example.org") << "a soft hyphen, a fullwidth E";
  EXPECT_EQ(status("/eventsource/@alice%EF%BC%A0evil.example@example.org/n"), 400) << "a fullwidth @";
  EXPECT_EQ(status("/eventsource/@alice@example.org%EF%BC%8Fphone/n"), 400) << "a fullwidth /";
}

TEST_F(NamedServiceTest, WhatIsNoBareJidIsMalformed) {
  for (const std::string jid : {"", "@", "alice@", "@example.org", "a@b@example.org", "alice@example.org%2Fphone", "a%20b@c",
                                "%00@example.org", "a%0A@example.org", "%FF@example.org", "%zz@example.org", "a@b..c"})
    EXPECT_EQ(status("/eventsource/@" + jid + "/n"), 400) << jid;
}

TEST_F(NamedServiceTest, NothingButWhatIsConfiguredIsNamed) {
  for (const std::string jid : {"alice@other.org", "alice@sub.example.org", "alice@example.org.evil", "example.org",
                                "pubsub.x@evil.example", "evil.example"}) {
    EXPECT_EQ(status("/eventsource/@" + jid + "/n"), 404) << jid;
    EXPECT_EQ(status("/eventsource/n", {{"PUBSUB_SERVICE", jid}}), 404) << jid;
  }
}

TEST_F(NamedServiceTest, AnAtThatIsEncodedBelongsToANode) {
  EXPECT_EQ(stream("/eventsource/%40alice@example.org/n").selection.nodes.at(0), "@alice@example.org/n");
  EXPECT_EQ(stream("/eventsource/n@x").selection.nodes.at(0), "n@x");
}

TEST_F(NamedServiceTest, AServiceThatIsConfiguredByNameCountsBeforeAPattern) {
  EXPECT_EQ(stream("/eventsource/@bob@example.org/n").selection.view, hub::View::payload);
  EXPECT_EQ(named("@hostless.example/n"), "hostless.example");
}

TEST_F(NamedServiceTest, AServiceWithHostsIsReadUnderThemAlone) {
  EXPECT_EQ(named("@pubsub.example/n"), "pubsub.example") << "the host means it";
  for (const std::string host : {"example.org", "unheard.of", "pubsub.third", "pubsub.example", "pubsub.other"})
    EXPECT_EQ(status("/eventsource/@pubsub.third/n", {{"HTTP_HOST", host}}), 404) << host;
  EXPECT_EQ(status("/eventsource/@pubsub.third/n", {{"HTTP_HOST", "third.org"}}), 200);
}

TEST_F(NamedServiceTest, TheWebServersChoiceIsNotOverruledByThePath) {
  const auto chosen = std::make_pair("PUBSUB_SERVICE", "pubsub.third");
  EXPECT_EQ(status("/eventsource/@hostless.example/n", {chosen}), 404);
  EXPECT_EQ(status("/eventsource/@pubsub.third/n", {chosen}), 200);
  EXPECT_EQ(status("/eventsource/@alice@example.org/n", {chosen}), 200) << "what a pattern offers, it offers everywhere";
  EXPECT_EQ(stream("/eventsource/n", {{"PUBSUB_SERVICE", "Alice@example.org"}}).selection.service, "alice@example.org");
}

class RoomTest : public RouteTest {
 protected:
  RoomTest() {
    options.room_services = {{.jid = "conference.example", .hosts = {}, .rule = {.nodes = {"lobby", "public-*"}}},
                             {.jid = "rooms.example", .hosts = {}, .rule = {.nodes = {"lobby", "attic"}}}};
    options.services.push_back({"*.example", {}});
  }
  std::string room(const std::string& rest) {
    const auto wanted = stream("/eventsource/room/" + rest).selection;
    return wanted.nodes.at(0) + "@" + wanted.service;
  }
};

TEST_F(RoomTest, ARoomIsNamedByThePath) {
  EXPECT_EQ(room("lobby"), "lobby@conference.example") << "the first service that offers it";
  EXPECT_EQ(room("Public-talk?last=3"), "public-talk@conference.example");
  EXPECT_EQ(room("attic"), "attic@rooms.example");
  EXPECT_EQ(room("lobby@rooms.example"), "lobby@rooms.example");
  EXPECT_EQ(room("lobby%40Rooms.example"), "lobby@rooms.example");
  EXPECT_EQ(room("%EF%BD%8Cob%C2%ADby"), "lobby@conference.example") << "as the room answers";
  EXPECT_EQ(room("lobby@%EF%BD%92ooms.example"), "lobby@rooms.example");
  EXPECT_EQ(stream("/eventsource/room/lobby").selection.view, hub::View::payload);
  EXPECT_EQ(stream("/eventsource/room/lobby?format=json").selection.view, hub::View::json);
  EXPECT_EQ(stream("/eventsource/room/lobby", {{"HTTP_HOST", "unheard.of"}}).selection.service, "conference.example");
}

TEST_F(RoomTest, OthersAreNotOffered) {
  for (const std::string name : {"cellar", "attic@conference.example", "lobby@other.example", "public", "lobby@conference.example.evil"})
    EXPECT_EQ(status("/eventsource/room/" + name), 404) << name;
}

TEST_F(RoomTest, WhatIsNoRoomIsMalformed) {
  for (const std::string name : {"", "lobby/nick", "lobby@conference.example/nick", "a%20b", "%00", "lobby@", "@conference.example",
                                 "lobby@a@b", "%FF", "lobby%0A", "lobby%EF%BC%A0rooms.example",
                                 "%C2%AD", "lobby%C2%A0"})
    EXPECT_EQ(status("/eventsource/room/" + name), 400) << name;
  EXPECT_EQ(status("/eventsource/room/lobby?node=a"), 400);
}

TEST_F(RoomTest, ARoomIsNoNodeOfAServiceOfItsKind) {
  EXPECT_EQ(status("/eventsource/@conference.example/cellar"), 404);
  EXPECT_EQ(status("/eventsource/cellar", {{"PUBSUB_SERVICE", "conference.example"}}), 404);
}

TEST_F(RoomTest, WithoutAServiceOfRoomsItIsANodeLikeAnother) {
  options.room_services.clear();
  EXPECT_EQ(stream("/eventsource/room/lobby").selection.nodes.at(0), "room/lobby");
  EXPECT_EQ(stream("/eventsource/room/lobby").selection.service, "pubsub.example");
}

TEST_F(RouteTest, RefusesANumberThatIsNone) {
  for (const std::string number : {"", "-1", "+1", "1.5", "x", "1x", "%201", "99999999999999999999"})
    EXPECT_EQ(status("/eventsource/n?last=" + number), 400) << number;
}

}  // namespace
}  // namespace xes::gateway
