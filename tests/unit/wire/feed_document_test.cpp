// SPDX-License-Identifier: MIT
#include "wire/feed_document.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "wire/atom.hpp"
#include "wire/xml_reader.hpp"

using namespace xes::wire;
using namespace std::string_literals;

namespace {

constexpr FeedHead head = {.title = "Blog & <more>",
                           .page_url = "https://example.org/",
                           .feed_url = "https://example.org/eventsource/blog?a=1&b=2",
                           .author = "pubsub.example.org",
                           .time = "2026-11-22T18:00:00Z"};

constexpr std::string_view post =
    "<entry xmlns='http://www.w3.org/2005/Atom'><id>tag:a,2026:1</id><title>One</title>"
    "<updated>2026-11-21T10:00:00Z</updated><published>2026-11-20T10:00:00Z</published>"
    "<link href='https://a/1'/><author><name>Al</name></author><summary type='html'>&lt;i>s&lt;/i> &amp;amp; t</summary>"
    "<content type='html'>&lt;p>1&lt;/p></content></entry>";

ItemView item(std::string_view id, std::string_view payload, std::string_view published = {}) {
  return {.service = "pubsub.example.org", .node = "blog", .id = id, .published = published, .payload = payload};
}

ItemView container(std::string_view id, std::string_view text) {
  ItemView result = item(id, "<json xmlns='urn:xmpp:json:0'/>");
  result.text = text;
  return result;
}

std::string json_feed(const std::vector<ItemView>& items, const FeedHead& of = head) {
  std::string out;
  append_json_feed(out, of, items);
  return out;
}

std::string atom_feed(const std::vector<ItemView>& items, const FeedHead& of = head) {
  std::string out;
  append_atom_feed(out, of, items);
  return out;
}

/// The feed's element, and a check that it is one.
std::string_view element_of(std::string_view document) {
  EXPECT_TRUE(document.starts_with("<?xml version='1.0' encoding='UTF-8'?>\n"));
  document.remove_prefix(document.find('\n') + 1);
  EXPECT_TRUE(is_element(document)) << document;
  return document;
}

const std::string feed_start =
    "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:atom='http://www.w3.org/2005/Atom'>"
    "<id>https://example.org/eventsource/blog?a=1&amp;b=2</id><title type='text'>Blog &amp; &lt;more&gt;</title>";
const std::string feed_rest =
    "<author><name>pubsub.example.org</name></author>"
    "<link rel='self' href='https://example.org/eventsource/blog?a=1&amp;b=2'/>"
    "<link rel='alternate' href='https://example.org/'/>";

/// How many direct children of the feed's entries have each name.
struct Required : XmlVisitor {
  bool start_element(const XmlName& name, std::span<const XmlAttribute>) override {
    constexpr std::string_view atom = "http://www.w3.org/2005/Atom";
    if (++depth == 2 && name == XmlName{atom, "entry"}) entries.emplace_back();
    if (depth == 3 && !entries.empty() && name.ns == atom) entries.back() += std::string(name.local) + " ";
    return true;
  }
  void text(std::string_view) override {}
  void end_element() override { --depth; }

  int depth = 0;
  std::vector<std::string> entries;
};

/// Anything at all, in every field.
std::vector<ItemView> hostile_items() {
  static const std::vector<std::string> values = {
      "", "]]>", "<!--", "</entry></feed>", "\"},{\"x\":\"", "\r\n\0\x1b"s, "\xff\xfe", "&lt;&x;", "<entry",
      "<entry xmlns='http://www.w3.org/2005/Atom'>", "<entry xmlns='http://www.w3.org/2005/Atom'/>",
      "<?xml version='1.0'?><entry xmlns='http://www.w3.org/2005/Atom'/>",
      "<entry\rxmlns='http://www.w3.org/2005/Atom'><id>1</id><title>&#13;</title><updated>2026-01-01T00:00:00Z</updated></entry>",
      "<entry xmlns='http://www.w3.org/2005/Atom'><title type='html'>&lt;b</title><link href='https://a/&quot;>&#10;'/></entry>",
      "\xEF\xBB\xBF<a/>", "<a/><b/>", "<a xmlns='urn:a'><![CDATA[]]]]><![CDATA[>]]></a>", "<p:a/>",
      "<\0a\0/\0>\0"s};
  std::vector<ItemView> items;
  for (const std::string& value : values) {
    items.push_back({value, value, value, value, value, value, std::nullopt});
    items.push_back({value, value, value, value, value, value, value});
  }
  return items;
}

}  // namespace

TEST(JsonFeed, GivesAnAtomEntryAsAnItem) {
  EXPECT_EQ(json_feed({item("1", post)}),
            R"({"version":"https://jsonfeed.org/version/1.1","title":"Blog & <more>",)"
            R"("home_page_url":"https://example.org/","feed_url":"https://example.org/eventsource/blog?a=1&b=2",)"
            R"("authors":[{"name":"pubsub.example.org"}],"items":[)"
            R"({"id":"tag:a,2026:1","url":"https://a/1","title":"One","content_html":"<p>1</p>","summary":"s & t",)"
            R"("date_published":"2026-11-20T10:00:00Z","date_modified":"2026-11-21T10:00:00Z","authors":[{"name":"Al"}]}]})");
}

TEST(JsonFeed, GivesOtherItemsAsText) {
  ItemView xml = item("a b", "<t xmlns='urn:t'>1</t>", "2026-11-22T10:00:00Z");
  xml.publisher = "al@example.org";
  const auto feed = nlohmann::json::parse(json_feed({xml, container("c", "{\"t\": 1}"), item("d", "")}));
  EXPECT_EQ(feed["items"], nlohmann::json::parse(R"([
    {"id":"xmpp:pubsub.example.org?;node=blog;item=a%20b","content_text":"<t xmlns='urn:t'>1</t>",
     "date_published":"2026-11-22T10:00:00Z","authors":[{"name":"al@example.org"}]},
    {"id":"xmpp:pubsub.example.org?;node=blog;item=c","content_text":"{\"t\": 1}"},
    {"id":"xmpp:pubsub.example.org?;node=blog;item=d","content_text":""}])"));
}

TEST(JsonFeed, MayBeEmpty) {
  EXPECT_EQ(json_feed({}, {.title = "t"}), R"({"version":"https://jsonfeed.org/version/1.1","title":"t","items":[]})");
}

TEST(JsonFeed, FallsBackToSummaryAndTitle) {
  const auto content = [](const std::string& children) {
    const std::string xml = "<entry xmlns='http://www.w3.org/2005/Atom'>" + children + "</entry>";
    return nlohmann::json::parse(json_feed({item("1", xml)}))["items"][0];
  };
  EXPECT_EQ(content("<title>t</title><summary type='html'>s</summary>")["content_html"], "s");
  EXPECT_EQ(content("<title>t</title>")["content_text"], "t");
  EXPECT_EQ(content("")["content_text"], "");
  EXPECT_EQ(content("")["id"], "xmpp:pubsub.example.org?;node=blog;item=1");
  EXPECT_EQ(content("<title type='html'>&lt;b>t&lt;/b></title>")["title"], "t");
}

TEST(JsonFeed, LeavesOutWhatIsNoDateAndNoLink) {
  const std::string xml = "<entry xmlns='http://www.w3.org/2005/Atom'><updated>now</updated><link href='/1'/></entry>";
  const auto feed = nlohmann::json::parse(json_feed({item("1", xml, "today")}))["items"][0];
  EXPECT_FALSE(feed.contains("date_modified"));
  EXPECT_FALSE(feed.contains("date_published"));
  EXPECT_FALSE(feed.contains("url"));
}

TEST(JsonFeed, IsValidWhateverItHolds) {
  const auto items = hostile_items();
  const std::string out = json_feed(items, {.title = "\xff\"\n", .page_url = "\"", .feed_url = "\\", .author = std::string_view("\0", 1)});
  EXPECT_EQ(out.find_first_of("\r\n"), out.npos);
  const auto feed = nlohmann::json::parse(out);
  ASSERT_EQ(feed["items"].size(), items.size());
  for (const auto& each : feed["items"]) {
    EXPECT_TRUE(each["id"].is_string());
    EXPECT_EQ(each.count("content_html") + each.count("content_text"), 1u) << each;
  }
}

TEST(AtomFeed, EmbedsAWholeEntryAsItIs) {
  EXPECT_EQ(element_of(atom_feed({item("1", post)})),
            feed_start + "<updated>2026-11-21T10:00:00Z</updated>" + feed_rest + std::string(post) + "</feed>");
}

TEST(AtomFeed, MayBeEmpty) {
  EXPECT_EQ(element_of(atom_feed({})), feed_start + "<updated>2026-11-22T18:00:00Z</updated>" + feed_rest + "</feed>");
}

TEST(AtomFeed, WritesAnEntryAnewThatLacksWhatItMustHave) {
  const std::string feed = atom_feed(
      {item("a&b", "<entry xmlns='http://www.w3.org/2005/Atom'><updated>now</updated><link href='https://a/?b&amp;c'/>"
                   "<content type='html'>&lt;p></content></entry>")});
  EXPECT_EQ(element_of(feed),
            feed_start + "<updated>2026-11-22T18:00:00Z</updated>" + feed_rest +
                "<entry><id>xmpp:pubsub.example.org?;node=blog;item=a%26b</id><title type='text'>a&amp;b</title>"
                "<updated>2026-11-22T18:00:00Z</updated><link rel='alternate' href='https://a/?b&amp;c'/>"
                "<content type='html'>&lt;p&gt;</content></entry></feed>");
}

TEST(AtomFeed, WritesAnEntryAnewThatHasAPrefix) {
  const std::string feed = atom_feed(
      {item("1", "<p:entry xmlns:p='http://www.w3.org/2005/Atom'><p:id>i</p:id><p:title type='html'>t</p:title><title/>"
                 "<p:updated>2026-11-21T10:00:00Z</p:updated></p:entry>")});
  EXPECT_EQ(element_of(feed), feed_start + "<updated>2026-11-21T10:00:00Z</updated>" + feed_rest +
                                  "<entry><id>i</id><title type='html'>t</title><updated>2026-11-21T10:00:00Z</updated>"
                                  "<content type='text'></content></entry></feed>");
}

TEST(AtomFeed, CarriesOtherXmlAsXml) {
  ItemView xml = item("1", "<p:t xmlns:p='urn:t'><u/></p:t>", "2026-11-22T10:00:00Z");
  xml.publisher = "al@example.org";
  const std::string feed = atom_feed({xml});
  EXPECT_EQ(element_of(feed),
            feed_start + "<updated>2026-11-22T10:00:00Z</updated>" + feed_rest +
                "<entry><id>xmpp:pubsub.example.org?;node=blog;item=1</id><title type='text'>1</title>"
                "<updated>2026-11-22T10:00:00Z</updated><author><name>al@example.org</name></author>"
                "<atom:content xmlns='' type='application/xml'><p:t xmlns:p='urn:t'><u/></p:t></atom:content></entry></feed>");
}

TEST(AtomFeed, CarriesTheTextOfAContainerAsText) {
  const std::string feed = atom_feed({container("1", "{\"t\":\"<\"}")});
  EXPECT_NE(element_of(feed).find("<content type='text'>{\"t\":\"&lt;\"}</content>"), std::string::npos);
}

TEST(AtomFeed, DatesEveryEntry) {
  const std::string feed = atom_feed({item("1", "")}, {.title = "t", .feed_url = "u", .time = "now"});
  EXPECT_NE(feed.find("<title type='text'>1</title><updated>1970-01-01T00:00:00Z</updated>"), std::string::npos) << feed;
}

TEST(AtomFeed, IsValidWhateverItHolds) {
  const auto items = hostile_items();
  const std::string feed = atom_feed(items, {.title = "\xff<", .page_url = "'>", .feed_url = "\x01&", .author = "\r<"});
  Required required;
  const auto read = read_element(element_of(feed), required);
  ASSERT_TRUE(read.has_value()) << read.error().reason;
  ASSERT_EQ(required.entries.size(), items.size());
  for (const std::string& children : required.entries)
    for (const auto* name : {"id ", "title ", "updated "})
      EXPECT_NE(children.find(name), children.npos) << name << "missing among: " << children;
}
