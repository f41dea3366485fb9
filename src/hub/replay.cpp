// SPDX-License-Identifier: MIT
#include "hub/replay.hpp"

#include <utility>

namespace xes::hub {

std::string Numbering::id(const wire::Entries& entries) const {
  return several ? wire::to_string(entries, epochs) : wire::to_string(entries[0].value_or(wire::EventId{}));
}

void Numbering::append_event(std::string& out, const EventRef& event, View view, const wire::Entries& entries) const {
  out.append("id: ").append(id(entries)) += '\n';
  const FrameRef frame = frame_of(event, view);
  out += body_of(*frame);
}

Replay::~Replay() {
  if (!share_) return;
  while (peek()) drop_first();
  share_->remove(own_bytes_);
}

/// Moves on to the next part that has one.
const EventRef* Replay::peek() {
  while (part_ < parts_.size() && event_ == parts_[part_].events.size()) {
    if (parts_[part_].then) entries_[part_] = parts_[part_].then;
    parts_[part_].events = {};
    ++part_;
    event_ = 0;
  }
  return part_ < parts_.size() ? &parts_[part_].events[event_] : nullptr;
}

void Replay::drop_first() {
  EventRef& event = parts_[part_].events[event_++];
  if (share_) share_->remove(*event, event->size());
  event.reset();
}

FrameRef Replay::next() {
  while (const EventRef* event = peek()) {
    if (!numbering_.several) {
      if (!text_.empty()) return make_frame(std::exchange(text_, {}));
      FrameRef frame = frame_of(*event, view_);
      drop_first();
      return frame;
    }
    entries_[part_] = (*event)->id;
    numbering_.append_event(text_, *event, view_, entries_);
    drop_first();
    if (text_.size() >= piece_bytes) return make_frame(std::exchange(text_, {}));
  }
  // Every stream is told where it stands, so that one that has had no event yet can resume, too.
  if (!std::exchange(told_position_, true)) text_ += position_block(numbering_.id(entries_));
  return text_.empty() ? nullptr : make_frame(std::exchange(text_, {}));
}

void Replay::count_in(BacklogShare& share) {
  if (share_) return;
  share_ = &share;
  own_bytes_ = sizeof(Replay) + text_.capacity();
  for (std::size_t i = part_; i < parts_.size(); ++i) {
    const std::vector<EventRef>& events = parts_[i].events;
    own_bytes_ += events.capacity() * sizeof(EventRef);
    for (std::size_t k = i == part_ ? event_ : 0; k < events.size(); ++k) share.add(*events[k], events[k]->size());
  }
  share.add(own_bytes_);
}

}  // namespace xes::hub
