// SPDX-License-Identifier: MIT
// Purpose: the worker: owns the parts, wires them, and knows the order in which they start and stop.
// Thread: main, which accepts connections and waits for signals.
//
//   main   listener, signals, service manager
//   xmpp   the component session, feeds
//   shard  one per core: connections, streams
#pragma once

#include "app/config.hpp"

namespace xes::app {

/// Runs until SIGTERM or SIGINT (exit code 0), or says on standard error why it cannot start (1).
int run(Config config);

}  // namespace xes::app
