// SPDX-License-Identifier: MIT
// Purpose: short names for what the hub's tests are about: items, changes, event texts, and what a client reads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/event.hpp"
#include "hub/feed.hpp"
#include "hub/selection.hpp"
#include "hub/stream.hpp"
#include "wire/event_id.hpp"
#include "wire/fastcgi.hpp"

namespace xes::hub {

inline const NodeName sample_name{"pubsub.example", "news"};
inline const Selection sample = only(sample_name, View::payload);

inline Item item(std::string id, std::string payload) {
  Item made;
  made.id = std::move(id);
  made.payload = std::move(payload);
  return made;
}
inline Change published(std::string id, std::string payload) {
  return {Happening::item, item(std::move(id), std::move(payload)), false};
}
inline Change retracted(std::string id) { return {Happening::retract, item(std::move(id), ""), false}; }
inline Change purged() { return {Happening::purge, {}, false}; }

/// One block of an event stream, as an EventSource reads it; of one that says where it stands, the ID alone.
struct Block {
  std::string event;
  std::string id;
  std::optional<std::string> data;
  bool operator==(const Block&) const = default;
};

/// Reads whole blocks off the front of `bytes`; an unfinished one stays there.
inline std::vector<Block> take_blocks(std::string& bytes) {
  std::vector<Block> blocks;
  for (std::size_t end; (end = bytes.find("\n\n")) != bytes.npos; bytes.erase(0, end + 2)) {
    Block block;
    std::string_view text = std::string_view(bytes).substr(0, end + 1);
    for (std::size_t stop; (stop = text.find('\n')) != text.npos; text.remove_prefix(stop + 1)) {
      const std::string_view line = text.substr(0, stop);
      const auto value = [&](std::string_view field) { return line.substr(0, field.size()) == field; };
      if (value("event: ")) block.event = line.substr(7);
      if (value("id: ")) block.id = line.substr(4);
      if (value("data: ")) block.data = (block.data ? *block.data + "\n" : "") + std::string(line.substr(6));
    }
    if (block.event == "position") block = {"", block.id, std::nullopt};
    blocks.push_back(block);
  }
  return blocks;
}

/// Strips whole FastCGI records off the front of `records`; what is not STDOUT of request 1 gives "BROKEN".
inline std::string take_stdout(std::string& records) {
  std::string plain;
  while (records.size() >= wire::record_header_bytes) {
    const auto header = wire::decode_record_header(records);
    if (header.version != 1 || header.type != wire::RecordType::stdout_ || header.request_id != 1) return "BROKEN";
    const std::size_t whole = wire::record_header_bytes + header.content_bytes + header.padding_bytes;
    if (records.size() < whole) break;
    plain += records.substr(wire::record_header_bytes, header.content_bytes);
    records.erase(0, whole);
  }
  return plain;
}

/// An event in one word: "item a=1", "retract a", "purge", "reset", "delete", with a * where it is from the store.
inline std::string word(const EventRef& event) {
  std::string bytes(frame_of(event, View::payload)->plain());
  const std::vector<Block> blocks = take_blocks(bytes);
  const std::string star = event->origin == Origin::store ? "*" : "";
  switch (event->happening) {
    case Happening::item: return star + "item " + event->item.id + "=" + blocks.at(0).data.value_or("nothing");
    case Happening::retract: return star + "retract " + event->item.id;
    case Happening::purge: return star + "purge";
    case Happening::deletion: return star + "delete";
    case Happening::reset: return "reset";
  }
  return "?";
}
inline std::vector<std::string> words(const std::vector<EventRef>& events) {
  std::vector<std::string> all;
  for (const EventRef& event : events) all.push_back(word(event));
  return all;
}
using Words = std::vector<std::string>;

}  // namespace xes::hub
