// SPDX-License-Identifier: MIT
#include "app/names.hpp"

#include <gtest/gtest.h>

#include "app/endpoint.hpp"

using namespace xes::app;

TEST(DomainJid, IsADomainInLowerCase) {
  EXPECT_EQ(parse_domain_jid("Push.Example.org").value(), "push.example.org");
  EXPECT_EQ(parse_domain_jid("localhost").value(), "localhost");
  EXPECT_EQ(parse_domain_jid("müller.example").value(), "müller.example");
  for (const char* bad : {"", "a@b", "a/b", "a b", "a\tb", "a\"b", "a<b", "a'b", "a&b", "a:1", ".a", "a.",
                          "a..b", "\x01", "\x7f", "\xff"})
    EXPECT_FALSE(parse_domain_jid(bad)) << bad;
  EXPECT_TRUE(parse_domain_jid(std::string(1023, 'a')));
  EXPECT_FALSE(parse_domain_jid(std::string(1024, 'a')));
}

TEST(BareJid, IsADomainOrAnAccount) {
  EXPECT_EQ(parse_bare_jid("PubSub.example.org").value(), "pubsub.example.org");
  EXPECT_EQ(parse_bare_jid("Alice@Example.org").value(), "alice@example.org");
  for (const char* bad : {"", "@b", "a@", "a@b@c", "a@b/c", "a b@c", "*@b>"})
    EXPECT_FALSE(parse_bare_jid(bad)) << bad;
}

TEST(Jids, AreSpeltAsServersSpellThem) {
  EXPECT_EQ(parse_domain_jid("Ｐush.example.org").value(), "push.example.org");
  EXPECT_EQ(parse_bare_jid("al\u00adice@example.org").value(), "alice@example.org");
  EXPECT_EQ(parse_bare_jid("*@Ｅxample.org").value(), "*@example.org");
  EXPECT_EQ(parse_room_service_jid("Ｃonference.example.org").value(), "conference.example.org");
  EXPECT_EQ(parse_room_glob("Größe-*").value(), "grösse-*");
  EXPECT_EQ(parse_user_jid("Ｗeb-{user}@example.org").value(), "web-{user}@example.org");
  EXPECT_EQ(parse_nick("Ｅvent source").value(), "Event source");
  EXPECT_FALSE(parse_nick("\u00a0x")) << "a blank at its beginning";
}

TEST(HostName, HasNoPortNoSchemeNoPath) {
  EXPECT_EQ(parse_host_name("Push.Example.org").value(), "push.example.org");
  EXPECT_EQ(parse_host_name("10.0.0.1").value(), "10.0.0.1");
  EXPECT_EQ(parse_host_name("[::1]").value(), "[::1]");
  EXPECT_TRUE(parse_host_name(std::string(63, 'a') + ".example"));
  for (const char* bad :
       {"", "a:80", "http://a", "a/b", "a..b", "a.", "größe.example", "*.example.org", "[x]", "[]", "::1"})
    EXPECT_FALSE(parse_host_name(bad)) << bad;
  EXPECT_FALSE(parse_host_name(std::string(64, 'a')));
}

TEST(UserJid, HasOnePlaceForAUserBeforeItsAt) {
  EXPECT_EQ(parse_user_jid("{user}@Example.org").value(), "{user}@example.org");
  EXPECT_EQ(parse_user_jid("web-{user}@example.org").value(), "web-{user}@example.org");
  EXPECT_EQ(parse_user_jid("{user}").value(), "{user}") << "which is a JID already";
  for (const char* bad : {"", "example.org", "alice@example.org", "{user}@", "{user}.example.org", "a@{user}.example.org",
                          "{user}{user}@example.org", "{user}@{user}", "{user}@example.org/x", "{user} @example.org",
                          "{User}@example.org", "{user}@a@b"})
    EXPECT_FALSE(parse_user_jid(bad)) << bad;
}

TEST(CookieName, IsAToken) {
  EXPECT_EQ(parse_cookie_name("__Host-EventSource").value(), "__Host-EventSource");
  for (const char* bad : {"", "a b", "a=b", "a;b", "a,b", "\"a\"", "größe", "a\n"})
    EXPECT_FALSE(parse_cookie_name(bad)) << bad;
  EXPECT_TRUE(parse_cookie_name(std::string(128, 'a')));
  EXPECT_FALSE(parse_cookie_name(std::string(129, 'a')));
}

TEST(Glob, IsAnyTextThatANodeMayHave) {
  EXPECT_EQ(parse_glob("Weather/*").value(), "Weather/*");
  EXPECT_EQ(parse_glob("größe ?\\*").value(), "größe ?\\*");
  for (const char* bad : {"", "a\x01", "\xff", "a\n\x0b"}) EXPECT_FALSE(parse_glob(bad)) << bad;
  EXPECT_TRUE(parse_glob(std::string(1023, '*')));
  EXPECT_FALSE(parse_glob(std::string(1024, '*')));
}

TEST(UrlPath, BeginsAndEndsWithASlash) {
  EXPECT_EQ(parse_url_path("/").value(), "/");
  EXPECT_EQ(parse_url_path("/A/b-c_d~/").value(), "/A/b-c_d~/");
  for (const char* bad : {"", "a/", "/a", "/a b/", "/a%20b/", "/a?b/", "/a#b/", "/ä/", "/a\n/"})
    EXPECT_FALSE(parse_url_path(bad)) << bad;
  EXPECT_FALSE(parse_url_path("/" + std::string(254, 'a') + "/"));
}

TEST(Endpoint, IsAUnixPathOrAnAddressWithAPort) {
  EXPECT_TRUE(parse_endpoint("unix:/run/x.sock").value() == Endpoint(UnixEndpoint{"/run/x.sock"}));
  EXPECT_TRUE(parse_endpoint("127.0.0.1:1").value() == Endpoint(TcpEndpoint{"127.0.0.1", 1}));
  EXPECT_TRUE(parse_endpoint("[::]:65535").value() == Endpoint(TcpEndpoint{"::", 65535}));
  EXPECT_TRUE(parse_endpoint("unix:/" + std::string(106, 'x')));
  EXPECT_FALSE(parse_endpoint("unix:/" + std::string(107, 'x')));
  for (const char* bad : {"", "unix:", "unix:x", "unix:/x/", "/run/x.sock", "127.0.0.1", "127.0.0.1:",
                          "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:+1", "127.0.0.1: 1", "::1:9000",
                          "[::1]", "[127.0.0.1]:1", "localhost:1", ":9000", "*:9000", "1.2.3:9000"})
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
}

TEST(Endpoint, ComesBackFromItsText) {
  for (const char* text : {"unix:/run/x.sock", "127.0.0.1:9000", "[::1]:9000"})
    EXPECT_EQ(endpoint_text(parse_endpoint(text).value()), text);
}

TEST(Server, IsAHostWithAPort) {
  EXPECT_TRUE(parse_server("xmpp.example.org:5347").value() == (Server{"xmpp.example.org", 5347}));
  EXPECT_TRUE(parse_server("127.0.0.1:5347").value() == (Server{"127.0.0.1", 5347}));
  EXPECT_TRUE(parse_server("[::1]:5347").value() == (Server{"::1", 5347}));
  for (const char* bad : {"", "localhost", "localhost:", "localhost:0", "localhost:70000", "::1:5347",
                          "[::1]", "a b:1", "[x]:1", ":5347"})
    EXPECT_FALSE(parse_server(bad)) << bad;
}
