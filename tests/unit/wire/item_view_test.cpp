// SPDX-License-Identifier: MIT
#include "wire/item_view.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

using namespace xes::wire;

namespace {

constexpr ItemView empty_item = {.service = "pubsub.example.org", .node = "weather/bonn", .id = "current"};

ItemView container(std::string_view text) {
  ItemView item = empty_item;
  item.payload = "<json xmlns='urn:xmpp:json:0'>…</json>";
  item.text = text;
  return item;
}

std::string json(const ItemView& item) {
  std::string out = "before ";
  append_item_json(out, item);
  return out.substr(7);
}

const std::string head = R"({"service":"pubsub.example.org","node":"weather/bonn","id":"current","payload":)";

}  // namespace

TEST(ItemAsJson, HoldsTheJsonOfAContainerOnOneLine) {
  EXPECT_EQ(json(container("\n{ \"t\": 21.50,\r\n  \"s\": \"a b\" }\n")), head + R"({"t":21.50,"s":"a b"}})");
  EXPECT_EQ(json(container("null")), head + "null}");
}

TEST(ItemAsJson, HoldsOtherTextOfAContainerAsAString) {
  EXPECT_EQ(json(container("21,5 \"°C\"\n")), head + R"("21,5 \"°C\"\n"})");
  EXPECT_EQ(json(container("")), head + R"(""})");
  EXPECT_EQ(json(container(std::string(65, '['))), head + '"' + std::string(65, '[') + "\"}");
}

TEST(ItemAsJson, HoldsOtherXmlAsAString) {
  ItemView item = empty_item;
  item.payload = "<t xmlns=\"urn:x\">\n21\n</t>";
  EXPECT_EQ(json(item), head + R"("<t xmlns=\"urn:x\">\n21\n</t>"})");
}

TEST(ItemAsJson, HoldsNullForNoPayload) { EXPECT_EQ(json(empty_item), head + "null}"); }

TEST(ItemAsJson, NamesPublisherAndTimeWhereKnown) {
  ItemView item = empty_item;
  item.publisher = "a@example.org/x";
  item.published = "2026-11-22T18:00:00Z";
  EXPECT_EQ(json(item),
            R"({"service":"pubsub.example.org","node":"weather/bonn","id":"current","publisher":"a@example.org/x",)"
            R"("published":"2026-11-22T18:00:00Z","payload":null})");
}

TEST(ItemAsJson, LetsNoValueOutOfItsString) {
  constexpr std::string_view evil = "\",\"x\":1}\r\n\ndata: \\\xff";
  const ItemView item{.service = evil, .node = evil, .id = evil, .publisher = evil, .published = evil, .payload = evil};
  const std::string out = json(item);
  EXPECT_EQ(out.find_first_of("\r\n"), out.npos);
  const auto parsed = nlohmann::json::parse(out);
  EXPECT_EQ(parsed.size(), 6u);
  for (const auto& [name, value] : parsed.items()) EXPECT_EQ(value, "\",\"x\":1}\r\n\ndata: \\\uFFFD") << name;
}

TEST(ItemUri, EscapesWhatIsNotUnreserved) {
  EXPECT_EQ(item_uri({.service = "romeo@montague.lit", .node = "urn:xmpp:microblog:0", .id = "a b;c=é~"}),
            "xmpp:romeo@montague.lit?;node=urn%3Axmpp%3Amicroblog%3A0;item=a%20b%3Bc%3D%C3%A9~");
}
