// SPDX-License-Identifier: MIT
#include "hub/event.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "samples.hpp"

namespace xes::hub {
namespace {

EventRef event_of(Happening happening, Item item) {
  return std::make_shared<const Event>(happening, Origin::live, wire::EventId{1, 2, 3, 4, 5},
                                       std::make_shared<const NodeName>(sample_name), std::move(item));
}
const std::string id_line = "id: 00000001-2.0000000003.00000004.000000005\n";

TEST(Event, HasItsBytesInEachView) {
  Item entry = item("a", "<x/>");
  entry.publisher = "p@example";
  const EventRef event = event_of(Happening::item, entry);
  EXPECT_EQ(frame_of(event, View::payload)->plain(), id_line + "data: <x/>\n\n");
  EXPECT_EQ(frame_of(event, View::item)->plain(),
            id_line + "data: <item xmlns='http://jabber.org/protocol/pubsub' publisher='p@example' id='a'><x/></item>\n\n");
  EXPECT_EQ(frame_of(event, View::json)->plain(),
            id_line + R"(data: {"service":"pubsub.example","node":"news","id":"a","publisher":"p@example","payload":"<x/>"})" +
                "\n\n");
  EXPECT_EQ(frame_of(event, View::atom)->plain(), frame_of(event, View::json)->plain()) << "it is no Atom entry";
}

TEST(Event, ShowsTheTextOfAContainer) {
  Item json = item("a", "<json xmlns='urn:xmpp:json:0'>{}</json>");
  json.text = "{}";
  const EventRef event = event_of(Happening::item, json);
  EXPECT_EQ(frame_of(event, View::payload)->plain(), id_line + "data: {}\n\n");
  EXPECT_EQ(frame_of(event, View::json)->plain(),
            id_line + "data: {\"service\":\"pubsub.example\",\"node\":\"news\",\"id\":\"a\",\"payload\":{}}\n\n");
}

TEST(Event, ShowsAnAtomEntry) {
  const EventRef event =
      event_of(Happening::item, item("a", "<entry xmlns='http://www.w3.org/2005/Atom'><title>T</title></entry>"));
  EXPECT_EQ(frame_of(event, View::atom)->plain(),
            id_line + "data: {\"service\":\"pubsub.example\",\"node\":\"news\",\"id\":\"a\",\"title\":\"T\"}\n\n");
}

TEST(Event, TellsOfAnItemThatIsLeftOutInEachViewAlike) {
  Item too_large = item("a", "");
  too_large.left_out = true;
  const EventRef event = event_of(Happening::item, too_large);
  for (const View view : {View::payload, View::item, View::json, View::atom})
    EXPECT_EQ(frame_of(event, view)->plain(), id_line + "event: too-large\ndata: {\"node\":\"news\",\"id\":\"a\"}\n\n");
}

TEST(Event, HasABodyWithoutItsId) {
  const EventRef event = event_of(Happening::retract, item("a", ""));
  EXPECT_EQ(frame_of(event, View::payload)->plain(),
            id_line + "event: retract\ndata: {\"node\":\"news\",\"id\":\"a\"}\n\n");
  EXPECT_EQ(body_of(*frame_of(event, View::payload)), "event: retract\ndata: {\"node\":\"news\",\"id\":\"a\"}\n\n");
}

TEST(Event, IsEncodedOnceWhicheverThreadAsks) {
  const EventRef event = event_of(Happening::item, item("a", std::string(10000, 'x')));
  std::vector<FrameRef> frames(8);
  std::vector<std::thread> threads;
  for (FrameRef& frame : frames) threads.emplace_back([&] { frame = frame_of(event, View::json); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(frames, testing::Each(frames[0]));
}

}  // namespace
}  // namespace xes::hub
