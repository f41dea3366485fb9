// SPDX-License-Identifier: MIT
// Purpose: what a stream is to show, and where it wants to begin. Values. Thread: any.
#pragma once

#include <string>
#include <vector>

#include "hub/item.hpp"
#include "hub/user.hpp"
#include "wire/event_id.hpp"

namespace xes::hub {

/// Nodes of one service in one view. Streams with equal selections share an Audience. Lists are sorted, without repetition.
struct Selection {
  std::string service;             ///< JID
  std::vector<std::string> nodes;  ///< one, unless `several`
  View view = View::payload;
  /// Asked for as `?node=…`: its event IDs cover all its nodes (wire/positions.hpp), even if it is only one.
  bool several = false;
  /// Globs (wire/glob.hpp): the service's nodes that match one of them are followed, too, as they come and go.
  std::vector<std::string> patterns = {};
  std::vector<std::vector<std::string>> within = {};  ///< globs: of those, only what matches one of each list
  std::vector<std::string> without = {};              ///< globs: and nothing that matches one of these
  /// Of `nodes`, those that were not there when its reader was asked about: told as missing, and not followed even if they
  /// are there by now, since nobody has said that the reader may read them.
  std::vector<std::string> absent = {};
  User reader = {};  ///< and only what this user may read; without a JID, no matter who reads

  bool operator==(const Selection&) const = default;
};

/// What it begins with, quoted, for a log line.
std::string describe(const Selection& selection);

/// A single node's selection.
inline Selection only(const NodeName& name, View view) { return {name.service, {name.node}, view, false}; }

struct SelectionHash {
  std::size_t operator()(const Selection& selection) const {
    std::size_t hash = std::hash<std::string>()(selection.service) * 31 + static_cast<std::size_t>(selection.view);
    for (const auto* list : {&selection.nodes, &selection.patterns})
      for (const std::string& text : *list) hash = hash * 31 + std::hash<std::string>()(text);
    hash = hash * 31 + std::hash<std::string>()(selection.reader.jid);
    return hash * 2 + selection.several;
  }
};

/// Where a stream wants to begin.
struct Start {
  enum class At : unsigned char {
    now,     ///< no last event ID
    after,   ///< after `last`
    newest,  ///< with the `count` newest stored items (of each node)
  };
  At at = At::now;
  std::string last;  ///< the last event ID, as the client sent it: it may be anything
  unsigned count = 0;

  static Start after(std::string id) { return {At::after, std::move(id), 0}; }
  static Start newest(unsigned count) { return {At::newest, {}, count}; }
};

}  // namespace xes::hub
