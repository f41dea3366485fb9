// SPDX-License-Identifier: MIT
#include "gateway/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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

TEST(Document, IsNotWhatAcceptRefuses) {
  for (const char* weight : {"q=0", "Q=0.0", "q = 0.000", "a=b ; q=0"}) {
    EXPECT_EQ(document_form("application/json;" + std::string(weight) + ", text/event-stream"), std::nullopt) << weight;
    EXPECT_EQ(document_form("application/json; " + std::string(weight) + ", application/atom+xml"), Form::atom_feed) << weight;
  }
  for (const char* weight : {"q=0.001", "q=1", "q=x", "q=", "qq=0", "0"})
    EXPECT_EQ(document_form("application/json;" + std::string(weight)), Form::json) << weight;
}

hub::EventRef event(const std::string& id, std::uint64_t sequence, hub::Happening happening = hub::Happening::item,
                    const std::string& payload = "<x/>") {
  static const auto name = std::make_shared<const hub::NodeName>(hub::NodeName{"pubsub.example", "news"});
  hub::Item item;
  item.id = id;
  item.payload = payload;
  return std::make_shared<const hub::Event>(happening, hub::Origin::live, wire::EventId{1, sequence, 3, 4}, name, item);
}

DocumentWanted wanted(Form form, const std::string& target = "/eventsource/news?last=2",
                      const std::vector<std::pair<std::string, std::string>>& more = {{"HTTP_HOST", "push.example"}}) {
  Params params;
  params.add("REQUEST_URI", target);
  for (const auto& [name, value] : more) params.add(name, value);
  const std::size_t mark = std::min(target.find('?'), target.size());
  const auto query = wire::parse_query(std::string_view(target).substr(std::min(mark + 1, target.size())));
  return describe_document(form, params, std::string_view(target).substr(0, mark), *query,
                           hub::only({"pubsub.example", "news"}, hub::View::payload));
}

std::string response_of(const DocumentWanted& document, const std::vector<hub::EventRef>& items, std::string_view id, bool head_only) {
  return *document_response(document, items, id, head_only, 1 << 20);
}

std::string link(const DocumentWanted& document) {
  const std::string head = response_of(document, {}, "the-id", true);
  const std::size_t start = head.find("Link: <") + 7;
  return head.substr(start, head.find('>', start) - start);
}

TEST(Document, IsAJsonFeedNewestFirst) {
  const std::string response = response_of(
      wanted(Form::json), {event("a", 1), event("a", 2, hub::Happening::retract), event("b", 3)}, "the-id", false);
  const auto split = response.find("\r\n\r\n");
  const std::string head = response.substr(0, split + 2);
  const std::string length = std::to_string(response.size() - split - 4);
  EXPECT_EQ(head,
            "Status: 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nCache-Control: private, no-cache\r\nVary: Accept\r\n"
            "X-Content-Type-Options: nosniff\r\nX-Last-Event-ID: the-id\r\nContent-Length: " + length + "\r\n"
            "Link: <https://push.example/eventsource/news?lastEventId=the-id>; rel=\"alternate\"; "
            "type=\"text/event-stream\"\r\n");
  const auto feed = nlohmann::json::parse(response.substr(split + 4));
  EXPECT_EQ(feed["version"], "https://jsonfeed.org/version/1.1");
  EXPECT_EQ(feed["title"], "news");
  ASSERT_EQ(feed["items"].size(), 2u);
  EXPECT_THAT(feed["items"][0]["id"].get<std::string>(), HasSubstr("item=b"));
  EXPECT_EQ(feed["items"][0]["content_text"], "<x/>");
}

TEST(Document, LacksAnItemThatIsLeftOut) {
  hub::Item too_large;
  too_large.id = "b";
  too_large.left_out = true;
  const auto first = event("a", 1);
  const auto second = std::make_shared<const hub::Event>(hub::Happening::item, hub::Origin::live, wire::EventId{1, 2, 3, 4}, first->node, too_large);
  const std::string response = response_of(wanted(Form::json), {first, second}, "the-id", false);
  EXPECT_EQ(nlohmann::json::parse(response.substr(response.find("\r\n\r\n") + 4))["items"].size(), 1u);
}

TEST(Document, IsAnAtomFeed) {
  const std::string response = response_of(wanted(Form::atom_feed), {event("a", 1)}, "the-id", false);
  EXPECT_THAT(response, HasSubstr("Content-Type: application/atom+xml; charset=utf-8\r\n"));
  EXPECT_THAT(response, HasSubstr("<x/>"));
}

TEST(Document, HasOnlyItsHeadForAHeadRequest) {
  EXPECT_TRUE(response_of(wanted(Form::json_feed), {event("a", 1)}, "the-id", true).ends_with("\r\n\r\n"));
}

TEST(Document, IsNamedByItsNodesAndViewAlone) {
  const auto url = [](const std::string& target) { return wanted(Form::json, target).url; };
  EXPECT_EQ(url("/eventsource/?node=b&last=3&node=a&access_token=secret&lastEventId=x"),
            "https://push.example/eventsource/?node=b&node=a");
  EXPECT_EQ(url("/eventsource/?format=payload&node=a%26b%3d&node=c+d&node=%C3%A4%2B%25/*&format=json"),
            "https://push.example/eventsource/?node=a%26b%3D&node=c%20d&node=%C3%A4%2B%25/*&format=json");
  EXPECT_EQ(url("/eventsource/princely%2Fmusings?access_token=secret"), "https://push.example/eventsource/princely%2Fmusings");
}

TEST(Document, IsFollowedBehindItsLink) {
  EXPECT_EQ(link(wanted(Form::json)), "https://push.example/eventsource/news?lastEventId=the-id");
  EXPECT_EQ(link(wanted(Form::json, "/eventsource/n?format=item&last=1")),
            "https://push.example/eventsource/n?format=item&lastEventId=the-id");
  EXPECT_EQ(link(wanted(Form::json, "/eventsource/?node=a&node=b")),
            "https://push.example/eventsource/?node=a&node=b&lastEventId=the-id");
}

TEST(Document, KnowsThePortThatItWasAskedAt) {
  const auto url = [](const std::string& host, const std::string& port, const std::string& scheme = "https") {
    return wanted(Form::json, "/n", {{"HTTP_HOST", host}, {"SERVER_PORT", port}, {"REQUEST_SCHEME", scheme}}).url;
  };
  EXPECT_EQ(url("push.example", ""), "https://push.example/n");
  EXPECT_EQ(url("push.example", "8443"), "https://push.example:8443/n");
  EXPECT_EQ(url("Push.Example:8444", "443"), "https://push.example:8444/n");
  EXPECT_EQ(url("[::1]:8443", ""), "https://[::1]:8443/n");
  EXPECT_EQ(url("[::1]", ""), "https://[::1]/n");
  EXPECT_EQ(url("push.example", "443"), "https://push.example/n");
  EXPECT_EQ(url("push.example:", "443"), "https://push.example/n");
  EXPECT_EQ(url("push.example", "443", "http"), "http://push.example:443/n");
  EXPECT_EQ(url("push.example", "80", "http"), "http://push.example/n");
  for (const char* odd : {"x", "-1", "123456", "80\r\nX: y"}) EXPECT_EQ(url("push.example", odd), "https://push.example/n");
}

TEST(Document, LetsNothingOfARequestIntoAHeader) {
  EXPECT_EQ(link(wanted(Form::json, "/a>b\"{\xC3\xA4")), "https://push.example/a%3Eb%22%7B%C3%A4?lastEventId=the-id");
  for (const char* host : {"a>b", "a\r\nX: y", "user@host", "a/b", ""})
    EXPECT_EQ(link(wanted(Form::json, "/n", {{"HTTP_HOST", host}})), "/n?lastEventId=the-id") << host;
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

TEST(Document, IsWholeOrNone) {
  const std::string payload(1000, 'x');
  const std::vector<hub::EventRef> items = {event("a", 1, hub::Happening::item, payload), event("b", 2, hub::Happening::item, payload)};
  for (const Form form : {Form::json, Form::atom_feed}) {
    const std::string whole = response_of(wanted(form), items, "the-id", false);
    const std::size_t body = whole.size() - whole.find("\r\n\r\n") - 4;
    EXPECT_EQ(document_response(wanted(form), items, "the-id", false, body).value(), whole);
    for (const std::size_t most : {std::size_t{0}, std::size_t{1999}, std::size_t{2000}, body - 1})
      EXPECT_EQ(document_response(wanted(form), items, "the-id", false, most).error().error, Error::too_large) << most;
  }
}

TEST(Document, HasNoLinkThatItsHeadHasNoRoomFor) {
  for (std::size_t nodes = 0; nodes <= 16; ++nodes) {
    std::string target = "/eventsource/?node=first";
    for (std::size_t i = 0; i < nodes; ++i) {
      target += "&node=";
      for (int k = 0; k < 30; ++k) target += "%CE%B1";
    }
    for (const bool head_only : {false, true}) {
      const std::string response = response_of(wanted(Form::json, target), {event("a", 1)}, std::string(128, 'i'), head_only);
      const std::string head = response.substr(0, response.find("\r\n\r\n") + 4);
      EXPECT_LE(head.size(), max_document_head_bytes);
      EXPECT_THAT(head, HasSubstr("X-Last-Event-ID: iii"));
      EXPECT_EQ(head.find("Link:") != head.npos, nodes < 9) << nodes;
    }
  }
}

}  // namespace
}  // namespace xes::gateway
