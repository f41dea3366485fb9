// SPDX-License-Identifier: MIT
#include "gateway/document.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "base/text.hpp"
#include "wire/feed_document.hpp"
#include "wire/host.hpp"
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

/// `;q=0` among a range's parameters: not this one (RFC 9110 §12.4.2).
bool is_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto end = std::min(parameters.find(';'), parameters.size());
    const std::string_view one = trimmed(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    const auto equals = one.find('=');
    if (equals == one.npos || ascii_lower(trimmed(one.substr(0, equals))) != "q") continue;
    const std::string_view weight = trimmed(one.substr(equals + 1));
    return weight.starts_with('0') && weight.find_first_not_of("0.") == weight.npos;
  }
  return false;
}

/// RFC 3339 in UTC.
std::string now_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// The port of a Host header, else SERVER_PORT, as ":8443"; empty where it is the scheme's own.
std::string port_suffix(const Params& params, bool secure) {
  const std::string_view header = params.get("HTTP_HOST");
  const std::size_t colon = header.find(':', header.starts_with('[') ? header.find(']') : 0);
  std::string_view port = colon == header.npos ? std::string_view() : header.substr(colon + 1);
  if (port.empty()) port = params.get("SERVER_PORT");
  const bool digits = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == port.npos;
  return !digits || port == (secure ? "443" : "80") ? "" : ":" + std::string(port);
}

std::string document_url(const Params& params, std::string_view path, const std::vector<wire::QueryPair>& query) {
  std::string url;
  // Without a sound host (PUBSUB_SERVICE was set) it is relative.
  if (const auto host = wire::host_name(params.get("HTTP_HOST"))) {
    const bool secure = params.get("REQUEST_SCHEME") != "http";
    url.append(secure ? "https://" : "http://").append(*host).append(port_suffix(params, secure));
  }
  // The path comes encoded, but for what browsers are lax about.
  wire::append_percent_encoded(url, path, "%/:@!$&'()*+,;=");
  char before = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    (url += std::exchange(before, '&')).append(name).append("=");
    wire::append_percent_encoded(url, value, "/:@*,;");
  };
  std::string_view format;
  for (const wire::QueryPair& pair : query) {
    if (pair.name == "node") add("node", pair.value);
    if (pair.name == "format") format = pair.value;  // the last one counts
  }
  if (!format.empty()) add("format", format);
  return url;
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
    const auto semicolon = std::min(range.find(';'), range.size());
    const std::string name = ascii_lower(trimmed(range.substr(0, semicolon)));
    for (const Type& type : known_types)
      if (type.name == name && !is_refused(range.substr(semicolon))) return type.form;
    accept.remove_prefix(comma == accept.npos ? accept.size() : comma + 1);
  }
  return std::nullopt;
}

DocumentWanted describe_document(DocumentWanted::Form form, const Params& params, std::string_view path,
                                 const std::vector<wire::QueryPair>& query, const hub::Selection& selection) {
  DocumentWanted wanted;
  wanted.form = form;
  wanted.author = selection.service;
  for (const auto* names : {&selection.nodes, &selection.patterns})
    for (const std::string& name : *names) wanted.title += (wanted.title.empty() ? "" : ", ") + name;
  wanted.url = document_url(params, path, query);
  return wanted;
}

Result<std::string> document_response(const DocumentWanted& wanted, const std::vector<hub::EventRef>& items, std::string_view id,
                                      bool head_only, std::size_t most) {
  using Form = DocumentWanted::Form;
  const auto too_large = [&] {
    return fail(Error::too_large, "a document has at most " + std::to_string(most) + " bytes; ask for fewer items: ?last=N");
  };
  std::size_t bytes = 0;
  for (const hub::EventRef& event : items) bytes += event->item.text ? event->item.text->size() : event->item.payload.size();
  if (bytes > most) return too_large();

  std::string body;
  if (!head_only) {
    std::vector<wire::ItemView> views;
    for (auto event = items.rbegin(); event != items.rend(); ++event)
      if ((*event)->happening == hub::Happening::item && !(*event)->item.left_out) views.push_back(view_of(**event));
    const std::string time = now_text();
    const wire::FeedHead head{wanted.title, {}, wanted.url, wanted.author, time};
    if (wanted.form == Form::atom_feed) {
      wire::append_atom_feed(body, head, views);
    } else {
      wire::append_json_feed(body, head, views);
    }
    if (body.size() > most) return too_large();
  }

  std::string out;
  wire::append_status(out, wire::status_ok);
  out += wanted.form == Form::json        ? "Content-Type: application/json; charset=utf-8\r\n"
         : wanted.form == Form::json_feed ? "Content-Type: application/feed+json; charset=utf-8\r\n"
                                          : "Content-Type: application/atom+xml; charset=utf-8\r\n";
  out += "Cache-Control: private, no-cache\r\nVary: Accept\r\nX-Content-Type-Options: nosniff\r\n";
  // An ID is of [A-Za-z0-9._-] (wire/event_id.hpp, positions.hpp).
  out.append("X-Last-Event-ID: ").append(id).append("\r\n");
  if (!head_only) wire::append_content_length(out, body.size());
  std::string link = "Link: <" + wanted.url + (wanted.url.find('?') == std::string::npos ? "?" : "&") + "lastEventId=";
  link.append(id).append(">; rel=\"alternate\"; type=\"text/event-stream\"\r\n");
  if (out.size() + link.size() + 2 <= max_document_head_bytes) out += link;
  wire::append_head_end(out);
  return out + body;
}

}  // namespace xes::gateway
