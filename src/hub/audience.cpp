// SPDX-License-Identifier: MIT
// Its streams: where each begins, and that they come and go. Its nodes are in audience_nodes.cpp, the hot path is in
// audience_events.cpp.
#include "hub/audience.hpp"

#include <algorithm>
#include <utility>

#include "hub/shard.hpp"

namespace xes::hub {

Audience::Audience(Shard& shard, Selection selection, std::vector<Node*> nodes)
    : shard_(shard),
      selection_(std::move(selection)),
      nodes_(std::move(nodes)),
      list_(selection_.patterns.empty() ? List::none_needed : List::awaited),
      at_(nodes_.size()) {
  try {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      Node& node = *nodes_[i];
      node.flush();
      node.join(*this);
      if (node.state() == Node::State::open) at_[i] = node.position();
    }
  } catch (...) {
    leave_nodes();
    throw;
  }
}

Audience::~Audience() { leave_nodes(); }

std::vector<Node*> Audience::leave_nodes() {
  for (Node* node : nodes_) node->leave(*this);
  return std::exchange(nodes_, {});
}

// ---- beginning

void Audience::add(Stream& stream, const Start& start) {
  if (list_ == List::known && !stream.may_follow(selection_.service, node_names())) return;
  for (Node* node : nodes_) node->ask_again();
  admit({&stream, start});
}

void Audience::admit(Waiting waiting) {
  Stream& stream = *waiting.stream;
  for (std::size_t i = 0; live_.empty() && i < nodes_.size(); ++i)
    if (nodes_[i]->state() == Node::State::open) at_[i] = nodes_[i]->position();
  if (settled() && begin(waiting)) return;
  // What can still be refused has no answer yet.
  if (list_ == List::held || std::any_of(nodes_.begin(), nodes_.end(),
                                         [](const Node* node) { return node->state() == Node::State::held; })) {
    stream.accept();
    if (stream.wants_document() && !stream.ended()) return stream.on_document_held();
  }
  if (!stream.ended()) wait(std::move(waiting));
}

bool Audience::settled() const {
  if (list_ == List::awaited || list_ == List::held) return false;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (!is_settled(i)) return false;
  return true;
}

/// Nobody waits for the owner of a node that nobody named, nor, where there are others, for one in quarantine. One that
/// joins the live streams does so first.
bool Audience::is_settled(std::size_t i) const {
  const Node& node = *nodes_[i];
  if (node.quarantined()) return selection_.several;
  if (node.pending())
    return std::find(selection_.nodes.begin(), selection_.nodes.end(), node.name().node) == selection_.nodes.end();
  return node.settled() && (node.state() != Node::State::open || at_[i]);
}

bool Audience::waits() const {
  if (!waiting_.empty()) return true;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i]->state() == Node::State::open && !at_[i]) return true;
  return false;
}

void Audience::release_stores() {
  if (waits()) return;
  for (Node* node : nodes_) node->release_store();
}

void Audience::begin_waiting() {
  std::vector<Waiting> waiting;
  waiting.swap(waiting_);
  for (const Waiting& one : waiting) one.stream->audience_ = nullptr;
  for (Waiting& one : waiting) {
    Stream& stream = *one.stream;
    stream.guard([&] { admit(std::move(one)); });
  }
  release_stores();
  if (unused()) shard_.maybe_unused(*this);
}

bool Audience::begin(Waiting& waiting) {
  Stream& stream = *waiting.stream;
  flush_nodes();
  if (all_refused()) {
    refuse(stream);
    return true;
  }
  if (stream.head_only() && !stream.wants_document()) {
    stream.accept();
    return true;
  }
  // A document is whole, or none.
  if (stream.wants_document() &&
      std::any_of(nodes_.begin(), nodes_.end(), [](const Node* node) { return node->quarantined(); })) {
    stream.on_document_held();
    return true;
  }
  const std::vector<Node::Query> asked = queries(waiting);
  std::vector<Node::Replay> replays(nodes_.size());
  std::vector<Node*> lacking;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i]->state() != Node::State::open) continue;
    auto replay = nodes_[i]->replay(asked[i]);
    if (replay) {
      replays[i] = std::move(*replay);
    } else {
      lacking.push_back(nodes_[i]);
    }
  }
  if (lacking.empty()) {
    if (stream.wants_document()) {
      give_document(stream, replays);
    } else {
      go_live(stream, replay_of(waiting, std::move(replays)));
    }
    return true;
  }
  if (stream.wants_document() && !shard_.session_up()) {
    stream.on_document_held();
    return true;
  }
  stream.accept();
  if (stream.ended()) return true;
  for (Node* node : lacking) node->fetch();
  return false;
}

std::vector<Node::Query> Audience::queries(Waiting& waiting) const {
  using Query = Node::Query;
  std::vector<Query> all(nodes_.size());
  const Start& start = waiting.start;
  if (start.at == Start::At::newest) {
    // A document tells of no changes: it has what is stored at its moment.
    const bool now = waiting.stream->wants_document();
    for (std::size_t i = 0; i < all.size(); ++i)
      all[i] = {Query::From::newest, {}, start.count, now ? endless : waiting.since_in(*nodes_[i])};
  }
  if (start.at == Start::At::after) {
    for (Query& query : all) query.from = Query::From::nowhere;
    if (selection_.several) {
      const auto positions = wire::parse_positions(start.last, numbering().epochs);
      for (std::size_t i = 0; positions && i < all.size(); ++i)
        if ((*positions)[i]) all[i] = Query::after(*(*positions)[i]);
    } else if (const auto id = wire::parse_event_id(start.last)) {
      all[0] = Query::after(wire::position_of(*id, nodes_[0]->position().epoch));
    }
  }
  return all;
}

std::uint64_t Audience::Waiting::since_in(const Node& node) {
  for (const auto& [known, sequence] : since)
    if (known == &node) return sequence;
  return since.emplace_back(&node, node.position().sequence).second;
}

std::unique_ptr<Replay> Audience::replay_of(const Waiting& waiting, std::vector<Node::Replay> replays) const {
  std::string opening = waiting.told.value_or("");
  wire::Entries entries(nodes_.size());
  std::vector<Replay::Part> parts(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = *nodes_[i];
    Node::Replay& replay = replays[i];
    if (node.state() == Node::State::refused && selection_.several)
      opening += node_block(node.name().node, node.refusal() == Refusal::forbidden ? "forbidden" : "missing");
    if (!replay.reset.empty()) opening += reset_block(node.name().node, replay.reset);
    if (node.state() == Node::State::open) {
      if (replay.reset.empty()) entries[i] = replay.events.empty() ? node.position() : replay.before;
      parts[i].then = node.position();
    }
    parts[i].events = std::move(replay.events);
  }
  for (const std::string& node : left_out_) opening += node_block(node, "left-out");
  return std::make_unique<Replay>(selection_.view, numbering(), std::move(opening), std::move(entries), std::move(parts));
}

void Audience::give_document(Stream& stream, const std::vector<Node::Replay>& replays) const {
  std::vector<EventRef> items;
  wire::Entries entries(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    items.insert(items.end(), replays[i].events.begin(), replays[i].events.end());
    if (nodes_[i]->state() == Node::State::open) entries[i] = nodes_[i]->position();
  }
  stream.on_document(items, numbering().id(entries));
}

void Audience::go_live(Stream& stream, std::unique_ptr<Replay> replay) {
  live_.push_back(&stream);
  stream.audience_ = this;
  stream.live_ = true;
  stream.place_ = static_cast<std::uint32_t>(live_.size() - 1);
  std::vector<FrameRef> head;
  if (!std::exchange(stream.accepted_, true)) head.push_back(stream.response_head());
  stream.replay(head, std::move(replay));
}

void Audience::wait(Waiting waiting) {
  Stream& stream = *waiting.stream;
  waiting_.push_back(std::move(waiting));
  stream.audience_ = this;
  stream.live_ = false;
  stream.place_ = static_cast<std::uint32_t>(waiting_.size() - 1);
}

/// Takes the place of the removed one by the last: safe within a loop from the back.
void Audience::remove(Stream& stream) {
  if (stream.live_) {
    live_[stream.place_] = live_.back();
    live_[stream.place_]->place_ = stream.place_;
    live_.pop_back();
  } else {
    waiting_[stream.place_] = std::move(waiting_.back());
    waiting_[stream.place_].stream->place_ = stream.place_;
    waiting_.pop_back();
    release_stores();
  }
  stream.audience_ = nullptr;
}

void Audience::end(CloseReason reason) {
  while (!live_.empty()) live_.back()->end(reason);
  while (!waiting_.empty()) waiting_.back().stream->end(reason);
}

}  // namespace xes::hub
