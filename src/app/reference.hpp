// SPDX-License-Identifier: MIT
// Purpose: what is written for operators out of the options table. Thread: any.
#pragma once

#include <string>

namespace xes::app {

/// A Markdown table with one row for each option: the README's configuration reference.
std::string config_reference();

/// The commented example file: deploy/xmpp-eventsource.toml, byte for byte.
std::string config_example();

}  // namespace xes::app
