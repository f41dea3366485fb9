// SPDX-License-Identifier: MIT
// What a user can have the server relay: whatever it is, the stream goes on, and what is held stays bounded.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "stanzas.hpp"
#include "xmpp/xml/stanza_reader.hpp"

namespace xes::xmpp {
namespace {

using Kind = StreamEvent::Kind;

const std::string header = stream_header(" from='news.example' id='4711'");
const std::string message = "<message from='u@example' id='m'>";
const std::string in_event = "<message from='pubsub.example'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='n'>";
const std::string in_result = "<iq type='result' id='r'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='n'>";
const std::string good_item = "<item id='good'><x xmlns='urn:x'/></item>";

/// Enough for what is normal, and quickly reached.
const ReaderOptions small{.max_item_bytes = 2000,
                          .max_item_nodes = 100,
                          .max_stanza_bytes = 4000,
                          .max_nodes = 100,
                          .max_depth = 20,
                          .max_tag_bytes = 500,
                          .max_attributes = 20,
                          .max_namespaces = 10,
                          .max_namespace_bytes = 60};

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string numbered(std::size_t times, const std::function<std::string(const std::string&)>& text) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text(std::to_string(i));
  return out;
}

/// One element that is too much, by a measure that grows with `n`; each is over `small` at 200, but under at 2.
struct Hostile {
  std::string name;
  std::function<std::string(std::size_t n)> element;
};

const std::vector<Hostile> all_hostile = {
    {"depth", [](std::size_t n) { return repeated("<a>", n) + repeated("</a>", n); }},
    {"depth with attributes",
     [](std::size_t n) { return repeated("<a b='/a>' c=\">\">", n) + repeated("</a >", n); }},
    {"text", [](std::size_t n) { return "<a>" + repeated("'\"> /a&gt;30 bytes of text, about", n) + "</a>"; }},
    {"cdata", [](std::size_t n) { return "<a>" + repeated("<![CDATA[</a></item></message>]]]]><![CDATA[>]]>", n) + "</a>"; }},
    {"cdata that looks unfinished", [](std::size_t n) { return "<a><![CDATA[" + repeated("longer ]]</a>'\"]>]] >-->", n) + "]]]]></a>"; }},
    {"attribute value", [](std::size_t n) { return "<a b='" + repeated("/a>\"/> ", n) + "'/>"; }},
    {"attribute name", [](std::size_t n) { return "<a " + repeated("name", n) + "='1'/>"; }},
    {"element name", [](std::size_t n) { return "<" + repeated("name", n) + "/>"; }},
    {"element name with an end tag",
     [](std::size_t n) { return "<" + repeated("name", n) + "></" + repeated("name", n) + ">"; }},
    {"attributes", [](std::size_t n) { return "<a" + numbered(n, [](const auto& i) { return " a" + i + "=''"; }) + "/>"; }},
    {"namespaces", [](std::size_t n) {
       return "<a" + numbered(n, [](const auto& i) { return " xmlns:p" + i + " = 'u'"; }) + "/>";
     }},
    {"namespaces in scope", [](std::size_t n) {
       return numbered(n, [](const auto& i) { return "<a xmlns='u" + i + "'>"; }) + repeated("</a>", n);
     }},
    {"namespace", [](std::size_t n) { return "<a xmlns:p='" + repeated("long", n) + "'><p:b/></a>"; }},
    {"elements", [](std::size_t n) { return "<a>" + numbered(n, [](const auto& i) { return "<b" + i + "/>"; }) + "</a>"; }},
    {"white space", [](std::size_t n) { return "<a>" + std::string(30 * n, '\n') + "</a>"; }},
};

void describe(std::ostream& out, const Element& e) {
  out << "{" << e.ns << "}" << e.name;
  for (const auto& a : e.attributes) out << " {" << a.ns << "}" << a.name << "=" << a.value;
  out << "[" << e.text << "]";
  for (const auto& p : e.payloads)
    out << " payload " << p.left_out << p.xml << " " << p.name << " " << p.ns << " " << p.text.value_or("-") << " " << p.digest;
  for (const auto& c : e.children) {
    out << "(";
    describe(out, c);
    out << ")";
  }
}

std::string described(const StreamEvent& event) {
  std::ostringstream out;
  out << static_cast<int>(event.kind);
  describe(out, event.element);
  return out.str();
}

std::vector<StreamEvent> drained(StanzaReader& reader) {
  std::vector<StreamEvent> events;
  while (auto event = reader.next()) events.push_back(std::move(*event));
  return events;
}

std::vector<StreamEvent> read(const std::string& bytes, ReaderOptions options) {
  StanzaReader reader(options);
  EXPECT_TRUE(reader.feed(header));
  drained(reader);
  const auto fed = reader.feed(bytes);
  EXPECT_TRUE(fed) << fed.error().reason;
  return drained(reader);
}

std::string described(const std::string& bytes, ReaderOptions options, std::size_t split) {
  StanzaReader reader(options);
  EXPECT_TRUE(reader.feed(header));
  drained(reader);
  std::string out;
  for (const auto& piece : {bytes.substr(0, split), bytes.substr(split)}) {
    EXPECT_TRUE(reader.feed(piece)) << "split at " << split;
    for (const auto& event : drained(reader)) out += described(event) + "\n";
  }
  return out;
}

class StanzaBounds : public testing::TestWithParam<Hostile> {};

TEST_P(StanzaBounds, AreNotMetByALittleOfIt) {
  const std::string element = GetParam().element(2);
  const auto events = read(message + element + "</message>" + in_event + "<item id='1'>" + element + "</item></items></event></message>", small);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, Kind::stanza);
  EXPECT_EQ(events[1].kind, Kind::stanza);
  EXPECT_FALSE(events[1].element.children.at(0).children.at(0).children.at(0).payloads.at(0).left_out);
}

TEST_P(StanzaBounds, PassOverAStanzaAndKeepItsStartTag) {
  const auto events = read(message + GetParam().element(200) + "</message><iq id='8'>t</iq>", small);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, Kind::passed_over);
  EXPECT_EQ(events[0].element.name, "message");
  EXPECT_EQ(events[0].element.attribute("from"), "u@example");
  EXPECT_TRUE(events[0].element.children.empty());
  EXPECT_NE(events[0].reason, "");
  EXPECT_EQ(events[1].kind, Kind::stanza);
  EXPECT_EQ(events[1].element.text, "t");
}

TEST_P(StanzaBounds, LeaveOutOneItemOfANotificationOrResult) {
  for (const std::string& begin : {in_event, in_result}) {
    const std::string end = begin == in_event ? "</items></event></message>" : "</items></pubsub></iq>";
    const auto events = read(begin + good_item + "<item publisher='p' id='bad'>" + GetParam().element(200) + "<b/></item>" + good_item +
                                 end + "<iq id='8'/>",
                             small);
    ASSERT_EQ(events.size(), 2u);
    ASSERT_EQ(events[0].kind, Kind::stanza) << events[0].reason;
    const auto& items = events[0].element.children.at(0).children.at(0).children;
    ASSERT_EQ(items.size(), 3u);
    for (std::size_t good : {0u, 2u}) {
      EXPECT_EQ(items[good].attribute("id"), "good");
      EXPECT_EQ(items[good].payloads.at(0).xml, "<x xmlns='urn:x'/>");
      EXPECT_FALSE(items[good].payloads.at(0).left_out);
    }
    EXPECT_EQ(items[1].attribute("id"), "bad");
    EXPECT_EQ(items[1].attribute("publisher"), "p");
    ASSERT_EQ(items[1].payloads.size(), 1u);
    EXPECT_TRUE(items[1].payloads[0].left_out);
    EXPECT_EQ(items[1].payloads[0].xml, "");
  }
}

TEST_P(StanzaBounds, AreTheSameWhereverTheBytesAreSplit) {
  const std::string element = GetParam().element(200);
  const std::string bytes = message + element + "</message>" + in_event + good_item + "<item id='bad'>" + element + "</item>" +
                            good_item + "</items></event></message><iq id='8'/>";
  const std::string expected = described(bytes, small, bytes.size());
  for (std::size_t at = 0; at < bytes.size(); ++at)
    ASSERT_EQ(described(bytes, small, at), expected) << "split at " << at;
}

/// Of 60 KB, which ended sessions, and of 20 MB, with the bounds that are in force.
TEST_P(StanzaBounds, HoldInBoundedMemory) {
  const ReaderOptions options;
  const std::size_t unit = GetParam().element(1000).size() / 1000;
  for (const std::size_t size : {60'000u, 20'000'000u}) {
    const std::string element = GetParam().element(size / unit);
    for (const std::string& stanza : {message + element + "</message>", in_result + "<item id='1'>" + element + "</item>" + good_item + "</items></pubsub></iq>"}) {
      StanzaReader reader(options);
      ASSERT_TRUE(reader.feed(header));
      std::size_t most = 0;
      for (std::string_view rest = stanza; !rest.empty(); rest.remove_prefix(std::min<std::size_t>(rest.size(), 65536))) {
        ASSERT_TRUE(reader.feed(rest.substr(0, 65536)));
        most = std::max(most, reader.memory());
      }
      ASSERT_TRUE(reader.feed("<iq id='8'/>"));
      const auto events = drained(reader);
      ASSERT_EQ(events.size(), 3u);
      EXPECT_EQ(events[2].element.attribute("id"), "8");
      EXPECT_LE(most, 2 * options.max_stanza_bytes + options.renew_above_bytes);
      EXPECT_LE(reader.memory(), options.renew_above_bytes + (2u << 20));
      if (stanza.starts_with("<iq") && size > 1'000'000) {
        ASSERT_EQ(events[1].kind, Kind::stanza);
        const auto& items = events[1].element.children.at(0).children.at(0).children;
        ASSERT_EQ(items.size(), 2u);
        EXPECT_TRUE(items[0].payloads.at(0).left_out);
        EXPECT_LE(most, 4 * options.max_item_bytes + options.renew_above_bytes);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, StanzaBounds, testing::ValuesIn(all_hostile), [](const auto& tested) {
  std::string name = tested.param.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
});

// ---- what the kinds above do not hold

TEST(StanzaBoundsBesides, LeaveOutAnItemWhoseOwnTagIsOver) {
  for (const std::string& attribute : {" a='" + std::string(1000, '>') + "'", repeated(" xmlns:p='u'", 30), " xmlns='" + std::string(100, 'u') + "'"})
    for (const std::string rest : {"/>", "><a><item>]]</item><![CDATA[</item>]]></a></item>"}) {
      const auto events = read(in_event + good_item + "<item id='1'" + attribute + rest + good_item + "</items></event></message><iq/>", small);
      ASSERT_EQ(events.size(), 2u);
      const auto& items = events[0].element.children.at(0).children.at(0).children;
      ASSERT_EQ(items.size(), 3u);
      EXPECT_TRUE(items[1].is("item", "http://jabber.org/protocol/pubsub#event"));
      EXPECT_TRUE(items[1].payloads.at(0).left_out);
      EXPECT_EQ(items[2].attribute("id"), "good");
    }
}

TEST(StanzaBoundsBesides, PassOverAStanzaWhoseOwnTagIsOver) {
  const auto events = read("<iq a='" + std::string(1000, '>') + "' id='7'><x><iq/></x></iq><iq id='8'/>", small);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, Kind::passed_over);
  EXPECT_EQ(events[0].element.name, "");
  EXPECT_EQ(events[1].element.attribute("id"), "8");
}

TEST(StanzaBoundsBesides, LeaveOutManyItemsOfOneStanza) {
  ReaderOptions options = small;
  options.max_stanza_bytes = 100'000;
  options.max_nodes = 1000;
  const std::string bad = "<item id='bad'>" + std::string(3000, 'x') + "</item>";
  const auto events = read(in_result + repeated(bad + good_item, 40) + bad + "</items></pubsub></iq>", options);
  ASSERT_EQ(events.size(), 1u);
  const auto& items = events[0].element.children.at(0).children.at(0).children;
  ASSERT_EQ(items.size(), 81u);
  for (std::size_t i = 0; i < items.size(); ++i) EXPECT_EQ(items[i].payloads.at(0).left_out, i % 2 == 0) << i;
}

TEST(StanzaBoundsBesides, TakeAnItemThatIsExactlyAsLongAsAllowed) {
  for (const std::size_t more : {0u, 1u}) {
    const std::string payload = "<a xmlns='u'>" + std::string(small.max_item_bytes + more - 17, 'x') + "</a>";
    const auto events = read(in_event + "<item id='1'>" + payload + "</item></items></event></message>", small);
    EXPECT_EQ(events.at(0).element.children.at(0).children.at(0).children.at(0).payloads.at(0).left_out, more == 1);
  }
}

TEST(StanzaBoundsBesides, PassOverWhatOnlyLooksLikePubsub) {
  const auto events = read("<message id='7'><event xmlns='urn:other'><items><item><a>" + std::string(3000, 'x') +
                               "</a></item></items></event></message><iq id='8'/>",
                           small);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, Kind::passed_over);
  EXPECT_EQ(events[0].element.attribute("id"), "7");
}

/// XML 1.0 allows it, Namespaces in XML does not, and a server may look at the first alone.
TEST(StanzaBoundsBesides, PassOverAStanzaWithNamespacesThatCannotBe) {
  for (const std::string element :
       {"<x:y/>", "<y x:z='1'/>", "<x:y xmlns:x=''/>", "<y xmlns:xml='urn:x'/>", "<y xmlns:xmlns='urn:x'/>",
        "<y xmlns:x='http://www.w3.org/XML/1998/namespace'/>", "<a><b><x:y>text</x:y></b></a>"}) {
    SCOPED_TRACE(element);
    StanzaReader reader(small);
    ASSERT_TRUE(reader.feed(header));
    for (int times = 0; times < 3; ++times) {
      ASSERT_TRUE(reader.feed(message + element + "</message><x:message/><message id='after'><body>b</body></message>"));
      std::vector<StreamEvent> events;
      while (auto event = reader.next())
        if (event->kind != Kind::open) events.push_back(std::move(*event));
      ASSERT_EQ(events.size(), 3u);
      EXPECT_EQ(events[0].kind, Kind::passed_over);
      EXPECT_EQ(events[0].element.attribute("from"), "u@example");
      EXPECT_EQ(events[1].kind, Kind::passed_over);
      EXPECT_EQ(events[2].kind, Kind::stanza);
      EXPECT_EQ(events[2].element.children.at(0).text, "b");
    }
  }
  StanzaReader broken(small);
  EXPECT_FALSE(broken.feed("<x:stream xmlns='jabber:component:accept'>"));
}

TEST(StanzaBoundsBesides, EndTheStreamWhereTheServerSendsWhatXmppForbids) {
  for (const char* forbidden : {"<!-- -->", "<?x ?>", "<!DOCTYPE a>", "<![x"}) {
    StanzaReader reader(small);
    const auto fed = reader.feed(header + message + std::string(5000, 'x') + forbidden + "</message>");
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().error, Error::malformed);
  }
}

TEST(StanzaBoundsBesides, EndTheStreamAtTagsThatDoNotMatch) {
  const std::string longer(5000, 'x');
  for (const std::string bad : {"<iq><a></iq>", "<iq></a>", "<iq></stream:stream>", "</iq>", "<iq><a b='1><c/>", "<iq><a <b/>", "<iq><a></a <b>"})
    for (const std::string& text : {std::string(), message + longer + "</message>"}) {
      StanzaReader reader(small);
      EXPECT_FALSE(reader.feed(header + text + bad)) << bad;
    }
  StanzaReader reader(small);
  EXPECT_FALSE(reader.feed(header + message + longer + "<a b='1><c/>")) << "in what is passed over, too";
}

TEST(StanzaBoundsBesides, GiveBackWhatExpatKeepsOfDistinctNames) {
  const ReaderOptions options;
  StanzaReader reader(options);
  ASSERT_TRUE(reader.feed(header));
  std::size_t number = 0;
  for (int stanza = 0; stanza < 6; ++stanza) {
    std::string bytes = message;
    for (int i = 0; i < 30'000; ++i) bytes += "<p" + std::to_string(number) + ":n" + std::to_string(number) + " xmlns:p" + std::to_string(number) + "='u'/>", ++number;
    ASSERT_TRUE(reader.feed(bytes + "</message>"));
    EXPECT_LE(reader.memory(), options.renew_above_bytes + (9u << 20));
    drained(reader);
  }
  EXPECT_GE(reader.renewals(), 3u);
}

TEST(StanzaBoundsBesides, PassOverAStanzaForWhichTheParserHasNoMemory) {
  ReaderOptions options;
  options.max_parser_bytes = 200'000;
  const auto names = [](const std::string& i) { return "<n" + i + "/>"; };
  StanzaReader reader(options);
  ASSERT_TRUE(reader.feed(header + "<iq id='7' from='a'>" + numbered(20'000, names) + "</iq><iq id='8'><q xmlns='urn:q'/></iq>"));
  auto events = drained(reader);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1].kind, Kind::passed_over);
  EXPECT_EQ(events[1].element.attribute("id"), "7");
  EXPECT_TRUE(events[2].element.child("q", "urn:q"));
}

/// So that a single item can always be asked for.
TEST(StanzaBoundsBesides, LeaveEnoughMemoryForAnyOneItem) {
  const ReaderOptions options;
  const std::vector<std::function<std::string(const std::string&)>> worst = {
      [](const std::string& i) { return "<n" + i + " a" + i + "=''/>"; },
      [](const std::string& i) { return "<p" + i + ":n xmlns:p" + i + "=''>"; },
      [](const std::string& i) { return "<p" + i + ":n xmlns:p" + i + "='u'/>"; },
  };
  for (const std::size_t which : {0u, 2u}) {
    std::string payload = "<a xmlns='u'>";
    for (std::size_t i = 0; payload.size() + 60 < options.max_item_bytes && i < options.max_item_nodes / 2 - 2; ++i)
      payload += worst[which](std::to_string(i));
    const auto events = read(in_event + "<item id='1'>" + payload + "</a></item></items></event></message>", options);
    ASSERT_EQ(events.size(), 1u);
    ASSERT_EQ(events[0].kind, Kind::stanza) << events[0].reason;
    EXPECT_FALSE(events[0].element.children.at(0).children.at(0).children.at(0).payloads.at(0).left_out);
  }
}

// ---- against a reference

/// Well-formed, of all that a server may write, and the same measured by hand.
class RandomStanza {
 public:
  explicit RandomStanza(std::mt19937& random) : random_(random) {}

  std::string make() {
    over_ = false;
    std::string out = "<message id='" + std::to_string(upto(1000)) + "'>";
    std::size_t parts = upto(4);
    for (std::size_t i = 0; i < parts; ++i) out += text() + element(2);
    out += "</message>";
    over_ = over_ || out.size() > small.max_stanza_bytes;
    return out;
  }
  bool over() const { return over_; }

 private:
  std::size_t upto(std::size_t n) { return random_() % n; }
  bool seldom() { return upto(60) == 0; }

  std::string element(std::size_t depth) {
    if (depth > small.max_depth) over_ = true;
    const std::string name = seldom() ? std::string(1 + upto(700), 'n') : std::string(1, static_cast<char>('a' + upto(4)));
    std::string tag = "<" + name;
    const std::size_t attributes = seldom() ? upto(40) : upto(3);
    for (std::size_t i = 0; i < attributes; ++i) {
      const char quote = upto(2) == 0 ? '"' : '\'';
      tag += (upto(3) == 0 ? "\n\t" : " ") + std::string("a") + std::to_string(i) + (upto(8) == 0 ? " = " : "=") + quote +
             value(quote) + quote;
    }
    if (attributes > small.max_attributes) over_ = true;
    if (upto(4) == 0) tag += ' ';
    const bool is_empty = upto(3) == 0;
    tag += is_empty ? "/>" : ">";
    if (tag.size() > small.max_tag_bytes) over_ = true;
    if (is_empty) return tag;
    std::string out = tag;
    const std::size_t parts = seldom() ? 1 : upto(4);
    if (upto(80) == 0 && depth == 2) return out + deep(depth) + "</" + name + ">";
    for (std::size_t i = 0; i < parts && depth < 8; ++i) out += text() + element(depth + 1);
    const std::string end = "</" + name + (upto(5) == 0 ? " >" : ">");
    if (end.size() > small.max_tag_bytes) over_ = true;
    return out + text() + end;
  }
  std::string deep(std::size_t depth) {
    const std::size_t levels = upto(40);
    if (depth + levels > small.max_depth) over_ = true;
    return repeated("<d>", levels) + repeated("</d>", levels);
  }
  std::string value(char quote) {
    constexpr const char* parts[] = {">", "/>", "]]>", "</message>", "&lt;", "&amp;", "x", " xmlns='", "\xC3\xA9", "="};
    std::string out;
    for (std::size_t i = upto(seldom() ? 200 : 5); i > 0; --i) out += parts[upto(10)];
    std::replace(out.begin(), out.end(), '<', '!');
    if (quote == '\'') std::replace(out.begin(), out.end(), '\'', '"');
    return out;
  }
  std::string text() {
    constexpr const char* parts[] = {"'", "\"", "&gt;", "&amp;", "x", " ", "\n", "<![CDATA[</message>]]>", "<![CDATA[]]]]>", "<![CDATA[<a b=']]>", "/", "="};
    std::string out;
    for (std::size_t i = upto(seldom() ? 400 : 4); i > 0; --i) out += parts[upto(12)];
    return out;
  }

  std::mt19937& random_;
  bool over_ = false;
};

TEST(StanzaBoundsBesides, AgreeWithAReferenceOnRandomStreams) {
  std::mt19937 random(11);
  std::size_t passed_over = 0, read_whole = 0;
  ReaderOptions boundless;
  boundless.max_stanza_bytes = boundless.max_tag_bytes = 1u << 30;
  boundless.max_depth = boundless.max_attributes = 10'000;
  ReaderOptions bounded = small;
  bounded.max_nodes = 100'000;
  for (int round = 0; round < 300; ++round) {
    StanzaReader reader(bounded);
    ASSERT_TRUE(reader.feed(header));
    drained(reader);
    std::string stream;
    std::vector<std::string> expected;
    for (int i = 0; i < 20; ++i) {
      RandomStanza made(random);
      const std::string stanza = made.make();
      stream += stanza + (random() % 3 == 0 ? "\n " : "");
      const auto alone = read(stanza, boundless);
      ASSERT_EQ(alone.size(), 1u);
      ASSERT_EQ(alone[0].kind, Kind::stanza) << stanza;
      const std::string whole = described(alone[0]);
      // Of one that is passed over the start tag is left.
      expected.push_back(made.over() ? std::to_string(static_cast<int>(Kind::passed_over)) + whole.substr(1, whole.find('[') - 1) + "[]" : whole);
      ++(made.over() ? passed_over : read_whole);
    }
    std::vector<std::string> got;
    for (std::string_view rest = stream; !rest.empty();) {
      const std::size_t count = std::min<std::size_t>(rest.size(), 1 + random() % (random() % 2 == 0 ? 10 : 3000));
      ASSERT_TRUE(reader.feed(rest.substr(0, count)));
      rest.remove_prefix(count);
      for (const auto& event : drained(reader)) got.push_back(described(event));
    }
    ASSERT_EQ(got, expected) << stream;
  }
  EXPECT_GT(passed_over, 100u);
  EXPECT_GT(read_whole, 1000u);
}

}  // namespace
}  // namespace xes::xmpp
