// SPDX-License-Identifier: MIT
// Each fault with the exact line that an operator reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/options.hpp"
#include "config_text.hpp"

using namespace xes::app;
using namespace xes::app::test;
using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;

namespace {

struct Fault {
  std::string text;
  std::string error;
};

void expect_each(const std::vector<Fault>& faults) {
  for (const Fault& fault : faults)
    EXPECT_THAT(errors_of(fault.text), ElementsAre(fault.error)) << fault.text;
}

/// `least` with one line in a table of its own, at lines 8 and 9.
std::string with(const std::string& table, const std::string& line) {
  return least + "[" + table + "]\n" + line + "\n";
}

/// `least` with a service of chat rooms, whose lines begin at line 9.
std::string rooms(const std::string& lines) { return least + "[[room_service]]\n" + lines + "\n"; }

/// `least` with one more line in [listen], at line 6.
std::string listening(const std::string& line) {
  return replaced(least, "[[service]]", line + "\n[[service]]");
}

std::string endpoints(const std::string& first, int count) {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += (i == 0 ? "" : ", ") + ("\"" + first + ":" + std::to_string(1000 + i) + "\"");
  return "[" + out + "]";
}

}  // namespace

TEST(ConfigErrors, SyntaxNamesTheLine) {
  expect_each({
      {"[xmpp]\njid = a.b\n",
       "x.toml:2: not valid TOML: error while parsing value: could not determine value type; put a "
       "string in "
       "quotation marks: key = \"text\""},
      {"[log]\nlevel = \"info\"\nlevel = \"info\"\n",
       "x.toml:3: not valid TOML: error while parsing key-value pair: cannot redefine existing string "
       "'level'"},
      {"[xmpp]\nsecret = \"a\"b\"\n",
       "x.toml:2: not valid TOML: error while parsing key-value pair: expected a comment or whitespace; the "
       "text is not "
       "shown because a secret is near it: inside \"…\", write \" as \\\" and \\ as \\\\"},
  });
}

TEST(ConfigErrors, LettersOutsideQuotationMarksAreSyntaxErrors) {
  expect_each({
      {"[xmpp]\njid = “push.localhost”\n",
       "x.toml:2: not valid TOML: error while parsing value: could not determine value type; put a "
       "string in "
       "quotation marks: key = \"text\""},
      {"é = 1\n",
       "x.toml:1: not valid TOML: error while parsing root table: expected keys, tables, whitespace or "
       "comments, saw 'é'"},
      {"\xff\n", "x.toml:1: not valid TOML: encountered invalid utf-8 sequence"},
  });
  EXPECT_THAT(errors_of("\xEF\xBB\xBF# “größe”\n" + replaced(least, "pubsub.localhost", "größe.localhost")),
              ElementsAre());
  EXPECT_THAT(errors_of(replaced(least, "\"hunter2\"", "\"\"\"é\\\n  é\"\"\"")), ElementsAre());
}

TEST(ConfigErrors, BracketsWithoutEndAreSyntaxErrors) {
  for (const char* brackets : {"[[[", "[[ [x]]", "[", "[]", "[[]]", "=", "a = [[[[", "a = {{"})
    EXPECT_EQ(errors_of(brackets).size(), 1u) << brackets;
  EXPECT_EQ(errors_of(std::string(300'000, '[')).size(), 1u);
  EXPECT_EQ(errors_of("a = " + std::string(300'000, '[')).size(), 1u);
}

TEST(ConfigErrors, UnknownKeysAndTablesComeWithAdvice) {
  expect_each({
      {with("stream", "hartbeat = \"5s\""),
       "x.toml:9: unknown key \"hartbeat\" in [stream]; did you mean \"heartbeat\"?"},
      {with("stream", "Retry = \"5s\""),
       "x.toml:9: unknown key \"Retry\" in [stream]; did you mean \"retry\"?"},
      {with("stream", "level = \"info\""),
       "x.toml:9: unknown key \"level\" in [stream]; it belongs in [log]"},
      {with("log", "colour = true"), "x.toml:9: unknown key \"colour\" in [log]; [log] takes level"},
      {with("stream.tls", "x = 1"),
       "x.toml:8: unknown key \"tls\" in [stream]; [stream] takes path, heartbeat, retry, history, "
       "history_bytes, max_lag, linger, recheck and discover"},
      {least + "vew = \"item\"\n", "x.toml:8: unknown key \"vew\" in [[service]]; did you mean \"view\"?"},
      {with("steam", "path = \"/\""), "x.toml:8: unknown table \"steam\"; did you mean [stream]?"},
      {with("metrics", "x = 1"),
       "x.toml:8: unknown table \"metrics\"; the tables are [xmpp], [listen], [[service]], [[room_service]], [token], [stream], [limits] "
       "and [log]"},
      {"retry = \"3s\"\n" + least, "x.toml:1: key \"retry\" is not in a table; it belongs in [stream]"},
      {"colour = 1\n" + least,
       "x.toml:1: key \"colour\" is not in a table; every option belongs in a table: [xmpp], [listen], "
       "[[service]], [[room_service]], [token], [stream], [limits] and [log]"},
      {"log = \"info\"\n" + least,
       "x.toml:1: key \"log\" is not in a table; it is a table: write [log] on a line of its own"},
      {replaced(least, "[[service]]", "[service]"),
       "x.toml:6: write [[service]], with two brackets: it may occur several times"},
      {replaced(least, "[listen]", "[[listen]]"),
       "x.toml:4: write [listen], with one bracket: it may occur only once"},
  });
}

TEST(ConfigErrors, WrongTypesSayTheRightOne) {
  expect_each({
      {with("stream", "heartbeat = 15"),
       "x.toml:9: [stream] heartbeat: must be a string, for instance \"15s\", not an integer"},
      {with("stream", "history = \"256\""),
       "x.toml:9: [stream] history: must be an integer, for instance 256, not a string"},
      {with("stream", "history = 2.5"),
       "x.toml:9: [stream] history: must be an integer, for instance 256, not a number with a fraction"},
      {with("log", "level = true"),
       "x.toml:9: [log] level: must be a string, for instance \"info\", not a boolean"},
      {with("log", "level = 2024-01-01"),
       "x.toml:9: [log] level: must be a string, for instance \"info\", not a date or time"},
      {with("log", "level = {}"),
       "x.toml:9: [log] level: must be a string, for instance \"info\", not a table"},
      {with("log", "level = [\"info\"]"),
       "x.toml:9: [log] level: must be a string, for instance \"info\", not a list"},
      {least + "hosts = \"a\"\n",
       "x.toml:8: [[service]] hosts: must be a list of strings, for instance [\"push.example.org\"], not a "
       "string"},
      {least + "hosts = [\"a\", 1]\n",
       "x.toml:8: [[service]] hosts: must be a list of strings, for instance [\"push.example.org\"], not a "
       "list with an "
       "integer in it"},
      {replaced(least, "\"hunter2\"", "2"),
       "x.toml:3: [xmpp] secret: must be a string, for instance \"…\", not an integer"},
      {replaced(least, "\"hunter2\"", "\"\""), "x.toml:3: [xmpp] secret: is empty"},
  });
}

TEST(ConfigErrors, EveryNumberHasBoundsThatAreThemselvesAllowed) {
  for (const Option& option : options()) {
    if (option.kind != Kind::duration && option.kind != Kind::bytes && option.kind != Kind::count) continue;
    const auto line = [&](std::int64_t amount, const char* unit) {
      const std::string digits = std::to_string(amount);
      const std::string value = option.kind == Kind::count ? digits : "\"" + digits + unit + "\"";
      const std::string text = std::string(option.key) + " = " + value;
      if (option.table == "xmpp") return replaced(least, "secret =", text + "\nsecret =");
      if (option.table == "service") return replaced(least, "jid = \"pubsub", text + "\njid = \"pubsub");
      if (option.table == "room_service") return least + "[[room_service]]\n" + text + "\njid = \"c\"\nrooms = [\"r\"]\n";
      return option.table == "listen" ? listening(text) : with(std::string(option.table), text);
    };
    const char* unit = option.kind == Kind::duration ? "ms" : "B";
    const char* at = option.table == "xmpp"      ? "x.toml:3: "
                     : option.table == "listen"  ? "x.toml:6: "
                     : option.table == "service" ? "x.toml:7: "
                                                 : "x.toml:9: ";
    const std::string where = at + header_text(*find_table(option.table)) + " " + std::string(option.key) + ": ";
    EXPECT_THAT(errors_of(line(option.min, unit)), ElementsAre()) << option.key;
    EXPECT_THAT(errors_of(line(option.max, unit)), ElementsAre()) << option.key;
    EXPECT_THAT(errors_of(line(option.max + 1, unit)),
                ElementsAre(where + amount_text(option, option.max + 1) +
                            " is more than the largest value, " + amount_text(option, option.max)));
    if (option.min > 0) {
      EXPECT_THAT(errors_of(line(option.min - 1, unit)),
                  ElementsAre(where + amount_text(option, option.min - 1) +
                              " is less than the smallest value, " + amount_text(option, option.min)));
    }
  }
  expect_each(
      {{with("stream", "history = -1"), "x.toml:9: [stream] history: -1 is less than the smallest value, 0"},
       {with("stream", "heartbeat = \"11m\""),
        "x.toml:9: [stream] heartbeat: 11m is more than the largest value, 10m"}});
}

TEST(ConfigErrors, AmountsNeedTheirUnits) {
  expect_each({
      {with("stream", "retry = \"3\""),
       "x.toml:9: [stream] retry: \"3\" is not a valid duration; write a whole number and one of ms, s, m, h, d, for "
       "instance "
       "\"15s\""},
      {with("stream", "retry = \"99999999999999999999h\""),
       "x.toml:9: [stream] retry: \"99999999999999999999h\" is too large a duration"},
      {with("stream", "max_lag = \"1MB\""),
       "x.toml:9: [stream] max_lag: \"1MB\" is not a valid number of bytes; write a whole number and one of B, KiB, "
       "MiB, GiB, for "
       "instance \"64KiB\""},
  });
}

TEST(ConfigErrors, WordsMustBeOfTheirList) {
  expect_each({
      {least + "view = \"items\"\n", "x.toml:8: [[service]] view: \"items\" must be payload or item"},
      {with("log", "level = \"loud\""),
       "x.toml:9: [log] level: \"loud\" must be trace, debug, info, warning or error"},
  });
}

TEST(ConfigErrors, WhatIsMissingIsNamedWithAnExample) {
  const std::string no_secret = replaced(least, "secret = \"hunter2\"\n", "");
  expect_each({
      {replaced(least, "jid = \"push.localhost\"\n", ""),
       "x.toml:1: [xmpp] jid is missing; write, for instance, jid = \"eventsource.example.org\""},
      {no_secret,
       "x.toml:1: [xmpp] has no secret; write, for instance, secret_file = \"/etc/xmpp-eventsource/secret\""},
      {replaced(least, "jid = \"pubsub.localhost\"\n", ""),
       "x.toml:6: [[service]] jid is missing; write, for instance, jid = \"pubsub.example.org\""},
      {replaced(least, "[[service]]\njid = \"pubsub.localhost\"\n", ""),
       "x.toml:1: [[service]] is missing; configure at least one pubsub service: [[service]] and "
       "below it "
       "jid = \"pubsub.example.org\""},
      {replaced(least, "[\"127.0.0.1:9000\"]", "[]"),
       "x.toml:4: [listen] has no endpoint, so no web server can reach the worker; write, for instance, "
       "fastcgi = "
       "[\"unix:/run/xmpp-eventsource/fastcgi.sock\"]"},
  });
  EXPECT_EQ(errors_of("").size(), 4u);
}

TEST(ConfigErrors, NamesMustBeNames) {
  expect_each({
      {replaced(least, "push.localhost", "a b"),
       "x.toml:2: [xmpp] jid: \"a b\" is not a valid component JID; write only a domain, for instance "
       "\"eventsource.example.org\""},
      {replaced(least, "pubsub.localhost", "a@b/c"),
       "x.toml:7: [[service]] jid: \"a@b/c\" is not a valid service JID; write a domain, for instance "
       "\"pubsub.example.org\", or the bare JID of an account"},
      {least + "hosts = [\"good\",\n \"http://bad/\"]\n",
       "x.toml:9: [[service]] hosts: \"http://bad/\" is not a valid host name; write it without scheme, port and "
       "path, for "
       "instance \"push.example.org\" (an international name as \"xn--…\")"},
      {with("stream", "path = \"/eventsource\""),
       "x.toml:9: [stream] path: \"/eventsource\" is not a valid path; it must begin and end with \"/\", contain no "
       "space, \"%\", "
       "\"?\" or \"#\", and have at most 255 bytes, for instance \"/eventsource/\""},
      {listening("group = \"no such group\""),
       "x.toml:6: [listen] group: this machine has no group \"no such group\"; name a group that the web "
       "server is in, or "
       "leave it empty"},
  });
}

TEST(ConfigErrors, EndpointsMustBeEndpoints) {
  const std::string long_path = "/" + std::string(107, 'x');
  expect_each({
      {replaced(least, "127.0.0.1:9000", "localhost:9000"),
       "x.toml:5: [listen] fastcgi: \"localhost:9000\" is not a valid endpoint; write \"unix:/absolute/path\", or an "
       "IP address "
       "and a port: \"127.0.0.1:9000\" or \"[::1]:9000\""},
      {replaced(least, "127.0.0.1:9000", "unix:x.sock"),
       "x.toml:5: [listen] fastcgi: \"unix:x.sock\" needs the absolute path of a socket after \"unix:\""},
      {replaced(least, "127.0.0.1:9000", "unix:" + long_path),
       "x.toml:5: [listen] fastcgi: \"unix:" + long_path +
           "\" is a path of 108 bytes; a Unix socket's path has at most 107"},
      {replaced(least, "secret =", "server = \"localhost\"\nsecret ="),
       "x.toml:3: [xmpp] server: \"localhost\" is not a valid server; write a host and a port: "
       "\"xmpp.example.org:5347\", "
       "\"127.0.0.1:5347\" or \"[::1]:5347\""},
  });
}

TEST(ConfigErrors, NoNameMeansTwoThings) {
  expect_each({
      {least + "[[service]]\njid = \"PubSub.localhost\"\n",
       "x.toml:9: [[service]] jid: \"PubSub.localhost\" is already the service of line 7; write only one "
       "[[service]] for it"},
      {least + "hosts = [\"a\"]\n[[service]]\njid = \"b\"\nhosts = [\"A\"]\n",
       "x.toml:11: [[service]] hosts: \"A\" already selects the service of line 8; a host selects one service"},
      {least + "hosts = [\"*\"]\n[[service]]\njid = \"b\"\nhosts = [\"*\"]\n",
       "x.toml:11: [[service]] hosts: \"*\" already selects the service of line 8; a host selects one service"},
      {least + "[[service]]\njid = \"b\"\nhosts = [\"pubsub.localhost\"]\n",
       "x.toml:10: [[service]] hosts: \"pubsub.localhost\" already selects the service of line 7; a host selects "
       "one "
       "service"},
      {replaced(least, "pubsub.localhost", "*@localhost") + "hosts = [\"a\"]\n",
       "x.toml:8: [[service]] hosts: \"*@localhost\" is a pattern, and a host name cannot select one of its JIDs; leave "
       "hosts out and name the JID in the path: /eventsource/@JID/NODE"},
      {least + "hosts = [\"a\", \"a\"]\n", "x.toml:8: [[service]] hosts: \"a\" is listed twice"},
      {listening("scgi = [\"127.0.0.1:9000\"]"),
       "x.toml:6: [listen] scgi: \"127.0.0.1:9000\" is listed twice; an endpoint speaks one protocol"},
      {replaced(least, "secret =", "secret_file = \"/x\"\nsecret ="),
       "x.toml:3: [xmpp] has both secret and secret_file; keep only secret_file"},
  });
}

TEST(ConfigErrors, RoomsAreNamed) {
  expect_each({
      {rooms("jid = \"c\""),
       "x.toml:8: [[room_service]] rooms is missing; write, for instance, rooms = [\"lobby\", \"public-*\"]"},
      {rooms("jid = \"c\"\nrooms = []"),
       "x.toml:10: [[room_service]] rooms: lists no room; write, for instance, rooms = [\"lobby\", \"public-*\"]"},
      {rooms("jid = \"c\"\nrooms = [\"lobby@c\"]"),
       "x.toml:10: [[room_service]] rooms: \"lobby@c\" is not a valid room name or pattern; write the part before the @, for "
       "instance \"lobby\" or \"public-*\""},
      {rooms("jid = \"*.c\"\nrooms = [\"lobby\"]"),
       "x.toml:9: [[room_service]] jid: \"*.c\" is not a valid JID of a chat service; write only a domain, for instance "
       "\"conference.example.org\""},
      {rooms("jid = \"PubSub.localhost\"\nrooms = [\"lobby\"]"),
       "x.toml:9: [[room_service]] jid: \"PubSub.localhost\" is already the service of line 7; write only one [[service]] for it"},
      {rooms("jid = \"c\"\nrooms = [\"lobby\"]\nnick = \" x\""),
       "x.toml:11: [[room_service]] nick: \" x\" is not a valid nickname; it must have 1 to 64 bytes without control characters, and no "
       "space at either end"},
      {rooms("jid = \"c\"\nrooms = [\"lobby\"]\nhosts = [\"a\"]"),
       "x.toml:11: unknown key \"hosts\" in [[room_service]]; it belongs in [[service]]"},
  });
}

TEST(ConfigErrors, ListsHaveAnEnd) {
  const std::string half = replaced(least, "[\"127.0.0.1:9000\"]", endpoints("127.0.0.1", 32));
  const auto scgi = [&](int count) {
    return replaced(half, "[[service]]", "scgi = " + endpoints("127.0.0.2", count) + "\n[[service]]");
  };
  EXPECT_THAT(errors_of(scgi(32)), ElementsAre());
  expect_each({
      {scgi(33), "x.toml:6: [listen] scgi: more than 64 endpoints in fastcgi and scgi"},
      {replaced(least, "[\"127.0.0.1:9000\"]", endpoints("127.0.0.1", 65)),
       "x.toml:5: [listen] fastcgi: has 65 entries; at most 64 are allowed"},
  });
  std::string many = least, hosts;
  for (int i = 1; i < 256; ++i) many += "[[service]]\njid = \"s" + std::to_string(i) + "\"\n";
  EXPECT_THAT(errors_of(many), ElementsAre());
  EXPECT_THAT(errors_of(many + "[[service]]\njid = \"last\"\n"),
              ElementsAre("x.toml:518: more than 256 services; a second worker can serve the others"));
  for (int i = 0; i < 257; ++i) hosts += "\"h" + std::to_string(i) + "\", ";
  EXPECT_THAT(errors_of(least + "hosts = [" + hosts + "]\n"),
              ElementsAre("x.toml:8: [[service]] hosts: has 257 entries; at most 256 are allowed"));
}

TEST(ConfigErrors, AreAllReportedAtOnceAndByLine) {
  const auto errors = errors_of(
      "[stream]\nretry = 3\nhistory = -1\n[xmpp]\nserver = \"x\"\nsecret = \"s\"\n[listen]\nfastcgi = "
      "[\"a\",\n\"b\"]\n"
      "[log]\nlevl = \"info\"\n[[service]]\n");
  std::vector<std::string> lines;
  for (const std::string& error : errors) lines.push_back(error.substr(0, error.find(": ")));
  EXPECT_THAT(lines, ElementsAreArray({"x.toml:2", "x.toml:3", "x.toml:4", "x.toml:5", "x.toml:8", "x.toml:9",
                                       "x.toml:11", "x.toml:12"}));
}

TEST(ConfigErrors, QuoteNothingRawOutOfTheFile) {
  EXPECT_THAT(
      errors_of(with("log", "level = \"a\\nb\\u001b[2J\"")),
      ElementsAre("x.toml:9: [log] level: \"a\\x0ab\\x1b[2J\" must be trace, debug, info, warning or error"));
  EXPECT_THAT(errors_of(with("log", "\"a\\nb\" = 1")),
              ElementsAre("x.toml:9: unknown key \"a\\x0ab\" in [log]; [log] takes level"));
}

TEST(ConfigErrors, AccessHasWhatItNeeds) {
  expect_each({
      {least + "access = \"token\"\n",
       "x.toml:8: [[service]] access: \"token\" needs a key; write, for instance, [token] and below it keys = "
       "[\"/etc/xmpp-eventsource/token.pem\"]"},
      {least + "access = \"token\"\n[token]\nkeys = []\n",
       "x.toml:8: [[service]] access: \"token\" needs a key; write, for instance, [token] and below it keys = "
       "[\"/etc/xmpp-eventsource/token.pem\"]"},
      {least + "access = \"user\"\nask_as = \"privileged\"\n",
       "x.toml:8: [[service]] access: \"user\" with ask_as = \"privileged\" needs the users' JIDs; write, for "
       "instance, user_jid = \"{user}@example.org\""},
      {least + "ask_as = \"owner\"\nuser_jid = \"\"\naccess = \"user\"\n",
       "x.toml:10: [[service]] access: \"user\" with ask_as = \"owner\" needs the users' JIDs; write, for "
       "instance, user_jid = \"{user}@example.org\""},
      {least + "access = \"closed\"\n", "x.toml:8: [[service]] access: \"closed\" must be open, token or user"},
  });
  EXPECT_THAT(errors_of(least + "access = \"user\"\n"), ElementsAre());
  expect_each({
      {least + "audience = \"x\"\n", "x.toml:8: [[service]] audience: has no effect without access = \"token\""},
      {rooms("jid = \"c\"\nrooms = [\"r\"]\naudience = \"x\""),
       "x.toml:11: [[room_service]] audience: has no effect without access = \"token\""},
      {rooms("jid = \"c\"\nrooms = [\"r\"]\naccess = \"token\""),
       "x.toml:11: [[room_service]] access: \"token\" needs a key; write, for instance, [token] and below it keys = "
       "[\"/etc/xmpp-eventsource/token.pem\"]"},
      {rooms("jid = \"c\"\nrooms = [\"r\"]\naccess = \"user\""),
       "x.toml:11: [[room_service]] access: \"user\" must be open or token"},
      {rooms("jid = \"c\"\nrooms = [\"r\"]\ndeny = [\"a@b\"]"),
       "x.toml:11: [[room_service]] deny: \"a@b\" is not a valid room name or pattern; write the part before the @, for "
       "instance \"lobby\" or \"public-*\""},
  });
}

TEST(ConfigErrors, NothingIsSetThatOnlySeemsToGuardAService) {
  expect_each({
      {least + "user_jid = \"{user}@example.org\"\n",
       "x.toml:8: [[service]] user_jid: has no effect without access = \"user\""},
      {least + "access = \"user\"\nuser_jid = \"{user}@example.org\"\n",
       "x.toml:9: [[service]] user_jid: has no effect with ask_as = \"user-at-component\", which asks from USER@ and "
       "this component's JID"},
      {least + "access = \"user\"\nask_as = \"privileged\"\nuser_jid = \"{user}\"\n",
       "x.toml:10: [[service]] user_jid: with ask_as = \"privileged\" it must name the server that grants the privilege; "
       "write, for instance, user_jid = \"{user}@example.org\""},
  });
}

TEST(ConfigErrors, PatternsAndTemplatesHaveTheirForm) {
  const std::string user = least + "access = \"user\"\nask_as = \"owner\"\n";
  const std::string advice =
      " is not a valid template of user JIDs; write {user} once before the \"@\", for instance \"{user}@example.org\"";
  expect_each({
      {least + "nodes = [\"a/*\",\n \"\"]\n",
       "x.toml:9: [[service]] nodes: \"\" is not a valid node pattern; it must have 1 to 1023 bytes without control "
       "characters, for instance \"weather/*\""},
      {least + "deny = [\"a\\u0001\"]\n",
       "x.toml:8: [[service]] deny: \"a\\x01\" is not a valid node pattern; it must have 1 to 1023 bytes without control "
       "characters, for instance \"weather/*\""},
      {least + "deny = \"a\"\n", "x.toml:8: [[service]] deny: must be a list of strings, for instance [], not a string"},
      {user + "user_jid = \"alice@example.org\"\n", "x.toml:10: [[service]] user_jid: \"alice@example.org\"" + advice},
      {with("token", "cookie = \"a;b\""),
       "x.toml:9: [token] cookie: \"a;b\" is not a valid cookie name; write at most 128 letters, digits, \"-\" and \"_\", "
       "for instance \"__Host-eventsource\""},
      {with("token", "query = 1"), "x.toml:9: [token] query: must be a boolean, for instance false, not an integer"},
      {with("token", "keys = [\"\"]"), "x.toml:9: [token] keys: the path of a file is empty or holds a NUL byte"},
      {with("limits", "streams = true"),
       "x.toml:9: [limits] streams: must be an integer, for instance 100000, not a boolean"},
  });
  std::string many;
  for (int i = 0; i < 65; ++i) many += "\"n\", ";
  EXPECT_THAT(errors_of(least + "nodes = [" + many + "]\n"),
              ElementsAre("x.toml:8: [[service]] nodes: has 65 entries; at most 64 are allowed"));
}
