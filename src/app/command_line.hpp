// SPDX-License-Identifier: MIT
// Purpose: what the program was asked to do. Thread: any; start-up only.
// CLI11 stays behind this header.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace xes::app {

/// The program's exit codes.
inline constexpr int exit_ok = 0;
inline constexpr int exit_config = 1;  ///< the configuration is wrong, or the worker could not start
inline constexpr int exit_usage = 2;   ///< the command line is wrong

struct CommandLine {
  std::string config;
  bool check = false;  ///< validate the configuration and end
};

/// The program has nothing more to do than print this and exit: on standard output if the code is 0.
struct Ending {
  int code;
  std::string text;  ///< ends with a line feed
};

/// `arguments`: without the program's name.
tl::expected<CommandLine, Ending> parse_command_line(std::vector<std::string> arguments);

}  // namespace xes::app
