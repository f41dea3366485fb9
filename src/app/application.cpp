// SPDX-License-Identifier: MIT
#include "app/application.hpp"

#include <cstdio>

namespace xes::app {

// The parts are not wired together yet, so this refuses to look as if it ran.
int run(Config) {
  std::fputs("xmpp-eventsource: this build cannot run yet; only --check and the other options work\n",
             stderr);
  return 1;
}

}  // namespace xes::app
