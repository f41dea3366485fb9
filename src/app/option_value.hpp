// SPDX-License-Identifier: MIT
// Purpose: one value of the file, checked against its row of the options table and put into the Config.
// Thread: any; start-up only. What is wrong goes to the report; the Config then keeps what it had.
#pragma once

#include "app/document.hpp"
#include "app/options.hpp"
#include "app/report.hpp"

namespace xes::app {

void store_entry(const Option& option, const Entry& entry, Config& config, Report& report);

/// The row's initial value, if it has one that is not empty.
void store_initial(const Option& option, Config& config);

}  // namespace xes::app
