// SPDX-License-Identifier: MIT
#include "hub/event.hpp"

#include <xxhash.h>

#include "wire/atom.hpp"
#include "wire/event_stream.hpp"
#include "wire/item_view.hpp"
#include "wire/json.hpp"
#include "wire/xml.hpp"

namespace xes::hub {
namespace {

/// The value of something that cannot fail for the values given here: IDs and names of our own making.
void certainly([[maybe_unused]] const Result<void>& result) {}

std::string block(std::string_view event, std::string_view id, std::string_view data) {
  std::string out;
  out.reserve(data.size() + 96);
  certainly(wire::append_block(out, {.event = event, .id = id, .data = data, .retry = {}}));
  return out;
}

std::string json(std::string_view node, std::string_view second_name = {}, std::string_view second = {}) {
  std::string out = "{\"node\":";
  wire::append_json_string(out, node);
  if (!second_name.empty()) {
    out += ',';
    wire::append_json_string(out, second_name);
    out += ':';
    wire::append_json_string(out, second);
  }
  return out += '}';
}

/// As Prosody 0.12 sends it: pubsub's namespace (not pubsub#event's), publisher before id, all on one line.
std::string item_xml(const Item& item) {
  std::string out = "<item xmlns='http://jabber.org/protocol/pubsub'";
  if (!item.publisher.empty()) wire::append_attribute(out, "publisher", item.publisher);
  wire::append_attribute(out, "id", item.id);
  if (item.payload.empty()) return out += "/>";
  out += '>';
  wire::append_one_line(out, item.payload);
  return out += "</item>";
}

std::string item_data(const NodeName& name, const Item& item, View view) {
  if (view == View::payload) return item.text ? *item.text : item.payload;
  if (view == View::item) return item_xml(item);
  const wire::ItemView values{name.service, name.node, item.id, item.publisher, item.published, item.payload, item.text};
  std::string out;
  if (view == View::atom) {
    wire::append_atom_view(out, values);
  } else {
    wire::append_item_json(out, values);
  }
  return out;
}

std::string block_of(const Event& event, View view) {
  const std::string id = to_string(event.id);
  const std::string& node = event.node->node;
  switch (event.happening) {
    case Happening::item:
      if (event.item.left_out) return block("too-large", id, json(node, "id", event.item.id));
      return block({}, id, item_data(*event.node, event.item, view));
    case Happening::retract: return block("retract", id, json(node, "id", event.item.id));
    case Happening::purge: return block("purge", id, json(node));
    case Happening::deletion: return block("delete", id, json(node));
    case Happening::reset: return block("reset", id, json(node, "reason", "history-lost"));
  }
  return {};
}

}  // namespace

std::uint64_t Item::content_hash(const NodeName& name) const {
  std::uint64_t hash = 0;
  // Each part is hashed with what came before as its seed, so that no two lists of parts read the same.
  for (const std::string* part : {&name.service, &name.node, &id})
    hash = XXH3_64bits_withSeed(part->data(), part->size(), hash);
  hash = payload_digest != 0 ? XXH3_64bits_withSeed(&payload_digest, sizeof payload_digest, hash)
                             : XXH3_64bits_withSeed(payload.data(), payload.size(), hash);
  hash &= wire::content_mask;
  return hash == 0 ? 1 : hash;
}

Event::~Event() {
  for (const std::atomic<const Frame*>& slot : frames_) {
    const std::unique_ptr<const Frame> frame(slot.load(std::memory_order_acquire));
    if (frame && encoded_bytes_) encoded_bytes_->give_back(frame->bytes_held());
  }
}

FrameRef frame_of(const EventRef& event, View view) {
  std::atomic<const Frame*>& slot = event->frames_[static_cast<std::size_t>(view)];
  if (const Frame* kept = slot.load(std::memory_order_acquire)) return {event, kept};
  auto made = std::make_unique<const Frame>(block_of(*event, view), event->size());
  EncodedBytes* const bytes = event->encoded_bytes_.get();
  if (bytes && !bytes->take(made->bytes_held())) return made;
  const Frame* kept = nullptr;
  if (slot.compare_exchange_strong(kept, made.get(), std::memory_order_acq_rel)) return {event, made.release()};
  // Another thread was faster.
  if (bytes) bytes->give_back(made->bytes_held());
  return {event, kept};
}

std::string_view body_of(const Frame& frame) {
  const std::string_view block = frame.plain();
  return block.substr(block.find('\n') + 1);  // the ID is its first line
}

std::size_t Event::size() const {
  // On the heap only where it does not fit into the object.
  const auto heap = [](const std::string& text) {
    return text.capacity() > std::string().capacity() ? text.capacity() + heap_block_bytes / 2 : 0;
  };
  constexpr std::size_t references = 3 * sizeof(EventRef);  // the feed's and the shards' histories
  return sizeof(Event) + heap_block_bytes + references + heap(item.id) + heap(item.publisher) + heap(item.published) +
         heap(item.payload) + (item.text ? heap(*item.text) : 0);
}

std::string position_block(std::string_view id) { return block("position", id, "{}"); }

std::string reset_block(std::string_view node, std::string_view reason) {
  return block("reset", {}, json(node, "reason", reason));
}

std::string status_block(bool up) { return block("status", {}, up ? R"({"xmpp":"up"})" : R"({"xmpp":"down"})"); }

std::string node_block(std::string_view node, std::string_view state) {
  return block("node", {}, json(node, "state", state));
}

}  // namespace xes::hub
