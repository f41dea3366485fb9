// SPDX-License-Identifier: MIT
// Purpose: what this shard knows of which users may read which nodes. Asks for it once for all streams of a user, and
// tells whoever depends on it when it changes. Thread: its shard's.
// Memory: one entry for each user and node of an open stream, gone with the last of them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "hub/letters.hpp"

namespace xes::hub {

/// A stream, or an audience, that depends on a user's rights.
class RightsHolder {
 public:
  virtual ~RightsHolder() = default;
  /// One of them has changed: look at Claim::verdict(). May end the stream, and others.
  virtual void on_rights() = 0;
  /// Keeps it alive for such a call.
  virtual std::shared_ptr<RightsHolder> hold() = 0;
};

class Rights {
 public:
  class Claim;

  explicit Rights(std::function<void(Want)> want) : want_(std::move(want)) {}
  Rights(const Rights&) = delete;
  Rights& operator=(const Rights&) = delete;

  /// A user's claim to these nodes of one service, for a holder that outlives it.
  std::unique_ptr<Claim> claim(RightsHolder& holder, const std::string& service, const std::vector<std::string>& nodes,
                               const User& user);
  void take(const Judged& judged);
  std::size_t size() const { return entries_.size(); }

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  ///< service, node, JID
  struct Entry {
    NodeName name;
    User user;
    std::optional<Verdict> verdict = {};  ///< none: not told yet
    std::set<Claim*> claims = {};
  };
  using Entries = std::map<Key, Entry>;

  void leave(Entries::iterator entry, Claim& claim);

  std::function<void(Want)> want_;
  Entries entries_;
};

class Rights::Claim {
 public:
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim();

  /// Of all its nodes together: refused if one of them is, missing if all are, else allowed; nothing while it is awaited.
  std::optional<Verdict> verdict() const;
  /// Of the one at `index`.
  std::optional<Verdict> verdict(std::size_t index) const { return entries_[index]->second.verdict; }

 private:
  friend class Rights;
  Claim(Rights& rights, RightsHolder& holder) : rights_(rights), holder_(holder) {}

  Rights& rights_;
  RightsHolder& holder_;
  std::vector<Entries::iterator> entries_;
};

}  // namespace xes::hub
