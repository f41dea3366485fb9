// SPDX-License-Identifier: MIT
#include "gateway/document.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "base/text.hpp"
#include "wire/feed_document.hpp"
#include "wire/http.hpp"

namespace xes::gateway {
namespace {

struct Type {
  std::string_view name;
  std::optional<DocumentWanted::Form> form;
};
constexpr Type known_types[] = {
    {"text/event-stream", std::nullopt},
    {"application/feed+json", DocumentWanted::Form::json_feed},
    {"application/json", DocumentWanted::Form::json},
    {"application/atom+xml", DocumentWanted::Form::atom_feed},
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// RFC 3339 in UTC.
std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// What may stand between < and > in a Link header, and in a URL at all (RFC 3986).
bool is_url_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > ' ' && c < 0x7f && std::string_view("<>\"\\^`{|}").find(static_cast<char>(c)) == std::string_view::npos;
  });
}

wire::ItemView view_of(const hub::Event& event) {
  const hub::Item& item = event.item;
  wire::ItemView view{event.node->service, event.node->node, item.id, item.publisher, item.published, item.payload, {}};
  if (item.text) view.text = *item.text;
  return view;
}

}  // namespace

std::optional<DocumentWanted::Form> document_form(std::string_view accept) {
  while (!accept.empty()) {
    const auto comma = accept.find(',');
    const std::string_view range = accept.substr(0, comma);
    const std::string name = ascii_lower(trimmed(range.substr(0, range.find(';'))));
    for (const Type& type : known_types)
      if (type.name == name) return type.form;
    accept.remove_prefix(comma == accept.npos ? accept.size() : comma + 1);
  }
  return std::nullopt;
}

DocumentWanted describe_document(DocumentWanted::Form form, const Params& params, const hub::Selection& selection) {
  DocumentWanted wanted;
  wanted.form = form;
  wanted.author = selection.service;
  for (const auto* names : {&selection.nodes, &selection.patterns})
    for (const std::string& name : *names) wanted.title += (wanted.title.empty() ? "" : ", ") + name;
  const std::string_view scheme = params.get("REQUEST_SCHEME");
  const std::string_view target = params.get("REQUEST_URI");
  wanted.url = scheme == "http" ? "http://" : "https://";
  wanted.url.append(params.get("HTTP_HOST")).append(target.substr(0, target.find('?')));
  return wanted;
}

std::string document_response(const DocumentWanted& wanted, const std::vector<hub::EventRef>& items, std::string_view id,
                              bool head_only) {
  using Form = DocumentWanted::Form;
  std::string out;
  wire::append_status(out, wire::status_ok);
  out += wanted.form == Form::json        ? "Content-Type: application/json; charset=utf-8\r\n"
         : wanted.form == Form::json_feed ? "Content-Type: application/feed+json; charset=utf-8\r\n"
                                          : "Content-Type: application/atom+xml; charset=utf-8\r\n";
  out += "Cache-Control: private, no-cache\r\nVary: Accept\r\nX-Content-Type-Options: nosniff\r\n";
  // An ID is of [A-Za-z0-9._-] (wire/event_id.hpp, positions.hpp).
  out.append("X-Last-Event-ID: ").append(id).append("\r\n");
  if (is_url_text(wanted.url))
    out.append("Link: <").append(wanted.url).append("?lastEventId=").append(id).append(
        ">; rel=\"alternate\"; type=\"text/event-stream\"\r\n");
  wire::append_head_end(out);
  if (head_only) return out;

  std::vector<wire::ItemView> views;
  for (auto event = items.rbegin(); event != items.rend(); ++event)
    if ((*event)->happening == hub::Happening::item) views.push_back(view_of(**event));
  const std::string time = now_text();
  const wire::FeedHead head{wanted.title, {}, wanted.url, wanted.author, time};
  if (wanted.form == Form::atom_feed) {
    wire::append_atom_feed(out, head, views);
  } else {
    wire::append_json_feed(out, head, views);
  }
  return out;
}

}  // namespace xes::gateway
