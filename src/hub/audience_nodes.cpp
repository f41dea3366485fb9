// SPDX-License-Identifier: MIT
// What becomes of its nodes, and which they are. Its streams are in audience.cpp, the hot path is in audience_events.cpp.
#include <algorithm>
#include <limits>
#include <utility>

#include "base/log_limited.hpp"
#include "hub/audience.hpp"
#include "hub/shard.hpp"

namespace xes::hub {
namespace {

bool may_pass(std::optional<Verdict> verdict) { return verdict == Verdict::held || verdict == Verdict::lapsed; }

}  // namespace

void Audience::node_changed(Node& node) {
  const std::size_t i = index_of(node);
  if (node.state() == Node::State::open && !at_[i] && !live_.empty()) join_late(i);
  begin_waiting();
}

/// The others go on meanwhile.
void Audience::join_late(std::size_t i) {
  Node& node = *nodes_[i];
  node.flush();  // which this audience passes over, as it has not joined
  const auto replay = node.replay({Node::Query::From::newest, {}, std::numeric_limits<unsigned>::max(), endless});
  if (!replay) return node.fetch();
  std::vector<FrameRef> frames;  // the same for all of them
  const Numbering ids = numbering();
  std::string text = node_block(node.name().node, "created");
  for (const EventRef& event : replay->events) {
    at_[i] = event->id;
    ids.append_event(text, event, selection_.view, at_);
    if (text.size() >= Replay::piece_bytes) frames.push_back(make_frame(std::exchange(text, {})));
  }
  at_[i] = node.position();
  frames.push_back(make_frame(text + position_block(numbering().id(at_))));
  for (std::size_t k = live_.size(); k-- > 0;) live_[k]->replay(frames);
}

void Audience::begin_again() {
  const std::string here = numbering().id(at_);
  std::vector<Waiting> waiting;
  waiting.reserve(live_.size());
  for (Stream* stream : live_) waiting.push_back({stream, Start::after(here), {}, ""});
  waiting_.reserve(waiting_.size() + waiting.size());
  live_.clear();
  for (Waiting& one : waiting) wait(std::move(one));  // cannot fail
}

void Audience::node_refused(Node& node) {
  const bool was_there = std::exchange(at_[index_of(node)], std::nullopt).has_value();
  if (all_refused()) return refuse_all();
  if (was_there) tell(node_block(node.name().node, node.refusal() == Refusal::forbidden ? "forbidden" : "deleted"));
  begin_waiting();
}

/// Those that come back ask for it anew.
void Audience::node_quarantined(Node& node) {
  at_[index_of(node)].reset();
  std::vector<Stream*> streams = std::exchange(live_, {});
  // Detached first, as below.
  for (Stream* stream : streams) stream->audience_ = nullptr;
  for (Stream* stream : streams)
    stream->guard([&] {
      shard_.say_retry(*stream);
      stream->end_when_written(CloseReason::quarantined);
    });
  if (unused()) shard_.maybe_unused(*this);
}

void Audience::refuse(Stream& stream) {
  // One that has its 200 already ends, and the next try gets the refusal.
  if (!stream.accepted()) stream.on_refused(nodes_[0]->refusal());
  if (nodes_[0]->refusal() != Refusal::forbidden) return stream.end_when_written(CloseReason::node_ended);
  shard_.say_retry(stream);
  stream.end_when_written(CloseReason::access_revoked);
}

void Audience::refuse_all() {
  // Detached first: what they still have to write is no longer this audience's business.
  live_.reserve(live_.size() + waiting_.size());
  std::vector<Stream*> streams = std::exchange(live_, {});
  for (const Waiting& one : std::exchange(waiting_, {})) streams.push_back(one.stream);
  for (Stream* stream : streams) stream->audience_ = nullptr;
  for (Stream* stream : streams) stream->guard([&] { refuse(*stream); });
  shard_.maybe_unused(*this);
}

// ---- patterns

bool Audience::keep_readable(std::vector<std::string>& nodes, std::size_t matching) {
  if (selection_.reader.jid.empty()) return true;
  if (!claim_ || nodes != asked_about_) {
    if (matching > nodes.size())
      log_limited::info("{}: {} nodes match; the worker asks whether a user may read {} of them", describe(selection_), matching, nodes.size());
    // Made before the old one goes, so that nothing is asked twice.
    claim_ = shard_.rights().claim(*this, selection_.service, nodes, selection_.reader);
    asked_about_ = nodes;
  }
  if (list_ != List::known) {
    std::size_t open_questions = 0, held = 0;
    for (const std::string& node : nodes) {
      open_questions += !verdict_on(node);
      held += may_pass(verdict_on(node));
    }
    if (held > 0) hold_list();
    if (held + open_questions > 0) return false;
  }
  std::erase_if(nodes, [&](const std::string& node) {
    const auto verdict = verdict_on(node);
    return verdict != Verdict::allowed && !(may_pass(verdict) && follows(node));
  });
  return true;
}

/// Who reads has to wait where nobody could be asked for too long: it ends, comes back, and is held.
void Audience::on_rights() {
  if (unused()) return;
  const std::vector<std::string> names = node_names();
  if (std::any_of(names.begin(), names.end(), [&](const auto& name) { return verdict_on(name) == Verdict::lapsed; })) {
    list_ = List::held;
    while (!live_.empty()) shard_.end(*live_.back(), CloseReason::access_revoked);
    if (unused()) return;  // and dropped by the shard
  }
  shard_.list_again(*this);
}

bool Audience::follows(const std::string& node) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const Node* own) { return own->name().node == node; });
}

std::optional<Verdict> Audience::verdict_on(const std::string& node) const {
  const auto at = std::find(asked_about_.begin(), asked_about_.end(), node);
  return at == asked_about_.end() ? std::nullopt : claim_->verdict(static_cast<std::size_t>(at - asked_about_.begin()));
}

void Audience::tell(const std::string& blocks) {
  broadcast(make_frame(blocks + position_block(numbering().id(at_))));
  for (Waiting& one : waiting_)
    if (one.told) *one.told += blocks;
}

void Audience::turn_away_who_may_not_follow(const std::vector<std::string>& nodes) {
  for (std::size_t i = live_.size(); i-- > 0;) (void)live_[i]->may_follow(selection_.service, nodes);
  for (std::size_t i = waiting_.size(); i-- > 0;) (void)waiting_[i].stream->may_follow(selection_.service, nodes);
}

/// What can fail for want of memory comes first, or else ends the streams: they come back and miss nothing.
void Audience::set_nodes(std::vector<Node*> nodes, std::vector<std::string> left_out) {
  const auto is_in = [](const auto& all, const auto& one) { return std::find(all.begin(), all.end(), one) != all.end(); };
  wire::Entries at(nodes.size());
  std::vector<Node*> removed, added;
  std::string blocks;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto now = std::find(nodes.begin(), nodes.end(), nodes_[i]);
    if (now != nodes.end()) {
      at[static_cast<std::size_t>(now - nodes.begin())] = at_[i];
      continue;
    }
    removed.push_back(nodes_[i]);
    const std::string& name = nodes_[i]->name().node;
    if (at_[i]) blocks += node_block(name, verdict_on(name) == Verdict::refused ? "forbidden" : "deleted");
  }
  for (Node* node : nodes)
    if (!is_in(nodes_, node)) added.push_back(node);
  for (const std::string& node : left_out)
    if (!is_in(left_out_, node)) blocks += node_block(node, "left-out");
  try {
    for (Node* node : added) {
      node->flush();
      node->join(*this);
    }
  } catch (...) {
    for (Node* node : added) node->leave(*this);
    throw;
  }

  for (Node* node : removed) {
    node->leave(*this);
    for (Waiting& one : waiting_) std::erase_if(one.since, [&](const auto& since) { return since.first == node; });
  }
  nodes_.swap(nodes);
  std::swap(at_, at);
  left_out_.swap(left_out);
  list_ = List::known;
  try {
    // IDs of other nodes than these would be of no use.
    if (!removed.empty() || !added.empty() || !blocks.empty()) tell(blocks);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      Node& node = *nodes_[i];
      if (node.state() == Node::State::refused && node.refusal() == Refusal::no_such_node) node.ask_again();
      if (node.state() == Node::State::open && !at_[i] && !live_.empty()) join_late(i);
    }
    begin_waiting();
  } catch (...) {
    end(CloseReason::internal_error);
    shard_.maybe_unused(*this);
    throw;
  }
}

void Audience::hold_list() {
  if (list_ == List::awaited) list_ = List::held;
  begin_waiting();
}

std::size_t Audience::index_of(const Node& node) const {
  return static_cast<std::size_t>(std::find(nodes_.begin(), nodes_.end(), &node) - nodes_.begin());
}

std::vector<std::string> Audience::node_names() const {
  std::vector<std::string> names;
  for (const Node* node : nodes_) names.push_back(node->name().node);
  return names;
}

bool Audience::all_refused() const {
  // Where there is a pattern, others may come.
  return list_ == List::none_needed &&
         std::all_of(nodes_.begin(), nodes_.end(),
                     [](const Node* node) { return node->state() == Node::State::refused; });
}

void Audience::flush_nodes() {
  for (Node* node : nodes_) node->flush();
}

}  // namespace xes::hub
