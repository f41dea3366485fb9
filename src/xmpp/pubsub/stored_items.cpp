// SPDX-License-Identifier: MIT
#include "xmpp/pubsub/stored_items.hpp"

#include <algorithm>
#include <memory>

#include "xmpp/pubsub/pubsub.hpp"

namespace xes::xmpp {
namespace {

struct Reading : std::enable_shared_from_this<Reading> {
  Session& session;
  hub::NodeName name;
  StoredItemsOptions options;
  std::function<void(StoredItems)> done;
  std::vector<hub::Item> items;
  std::string after;        // the last page's last cursor
  bool newest_first = false;
  unsigned newest_only = 0;  // > 0: replies were too long

  Reading(Session& s, const hub::NodeName& n, StoredItemsOptions o, std::function<void(StoredItems)> d)
      : session(s), name(n), options(o), done(std::move(d)) {}

  void ask() {
    OutStanza request = newest_only > 0 ? pubsub::newest_items(name.node, newest_only)
                                        : pubsub::items_page(name.node, options.page, after);
    session.send_iq(IqType::get, name.service, std::move(request), options.deadline,
                    [self = shared_from_this()](IqResult result) { self->take(std::move(result)); });
  }

  void take(IqResult result) {
    if (!result && result.error().error == Error::too_large && newest_only != 1) {
      newest_only = newest_only == 0 ? 64 : newest_only / 8;
      items.clear();
      return ask();
    }
    if (!result) return done(tl::unexpected(std::move(result.error())));
    std::vector<hub::Item> page = pubsub::read_items(*result);
    const pubsub::PageCursors cursors = pubsub::read_cursors(*result);
    if (!cursors.first.empty() && cursors.first > cursors.last) newest_first = true;
    const bool more = newest_only == 0 && page.size() >= options.page && !cursors.last.empty() &&
                      cursors.last != after && items.size() + page.size() < options.max_items;
    std::move(page.begin(), page.end(), std::back_inserter(items));
    after = cursors.last;
    if (more) return ask();
    if (newest_first) std::reverse(items.begin(), items.end());
    if (items.size() > options.max_items)
      items.erase(items.begin(), items.end() - static_cast<std::ptrdiff_t>(options.max_items));
    done(std::move(items));
  }
};

}  // namespace

void read_stored_items(Session& session, const hub::NodeName& name, StoredItemsOptions options,
                       std::function<void(StoredItems)> done) {
  std::make_shared<Reading>(session, name, options, std::move(done))->ask();
}

}  // namespace xes::xmpp
