// SPDX-License-Identifier: MIT
#include "gateway/request.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.hpp"
#include "wire/event_id.hpp"
#include "wire/host.hpp"
#include "wire/uri.hpp"

namespace xes::gateway {
namespace {

/// Names that the EventSource polyfills use for what the Last-Event-ID header cannot carry in them.
constexpr std::string_view last_event_id_names[] = {"lastEventId", "last_event_id", "Last-Event-ID",
                                                    "evs_last_event_id"};

/// PUBSUB_SERVICE (set by the web server) wins over the Host header, but must name a configured service.
Result<const Service*> find_service(const Params& params, const RouteOptions& options) {
  const std::string_view named = params.get("PUBSUB_SERVICE");
  if (!named.empty()) {
    const std::string jid = ascii_lower(named);
    for (const Service& service : options.services)
      if (service.jid == jid) return &service;
    return fail(Error::missing, "no pubsub service " + quoted(named) + " is configured here");
  }
  const auto host = wire::host_name(params.get("HTTP_HOST"));
  if (!host) return tl::unexpected(host.error());
  const Service* any = nullptr;
  for (const Service& service : options.services) {
    if (service.jid == *host || std::count(service.hosts.begin(), service.hosts.end(), *host)) return &service;
    if (!any && std::count(service.hosts.begin(), service.hosts.end(), "*")) any = &service;
  }
  if (any) return any;
  return fail(Error::missing, "no pubsub service is configured for the host " + quoted(*host));
}

/// The rest of the raw path is the node's name, decoded exactly once, so that a node may be called anything.
Result<std::string> find_node(std::string_view path, const RouteOptions& options) {
  if (path.substr(0, options.path.size()) != options.path)
    return fail(Error::missing, "event streams are below " + options.path);
  auto node = wire::percent_decode(path.substr(options.path.size()));
  if (!node) return node;
  if (node->empty()) return fail(Error::malformed, "name a node: " + options.path + "NODE");
  if (node->size() > options.max_node_bytes)
    return fail(Error::malformed, "a node's name has at most " + std::to_string(options.max_node_bytes) + " bytes");
  if (!is_xml_text(*node)) return fail(Error::malformed, "a node's name is UTF-8 without control characters");
  return node;
}

std::optional<unsigned> whole_number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The header beats the query: a browser that reconnects sends the query of its first request again. And a position
/// beats ?last=N, for the same reason.
Result<hub::Start> find_start(const Params& params, std::string_view query, const RouteOptions& options) {
  const auto pairs = wire::parse_query(query);
  if (!pairs) return tl::unexpected(pairs.error());
  hub::Start start;
  std::string_view last = params.get("HTTP_LAST_EVENT_ID");
  for (const wire::QueryPair& pair : *pairs) {
    if (last.empty() && std::count(std::begin(last_event_id_names), std::end(last_event_id_names), pair.name))
      last = pair.value;
    if (pair.name != "last") continue;
    const auto count = whole_number(pair.value);
    if (!count) return fail(Error::malformed, "last=N takes a whole number of items");
    start.at = hub::Start::At::newest;
    start.count = std::min(*count, options.max_newest);
  }
  if (last.empty()) return start;
  const auto id = wire::parse_event_id(last);
  start.at = id ? hub::Start::At::after : hub::Start::At::unknown;
  if (id) start.last = *id;
  return start;
}

Answer answer_for(const Failure& failure) {
  return {failure.error == Error::missing ? wire::status_not_found : wire::status_bad_request, failure.reason};
}

}  // namespace

std::variant<StreamWanted, Answer> route(const Params& params, const RouteOptions& options) {
  const std::string_view method = params.get("REQUEST_METHOD");
  if (method != "GET" && method != "HEAD")
    return Answer{wire::status_method_not_allowed, "an event stream is read with GET or HEAD", true};
  const auto uri = wire::split_uri(params.get("REQUEST_URI"));
  if (!uri) return answer_for(uri.error());
  const auto service = find_service(params, options);
  if (!service) return answer_for(service.error());
  auto node = find_node(uri->path, options);
  if (!node) return answer_for(node.error());
  const auto start = find_start(params, uri->query, options);
  if (!start) return answer_for(start.error());
  return StreamWanted{{(*service)->jid, std::move(*node)}, *start, method == "HEAD"};
}

}  // namespace xes::gateway
