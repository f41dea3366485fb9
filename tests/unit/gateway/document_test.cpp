// SPDX-License-Identifier: MIT
#include "gateway/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gateway/request.hpp"

namespace xes::gateway {
namespace {

using Form = DocumentWanted::Form;
using testing::HasSubstr;

TEST(Document, IsWhatTheFirstKnownTypeOfAcceptSays) {
  EXPECT_EQ(document_form(""), std::nullopt);
  EXPECT_EQ(document_form("*/*"), std::nullopt);
  EXPECT_EQ(document_form("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), std::nullopt);
  EXPECT_EQ(document_form("text/event-stream"), std::nullopt);
  EXPECT_EQ(document_form("text/event-stream, application/json"), std::nullopt);
  EXPECT_EQ(document_form("application/json"), Form::json);
  EXPECT_EQ(document_form("application/feed+json, application/json;q=0.8"), Form::json_feed);
  EXPECT_EQ(document_form("text/html , Application/ATOM+xml ; q=0.9"), Form::atom_feed);
}

hub::EventRef event(const std::string& id, std::uint64_t sequence, hub::Happening happening = hub::Happening::item) {
  static const auto name = std::make_shared<const hub::NodeName>(hub::NodeName{"pubsub.example", "news"});
  hub::Item item;
  item.id = id;
  item.payload = "<x/>";
  return std::make_shared<const hub::Event>(happening, hub::Origin::live, wire::EventId{1, sequence, 3, 4}, name, item);
}

DocumentWanted wanted(Form form, const std::string& target = "/eventsource/news?last=2") {
  Params params;
  params.add("REQUEST_URI", target);
  params.add("HTTP_HOST", "push.example");
  return describe_document(form, params, hub::only({"pubsub.example", "news"}, hub::View::payload));
}

TEST(Document, IsAJsonFeedNewestFirst) {
  const std::string response = document_response(
      wanted(Form::json), {event("a", 1), event("a", 2, hub::Happening::retract), event("b", 3)}, "the-id", false);
  const auto split = response.find("\r\n\r\n");
  const std::string head = response.substr(0, split + 2);
  EXPECT_EQ(head,
            "Status: 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nCache-Control: private, no-cache\r\nVary: Accept\r\n"
            "X-Content-Type-Options: nosniff\r\nX-Last-Event-ID: the-id\r\n"
            "Link: <https://push.example/eventsource/news?lastEventId=the-id>; rel=\"alternate\"; "
            "type=\"text/event-stream\"\r\n");
  const auto feed = nlohmann::json::parse(response.substr(split + 4));
  EXPECT_EQ(feed["version"], "https://jsonfeed.org/version/1.1");
  EXPECT_EQ(feed["title"], "news");
  ASSERT_EQ(feed["items"].size(), 2u);
  EXPECT_THAT(feed["items"][0]["id"].get<std::string>(), HasSubstr("item=b"));
  EXPECT_EQ(feed["items"][0]["content_text"], "<x/>");
}

TEST(Document, IsAnAtomFeed) {
  const std::string response = document_response(wanted(Form::atom_feed), {event("a", 1)}, "the-id", false);
  EXPECT_THAT(response, HasSubstr("Content-Type: application/atom+xml; charset=utf-8\r\n"));
  EXPECT_THAT(response, HasSubstr("<x/>"));
}

TEST(Document, HasOnlyItsHeadForAHeadRequest) {
  EXPECT_TRUE(document_response(wanted(Form::json_feed), {event("a", 1)}, "the-id", true).ends_with("\r\n\r\n"));
}

TEST(Document, LetsNothingOfATargetIntoAHeader) {
  for (const std::string target : {"/eventsource/a>b", "/eventsource/\"x", "/eventsource/\xC3\xA4"}) {
    const std::string response = document_response(wanted(Form::json, target), {}, "the-id", true);
    EXPECT_THAT(response, testing::Not(HasSubstr("Link:"))) << target;
  }
}

TEST(Document, IsRoutedByAccept) {
  RouteOptions options;
  options.services = {{"pubsub.example", {"*"}, {}}};
  auto ask = [&](const std::string& uri, const std::string& accept) {
    Params params;
    params.add("REQUEST_METHOD", "GET");
    params.add("REQUEST_URI", uri);
    params.add("HTTP_HOST", "push.example");
    params.add("HTTP_ACCEPT", accept);
    params.add("HTTP_LAST_EVENT_ID", "whatever");
    return std::get<StreamWanted>(route(params, options));
  };
  EXPECT_FALSE(ask("/eventsource/n", "text/event-stream").document);
  const StreamWanted some = ask("/eventsource/n", "application/json");
  EXPECT_TRUE(some.document);
  EXPECT_EQ(some.start.at, hub::Start::At::newest);
  EXPECT_EQ(some.start.count, default_document_items);
}

}  // namespace
}  // namespace xes::gateway
