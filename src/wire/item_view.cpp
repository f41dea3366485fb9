// SPDX-License-Identifier: MIT
#include "wire/item_view.hpp"

#include "wire/json.hpp"
#include "wire/json_text.hpp"

namespace xes::wire {
namespace {

/// `also` is kept as well.
void append_escaped(std::string& out, std::string_view text, std::string_view also) {
  constexpr char hex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved || also.find(c) != also.npos) {
      out += c;
    } else {
      out += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
}

}  // namespace

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
  append_escaped(uri, item.service, "@");
  uri += "?;node=";
  append_escaped(uri, item.node, {});
  uri += ";item=";
  append_escaped(uri, item.id, {});
  return uri;
}

}  // namespace xes::wire
