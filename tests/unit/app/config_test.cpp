// SPDX-License-Identifier: MIT
#include "app/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config_text.hpp"

using namespace xes::app;
using namespace xes::app::test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Config, HasTheDocumentedDefaults) {
  const auto loaded = parse_config({"x.toml", least});
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_THAT(loaded->warnings, IsEmpty());
  const Config& config = loaded->config;
  EXPECT_EQ(config.xmpp.server, (Server{"127.0.0.1", 5347}));
  EXPECT_EQ(config.xmpp.secret_file, "");
  EXPECT_THAT(config.listen.scgi, IsEmpty());
  EXPECT_EQ(config.listen.threads, 0u);
  EXPECT_EQ(config.listen.group, "");
  EXPECT_EQ(config.listen.head_timeout, 10s);
  EXPECT_THAT(config.services.at(0).hosts, IsEmpty());
  EXPECT_EQ(config.services.at(0).view, xes::hub::View::payload);
  EXPECT_EQ(config.stream.path, "/eventsource/");
  EXPECT_EQ(config.stream.heartbeat, 15s);
  EXPECT_EQ(config.stream.retry, 3s);
  EXPECT_EQ(config.stream.history, 256u);
  EXPECT_EQ(config.stream.max_lag_bytes, 1024u * 1024);
  EXPECT_EQ(config.stream.linger, 60s);
  EXPECT_EQ(config.services.at(0).rule.access, xes::gateway::Access::open);
  EXPECT_THAT(config.services.at(0).rule.nodes, IsEmpty());
  EXPECT_EQ(config.services.at(0).rule.ask_as, xes::gateway::AskAs::user_at_component);
  EXPECT_EQ(config.services.at(0).rule.ask_every, 60s);
  EXPECT_THAT(config.token.keys, IsEmpty());
  EXPECT_EQ(config.token.found_in.cookie, "__Host-eventsource");
  EXPECT_FALSE(config.token.found_in.query);
  EXPECT_EQ(config.limits.most.streams, 100'000u);
  EXPECT_EQ(config.limits.most.streams_per_address, 500u);
  EXPECT_EQ(config.limits.most.streams_per_user, 100u);
  EXPECT_EQ(config.limits.most.streams_per_node, 0u);
  EXPECT_EQ(config.limits.most.nodes, 10'000u);
  EXPECT_EQ(config.limits.most.subscribes_per_second, 100u);
  EXPECT_EQ(config.limits.nodes_per_stream, 16u);
  EXPECT_EQ(config.limits.retry, 60s);
  EXPECT_EQ(config.log.level, "info");
}

TEST(Config, TakesEveryOption) {
  const auto loaded = parse_config({"x.toml", R"(
[xmpp]
server = "xmpp.example.org:5348"
jid = "EventSource.example.org"
secret = "s\"3\\cret"
[listen]
fastcgi = ["unix:/run/x/f.sock", "127.0.0.1:9000"]
scgi = ["[::1]:9001"]
threads = 256
group = "root"
head_timeout = "1s"
[[service]]
jid = "PubSub.example.org"
hosts = ["Push.example.org", "*", "pubsub.example.org"]
view = "item"
access = "user"
nodes = ["weather/*"]
deny = ["*/private", "größe"]
ask_as = "privileged"
user_jid = "{user}@Example.org"
ask_every = "5m"
[[service]]
jid = "alice@example.org"
access = "open"
[token]
keys = []
cookie = ""
query = true
[limits]
streams = 1
streams_per_address = 2
streams_per_user = 3
streams_per_node = 4
nodes = 5
subscribes_per_second = 6
nodes_per_stream = 20
retry = "90s"
[stream]
path = "/live/"
heartbeat = "10m"
retry = "100ms"
history = 0
max_lag = "16KiB"
linger = "0s"
[log]
level = "debug"
)"});
  ASSERT_TRUE(loaded) << loaded.error().front();
  const Config& config = loaded->config;
  EXPECT_EQ(config.xmpp.server, (Server{"xmpp.example.org", 5348}));
  EXPECT_EQ(config.xmpp.jid, "eventsource.example.org");
  EXPECT_TRUE(config.xmpp.secret.reveal() == "s\"3\\cret");
  EXPECT_TRUE(config.listen.fastcgi ==
              (std::vector<Endpoint>{UnixEndpoint{"/run/x/f.sock"}, TcpEndpoint{"127.0.0.1", 9000}}));
  EXPECT_TRUE(config.listen.scgi == (std::vector<Endpoint>{TcpEndpoint{"::1", 9001}}));
  EXPECT_EQ(config.listen.threads, 256u);
  EXPECT_EQ(config.listen.group, "root");
  EXPECT_EQ(config.listen.head_timeout, 1s);
  ASSERT_EQ(config.services.size(), 2u);
  EXPECT_EQ(config.services[0].jid, "pubsub.example.org");
  EXPECT_THAT(config.services[0].hosts, ElementsAre("push.example.org", "*", "pubsub.example.org"));
  EXPECT_EQ(config.services[0].view, xes::hub::View::item);
  const xes::gateway::AccessRule& rule = config.services[0].rule;
  EXPECT_EQ(rule.access, xes::gateway::Access::user);
  EXPECT_THAT(rule.nodes, ElementsAre("weather/*"));
  EXPECT_THAT(rule.deny, ElementsAre("*/private", "größe"));
  EXPECT_EQ(rule.ask_as, xes::gateway::AskAs::privileged);
  EXPECT_EQ(rule.user_jid, "{user}@example.org");
  EXPECT_EQ(rule.ask_every, 5min);
  EXPECT_EQ(config.token.found_in.cookie, "");
  EXPECT_TRUE(config.token.found_in.query);
  EXPECT_EQ(config.limits.most.streams, 1u);
  EXPECT_EQ(config.limits.most.streams_per_address, 2u);
  EXPECT_EQ(config.limits.most.streams_per_user, 3u);
  EXPECT_EQ(config.limits.most.streams_per_node, 4u);
  EXPECT_EQ(config.limits.most.nodes, 5u);
  EXPECT_EQ(config.limits.most.subscribes_per_second, 6u);
  EXPECT_EQ(config.limits.nodes_per_stream, 20u);
  EXPECT_EQ(config.limits.retry, 90s);
  EXPECT_EQ(config.services[1].jid, "alice@example.org");
  EXPECT_EQ(config.services[1].rule.access, xes::gateway::Access::open);
  EXPECT_EQ(config.services[1].view, xes::hub::View::payload);
  EXPECT_EQ(config.stream.path, "/live/");
  EXPECT_EQ(config.stream.heartbeat, 10min);
  EXPECT_EQ(config.stream.retry, 100ms);
  EXPECT_EQ(config.stream.history, 0u);
  EXPECT_EQ(config.stream.max_lag_bytes, 16u * 1024);
  EXPECT_EQ(config.stream.linger, 0s);
  EXPECT_EQ(config.log.level, "debug");
}

TEST(Config, KeepsServicesInTheFilesOrder) {
  const auto loaded =
      parse_config({"x.toml", least + "[[service]]\njid = \"b\"\n[[service]]\njid = \"a\"\n"});
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->config.services.size(), 3u);
  EXPECT_EQ(loaded->config.services[1].jid, "b");
  EXPECT_EQ(loaded->config.services[2].jid, "a");
}

TEST(Config, MayNameRoomsAlone) {
  const std::string text = replaced(least, "[[service]]\njid = \"pubsub.localhost\"\n",
                                    "[[room_service]]\njid = \"Conference.localhost\"\nrooms = [\"Lobby\", \"public-*\"]\n"
                                    "[[room_service]]\njid = \"b\"\nrooms = [\"r\"]\nnick = \"ears ☔\"\nhistory = 0\n");
  const auto loaded = parse_config({"x.toml", text});
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_THAT(loaded->config.services, IsEmpty());
  ASSERT_EQ(loaded->config.room_services.size(), 2u);
  const Config::RoomService& first = loaded->config.room_services[0];
  const Config::RoomService& second = loaded->config.room_services[1];
  EXPECT_EQ(first.jid, "conference.localhost");
  EXPECT_THAT(first.rule.nodes, ElementsAre("lobby", "public-*"));
  EXPECT_EQ(first.nick, "eventsource");
  EXPECT_EQ(first.history, 20u);
  EXPECT_EQ(second.nick, "ears ☔");
  EXPECT_EQ(second.history, 0u);
}

TEST(ConfigSecret, IsReadFromTheFileBesideTheConfiguration) {
  const TempFolder folder;
  folder.write("secret", "hunter2\n", 0640);
  const std::string path =
      folder.write("x.toml", replaced(least, "secret = \"hunter2\"", "secret_file = \"secret\""), 0644);
  const auto loaded = load_config(path);
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_TRUE(loaded->config.xmpp.secret.reveal() == "hunter2");
  EXPECT_EQ(loaded->config.xmpp.secret_file, (folder.path() / "secret").string());
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(ConfigSecret, ThatEverybodyCanReadIsAWarning) {
  const TempFolder folder;
  const std::string secret = folder.write("secret", "hunter2\n", 0644);
  const std::string by_file = folder.write(
      "file.toml", replaced(least, "secret = \"hunter2\"", "secret_file = \"" + secret + "\""), 0644);
  const auto loaded = load_config(by_file);
  ASSERT_TRUE(loaded);
  EXPECT_THAT(
      loaded->warnings,
      ElementsAre(by_file + ":3: [xmpp] secret_file: the file can be read by everybody on this machine; "
                            "chmod 0400 it"));
  const std::string direct = folder.write("direct.toml", least, 0644);
  const auto loaded_directly = load_config(direct);
  ASSERT_TRUE(loaded_directly);
  EXPECT_THAT(
      loaded_directly->warnings,
      ElementsAre(direct + ":3: everybody on this machine can read this file and its secret; chmod 0400 "
                           "it, or move the secret to a secret_file"));
  EXPECT_THAT(load_config(folder.write("private.toml", least, 0640))->warnings, IsEmpty());
}

TEST(ConfigSecret, FilesThatHoldNoSecretAreRefused) {
  const TempFolder folder;
  const auto error_with = [&](const std::string& value) {
    const auto errors =
        parse_config({(folder.path() / "x.toml").string(),
                      replaced(least, "secret = \"hunter2\"", "secret_file = \"" + value + "\"")});
    return errors ? std::string("no error")
                  : replaced(errors.error().at(0), folder.path().string() + "/", "");
  };
  const std::string where = "x.toml:3: [xmpp] secret_file: ";
  EXPECT_EQ(error_with("/nonexistent/secret"), where + "the file cannot be read: No such file or directory");
  EXPECT_EQ(error_with("hunter2"),
            where + "the file cannot be read: No such file or directory; a relative path starts at " +
                folder.path().string());
  EXPECT_EQ(error_with(""), where + "is empty");
  EXPECT_EQ(error_with("/dev/null"), where + "the file is not a regular file");
  EXPECT_EQ(error_with(folder.write("empty", "\n")),
            where + "the file is empty; it must hold the secret on one line");
  EXPECT_EQ(error_with(folder.write("lines", "one\ntwo\n")),
            where + "the file has more than one line; it must hold only the secret");
  EXPECT_EQ(error_with(folder.write("large", std::string(4097, 'x'))),
            where + "the file is larger than 4KiB");
}

TEST(ConfigSecret, NeverStandsInAMessage) {
  const std::string wrong[] = {
      replaced(least, "\"hunter2\"", "hunter2"),            // no quotation marks
      replaced(least, "\"hunter2\"", "\"hunter2"),          // not closed
      replaced(least, "\"hunter2\"", "\"\"hunter2\""),      // an unescaped quotation mark
      replaced(least, "\"hunter2\"", "\"x\" hunter2 = 1"),  //
      replaced(least, "\"hunter2\"", "[\"hunter2\"]"),      // of the wrong type
      replaced(least, "secret", "secert"),                  // unknown key
      replaced(least, "secret", "secret_file"),             // the wrong key
      replaced(least, "[xmpp]", "[xmp]"),                   // unknown table
      replaced(least, "\"hunter2\"", "\"\"\"\nhunter2 = \"\"\"x\""),
      replaced(least, "[xmpp]\n", ""),
      replaced(least, "secret", "secret_file = \"/nonexistent\"\nsecret"),
  };
  for (const std::string& text : wrong) {
    const ConfigErrors errors = errors_of(text);
    EXPECT_THAT(errors, Not(IsEmpty())) << text;
    for (const std::string& error : errors) EXPECT_THAT(error, Not(HasSubstr("hunter2"))) << text;
  }
}

TEST(ConfigFile, ThatCannotBeReadIsAnError) {
  EXPECT_THAT(
      load_config("/nonexistent/x.toml").error(),
      ElementsAre("/nonexistent/x.toml: the configuration file cannot be read: No such file or directory"));
  EXPECT_THAT(load_config("/").error(), ElementsAre("/: the configuration file is not a regular file"));
  const TempFolder folder;
  const std::string large = folder.write("x.toml", std::string((1 << 20) + 1, '#'));
  EXPECT_THAT(load_config(large).error(),
              ElementsAre(large + ": the configuration file is larger than 1MiB"));
}

TEST(ConfigFile, ThatIsAFifoDoesNotHang) {
  const TempFolder folder;
  const std::string path = (folder.path() / "x.toml").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(load_config(path).error(), ElementsAre(path + ": the configuration file is not a regular file"));
}
