// SPDX-License-Identifier: MIT
// Purpose: what nodes services have, for streams that follow patterns: asks while anybody wants to know, tells changes.
// Thread: xmpp. Source: XEP-0060 §5.2 (disco#items of the service).
//
// No server announces a new node to a component, so it asks again and again. ejabberd lists 100 nodes at most unless its
// max_nodes_discoitems says otherwise, and does not say that there are more.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/limited_queue.hpp"
#include "base/timer.hpp"
#include "hub/letters.hpp"
#include "xmpp/session/session.hpp"

namespace xes::xmpp {

struct DirectoryOptions {
  std::chrono::milliseconds every{10'000};    ///< how often each service that somebody wants is asked
  std::chrono::milliseconds deadline{10'000}; ///< for a reply
  std::size_t max_nodes = 65'536;             ///< of one service; of a longer list the first ones count
  LimitedQueue::Limits asking{.per_key = 16, .in_all = 256};  ///< questions under way; the key is a server's domain
};

class Directory {
 public:
  using Shard = std::size_t;

  Directory(boost::asio::io_context& io, Session& session, DirectoryOptions options,
            std::function<void(Shard, hub::Listed)> tell);

  void want(Shard shard, const std::string& service);
  void leave(Shard shard, const std::string& service);
  /// The node is gone, or turned out not to be there: the next list that has it is told, even if it is as the last one.
  void forget(const hub::NodeName& name);
  void on_ready();
  void on_down();
  void stop();

 private:
  struct Service {
    std::set<Shard> shards;
    std::shared_ptr<const std::vector<std::string>> nodes;  ///< as last told; empty: not asked yet
    bool asking = false;
    bool stale = false;  ///< of what was told some node has gone since
  };

  void ask(const std::string& service);
  void take(const std::string& service, const IqResult& result);
  void schedule();

  Session& session_;
  DirectoryOptions options_;
  std::function<void(Shard, hub::Listed)> tell_;
  std::map<std::string, Service> services_;
  LimitedQueue queue_;
  Timer timer_;
};

}  // namespace xes::xmpp
