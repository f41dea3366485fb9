// SPDX-License-Identifier: MIT
// Purpose: read all items that a node stores, oldest first, whatever the server does with the request.
// Thread: xmpp. Sources: XEP-0060 §6.5, XEP-0059.
//
// Prosody ignores result sets and sends everything, oldest first; ejabberd answers in pages, whose cursors are
// creation times, from either end depending on its storage. So: ask for pages, take what comes, and let the cursors
// tell which end is the newest.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "hub/item.hpp"
#include "xmpp/session/session.hpp"

namespace xes::xmpp {

using StoredItems = tl::expected<std::vector<hub::Item>, IqFailure>;

struct StoredItemsOptions {
  std::chrono::milliseconds deadline{30'000};  ///< for each page
  unsigned page = 500;                         ///< items asked for at a time
  std::size_t max_items = 16'384;              ///< more are not read; the newest are kept
};

/// Where a reply is longer than the session takes, only the newest items are read, as many as fit.
/// `done` is called once, never before this returns; with the first failure, if there is one.
void read_stored_items(Session& session, const hub::NodeName& name, StoredItemsOptions options,
                       std::function<void(StoredItems)> done);

}  // namespace xes::xmpp
