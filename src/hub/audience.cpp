// SPDX-License-Identifier: MIT
#include "hub/audience.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "hub/shard.hpp"

namespace xes::hub {
namespace {

/// Replays are handed to streams in pieces of about so many bytes.
constexpr std::size_t replay_piece_bytes = 64u << 10;

/// Of nodes that match a pattern, for each that a stream may follow: so many may be asked about for a user.
constexpr std::size_t asked_for_each_followed = 4;

constexpr std::uint64_t endless = std::numeric_limits<std::uint64_t>::max();

bool may_pass(std::optional<Verdict> verdict) { return verdict == Verdict::held || verdict == Verdict::lapsed; }

}  // namespace

Audience::Audience(Shard& shard, Selection selection, std::vector<Node*> nodes)
    : shard_(shard),
      selection_(std::move(selection)),
      nodes_(std::move(nodes)),
      list_(selection_.patterns.empty() ? List::none_needed : List::awaited),
      at_(nodes_.size()) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = *nodes_[i];
    node.flush();
    node.join(*this);
    if (node.state() == Node::State::open) at_[i] = node.position();
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

/// Nobody waits for the owner of a node that nobody named. One that joins the live streams does so first.
bool Audience::is_settled(std::size_t i) const {
  const Node& node = *nodes_[i];
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
  for (Waiting& one : waiting) admit(std::move(one));
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
      go_live(stream, frames_of(waiting, replays));
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
      const auto positions = wire::parse_positions(start.last, epochs());
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

/// A stream of one node shares its events' bytes; IDs of several nodes are this audience's own. Until a node's replay
/// begins, its part of the ID says where the client was, so whoever is cut in between goes on there.
std::vector<FrameRef> Audience::frames_of(const Waiting& waiting, const std::vector<Node::Replay>& replays) const {
  std::vector<FrameRef> frames;
  std::string text = waiting.told.value_or("");
  auto finish = [&] {
    if (!text.empty()) frames.push_back(make_frame(std::exchange(text, {})));
  };
  wire::Entries entries(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = *nodes_[i];
    const Node::Replay& replay = replays[i];
    if (node.state() == Node::State::refused && selection_.several)
      text += node_block(node.name().node, node.refusal() == Refusal::forbidden ? "forbidden" : "missing");
    if (!replay.reset.empty()) text += reset_block(node.name().node, replay.reset);
    if (node.state() == Node::State::open && replay.reset.empty())
      entries[i] = replay.events.empty() ? node.position() : replay.before;
  }
  for (const std::string& node : left_out_) text += node_block(node, "left-out");
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (const EventRef& event : replays[i].events) {
      if (!selection_.several) {
        finish();
        frames.push_back(frame_of(event, selection_.view));
        continue;
      }
      entries[i] = event->id;
      append_event(text, *event, entries);
      if (text.size() >= replay_piece_bytes) finish();
    }
    if (nodes_[i]->state() == Node::State::open) entries[i] = nodes_[i]->position();
  }
  // Every stream is told where it stands, so that one that has had no event yet can resume, too.
  text += position_block(id_text(entries));
  finish();
  return frames;
}

void Audience::give_document(Stream& stream, const std::vector<Node::Replay>& replays) const {
  std::vector<EventRef> items;
  wire::Entries entries(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    items.insert(items.end(), replays[i].events.begin(), replays[i].events.end());
    if (nodes_[i]->state() == Node::State::open) entries[i] = nodes_[i]->position();
  }
  stream.on_document(items, id_text(entries));
}

void Audience::go_live(Stream& stream, const std::vector<FrameRef>& frames) {
  stream.audience_ = this;
  stream.live_ = true;
  stream.place_ = static_cast<std::uint32_t>(live_.size());
  live_.push_back(&stream);
  std::vector<FrameRef> all;
  all.reserve(frames.size() + 1);
  if (!stream.accepted_) all.push_back(stream.response_head());
  stream.accepted_ = true;
  all.insert(all.end(), frames.begin(), frames.end());
  stream.replay(all);
}

void Audience::wait(Waiting waiting) {
  Stream& stream = *waiting.stream;
  stream.audience_ = this;
  stream.live_ = false;
  stream.place_ = static_cast<std::uint32_t>(waiting_.size());
  waiting_.push_back(std::move(waiting));
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

// ---- what its nodes tell

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
  std::vector<FrameRef> frames;
  std::string text = node_block(node.name().node, "created");
  for (const EventRef& event : replay->events) {
    at_[i] = event->id;
    append_event(text, *event, at_);
    if (text.size() >= replay_piece_bytes) frames.push_back(make_frame(std::exchange(text, {})));
  }
  at_[i] = node.position();
  frames.push_back(make_frame(text + position_block(id_text(at_))));
  for (std::size_t k = live_.size(); k-- > 0;) live_[k]->replay(frames);
}

void Audience::begin_again() {
  const std::string here = id_text(at_);
  for (Stream* stream : std::exchange(live_, {})) wait({stream, Start::after(here), {}, ""});
}

void Audience::node_refused(Node& node) {
  const bool was_there = std::exchange(at_[index_of(node)], std::nullopt).has_value();
  if (all_refused()) return refuse_all();
  if (was_there) tell(node_block(node.name().node, "deleted"));
  begin_waiting();
}

void Audience::refuse(Stream& stream) {
  // One that has its 200 already ends, and the next try gets the refusal.
  if (!stream.accepted()) stream.on_refused(nodes_[0]->refusal());
  stream.end_when_written(CloseReason::node_ended);
}

void Audience::refuse_all() {
  // Detached first: what they still have to write is no longer this audience's business.
  std::vector<Stream*> streams = std::exchange(live_, {});
  for (const Waiting& one : std::exchange(waiting_, {})) streams.push_back(one.stream);
  for (Stream* stream : streams) stream->audience_ = nullptr;
  for (Stream* stream : streams) refuse(*stream);
  shard_.maybe_unused(*this);
}

// ---- patterns

bool Audience::keep_readable(std::vector<std::string>& nodes) {
  if (selection_.reader.jid.empty()) return true;
  const std::size_t matching = nodes.size(), most = shard_.options().max_nodes * asked_for_each_followed;
  nodes.resize(std::min(matching, most));
  if (!claim_ || nodes != asked_about_) {
    if (matching > most) spdlog::info("{}: {} nodes match, a user is asked about for {}", describe(selection_), matching, most);
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
  broadcast(make_frame(blocks + position_block(id_text(at_))));
  for (Waiting& one : waiting_)
    if (one.told) *one.told += blocks;
}

void Audience::turn_away_who_may_not_follow(const std::vector<std::string>& nodes) {
  for (std::size_t i = live_.size(); i-- > 0;) (void)live_[i]->may_follow(selection_.service, nodes);
  for (std::size_t i = waiting_.size(); i-- > 0;) (void)waiting_[i].stream->may_follow(selection_.service, nodes);
}

std::vector<Node*> Audience::set_nodes(std::vector<Node*> nodes, const std::vector<std::string>& left_out) {
  const std::vector<Node*> before = std::exchange(nodes_, std::move(nodes));
  const wire::Entries stood = std::exchange(at_, wire::Entries(nodes_.size()));
  std::vector<Node*> removed, added;
  std::string blocks;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::size_t now = index_of(*before[i]);
    if (now < nodes_.size()) {
      at_[now] = stood[i];
      continue;
    }
    removed.push_back(before[i]);
    before[i]->leave(*this);
    for (Waiting& one : waiting_) std::erase_if(one.since, [&](const auto& since) { return since.first == before[i]; });
    const std::string& name = before[i]->name().node;
    if (stood[i]) blocks += node_block(name, verdict_on(name) == Verdict::refused ? "forbidden" : "deleted");
  }
  for (Node* node : nodes_)
    if (std::find(before.begin(), before.end(), node) == before.end()) added.push_back(node);
  for (const std::string& node : left_out)
    if (std::find(left_out_.begin(), left_out_.end(), node) == left_out_.end()) blocks += node_block(node, "left-out");
  left_out_ = left_out;
  list_ = List::known;
  // IDs of other nodes than these would be of no use.
  if (!removed.empty() || !added.empty() || !blocks.empty()) tell(blocks);
  for (Node* node : added) {
    node->flush();
    node->join(*this);
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = *nodes_[i];
    if (node.state() == Node::State::refused && node.refusal() == Refusal::no_such_node) node.ask_again();
    if (node.state() == Node::State::open && !at_[i] && !live_.empty()) join_late(i);
  }
  begin_waiting();
  return removed;
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
