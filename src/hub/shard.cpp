// SPDX-License-Identifier: MIT
#include "hub/shard.hpp"

#include <algorithm>
#include <random>

#include "base/log_limited.hpp"
#include "wire/event_stream.hpp"

namespace xes::hub {

Shard::Shard(ShardOptions options, std::function<void(Want)> want)
    : options_(options), want_(std::move(want)), rights_(want_), heartbeat_frame_(make_frame(":\n\n")) {
  constexpr int variants = 64;
  for (int i = 0; i < variants; ++i) {
    std::string block;
    wire::append_retry(block, options_.retry + options_.retry * i / variants);
    block += '\n';
    retry_frames_.push_back(make_frame(block));
  }
  std::shuffle(retry_frames_.begin(), retry_frames_.end(), std::mt19937(std::random_device()()));
}

Shard::~Shard() = default;

Node* Shard::find(const NodeName& name) {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : found->second.get();
}

void Shard::expect(Stream& stream) {
  streams_.push_back(&stream);
  stream.listed_ = true;
  stream.slot_ = static_cast<std::uint32_t>(streams_.size() - 1);
  stream.last_write_ = ticks_;
  counters_.opened.fetch_add(1, std::memory_order_relaxed);
  counters_.streams.store(streams_.size(), std::memory_order_relaxed);
}

void Shard::hold(Stream& stream) {
  if (stream.wants_document()) return stream.on_document_held();
  stream.accept();
}

void Shard::open(Stream& stream, const Selection& selection, const Start& start) {
  if (!stream.listed_) expect(stream);
  const auto [joined, is_new] = audience(selection);
  if (is_new) maybe_unused(*joined);  // if the rest fails
  joined->add(stream, start);
  if (is_new && !selection.patterns.empty()) list_again(*joined);
  if (joined->unused()) maybe_unused(*joined);
  drop_unused();
}

Node& Shard::node(const NodeName& name) {
  if (Node* const known = find(name)) return *known;
  auto made = std::make_unique<Node>(*this, name, options_.history);
  Node& node = *(nodes_[name] = std::move(made));
  try {
    want_({Want::What::follow, name});
  } catch (...) {
    nodes_.erase(name);  // nobody has been asked for it
    throw;
  }
  return node;
}

Node& Shard::member(const Selection& selection, const std::string& name) {
  NodeName whole{selection.service, name};
  if (!std::binary_search(selection.absent.begin(), selection.absent.end(), name)) return node(whole);
  auto& absent = absent_nodes_[whole];
  if (!absent) absent = std::make_unique<Node>(*this, std::move(whole), Node::Absent{});
  return *absent;
}

std::pair<Audience*, bool> Shard::audience(const Selection& selection) {
  const auto found = audiences_.find(selection);
  if (found != audiences_.end()) return {found->second.get(), false};
  maybe_unused_.reserve(audiences_.size() + 1);  // so that maybe_unused() cannot fail
  std::vector<Node*> members;
  members.reserve(selection.nodes.size());
  try {
    for (const std::string& name : selection.nodes) members.push_back(&member(selection, name));
    Listing* const listing = selection.patterns.empty() ? nullptr : &listings_[selection.service];
    if (listing && listing->audiences == 0) want_({Want::What::list, {selection.service, {}}});
    const auto made = std::make_shared<Audience>(*this, selection, members);
    audiences_.emplace(selection, made);
    if (listing) ++listing->audiences;
    return {made.get(), true};
  } catch (...) {
    for (Node* node : members) drop_if_unused(*node);
    throw;
  }
}

void Shard::listed(const Listed& news) {
  const auto listing = listings_.find(news.service);
  if (listing == listings_.end()) return;
  listing->second.held = !news.nodes;
  listing->second.newest.reset();
  if (news.nodes) listing->second.newest.emplace(news.nodes);
  for (const auto& [selection, audience] : audiences_)
    if (selection.service == news.service && !selection.patterns.empty()) apply_list(*audience, listing->second);
}

void Shard::apply_list(Audience& audience, Listing& listing) {
  if (!listing.newest) return audience.hold_list();
  const Selection& selection = audience.selection();
  NodeList::Matching found = listing.newest->matching(selection, options_.max_nodes * Audience::asked_for_each_followed);
  std::vector<std::string>& matching = found.first;
  if (!audience.keep_readable(matching, found.count)) return;
  std::vector<std::string> names = selection.nodes, left_out;
  for (std::string& name : matching) {
    std::vector<std::string>& to = names.size() < options_.max_nodes ? names : left_out;
    if (to.size() < options_.max_nodes) to.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  // Before anything is subscribed to.
  audience.turn_away_who_may_not_follow(names);
  if (audience.unused()) return;
  std::vector<Node*> members, touched = audience.nodes();
  touched.reserve(touched.size() + names.size());
  const auto drop_the_unused = [&] {
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (Node* node : touched) drop_if_unused(*node);
  };
  try {
    members.reserve(names.size());
    for (const std::string& name : names) {
      members.push_back(&member(selection, name));
      touched.push_back(members.back());
    }
    audience.set_nodes(std::move(members), std::move(left_out));
  } catch (...) {
    drop_the_unused();
    throw;
  }
  drop_the_unused();
}

void Shard::list_again(Audience& audience) {
  const auto listing = listings_.find(audience.selection().service);
  if (listing != listings_.end() && (listing->second.newest || listing->second.held)) apply_list(audience, listing->second);
}

/// Nobody may fail to leave: without the letter the XMPP side goes on, and nobody reads what comes.
void Shard::leave(Want::What what, const std::string& service, const std::string& node) noexcept {
  try {
    want_({what, {service, node}});
  } catch (const std::exception&) {
    counters_.failures.fetch_add(1, std::memory_order_relaxed);
  }
}

/// Throws nothing: what ends a stream must not fail.
void Shard::forget(Stream& stream, CloseReason reason) {
  counters_.closed[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  if (reason == CloseReason::too_slow || reason == CloseReason::backlog_full) log_end(stream, reason);
  if (stream.listed_) {
    stream.listed_ = false;
    streams_[stream.slot_] = streams_.back();
    streams_[stream.slot_]->slot_ = stream.slot_;
    streams_.pop_back();
    counters_.streams.store(streams_.size(), std::memory_order_relaxed);
  }
  if (!stream.audience_) return;
  Audience& audience = *stream.audience_;
  audience.remove(stream);
  if (audience.unused()) maybe_unused(audience);
}

void Shard::log_end(const Stream& stream, CloseReason reason) const {
  try {
    log_limited::info("stream: {} from {} at {}: {}", row(reason).name, stream.who(),
                 stream.audience_ ? describe(stream.audience_->selection()) : "no node", row(reason).text);
  } catch (const std::exception&) {
    // A line less.
  }
}

void Shard::count_failure(std::string_view where, const std::exception& why) {
  counters_.failures.fetch_add(1, std::memory_order_relaxed);
  log_limited::error("{}: {}; closing the affected streams", where, why.what());
}

void Shard::maybe_unused(Audience& audience) noexcept {
  if (std::exchange(audience.listed_unused_, true)) return;
  maybe_unused_.push_back(&audience);
}

void Shard::drop_unused() noexcept {
  while (!maybe_unused_.empty()) {
    Audience* const audience = maybe_unused_.back();
    maybe_unused_.pop_back();
    audience->listed_unused_ = false;
    if (!audience->unused()) continue;
    const auto entry = audiences_.find(audience->selection());
    if (entry == audiences_.end() || entry->second.get() != audience) continue;
    const std::shared_ptr<Audience> last = entry->second;
    const std::vector<Node*> nodes = last->leave_nodes();
    audiences_.erase(entry);
    for (Node* node : nodes) drop_if_unused(*node);
    const Selection& selection = last->selection();
    if (selection.patterns.empty() || --listings_[selection.service].audiences > 0) continue;
    leave(Want::What::unlist, selection.service, {});
    listings_.erase(selection.service);
  }
}

void Shard::drop_if_unused(Node& node) noexcept {
  if (!node.unused()) return;
  if (!node.absent()) {
    std::erase(unsent_, &node);
    leave(Want::What::unfollow, node.name().service, node.name().node);
  }
  auto& all = node.absent() ? absent_nodes_ : nodes_;
  all.erase(all.find(node.name()));
}

void Shard::read(News&& news) {
  try {
    take(news);
  } catch (const std::exception& why) {
    count_failure("an update from the XMPP session", why);
    give_up(news);
  }
  drop_unused();
}

void Shard::give_up(const News& news) {
  const auto name = std::visit(
      [](const auto& one) -> const NodeName* {
        if constexpr (requires { one.name->node; }) return one.name.get();
        else if constexpr (requires { one.name.node; } && !requires { one.jid; }) return &one.name;
        else return nullptr;
      },
      news);
  if (!name) return end_all(CloseReason::internal_error);
  if (Node* node = find(*name)) node->end_streams(CloseReason::internal_error);
}

void Shard::take(News& news) {
  struct Reader {
    Shard& shard;
    void operator()(const Opened& n) {
      if (Node* node = shard.find(n.name)) node->opened(n);
    }
    void operator()(const Held& n) { if (Node* node = shard.find(n.name)) node->held(n); }
    void operator()(const Refused& n) {
      if (Node* node = shard.find(n.name)) node->refused(n.refusal);
    }
    void operator()(const Happened& n) {
      Node* node = shard.find(*n.name);
      if (!node) return;
      const bool flushed = !node->needs_flush();
      node->happened(n.events);
      if (node->unsent_bytes() >= shard.options_.paced_bytes) node->flush();
      if (flushed && node->needs_flush()) shard.unsent_.push_back(node);
    }
    void operator()(const Snapshot& n) { if (Node* node = shard.find(n.name)) node->snapshot(n.items); }
    void operator()(const Ended& n) {
      if (Node* node = shard.find(n.name)) node->refused(n.refusal);
    }
    void operator()(const Listed& n) { shard.listed(n); }
    void operator()(const Judged& n) { shard.rights_.take(n); }
    void operator()(const SessionChanged& n) {
      if (std::exchange(shard.session_up_, n.up) == n.up) return;
      const FrameRef frame = make_frame(status_block(n.up));
      for (std::size_t i = shard.streams_.size(); i-- > 0;)
        if (shard.streams_[i]->accepted()) shard.streams_[i]->deliver(frame);
    }
    void operator()(const FeedsLost&) {
      shard.end_all(CloseReason::internal_error);
      shard.session_up_ = true;  // as at the start
    }
  };
  std::visit(Reader{*this}, news);
}

std::optional<Node::Clock::time_point> Shard::flush(Node::Clock::time_point now) {
  std::optional<Node::Clock::time_point> next;
  std::erase_if(unsent_, [&](Node* node) {
    try {
      const auto due = node->flush_if_due(now);
      if (due && (!next || *due < *next)) next = due;
      return !due;
    } catch (const std::exception& why) {
      count_failure("an event", why);
      node->end_streams(CloseReason::internal_error);
      return true;
    }
  });
  drop_unused();
  return next;
}

/// Visits every stream twice per heartbeat period, so a silent one is never silent for longer than the period, and
/// the bytes are spread over it.
void Shard::beat() {
  ++ticks_;
  constexpr std::uint32_t half = beats_per_heartbeat / 2;
  std::size_t visits = (streams_.size() + half - 1) / half;
  for (; visits > 0 && !streams_.empty(); --visits) {
    if (next_visit_ >= streams_.size()) next_visit_ = 0;
    Stream& stream = *streams_[next_visit_++];
    if (stream.backlog_ && stream.backlog_->then_end) {
      if (ticks_ - stream.last_write_ >= half) stream.end(*stream.backlog_->then_end);
    } else if (stream.accepted() && ticks_ - stream.last_write_ >= half) {
      stream.deliver(heartbeat_frame_);
    }
  }
  drop_unused();
}

void Shard::say_retry(Stream& stream) {
  if (stream.accepted() && !stream.backlog_) stream.deliver(retry_frames_[next_retry_++ % retry_frames_.size()]);
}

void Shard::end(Stream& stream, CloseReason reason) {
  if (row(reason).says_retry) say_retry(stream);
  stream.end(reason);
  drop_unused();
}

void Shard::end_all(CloseReason reason) {
  for (Node* node : std::exchange(unsent_, {}))
    if (reason != CloseReason::internal_error) node->flush();
  while (!streams_.empty()) end(*streams_.back(), reason);
  drop_unused();
}

}  // namespace xes::hub
