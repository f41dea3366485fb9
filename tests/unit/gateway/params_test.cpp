// SPDX-License-Identifier: MIT
#include "gateway/params.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

namespace xes::gateway {
namespace {

TEST(Params, KnowAllThatTheWorkerReads) {
  std::set<std::string> read;
  const std::regex call("\\.(?:get|has)\\(\"([A-Z_]+)\"\\)");
  for (const auto& file : std::filesystem::directory_iterator(XES_SOURCE_DIR "/src/gateway")) {
    std::ifstream in(file.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (std::sregex_iterator found(text.begin(), text.end(), call), none; found != none; ++found) read.insert((*found)[1]);
  }
  EXPECT_EQ(read, std::set<std::string>(std::begin(param_names), std::end(param_names)));
}

TEST(Params, SayWhatComesTwice) {
  Params params;
  params.add("REMOTE_USER", "");
  params.add("X", "a");
  params.add("X", "a");
  EXPECT_EQ(params.repeated(), std::nullopt);
  params.add("REMOTE_USER", "alice");
  EXPECT_EQ(params.repeated(), "REMOTE_USER");
}

}  // namespace
}  // namespace xes::gateway
