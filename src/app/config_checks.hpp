// SPDX-License-Identifier: MIT
// Purpose: what several options of a file must not do together. Thread: any; start-up only.
#pragma once

#include <vector>

#include "app/document.hpp"
#include "app/report.hpp"

namespace xes::app {

/// At least one endpoint, at most max_listeners of both kinds, none twice.
void check_listeners(const std::vector<Table>& document, Report& report);

/// A service's JID and its hosts are the names by which a request means it; each may mean one service only. A pattern has no hosts.
void check_services(const std::vector<Table>& document, Report& report);

/// A service's `access` has what it needs, and nothing is set that would have no effect: whoever sets it believes that
/// the service is guarded.
void check_access(const std::vector<Table>& document, Report& report);

}  // namespace xes::app
