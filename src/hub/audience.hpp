// SPDX-License-Identifier: MIT
// Purpose: the streams of one shard that want the same selection: what they are sent, and where each begins. Here is
// the hot path (broadcast). Thread: its shard's.
//
// A stream waits until every node of the selection is settled (open, or refused), and for the stored items of those where
// its position is not in the history; then replay and attachment are one step, so nothing is missed and nothing comes
// twice. Streams of several nodes have event IDs that cover all of them, so each audience of several numbers its own
// copies; an audience of one node shares the event's bytes with every other shard.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hub/node.hpp"
#include "hub/replay.hpp"
#include "hub/rights.hpp"
#include "hub/selection.hpp"
#include "hub/stream.hpp"
#include "wire/positions.hpp"

namespace xes::hub {

class Audience final : public RightsHolder, public std::enable_shared_from_this<Audience> {
 public:
  /// Of nodes that match a pattern, for each that a stream may follow: so many may be asked about for a user.
  static constexpr std::size_t asked_for_each_followed = 4;

  /// `nodes`: the selection's, in its order.
  Audience(Shard& shard, Selection selection, std::vector<Node*> nodes);
  Audience(const Audience&) = delete;
  Audience& operator=(const Audience&) = delete;
  ~Audience() override;

  const Selection& selection() const { return selection_; }
  /// Of nodes that match its patterns, leaves those that its reader may read. False while that is not known of all of them
  /// and streams wait for it. `nodes`: of all that match (`matching`), as many as are asked about at most.
  bool keep_readable(std::vector<std::string>& nodes, std::size_t matching);
  void turn_away_who_may_not_follow(const std::vector<std::string>& nodes);
  /// The service lists other nodes that match than before (`left_out`: beyond the bound); or cannot be asked now.
  /// Those of before may be unused then.
  void set_nodes(std::vector<Node*> nodes, std::vector<std::string> left_out);
  const std::vector<Node*>& nodes() const { return nodes_; }
  void hold_list();
  /// Its end: returns those that it followed. Somebody may hold it for a while after that.
  std::vector<Node*> leave_nodes();
  bool unused() const { return live_.empty() && waiting_.empty(); }
  /// For stored items, or for nodes.
  bool waits() const;

  /// Takes a new stream in. It begins at once if it can.
  void add(Stream& stream, const Start& start);
  void remove(Stream& stream);

  // What its nodes tell.
  void happened(const Node& node, const std::vector<EventRef>& events);
  /// A node's state or store is other than before: waiting streams may go on.
  void node_changed(Node& node);
  void node_refused(Node& node);
  void node_quarantined(Node& node);
  void on_rights() override;
  std::shared_ptr<RightsHolder> hold() override { return shared_from_this(); }
  /// Live streams may have missed something: they are to go on from where they are, as if they had just come.
  void begin_again();
  /// All of its streams.
  void end(CloseReason reason);

 private:
  friend class Shard;
  static constexpr std::uint64_t endless = ~std::uint64_t{0};

  struct Waiting {
    Stream* stream;
    Start start;
    /// Where each node was as it began to wait for the store: what comes later is news to it.
    std::vector<std::pair<const Node*, std::uint64_t>> since = {};
    /// What nodes became meanwhile, if it was live before.
    std::optional<std::string> told = {};
    std::uint64_t since_in(const Node& node);
  };

  /// Live at once if it can, or waiting.
  void admit(Waiting waiting);
  void begin_waiting();
  /// False if it has to wait for stored items.
  bool begin(Waiting& waiting);
  std::vector<Node::Query> queries(Waiting& waiting) const;
  std::unique_ptr<Replay> replay_of(const Waiting& waiting, std::vector<Node::Replay> replays) const;
  void give_document(Stream& stream, const std::vector<Node::Replay>& replays) const;
  void go_live(Stream& stream, std::unique_ptr<Replay> replay);
  void wait(Waiting waiting);
  /// A node has come to streams that are live already: they get all of it, once it is there.
  void join_late(std::size_t index);
  /// Nothing stands between a new stream and its beginning but stored items.
  bool settled() const;
  bool is_settled(std::size_t index) const;
  void release_stores();
  void refuse(Stream& stream);
  void refuse_all();
  void broadcast(const FrameRef& frame);
  /// What became of nodes, to all that know of them.
  void tell(const std::string& blocks);
  void flush_nodes();
  Numbering numbering() const;
  std::size_t index_of(const Node& node) const;
  std::vector<std::string> node_names() const;
  bool all_refused() const;
  bool follows(const std::string& node) const;
  std::optional<Verdict> verdict_on(const std::string& node) const;

  Shard& shard_;
  const Selection selection_;
  std::vector<Node*> nodes_;
  /// What the service's list of nodes is to streams with patterns.
  enum class List : unsigned char { none_needed, awaited, held, known } list_;
  std::vector<std::string> left_out_;  ///< nodes that match beyond the bound
  std::vector<std::string> asked_about_;  ///< nodes that match, of which the reader's right is known or awaited
  std::unique_ptr<Rights::Claim> claim_;  ///< to these, in their order
  wire::Entries at_;  ///< of each node: the last event that was broadcast; nothing while live streams do not have it
  std::vector<Stream*> live_;
  std::vector<Waiting> waiting_;
  bool listed_unused_ = false;  ///< for Shard
};

}  // namespace xes::hub
