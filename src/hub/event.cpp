// SPDX-License-Identifier: MIT
#include "hub/event.hpp"

#include <xxhash.h>

#include "wire/event_stream.hpp"
#include "wire/json.hpp"
#include "wire/xml.hpp"

namespace xes::hub {
namespace {

/// The value of something that cannot fail for the values given here: IDs and names of our own making.
void certainly([[maybe_unused]] const Result<void>& result) {}

std::string block(std::string_view event, const std::optional<wire::EventId>& id, std::string_view data) {
  const std::string id_text = id ? to_string(*id) : std::string();
  std::string out;
  out.reserve(data.size() + 96);
  certainly(wire::append_block(out, {.event = event, .id = id_text, .data = data, .retry = {}}));
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

std::string item_block(const wire::EventId& id, const Item& item, View view) {
  if (view == View::item) return block({}, id, item_xml(item));
  return block({}, id, item.text ? *item.text : item.payload);
}

std::string retract_block(const wire::EventId& id, const NodeName& name, std::string_view item_id) {
  return block("retract", id, json(name.node, "id", item_id));
}

std::string purge_block(const wire::EventId& id, const NodeName& name) { return block("purge", id, json(name.node)); }

std::string deletion_block(const wire::EventId& id, const NodeName& name) {
  return block("delete", id, json(name.node));
}

std::string position_block(const wire::EventId& id) {
  std::string out;
  certainly(wire::append_block(out, {.event = {}, .id = to_string(id), .data = {}, .retry = {}}));
  return out;
}

std::string reset_block(const std::optional<wire::EventId>& id, const NodeName& name, std::string_view reason) {
  return block("reset", id, json(name.node, "reason", reason));
}

std::string status_block(bool up) {
  return block("status", std::nullopt, up ? R"({"xmpp":"up"})" : R"({"xmpp":"down"})");
}

}  // namespace xes::hub
