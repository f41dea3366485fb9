// SPDX-License-Identifier: MIT
// Purpose: what is written for operators out of the tables of options, metrics, close reasons and limits. Thread: any.
#pragma once

#include <string>

namespace xes::app {

/// A Markdown table with one row for each option: the configuration reference of deploy/README.md.
std::string config_reference();

/// Markdown tables of the same page: the metrics, the values of the label `reason`, and those of `limit`.
std::string metrics_reference();
std::string close_reasons_reference();
std::string limits_reference();

/// The commented example file: deploy/xmpp-eventsource.toml, byte for byte.
std::string config_example();

}  // namespace xes::app
