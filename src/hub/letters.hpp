// SPDX-License-Identifier: MIT
// Purpose: what crosses between the XMPP thread and the shards, both ways, each through a base/mailbox.hpp. Letters
// keep their order, so a shard's history is the feed's as of the last letter that it has read.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "hub/event.hpp"
#include "hub/item.hpp"
#include "hub/user.hpp"

namespace xes::hub {

/// From a shard to the XMPP thread.
struct Want {
  enum class What : unsigned char {
    follow,    ///< the shard's first stream of the node: answered by Opened, Held (and Opened later) or Refused
    unfollow,  ///< its last stream left
    check,     ///< a stream came to a node that is open: may it still be read? Ended if not
    fetch,     ///< a stream needs what the service stores: answered by Snapshot, sooner or later, unless Ended
    list,      ///< the shard's first stream with a pattern at the service: answered by Listed, again at every change
    unlist,    ///< its last one left
    judge,     ///< the shard's first stream of a node for a user: answered by Judged, again whenever that changes
    unjudge,   ///< its last one left
  };
  What what;
  NodeName name;  ///< of list and unlist, the service alone
  User user = {};  ///< of judge and unjudge
};

/// Why a node cannot be followed; permanent until somebody changes something at the service.
enum class Refusal : unsigned char { no_such_node, forbidden };

/// The node is followed: its history and where a stream that begins now stands. May come again after Held.
struct Opened {
  NodeName name;
  std::vector<EventRef> history;
  wire::EventId position;
  bool republish_moves;
};
/// Not yet, but it may pass (the XMPP session is down, an owner has to approve): streams are held open.
struct Held {
  NodeName name;
  bool pending = false;  ///< an owner has to approve: that may take for ever
  bool quarantined = false;  ///< it is not asked for until a stream comes anew: follow says so. Streams that are open end
};
struct Refused {
  NodeName name;
  Refusal refusal;
};
struct Happened {
  std::shared_ptr<const NodeName> name;
  std::vector<EventRef> events;
};
/// The stored items, see Feed::snapshot.
struct Snapshot {
  NodeName name;
  std::vector<EventRef> items;
};
/// The node's streams end: it is gone, or its service lets us read it no more. A new one starts from a new follow.
struct Ended {
  NodeName name;
  Refusal refusal = Refusal::no_such_node;
};
/// The nodes that a service has (XEP-0060 §5.2), sorted; nothing if it cannot be asked now, but that may pass.
struct Listed {
  std::string service;
  std::shared_ptr<const std::vector<std::string>> nodes;
};
/// Whether a user may read a node.
struct Judged {
  NodeName name;
  std::string jid;
  Verdict verdict;
};
/// The XMPP session went down or is back, for long enough to tell.
struct SessionChanged {
  bool up;
};

/// What was told so far counts no more, and what was wanted is forgotten: every stream ends, and the shard is as new.
struct FeedsLost {};

/// From the XMPP thread to a shard.
using News = std::variant<Opened, Held, Refused, Happened, Snapshot, Ended, Listed, Judged, SessionChanged, FeedsLost>;

}  // namespace xes::hub
