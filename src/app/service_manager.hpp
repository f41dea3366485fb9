// SPDX-License-Identifier: MIT
// Purpose: tell the service manager (systemd) how the worker is; without one, every call does nothing. Thread: main.
// Source: sd_notify(3), sd_watchdog_enabled(3).
#pragma once

#include <chrono>
#include <string>

namespace xes::app::service_manager {

void ready(const std::string& status);
/// ready() ends it.
void reloading();
void stopping();
void alive();
/// How often alive() has to be called at the least; zero if nobody asks.
std::chrono::microseconds watchdog_period();

}  // namespace xes::app::service_manager
