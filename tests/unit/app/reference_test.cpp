// SPDX-License-Identifier: MIT
#include "app/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "app/options.hpp"
#include "config_text.hpp"

using namespace xes::app;
using namespace xes::app::test;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Options, HaveAPlaceAHelpAndBounds) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Option& option : options()) {
    EXPECT_TRUE(seen.emplace(option.table, option.key).second) << option.key;
    EXPECT_NE(find_table(option.table), nullptr) << option.key;
    EXPECT_EQ(find_option(option.table, option.key), &option);
    EXPECT_THAT(option.help, EndsWith(".")) << option.key;
    EXPECT_LE(option.min, option.max) << option.key;
    EXPECT_NE(bounds_text(option), "") << option.key;
    EXPECT_NE(example_value(option), "") << option.key;
  }
}

TEST(ExampleFile, IsTheOneInDeploy) {
  EXPECT_EQ(content_of(XES_SOURCE_DIR "/deploy/xmpp-eventsource.toml"), config_example())
      << "write it anew: xmpp-eventsource --print-config-example > deploy/xmpp-eventsource.toml";
}

TEST(ExampleFile, LoadsWithoutAWarning) {
  const TempFolder folder;
  const std::string secret = folder.write("secret", "hunter2\n", 0640);
  const std::string path = folder.write(
      "example.toml", replaced(config_example(), "\"/etc/xmpp-eventsource/secret\"", "\"" + secret + "\""),
      0644);
  const auto loaded = load_config(path);
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_EQ(loaded->config.xmpp.jid, "eventsource.example.org");
  EXPECT_TRUE(loaded->config.listen.scgi ==
              (std::vector<Endpoint>{UnixEndpoint{"/run/xmpp-eventsource/scgi.sock"}}));
  EXPECT_THAT(loaded->config.services.at(0).hosts, ElementsAre("push.example.org"));
}

TEST(ExampleFile, HoldsEveryOptionInLinesThatFitAScreen) {
  const std::string text = config_example();
  for (const Option& option : options())
    EXPECT_THAT(text, HasSubstr("\n" + std::string(option.kind == Kind::secret ? "# " : "") +
                                std::string(option.key) + " = " + example_value(option) + "\n"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(Reference, HasOneRowOfFiveCellsForEachOption) {
  std::istringstream lines(config_reference());
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(line);
  ASSERT_EQ(rows.size(), options().size() + 2);
  EXPECT_EQ(rows[0], "| Option | Type | Default | Allowed | Meaning |");
  for (const std::string& row : rows) EXPECT_EQ(std::count(row.begin(), row.end(), '|'), 6) << row;
  EXPECT_THAT(
      rows,
      testing::Contains(testing::StartsWith(
          "| `[stream]` `heartbeat` | a string | `\"15s\"` | 1s to 10m | An idle stream")));
  EXPECT_THAT(rows, testing::Contains(testing::StartsWith(
                        "| `[[service]]` `view` | a string | `\"payload\"` | payload or item | ")));
}

/// True if the page has the table, and ends it where the table ends.
static bool has_table(const std::string& page, const std::string& table) {
  const std::size_t at = page.find(table);
  return at != page.npos && page.compare(at + table.size(), 1, "|") != 0;
}

TEST(Reference, IsWhatTheOperatorsPageHas) {
  const std::string page = content_of(XES_SOURCE_DIR "/deploy/README.md");
  EXPECT_TRUE(has_table(page, config_reference()))
      << "put what --print-config-reference prints into deploy/README.md:\n" << config_reference();
  for (const std::string& table : {metrics_reference(), close_reasons_reference(), limits_reference()})
    EXPECT_TRUE(has_table(page, table)) << "put what --print-metrics-reference prints into deploy/README.md:\n" << table;
}

TEST(Reference, HasOneRowForEachMetric) {
  const std::string table = metrics_reference();
  EXPECT_THAT(table, HasSubstr("| `xmpp_eventsource_streams` | gauge | Open streams. |\n"));
  EXPECT_THAT(table, HasSubstr("| `xmpp_eventsource_streams_closed_total{reason=\"…\"}` | counter | "));
  EXPECT_THAT(table, HasSubstr("| `xmpp_eventsource_limited_total{limit=\"…\"}` | counter | "));
  EXPECT_THAT(table, HasSubstr("| `xmpp_eventsource_deliveries_total` | counter | Events sent, counted once for each stream. |\n"));
  EXPECT_THAT(close_reasons_reference(), HasSubstr("| `shutting_down` | yes | the worker stops |\n"));
  EXPECT_THAT(limits_reference(), HasSubstr("| `streams` | this worker has reached its limit of streams |\n"));
}
