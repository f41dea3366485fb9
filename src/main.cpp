// SPDX-License-Identifier: MIT
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "app/application.hpp"
#include "app/command_line.hpp"
#include "app/config.hpp"

namespace {

void print_lines(const std::vector<std::string>& lines, const char* label) {
  for (const std::string& line : lines) std::fprintf(stderr, "%s%s\n", label, line.c_str());
}

int start(int argc, char** argv) {
  using namespace xes::app;
  const auto line = parse_command_line(std::vector<std::string>(argv + (argc > 0), argv + argc));
  if (!line) {
    std::fputs(line.error().text.c_str(), line.error().code == exit_ok ? stdout : stderr);
    return line.error().code;
  }
  auto loaded = load_config(line->config);
  if (!loaded) {
    print_lines(loaded.error(), "");
    return exit_config;
  }
  print_lines(loaded->warnings, "warning: ");
  if (line->check) {
    std::printf("%s: the configuration is valid\n", line->config.c_str());
    return exit_ok;
  }
  return run(std::move(loaded->config));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return start(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "xmpp-eventsource: %s\n", problem.what());
    return xes::app::exit_config;
  }
}
