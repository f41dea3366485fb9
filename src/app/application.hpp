// SPDX-License-Identifier: MIT
// Purpose: the worker itself. Thread: the main thread, which it keeps until the end.
#pragma once

#include "app/config.hpp"

namespace xes::app {

/// Runs until it is told to end; returns the program's exit code.
int run(Config config);

}  // namespace xes::app
