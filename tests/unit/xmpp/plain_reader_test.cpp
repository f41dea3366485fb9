// SPDX-License-Identifier: MIT
// What PlainReader reads and what it leaves to expat, through StanzaReader; and that both read the same.
#include "xmpp/plain_reader.hpp"

#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "xmpp/stanza_reader.hpp"

namespace xes::xmpp {
namespace {

const std::string header =
    "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' "
    "xmlns:s='urn:stream-wide' id='1'>";

std::string notification(const std::string& payload) {
  return "<message from='pubsub.example' to='me.example' xml:lang='en'><event "
         "xmlns='http://jabber.org/protocol/pubsub#event'><items node='a/b'><item id='1' publisher='u@h'>" +
         payload + "</item></items></event></message>";
}

/// How many of the stanzas were read without expat.
std::uint64_t plain(const std::string& stanzas) {
  StanzaReader reader;
  EXPECT_TRUE(reader.feed(header));
  (void)reader.feed(stanzas);
  return reader.plain_stanzas();
}

void describe(std::ostream& out, const Element& e) {
  out << "{" << e.ns << "}" << e.name;
  for (const auto& a : e.attributes) out << " {" << a.ns << "}" << a.name << "=" << a.value;
  out << "[" << e.text << "]";
  for (const auto& p : e.payloads)
    out << " payload " << p.xml << " " << p.name << " " << p.ns << " " << p.text.value_or("-") << " " << p.digest;
  for (const auto& c : e.children) {
    out << "(";
    describe(out, c);
    out << ")";
  }
}

/// All that comes out of a reader, feed by feed.
std::string described(const std::vector<std::string>& feeds, ReaderOptions options) {
  std::ostringstream out;
  StanzaReader reader(options);
  for (const std::string& bytes : feeds) {
    const auto fed = reader.feed(bytes);
    while (auto event = reader.next()) {
      out << static_cast<int>(event->kind) << " ";
      describe(out, event->element);
      out << "\n";
      reader.recycle(std::move(*event));
    }
    if (!fed) out << "failed: " << static_cast<int>(fed.error().error) << fed.error().reason;
    out << "----\n";
  }
  return out.str();
}

void expect_same(const std::vector<std::string>& feeds, ReaderOptions options = {}) {
  options.plain_without_expat = true;
  const std::string got = described(feeds, options);
  options.plain_without_expat = false;
  const std::string expected = described(feeds, options);
  if (got == expected) return;
  std::string all;
  for (const std::string& bytes : feeds) all += testing::PrintToString(bytes) + "\n";
  FAIL() << "fed:\n" << all << "expat:\n" << expected << "plain:\n" << got;
}

TEST(PlainReader, ReadsWhatServersWrite) {
  const std::vector<std::string> stanzas = {
      notification("<entry xmlns='http://www.w3.org/2005/Atom' xml:lang=\"en\"><title>Tide</title><link href='/a?b=c&amp;d'/>"
                   "\n  <summary>3 &lt; 4 &gt; 2 &amp;&quot;&apos; ]] é \xF0\x9F\x8C\x8A\t</summary></entry>"),
      notification("<json xmlns='urn:xmpp:json:0'>{&quot;a&quot;:[[1]],\n&quot;b&quot;:&quot;&lt;é&gt;&quot;}</json>"),
      notification("<s:x s:a='1' a='2'><y xmlns='urn:y'/><z/></s:x>"),
      notification("<p:x xmlns:p='urn:p'><p:x xmlns:p='urn:other' p:a='1'/><p:y/></p:x>"),
      notification(""),
      "<message from='a'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='n'><retract id='1'/>"
      "</items></event></message>",
      "<iq type='result' id='1' from=\"a\" />",
      "<iq type='result' id='1' from='a'>text<pubsub xmlns='http://jabber.org/protocol/pubsub'>more</pubsub> text</iq>",
      "\n <presence/>",
  };
  std::string all;
  for (const std::string& stanza : stanzas) {
    EXPECT_EQ(plain(stanza), 1u) << stanza;
    expect_same({header, stanza});
    all += stanza;
  }
  EXPECT_EQ(plain(all), stanzas.size());
  expect_same({header, all});
}

TEST(PlainReader, LeavesToExpatWhatIsNotPlain) {
  for (const std::string payload :
       {"<x a='1'><![CDATA[y]]></x>", "<x>&#65;</x>", "<x a='&#65;'/>", "<x>\r\n</x>", "<x a='\n'/>", "<x a='\t'/>",
        "<x\na='1'/>", "<x a = '1'/>", "<x></x >", "<x>a]]&gt;]]&#62;</x>", "<\xC3\xA9/>", "<x xmlns:p='urn:&amp;'/>",
        "<x xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
        "<x a01='' a02='' a03='' a04='' a05='' a06='' a07='' a08='' a09='' a10='' a11='' a12='' a13='' a14='' a15='' "
        "a16='' a17=''/>"}) {
    EXPECT_EQ(plain(notification(payload)), 0u) << payload;
    expect_same({header, notification(payload) + notification("<x/>")});
  }
}

TEST(PlainReader, AcceptsNothingThatIsMalformed) {
  for (const std::string& stanza : std::vector<std::string>{
           "<iq></message>", "<iq><a></iq></a>", "<iq><p:a/></iq>", "<iq p:a='1'/>", "<iq a='1' a='2'/>", "<iq a='1'b='2'/>",
           "<iq xmlns:p='urn:s' xmlns:q='urn:s' p:a='1' q:a='2'/>", "<iq xmlns:p=''/>", "<iq xmlns:xmlns='urn:x'/>",
           "<iq xmlns:p='http://www.w3.org/2000/xmlns/'/>", "<iq xmlns='http://www.w3.org/XML/1998/namespace'/>",
           "<xmlns:iq/>", "<iq xmlns:a='urn:a' xmlns:a='urn:b'/>", "<iq a='<'/>", "<iq a='&'/>", "<iq a='&b;'/>", "<iq>&b;</iq>",
           "<iq>& </iq>", "<iq>&amp</iq>", "<iq>]]></iq>", "<iq>a]]]>b</iq>", "<iq>\x01</iq>", "<iq a='\x01'/>",
           std::string("<iq>\0</iq>", 10), "<iq>\xC3(</iq>", "<iq>\xED\xA0\x80</iq>", "<iq a='\xEF\xBF\xBF'/>", "<a:b:c/>",
           "<:a/>", "<a:/>", "<1a/>", "<iq a/>", "<iq a=1/>", "<iq / >", "< iq/>", "<iq><!-- --></iq>", "<iq><?a?></iq>",
           "<!DOCTYPE iq>", "</iq>"}) {
    EXPECT_EQ(plain(stanza), 0u) << stanza;
    StanzaReader reader;
    EXPECT_TRUE(reader.feed(header));
    EXPECT_FALSE(reader.feed(stanza)) << stanza;
    expect_same({header, "<iq/>" + stanza + "<iq/>"});
  }
}

TEST(PlainReader, ForgetsTheDeclarationsOfAStanzaThatItGivesUp) {
  expect_same({header, "<iq xmlns:p='urn:p'><a xmlns:q='urn:q'>&#65;</a></iq><iq><p:a/></iq>"});
  expect_same({header, "<iq xmlns:p='urn:p' xmlns='urn:q'/><iq p:a='1'/>"});
}

TEST(PlainReader, HandsOverToExpatAndBackWhereverTheBytesAreSplit) {
  const std::string stream = notification("<x>a</x>") + "<iq id='1'>&#65;</iq> <iq id='2'>é</iq>\n" +
                             notification("<x xmlns:p='urn:p'><![CDATA[</message>]]></x>") + "<iq id='3'/></stream:stream>";
  for (std::size_t at = 0; at <= stream.size(); ++at) expect_same({header, stream.substr(0, at), stream.substr(at)});
  for (std::size_t piece : {1u, 2u, 7u}) {
    std::vector<std::string> feeds = {header};
    for (std::size_t at = 0; at < stream.size(); at += piece) feeds.push_back(stream.substr(at, piece));
    expect_same(feeds);
  }
}

TEST(PlainReader, GoesOnAfterAStanzaThatExpatHadToFinish) {
  StanzaReader reader;
  ASSERT_TRUE(reader.feed(header));
  std::string rest;
  for (int i = 0; i < 100; ++i) rest += notification("<x/>");
  ASSERT_TRUE(reader.feed("<iq>&#65;</iq>" + rest));
  ASSERT_TRUE(reader.feed(rest.substr(0, rest.size() - 100)));
  ASSERT_TRUE(reader.feed(rest.substr(rest.size() - 100) + rest));
  EXPECT_EQ(reader.plain_stanzas(), 299u);
}

TEST(PlainReader, KeepsToTheLimits) {
  const std::string deep = "<iq><a><b><c/></b></a></iq>", wide = "<iq a='1'><a b='1'/><c d='2'/></iq>";
  for (const std::string& stanza : {deep, wide})
    for (std::size_t limit = 1; limit < 8; ++limit) {
      expect_same({header, stanza + "<iq/>"}, {.max_depth = limit});
      expect_same({header, stanza + "<iq/>"}, {.max_nodes = limit});
    }
  for (std::size_t limit = deep.size() - 2; limit < deep.size() + 2; ++limit)
    expect_same({header, deep + "<iq/>"}, {.max_stanza_bytes = limit});
}

/// Writes streams that are nearly well-formed, and nearly plain.
class Writer {
 public:
  explicit Writer(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  bool one_in(std::size_t n) { return below(n) == 0; }

  std::string stanza() {
    std::string out;
    if (one_in(2))
      out = notification(one_in(8) ? text() + element(3) + text() : element(3));
    else
      out = element(4);
    if (one_in(6)) spoil(out);
    if (one_in(8)) out += one_in(2) ? " " : "\r\n";
    return out;
  }

 private:
  template <std::size_t n>
  std::string_view any_of(const std::string_view (&these)[n]) {
    return these[below(n)];
  }

  std::string element(std::size_t depth) {
    static constexpr std::string_view odd_names[] = {"xml:x", "xmlns:x", "\xC3\xA9", "a:b:c", "-a", "q:x", ":a", "a:"};
    static constexpr std::string_view names[] = {"message", "iq", "x", "item", "json", "p:x", "s:q", "a.b-c", "_", "x"};
    const std::string name(one_in(100) ? any_of(odd_names) : any_of(names));
    std::string out = "<" + name;
    if (name[0] == 'p' && !one_in(20)) out += " xmlns:p='urn:p'";
    for (std::size_t i = below(4); i > 0; --i) out += attribute();
    if (one_in(10)) out += " ";
    if (one_in(4)) return out + "/>";
    out += ">";
    for (std::size_t i = below(4); i > 0; --i) out += depth == 0 || one_in(2) ? text() : element(depth - 1);
    return out + "</" + name + (one_in(50) ? " >" : ">");
  }

  std::string attribute() {
    static constexpr std::string_view odd_gaps[] = {"", "\n", "\t", "  ", "\r\n"};
    static constexpr std::string_view names[] = {"a", "b", "from", "id", "xml:lang", "s:a", "s:b", "type", "c", "d"};
    static constexpr std::string_view odd_names[] = {"p:a", "q:a", "xml:id", "a:b:c", "\xC3\xA9", "xmlns:p", "xmlns"};
    static constexpr std::string_view declarations[] = {
        "xmlns='urn:x'",  "xmlns=''",        "xmlns='urn:xmpp:json:0'", "xmlns:p='urn:p'",     "xmlns:q='urn:p'",
        "xmlns:s='urn:o'", "xmlns:p='a&amp;'", "xmlns:p=''",              "xmlns:xml='urn:x'", "xmlns:q=\"urn:stream-wide\"",
        "xmlns='http://jabber.org/protocol/pubsub'", "xmlns='http://www.w3.org/XML/1998/namespace'"};
    const std::string gap(one_in(40) ? any_of(odd_gaps) : " ");
    if (one_in(5)) return gap + std::string(any_of(declarations));
    const std::string quote = one_in(3) ? "\"" : "'";
    const std::string name(one_in(12) ? any_of(odd_names) : any_of(names));
    return gap + name + (one_in(60) ? " = " : "=") + quote + value() + quote;
  }

  std::string value() {
    static constexpr std::string_view usual[] = {"1", "a b", "urn:x", ">", "]]", "&amp;", "&lt;&gt;", "é", "&apos;&quot;", "/"};
    static constexpr std::string_view odd[] = {"\n", "\t", "\r", "<", "&#65;", "&b;", "&", "\xC3", "\x01", "\xEF\xBF\xBE", "'"};
    std::string out;
    for (std::size_t i = below(3); i > 0; --i) out += one_in(60) ? any_of(odd) : any_of(usual);
    return out;
  }

  std::string text() {
    static constexpr std::string_view usual[] = {"t", " ", "\n", "\t", "]", "]]", ">", "&amp;", "&lt;", "&gt;", "é", "&quot;",
                                                 "\xF0\x9F\x8C\x8A", "'", "\"", "/", "=", "&apos;", "text text", "{[]}"};
    static constexpr std::string_view odd[] = {"]]>", "\r\n", "\r", "<![CDATA[<&]]>", "<![CDATA[</message>]]>", "&#65;", "&b;",
                                               "&", "<!-- c -->", "<?a b?>", "\xC3", "\x01", "\xED\xA0\x80", "\xEF\xBF\xBF"};
    std::string out;
    for (std::size_t i = below(5); i > 0; --i) out += one_in(60) ? any_of(odd) : any_of(usual);
    return out;
  }

  /// One byte gone, doubled or another.
  void spoil(std::string& bytes) {
    static constexpr std::string_view others = "<>&'\"/= :;!?[]ax-\n\r\t\x01\x80\xC3\xFF";
    const std::size_t at = below(bytes.size());
    switch (below(4)) {
      case 0: bytes.erase(at, 1 + below(3)); break;
      case 1: bytes.insert(at, bytes.substr(at, 1 + below(12))); break;
      case 2: bytes[at] = others[below(others.size())]; break;
      default: bytes.insert(at, 1, others[below(others.size())]);
    }
  }

  std::mt19937_64 random_;
};

/// Ever the same streams; others with --gtest_shuffle, and many with --gtest_repeat as well.
TEST(PlainReader, ReadsAllThatExpatReadsAndTheSame) {
  Writer writer(static_cast<std::uint64_t>(testing::UnitTest::GetInstance()->random_seed()));
  std::uint64_t stanzas = 0, plain_stanzas = 0;
  for (int round = 0; round < 4000 && !HasFailure(); ++round) {
    std::string stream;
    std::size_t written = 1 + writer.below(4);
    stanzas += written;
    for (; written > 0; --written) stream += writer.stanza();
    std::vector<std::string> feeds = {header};
    if (writer.one_in(3)) {
      const std::size_t at = writer.below(stream.size() + 1);
      feeds.push_back(stream.substr(0, at));
      stream.erase(0, at);
    }
    feeds.push_back(stream);
    ReaderOptions options;
    if (writer.one_in(20)) options.max_depth = 1 + writer.below(8);
    if (writer.one_in(20)) options.max_nodes = 1 + writer.below(20);
    if (writer.one_in(20)) options.max_stanza_bytes = 1 + writer.below(500);
    if (writer.one_in(20)) options.renew_after_bytes = writer.below(1000);
    expect_same(feeds, options);
    plain_stanzas += plain(stream);
  }
  // It would prove nothing if nearly all were malformed, or nearly all left to expat.
  EXPECT_GT(plain_stanzas, stanzas / 8);
}

}  // namespace
}  // namespace xes::xmpp
