// SPDX-License-Identifier: MIT
#include "base/log_limited.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

namespace xes::log_limited {
namespace {

using namespace std::chrono_literals;

TEST(LogBudget, LetsAFewThroughEachMinuteAndCountsTheRest) {
  Budget budget;
  Budget::Clock::time_point now{};
  for (int minute = 0; minute < 3; ++minute, now += 1min) {
    EXPECT_EQ(budget.take(now), minute == 0 ? 0u : 90u) << "those that were left out before";
    for (unsigned i = 1; i < lines_per_minute; ++i) EXPECT_EQ(budget.take(now), 0u);
    for (int i = 0; i < 90; ++i) EXPECT_EQ(budget.take(now + 59s), std::nullopt);
  }
}

/// A line that only this worker's own configuration, machine or XMPP server can cause stands in one of these files.
const std::set<std::string> may_write_without_limit = {"gateway/listener.cpp", "xmpp/session/session.cpp"};

TEST(LogLimited, IsWhatAllUseThatDealWithOutsiders) {
  const std::filesystem::path src = XES_SOURCE_DIR "/src";
  const std::regex unlimited("spdlog::(info|warn|error|critical|log)\\(");
  for (const std::string layer : {"wire", "hub", "xmpp", "gateway"})
    for (const auto& file : std::filesystem::recursive_directory_iterator(src / layer)) {
      if (!file.is_regular_file() || may_write_without_limit.contains(file.path().lexically_relative(src))) continue;
      std::ifstream in(file.path());
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      EXPECT_FALSE(std::regex_search(text, unlimited)) << file.path() << ": use base/log_limited.hpp";
    }
}

TEST(LogLimited, WritesSoManyOfEachKindAndBoundsNoOther) {
  std::ostringstream lines;
  const auto before = spdlog::default_logger();
  const auto logger = std::make_shared<spdlog::logger>("caught", std::make_shared<spdlog::sinks::ostream_sink_mt>(lines));
  logger->set_pattern("%l %v");
  spdlog::set_default_logger(logger);
  for (int i = 0; i < 300; ++i) info("one kind from {}: {}", "192.0.2.1", i);
  for (int i = 0; i < 300; ++i) warn("another {}", i);
  spdlog::set_default_logger(before);
  const std::string text = lines.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2 * lines_per_minute);
  EXPECT_EQ(text.substr(0, text.find('\n')), "info one kind from 192.0.2.1: 0");
  EXPECT_NE(text.find("warning another 0\n"), text.npos);
}

}  // namespace
}  // namespace xes::log_limited
