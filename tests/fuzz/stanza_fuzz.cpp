// SPDX-License-Identifier: MIT
// From the XMPP server's bytes to what a page reads. A stanza must not depend on how its bytes are cut, and an item must
// stay one item, with its own ID, whatever a publisher wrote.
#include "xmpp/xml/stanza_reader.hpp"

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "event_stream_reader.hpp"
#include "fuzz.hpp"
#include "hub/event.hpp"
#include "wire/xml_reader.hpp"
#include "xmpp/pubsub/pubsub.hpp"

using namespace xes;
using namespace xes::xmpp;

namespace {

constexpr std::string_view header =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
    "xmlns:stream='http://etherx.jabber.org/streams' from='server' id='1'>";

void describe(std::string& out, const Element& element) {
  (((out += '<') += element.ns) += '|') += element.name;
  for (const Attribute& a : element.attributes) (((((out += ' ') += a.ns) += '|') += a.name) += '=') += a.value;
  out += '>';
  out += element.text;
  for (const Payload& p : element.payloads) {
    ((out += "{") += p.xml) += std::to_string(p.digest);
    if (p.text) (out += "text:") += *p.text;
    if (p.left_out) out += "left out";
    out += '}';
  }
  for (const Element& child : element.children) describe(out, child);
  out += "</>";
}

void check_item(const hub::Item& item) {
  if (item.left_out) return check(item.payload.empty());
  auto name = std::make_shared<const hub::NodeName>(hub::NodeName{"pubsub.example", "n"});
  const wire::EventId id{1, 2, item.content_hash(*name), 4, 5};
  const auto event = std::make_shared<const hub::Event>(hub::Happening::item, hub::Origin::live, id, name, item);
  if (!item.payload.empty()) check(wire::is_element(item.payload));
  for (std::size_t view = 0; view < hub::view_count; ++view) {
    const auto as = static_cast<hub::View>(view);
    const auto read = read_event_stream("id: " + to_string(id) + "\n" + std::string(body_of(*frame_of(event, as))));
    check(read.events.size() == 1 && read.events[0].type == "message" && read.last_event_id == to_string(id));
    const std::string& data = read.events[0].data;
    if (as == hub::View::payload) check(data == with_plain_line_ends(item.text ? *item.text : item.payload));
    if (as == hub::View::json) check(nlohmann::json::parse(data).at("id") == item.id);
    if (as == hub::View::item) check(wire::is_element(data));
  }
}

void read(const Element& stanza) {
  pubsub::read_subscription(stanza);
  for (const auto& subscription : pubsub::read_subscriptions(stanza)) check(subscription.node.size() < 1u << 20);
  pubsub::read_cursors(stanza);
  for (const hub::Item& item : pubsub::read_items(stanza)) check_item(item);
  const auto notification = pubsub::read_notification(stanza);
  if (!notification) return;
  if (const auto* changes = std::get_if<std::vector<hub::Change>>(&notification->what))
    for (const hub::Change& change : *changes)
      if (change.happening == hub::Happening::item) check_item(change.item);
}

class Run {
 public:
  Run() : reader_({.max_item_bytes = 512, .max_item_nodes = 24, .max_stanza_bytes = 1'024, .max_nodes = 64, .max_depth = 16,
                   .max_tag_bytes = 256, .max_attributes = 8, .max_namespaces = 8, .max_namespace_bytes = 64,
                   .renew_above_bytes = 8'192}) {}

  bool feed(std::string_view bytes) {
    failed_ = failed_ || !reader_.feed(bytes).has_value();
    while (auto event = reader_.next()) {
      story_ += std::to_string(static_cast<int>(event->kind)) + event->reason;
      describe(story_, event->element);
      if (event->kind == StreamEvent::Kind::stanza) read(event->element);
      reader_.recycle(std::move(*event));
    }
    return !failed_;
  }
  const std::string& story() const { return story_; }
  bool failed() const { return failed_; }

 private:
  StanzaReader reader_;
  std::string story_;
  bool failed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string input(text_of(data, size));
  if (!input.starts_with("<?xml")) input.insert(0, header);
  Run whole;
  whole.feed(input);
  for (const std::uint32_t seed : {1u, static_cast<std::uint32_t>(size) + 2u}) {
    Run pieces;
    feed_in_pieces(input, seed, [&](std::string_view piece) { return pieces.feed(piece); });
    check(pieces.failed() == whole.failed());
    if (pieces.story() != whole.story()) std::fprintf(stderr, "whole:  %s\npieces: %s\n", whole.story().c_str(), pieces.story().c_str());
    check(pieces.story() == whole.story());
  }
  return 0;
}
