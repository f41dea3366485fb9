// SPDX-License-Identifier: MIT
// Purpose: a request as the web server passes it on, and what becomes of it. Thread: any (pure).
// Sources: RFC 3875 (meta-variables), WHATWG EventSource §9.2.4 (Last-Event-ID).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/access_rule.hpp"
#include "gateway/document.hpp"
#include "gateway/params.hpp"
#include "hub/selection.hpp"
#include "wire/http.hpp"

namespace xes::gateway {

/// A pubsub service that may be read, or a kind of them.
struct Service {
  std::string jid;  ///< or a glob over JIDs, wire/jid.hpp: those that the path names as `@JID/`
  std::vector<std::string> hosts;  ///< HTTP host names that mean it, lower case; without any, its own JID does; "*" is any
  hub::View view = hub::View::payload;  ///< of a single node, where a request does not say
  AccessRule rule = {};
};

/// Old browsers hand on nothing of a response before some 2 KiB of it have come; their polyfills ask for padding.
inline constexpr std::size_t max_padding_bytes = 8192;

struct RouteOptions {
  std::string path = "/eventsource/";  ///< what precedes a node's name
  std::vector<Service> services;
  /// Services of chat rooms (XEP-0045), without hosts: rooms that the rule offers are nodes called as their localparts.
  /// Where there are any, `room/ROOM` below the path is a room.
  std::vector<Service> room_services;
  std::size_t max_node_bytes = 1023;  ///< RFC 7622's bound for a part of a JID; longer is refused with 400
  unsigned max_newest = 16'384;       ///< ?last=N is cut to this: what the worker reads of a node at most
  std::size_t max_nodes = 16;         ///< of one stream; more are refused with 400; at most wire::max_positions
};

/// A stream is wanted, or instead of it a document of the newest items.
struct StreamWanted {
  hub::Selection selection;
  hub::Start start;
  bool head_only = false;
  std::optional<DocumentWanted> document = {};
  std::size_t padding_bytes = 0;  ///< of a comment that the stream begins with; at most max_padding_bytes
  /// Of what is to be read; lives as long as the RouteOptions. Without one, nobody may (gateway/access.hpp).
  const AccessRule* rule = nullptr;
};

/// The answer is a status and one line of text/plain.
struct Answer {
  wire::Status status;
  std::string text;
  bool allow = false;  ///< with an Allow header
  std::string_view challenge = {};  ///< of a WWW-Authenticate header; a constant
};

std::variant<StreamWanted, Answer> route(const Params& params, const RouteOptions& options);

}  // namespace xes::gateway
