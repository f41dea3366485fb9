// SPDX-License-Identifier: MIT
#include "wire/item_view.hpp"

#include "wire/json.hpp"
#include "wire/json_text.hpp"
#include "wire/uri.hpp"

namespace xes::wire {

void append_item_members(std::string& out, const ItemView& item) {
  append_json_member(out, "service", item.service);
  append_json_member(out, "node", item.node);
  append_json_member(out, "id", item.id);
  if (!item.publisher.empty()) append_json_member(out, "publisher", item.publisher);
}

void append_item_json(std::string& out, const ItemView& item) {
  out += '{';
  append_item_members(out, item);
  if (!item.published.empty()) append_json_member(out, "published", item.published);
  append_json_name(out, "payload");
  if (item.text) {
    if (!append_json_text(out, *item.text)) append_json_string(out, *item.text);
  } else if (item.payload.empty()) {
    out += "null";
  } else {
    append_json_string(out, item.payload);
  }
  out += '}';
}

std::string item_uri(const ItemView& item) {
  std::string uri = "xmpp:";
  append_percent_encoded(uri, item.service, "@");
  uri += "?;node=";
  append_percent_encoded(uri, item.node, {});
  uri += ";item=";
  append_percent_encoded(uri, item.id, {});
  return uri;
}

}  // namespace xes::wire
