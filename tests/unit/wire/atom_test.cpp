// SPDX-License-Identifier: MIT
#include "wire/atom.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

using namespace xes::wire;

namespace {

std::string entry_xml(std::string_view children) {
  return "<entry xmlns='http://www.w3.org/2005/Atom'>" + std::string(children) + "</entry>";
}

AtomEntry entry_of(std::string_view children) {
  const auto entry = read_atom_entry(entry_xml(children));
  EXPECT_TRUE(entry.has_value()) << children;
  return entry.value_or(AtomEntry{});
}

std::string link_of(std::string_view children) { return entry_of(children).link; }

// XEP-0277 example 1, shortened
constexpr std::string_view microblog =
    "<entry xmlns='http://www.w3.org/2005/Atom'>\n"
    "  <author><name>Romeo Montague</name><uri>xmpp:romeo@montague.lit</uri></author>\n"
    "  <title type='text'>hanging out at the Caf&amp;#233;</title>\n"
    "  <link rel='alternate' type='text/html' href='http://montague.lit/romeo/posts/1cb57d9c'/>\n"
    "  <link rel='alternate' href='xmpp:romeo@montague.lit?;node=urn%3Axmpp%3Amicroblog%3A0;item=1cb57d9c'/>\n"
    "  <id>tag:montague.lit,2008-05-08:posts-1cb57d9c</id>\n"
    "  <published>2008-05-08T18:30:02Z</published>\n"
    "  <updated>2008-05-08T18:31:21Z</updated>\n"
    "  <source><id>no</id><title>no</title><author><name>no</name></author></source>\n"
    "</entry>";

}  // namespace

TEST(AtomEntry, HasWhatAMicroblogPostHas) {
  const auto entry = read_atom_entry(microblog);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->id, "tag:montague.lit,2008-05-08:posts-1cb57d9c");
  EXPECT_EQ(entry->title, "hanging out at the Caf&#233;");
  EXPECT_FALSE(entry->title_is_html);
  EXPECT_EQ(entry->link, "http://montague.lit/romeo/posts/1cb57d9c");
  EXPECT_EQ(entry->published, "2008-05-08T18:30:02Z");
  EXPECT_EQ(entry->updated, "2008-05-08T18:31:21Z");
  EXPECT_EQ(entry->author, "Romeo Montague");
  EXPECT_EQ(entry->summary, "");
  EXPECT_EQ(entry->content, "");
}

TEST(AtomEntry, IsReadWhateverItsPrefix) {
  const auto entry = read_atom_entry("<a:entry xmlns:a='http://www.w3.org/2005/Atom'><a:title>1</a:title><title>2</title></a:entry>");
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->title, "1");
}

TEST(AtomEntry, IsNothingElse) {
  EXPECT_FALSE(read_atom_entry(""));
  EXPECT_FALSE(read_atom_entry("<entry/>"));
  EXPECT_FALSE(read_atom_entry("<entry xmlns='http://purl.org/atom/ns#'/>"));
  EXPECT_FALSE(read_atom_entry("<feed xmlns='http://www.w3.org/2005/Atom'><entry/></feed>"));
  EXPECT_FALSE(read_atom_entry(entry_xml("<title>")));
  EXPECT_FALSE(read_atom_entry("<!DOCTYPE entry [<!ENTITY e 'x'>]>" + entry_xml("<title>&e;</title>")));
  EXPECT_TRUE(read_atom_entry("<entry xmlns='http://www.w3.org/2005/Atom'/>"));
}

TEST(AtomEntry, GivesTextAsTextAndHtmlAsHtml) {
  const AtomEntry entry = entry_of(
      "<title>a &lt;b&gt;</title><summary type='html'>a &lt;b>&amp;amp;&lt;/b></summary>"
      "<content type='text/plain'>\n &lt;c&gt;  d\n</content>");
  EXPECT_EQ(entry.title, "a <b>");
  EXPECT_FALSE(entry.title_is_html);
  EXPECT_EQ(entry.summary, "a <b>&amp;</b>");
  EXPECT_TRUE(entry.summary_is_html);
  EXPECT_EQ(entry.content, "<c>  d");
  EXPECT_FALSE(entry.content_is_html);
}

TEST(AtomEntry, WritesXhtmlSoThatHtmlParsersReadIt) {
  const AtomEntry entry = entry_of(
      "<title type='xhtml'><h:div xmlns:h='http://www.w3.org/1999/xhtml'>1 <h:b>&lt;</h:b></h:div></title>"
      "<content type='xhtml'>\n<div xmlns='http://www.w3.org/1999/xhtml' class='x'>\n"
      "<p xml:lang='en' title=\"it's\">a<br/>&amp;<img src='b'/></p><script/><div/></div>\n</content>");
  EXPECT_EQ(entry.title, "1 <b>&lt;</b>");
  EXPECT_TRUE(entry.title_is_html);
  EXPECT_EQ(entry.content,
            "<p lang='en' title='it&apos;s'>a<br/>&amp;<img src='b'/></p><script></script><div></div>");
  EXPECT_TRUE(entry.content_is_html);
}

TEST(AtomEntry, LeavesOutContentThatAPageCannotShow) {
  EXPECT_EQ(entry_of("<content type='image/png' src='http://a/b.png'/>").content, "");
  EXPECT_EQ(entry_of("<content type='image/png'>aGk=</content>").content, "");
  EXPECT_EQ(entry_of("<content type='application/xml'><a/>b</content>").content, "");
  EXPECT_EQ(entry_of("<content type='text/html; charset=utf-8'>b</content>").content_is_html, true);
}

TEST(AtomEntry, TakesTheFirstOfEach) {
  const AtomEntry entry = entry_of(
      "<id>1</id><id>2</id><title type='html'>1</title><title>2</title><author><name>1</name></author>"
      "<author><name>2</name></author><contributor><name>3</name></contributor>");
  EXPECT_EQ(entry.id, "1");
  EXPECT_EQ(entry.title, "1");
  EXPECT_TRUE(entry.title_is_html);
  EXPECT_EQ(entry.author, "1");
}

TEST(AtomEntry, PrefersALinkThatABrowserFollows) {
  EXPECT_EQ(link_of("<link href='xmpp:a@b'/><link href='c'/><link href='https://d/'/><link href='https://e/'/>"), "https://d/");
  EXPECT_EQ(link_of("<link href='xmpp:a@b'/><link href='/c'/>"), "/c");
  EXPECT_EQ(link_of("<link href='xmpp:a@b'/>"), "xmpp:a@b");
  EXPECT_EQ(link_of("<link rel='self' href='https://d/'/><link rel='alternate'/><link href=''/>"), "");
  EXPECT_EQ(link_of("<link rel='http://www.iana.org/assignments/relation/alternate' href='https://d/'/>"), "https://d/");
}

TEST(AtomEntry, HasNoLinkThatIsAScript) {
  EXPECT_EQ(link_of("<link href='javascript:alert(1)'/>"), "");
  EXPECT_EQ(link_of("<link href=' &#10;JAVA&#9;SCRIPT:alert(1)'/>"), "");
  EXPECT_EQ(link_of("<link href='data:text/html,x'/>"), "");
  EXPECT_EQ(link_of("<link xml:base='javascript:alert(1)//' href='x'/>"), "");
}

TEST(AtomEntry, ResolvesItsLinkAgainstXmlBase) {
  EXPECT_EQ(read_atom_entry("<entry xmlns='http://www.w3.org/2005/Atom' xml:base='https://a/b/'>"
                            "<link xml:base='c/' href='d'/></entry>")->link,
            "https://a/b/c/d");
}

TEST(AtomDate, IsADateTimeWithAZone) {
  for (const auto* date : {"2003-12-13T18:30:02Z", "2003-12-13T18:30:02.25Z", "2003-12-13T18:30:02+01:00",
                           "2003-12-13T18:30:02.1-23:59", "2024-02-29T00:00:60Z"})
    EXPECT_TRUE(is_atom_date(date)) << date;
  for (const auto* date :
       {"", "yesterday", "2003-12-13", "2003-12-13T18:30:02", "2003-12-13t18:30:02z", "2003-12-13 18:30:02Z",
        "2003-13-13T18:30:02Z", "2003-02-29T18:30:02Z", "2003-00-13T18:30:02Z", "2003-12-00T18:30:02Z",
        "2003-12-13T24:30:02Z", "2003-12-13T18:60:02Z", "2003-12-13T18:30:61Z", "2003-12-13T18:30:02.Z",
        "2003-12-13T18:30:02+0100", "2003-12-13T18:30:02+24:00", "2003-12-13T18:30:02Zx", "2003-12-13T18:30:02.5",
        "1900-02-29T00:00:00Z"})
    EXPECT_FALSE(is_atom_date(date)) << date;
}

TEST(AtomAsJson, NamesTheItemAndThenTheEntry) {
  std::string out;
  append_atom_view(out, {.service = "pubsub.example.org", .node = "blog", .id = "1cb57d9c", .publisher = "romeo@montague.lit",
                         .published = "2026-01-01T00:00:00Z", .payload = microblog});
  EXPECT_EQ(out,
            R"({"service":"pubsub.example.org","node":"blog","id":"1cb57d9c","publisher":"romeo@montague.lit",)"
            R"("published":"2008-05-08T18:30:02Z","updated":"2008-05-08T18:31:21Z",)"
            R"("atom_id":"tag:montague.lit,2008-05-08:posts-1cb57d9c","title":"hanging out at the Caf&#233;",)"
            R"("link":"http://montague.lit/romeo/posts/1cb57d9c","author":"Romeo Montague"})");
}

TEST(AtomAsJson, SaysWhatIsHtml) {
  const std::string xml = entry_xml(
      "<title type='html'>a</title><summary>b</summary><content type='html'>&lt;p></content>");
  std::string out;
  append_atom_view(out, {.service = "s", .node = "n", .id = "i", .published = "2026-01-01T00:00:00Z", .payload = xml});
  EXPECT_EQ(out,
            R"({"service":"s","node":"n","id":"i","published":"2026-01-01T00:00:00Z","title":"a","title_type":"html",)"
            R"("summary":"b","content":"<p>","content_type":"html"})");
}

TEST(AtomAsJson, IsOneLineWhateverTheEntryHolds) {
  const std::string xml = entry_xml("<title>a\nb&#13;\"\\</title><content type='xhtml'><p>\n<b/>\n</p></content>");
  std::string out;
  append_atom_view(out, {.service = "s", .node = "n", .id = "i", .payload = xml});
  EXPECT_EQ(out.find_first_of("\r\n"), out.npos);
  EXPECT_EQ(nlohmann::json::parse(out)["title"], "a\nb\r\"\\");
}

TEST(AtomAsJson, IsTheJsonViewForOtherItems) {
  const ItemView item{.service = "s", .node = "n", .id = "i", .payload = "<a xmlns='urn:a'/>"};
  std::string atom, json;
  append_atom_view(atom, item);
  append_item_json(json, item);
  EXPECT_EQ(atom, json);
}
