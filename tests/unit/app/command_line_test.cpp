// SPDX-License-Identifier: MIT
#include "app/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/reference.hpp"

using namespace xes::app;
using testing::HasSubstr;

namespace {

Ending ending_of(std::vector<std::string> arguments) {
  auto line = parse_command_line(std::move(arguments));
  return line ? Ending{-1, "it went on"} : line.error();
}

}  // namespace

TEST(CommandLine, LooksInEtcUnlessToldWhere) {
  const auto plain = parse_command_line({});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->config, "/etc/xmpp-eventsource/xmpp-eventsource.toml");
  EXPECT_FALSE(plain->check);
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--check", "--config", "x.toml"},
                                                    {"--config=x.toml", "--check"},
                                                    {"-c", "x.toml", "--check"}}) {
    const auto line = parse_command_line(arguments);
    ASSERT_TRUE(line);
    EXPECT_EQ(line->config, "x.toml");
    EXPECT_TRUE(line->check);
  }
}

TEST(CommandLine, WrongUseIsExitCode2WithOneReason) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--bogus"}, {"x.toml"}, {"--config"}, {"--config", ""}, {"--check=maybe"}}) {
    const Ending ending = ending_of(arguments);
    EXPECT_EQ(ending.code, 2) << arguments[0];
    EXPECT_THAT(ending.text, testing::StartsWith("xmpp-eventsource: ")) << arguments[0];
    EXPECT_THAT(ending.text, testing::EndsWith("\nxmpp-eventsource --help explains the options.\n"));
  }
}

TEST(CommandLine, HelpAndVersionAndTheGeneratedTextsAreExitCode0) {
  EXPECT_EQ(ending_of({"--version"}).code, 0);
  EXPECT_EQ(ending_of({"--version"}).text, "xmpp-eventsource " XES_VERSION "\n");
  const Ending help = ending_of({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* part :
       {"--config", "--check", "--version", "--print-config-reference", "--print-config-example",
        "--print-metrics-reference", "xmpp-eventsource --check && xmpp-eventsource", "README.md", "deploy/README.md"})
    EXPECT_THAT(help.text, HasSubstr(part));
  EXPECT_EQ(ending_of({"--print-config-reference"}).text, config_reference());
  EXPECT_EQ(ending_of({"--print-config-example"}).text, config_example());
  const Ending metrics = ending_of({"--print-metrics-reference"});
  EXPECT_EQ(metrics.code, 0);
  EXPECT_EQ(metrics.text, metrics_reference() + "\n" + close_reasons_reference() + "\n" + limits_reference());
}
