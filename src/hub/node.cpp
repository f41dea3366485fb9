// SPDX-License-Identifier: MIT
#include "hub/node.hpp"

#include "hub/shard.hpp"

namespace xes::hub {

void Node::add(Stream& stream, const Start& start) {
  if (state_ == State::open) return begin(stream, start);
  wait(stream, start, false);
  if (state_ == State::held) stream.accept();
}

void Node::wait(Stream& stream, const Start& start, bool for_snapshot) {
  stream.node_ = this;
  stream.live_ = false;
  stream.place_ = static_cast<std::uint32_t>(waiting_.size());
  waiting_.push_back({&stream, start, for_snapshot, position_.sequence});
}

/// Takes the place of the removed one by the last: safe within a loop from the back.
void Node::remove(Stream& stream) {
  if (stream.live_) {
    live_[stream.place_] = live_.back();
    live_[stream.place_]->place_ = stream.place_;
    live_.pop_back();
  } else {
    waiting_[stream.place_] = waiting_.back();
    waiting_[stream.place_].stream->place_ = stream.place_;
    waiting_.pop_back();
  }
  stream.node_ = nullptr;
}

void Node::opened(const Opened& news) {
  // A shard that left and came back within moments may be answered twice: only what is newer counts.
  for (const EventRef& event : news.history) {
    if (state_ == State::open && event->id.sequence <= position_.sequence) continue;
    history_.append(event);
    if (state_ == State::open) unsent_.push_back(event);
  }
  if (state_ == State::open) flush();
  state_ = State::open;
  position_ = news.position;
  republish_moves_ = news.republish_moves;
  std::vector<Waiting> waiting;
  waiting.swap(waiting_);
  for (const Waiting& one : waiting) one.stream->node_ = nullptr;
  for (const Waiting& one : waiting) begin(*one.stream, one.start);
}

void Node::held() {
  if (state_ == State::opening) state_ = State::held;
  for (std::size_t i = waiting_.size(); i-- > 0;) waiting_[i].stream->accept();
}

void Node::refused(Refusal refusal) {
  for (std::size_t i = waiting_.size(); i-- > 0;) {
    Stream& stream = *waiting_[i].stream;
    // A held stream has its 200 already: it ends, and the next try gets the refusal.
    if (!stream.accepted()) stream.on_refused(refusal);
  }
  ended();
}

void Node::ended() {
  flush();
  // Detached first: what they still have to write is no longer this node's business.
  std::vector<Stream*> streams;
  for (const Waiting& one : waiting_) streams.push_back(one.stream);
  streams.insert(streams.end(), live_.begin(), live_.end());
  waiting_.clear();
  live_.clear();
  for (Stream* stream : streams) stream->node_ = nullptr;
  for (Stream* stream : streams) stream->end_when_written(CloseReason::node_ended);
}

void Node::happened(const std::vector<EventRef>& events) {
  if (state_ != State::open) return;  // Opened will bring them
  for (const EventRef& event : events) {
    history_.append(event);
    unsent_.push_back(event);
    unsent_bytes_ += event->frame.plain().size();
    position_ = event->id;
  }
}

/// The hot path. A burst becomes one frame, copied once per shard and written once per stream.
void Node::flush() {
  if (unsent_.empty()) return;
  FrameRef frame;
  if (unsent_.size() == 1) {
    frame = frame_of(unsent_.front());
  } else {
    std::string burst;
    for (const EventRef& event : unsent_) burst += event->frame.plain();
    frame = make_frame(burst);
  }
  shard_.count_events(unsent_.size(), live_.size());
  unsent_.clear();
  unsent_bytes_ = 0;
  broadcast(frame);
}

std::optional<Node::Clock::time_point> Node::flush_if_due(Clock::time_point now) {
  if (unsent_.empty()) return std::nullopt;
  if (now < due_) return due_;
  flush();
  due_ = now + shard_.options().pace;
  return std::nullopt;
}

void Node::broadcast(const FrameRef& frame) {
  for (std::size_t i = live_.size(); i-- > 0;) live_[i]->deliver(frame);
}

void Node::begin(Stream& stream, const Start& start) {
  flush();  // what is on its way is not for a stream whose replay holds it
  if (stream.head_only()) return stream.accept();
  if (begin_from_history(stream, start)) return;
  stream.accept();
  if (stream.ended()) return;
  wait(stream, start, true);
  if (!fetching_) shard_.want({Want::What::fetch, name_});
  fetching_ = true;
}

bool Node::begin_from_history(Stream& stream, const Start& start) {
  const wire::EventId& last = start.last;
  const bool this_run = last.epoch == position_.epoch;
  std::optional<std::size_t> from;
  switch (start.at) {
    case Start::At::now:
      go_live(stream, {});
      return true;
    case Start::At::newest:
    case Start::At::unknown:
      return false;
    case Start::At::after:
      if (this_run && last.sequence == position_.sequence && last.content == position_.content) {
        from = history_.events().size();
      } else if (this_run && (last.sequence != 0 || last.content == 0)) {
        from = history_.after_sequence(last.sequence);
      } else if (last.content != 0) {
        from = history_.after_content(last, republish_moves_);
      }
  }
  if (!from) return false;
  go_live(stream, history_from(*from));
  return true;
}

std::vector<FrameRef> Node::history_from(std::size_t index) const {
  std::vector<FrameRef> frames;
  for (; index < history_.events().size(); ++index) frames.push_back(frame_of(history_.events()[index]));
  return frames;
}

void Node::snapshot(const std::vector<EventRef>& items) {
  if (state_ != State::open) return;
  fetching_ = false;
  std::vector<Waiting> waiting;
  waiting.swap(waiting_);
  for (const Waiting& one : waiting) one.stream->node_ = nullptr;
  for (const Waiting& one : waiting) begin_from_snapshot(one, items);
}

void Node::begin_from_snapshot(const Waiting& waiting, const std::vector<EventRef>& items) {
  Stream& stream = *waiting.stream;
  const Start& start = waiting.start;
  flush();
  // A client that was ahead of this worker (its link was slow, another worker's was not) is found by now.
  if (start.at == Start::At::after && begin_from_history(stream, start)) return;
  std::vector<FrameRef> frames;
  auto add_items = [&](std::size_t from) {
    for (; from < items.size(); ++from) frames.push_back(frame_of(items[from]));
  };
  if (start.at == Start::At::newest) {
    // What was published since it asked comes in any case, and last.
    std::size_t old = items.size();
    while (old > 0 && items[old - 1]->id.sequence > waiting.since) --old;
    add_items(old - std::min<std::size_t>(old, start.count));
    return go_live(stream, frames);
  }
  for (std::size_t i = 0; start.at == Start::At::after && i < items.size(); ++i) {
    const Event& item = *items[i];
    if (item.id.content != start.last.content || item.id.sequence != 0) continue;
    const bool same_place = republish_moves_ ? wire::follows_the_same(item.id.before, start.last.before)
                                             : item.id.stored == start.last.stored;
    if (!same_place) break;
    const std::uint64_t first_kept = history_.events().empty() ? ~std::uint64_t{0} : history_.events().front()->id.sequence;
    for (++i; i < items.size() && items[i]->id.sequence < first_kept; ++i) frames.push_back(frame_of(items[i]));
    for (FrameRef& frame : history_from(0)) frames.push_back(std::move(frame));
    return go_live(stream, frames);
  }
  // The node was empty and is: nothing to say.
  if (start.at == Start::At::after && start.last.content == 0 && items.empty()) return go_live(stream, frames);
  const std::string_view reason = start.at == Start::At::unknown ? "unknown-id" : "position-lost";
  frames.push_back(make_frame(reset_block(std::nullopt, name_, reason)));
  add_items(0);
  go_live(stream, frames);
}

/// Every stream is told where it stands, so that one that has had no event yet can resume, too.
void Node::go_live(Stream& stream, const std::vector<FrameRef>& frames) {
  stream.node_ = this;
  stream.live_ = true;
  stream.place_ = static_cast<std::uint32_t>(live_.size());
  live_.push_back(&stream);
  std::vector<FrameRef> all;
  all.reserve(frames.size() + 2);
  if (!stream.accepted_) all.push_back(stream.response_head());
  stream.accepted_ = true;
  all.insert(all.end(), frames.begin(), frames.end());
  all.push_back(make_frame(position_block(position_)));
  stream.replay(all);
}

}  // namespace xes::hub
