// SPDX-License-Identifier: MIT
#include "gateway/request.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.hpp"
#include "wire/event_stream.hpp"
#include "wire/glob.hpp"
#include "wire/host.hpp"
#include "wire/jid.hpp"
#include "wire/uri.hpp"

namespace xes::gateway {
namespace {

/// Names that the EventSource polyfills use for what the Last-Event-ID header cannot carry in them. The last one counts,
/// since they append theirs to what the page's URL may have had already.
constexpr std::string_view last_event_id_names[] = {"lastEventId", "last_event_id", "Last-Event-ID",
                                                    "evs_last_event_id"};

/// In the order of hub::View.
constexpr std::string_view view_names[] = {"payload", "item", "json", "atom"};
static_assert(std::size(view_names) == hub::view_count);

/// What a request asks of whom.
struct Target {
  const Service* service;  ///< whose rules count
  std::string jid;         ///< who is asked: the service itself, or one of its kind
};

/// The configured service of that JID; one that is named counts before a pattern.
const Service* service_of(std::string_view jid, const RouteOptions& options) {
  // What is in a room is read as a room or not at all.
  for (const Service& rooms : options.room_services)
    if (rooms.jid == jid) return nullptr;
  for (const Service& service : options.services)
    if (service.jid == jid) return &service;
  for (const Service& service : options.services)
    if (wire::jid_matches(service.jid, jid)) return &service;
  return nullptr;
}

/// A client says in Host what it likes, so a service's JID is a host name only where the configuration gives no other: a
/// web server that guards the virtual hosts that are configured would else be gone around by way of another one.
bool is_host_of(const Service& service, const std::string& host) {
  if (service.hosts.empty()) return service.jid == host;
  return std::ranges::find(service.hosts, host) != service.hosts.end();
}

/// PUBSUB_SERVICE (set by the web server) wins over the Host header, but must name a configured service.
Result<Target> find_service(const Params& params, const RouteOptions& options) {
  const std::string_view named = params.get("PUBSUB_SERVICE");
  if (!named.empty()) {
    const auto jid = wire::bare_jid(named);
    if (const Service* service = jid ? service_of(*jid, options) : nullptr) return Target{service, *jid};
    return fail(Error::missing, "no pubsub service " + quote(named) + " is configured here");
  }
  const auto host = wire::host_name(params.get("HTTP_HOST"));
  if (!host) return tl::unexpected(host.error());
  const Service* any = nullptr;
  for (const Service& service : options.services) {
    if (is_host_of(service, *host)) return Target{&service, service.jid};
    if (!any && std::count(service.hosts.begin(), service.hosts.end(), "*")) any = &service;
  }
  if (any) return Target{any, any->jid};
  return fail(Error::missing, "no pubsub service is configured for the host " + quote(*host));
}

/// `@JID/` at the beginning of the path, which it is cut from. A service that has hosts, or that the web server alone
/// chooses among, is not reached around them: the web server may guard it there.
Result<Target> find_named_service(std::string_view& path, const Params& params, const RouteOptions& options) {
  const std::size_t end = std::min(path.find('/'), path.size());
  const auto decoded = wire::percent_decode(path.substr(1, end - 1));
  path.remove_prefix(std::min(end + 1, path.size()));
  if (!decoded) return tl::unexpected(decoded.error());
  auto jid = wire::bare_jid(*decoded);
  if (!jid) return tl::unexpected(jid.error());
  const Service* service = service_of(*jid, options);
  if (!service) return fail(Error::missing, "no configured service matches " + quote(*jid));
  if (service->jid == *jid && (!service->hosts.empty() || !params.get("PUBSUB_SERVICE").empty())) {
    const auto meant = find_service(params, options);
    if (!meant || meant->jid != *jid)
      return fail(Error::missing, quote(*jid) + " can be read only under its configured host names");
  }
  return Target{service, std::move(*jid)};
}

constexpr std::string_view room_path = "room/";

/// ROOM of `room/ROOM`: a room's localpart, then the first service that offers such a room has it, or its whole JID.
Result<std::pair<Target, std::string>> find_room(std::string_view path, const RouteOptions& options) {
  const auto decoded = wire::percent_decode(path.substr(room_path.size()));
  if (!decoded) return tl::unexpected(decoded.error());
  const std::size_t at = decoded->find('@');
  const bool whole = at != decoded->npos;
  const auto local = wire::localpart(std::string_view(*decoded).substr(0, at));
  const auto jid = whole ? wire::bare_jid(*decoded) : local;
  if (!local || !jid)
    return fail(Error::malformed, quote(*decoded) + " is not a valid chat room; name one: " + options.path + "room/ROOM");
  for (const Service& rooms : options.room_services)
    if ((!whole || *jid == *local + "@" + rooms.jid) && is_offered(rooms.rule, *local))
      return std::pair(Target{&rooms, rooms.jid}, *local);
  return fail(Error::missing, "no chat room " + quote(*jid) + " is offered here");
}

/// Error::malformed unless it may be a node's name.
Result<void> check_node(std::string_view node, const RouteOptions& options) {
  if (node.empty()) return fail(Error::malformed, "a node name must not be empty");
  if (node.size() > options.max_node_bytes)
    return fail(Error::malformed, "a node name has at most " + std::to_string(options.max_node_bytes) + " bytes");
  if (!is_xml_text(node)) return fail(Error::malformed, "a node name must be UTF-8 without control characters");
  return {};
}

/// Where the request does not say, several nodes are told in JSON: one handler gets the events of all of them, so they say
/// where they are from.
Result<void> find_view(const std::vector<wire::QueryPair>& query, hub::Selection& selection) {
  if (selection.several) selection.view = hub::View::json;
  for (const wire::QueryPair& pair : query) {
    if (pair.name != "format") continue;
    const auto view = std::find(std::begin(view_names), std::end(view_names), pair.value);
    if (view == std::end(view_names)) return fail(Error::malformed, "format must be payload, item, json or atom");
    selection.view = static_cast<hub::View>(view - std::begin(view_names));
  }
  return {};
}

/// The rest of the raw path is the node's name, decoded exactly once, so that a node may be called anything. Without one,
/// the query names nodes.
Result<hub::Selection> find_selection(std::string_view path, const std::vector<wire::QueryPair>& query, const Target& target,
                                      const RouteOptions& options) {
  auto in_path = wire::percent_decode(path);
  if (!in_path) return tl::unexpected(in_path.error());
  hub::Selection selection{target.jid, {}, target.service->view, in_path->empty()};
  for (const wire::QueryPair& pair : query)
    if (pair.name == "node") selection.nodes.push_back(pair.value);
  if (!in_path->empty() && !selection.nodes.empty())
    return fail(Error::malformed, "name nodes either in the path or as ?node=, not both");
  if (!in_path->empty()) selection.nodes.push_back(std::move(*in_path));
  if (selection.nodes.empty())
    return fail(Error::malformed, "name a node: " + options.path + "NODE, or several: " + options.path + "?node=A&node=B");
  for (const std::string& node : selection.nodes)
    if (auto checked = check_node(node, options); !checked) return tl::unexpected(checked.error());
  auto sort = [](std::vector<std::string>& names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
  };
  sort(selection.nodes);
  if (selection.nodes.size() > options.max_nodes)
    return fail(Error::malformed, "one stream carries at most " + std::to_string(options.max_nodes) + " nodes");
  if (selection.several) {
    const auto globs = std::stable_partition(selection.nodes.begin(), selection.nodes.end(),
                                             [](const std::string& name) { return !wire::is_glob(name); });
    selection.patterns.assign(globs, selection.nodes.end());
    selection.nodes.erase(globs, selection.nodes.end());
    for (const std::string& pattern : selection.patterns)
      if (!wire::Glob(pattern).is_linear())
        return fail(Error::malformed, "a pattern has at most " + std::to_string(wire::Glob::max_searched) +
                                          " bytes between two * if one of them is a ?");
    if (!selection.patterns.empty() && selection.service.find('@') != std::string::npos)
      return fail(Error::malformed, "an account's nodes must be named without patterns; servers do not list them");
  }
  if (auto view = find_view(query, selection); !view) return tl::unexpected(view.error());
  return selection;
}

/// Whose rules count, and what is wanted.
using Found = Result<std::pair<const Service*, hub::Selection>>;

Found find_node_selection(std::string_view path, const Params& params, const std::vector<wire::QueryPair>& query,
                          const RouteOptions& options) {
  const auto target =
      path.starts_with('@') ? find_named_service(path, params, options) : find_service(params, options);
  if (!target) return tl::unexpected(target.error());
  auto selection = find_selection(path, query, *target, options);
  if (!selection) return tl::unexpected(selection.error());
  return std::pair(target->service, std::move(*selection));
}

Found find_room_selection(std::string_view path, const std::vector<wire::QueryPair>& query, const RouteOptions& options) {
  const auto room = find_room(path, options);
  if (!room) return tl::unexpected(room.error());
  if (std::any_of(query.begin(), query.end(), [](const wire::QueryPair& pair) { return pair.name == "node"; }))
    return fail(Error::malformed, "a chat room needs a stream of its own, without ?node=");
  hub::Selection selection{room->first.jid, {room->second}, room->first.service->view, false};
  if (auto view = find_view(query, selection); !view) return tl::unexpected(view.error());
  return std::pair(room->first.service, std::move(selection));
}

std::optional<unsigned> whole_number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The header beats the query: a browser that reconnects sends the query of its first request again. And a position
/// beats ?last=N, for the same reason.
Result<hub::Start> find_start(const Params& params, const std::vector<wire::QueryPair>& query, const RouteOptions& options) {
  hub::Start start;
  std::string_view last = params.get("HTTP_LAST_EVENT_ID"), in_query;
  for (const wire::QueryPair& pair : query) {
    if (std::count(std::begin(last_event_id_names), std::end(last_event_id_names), pair.name) && !pair.value.empty())
      in_query = pair.value;
    if (pair.name != "last") continue;
    const auto count = whole_number(pair.value);
    if (!count) return fail(Error::malformed, "last=N must be a whole number of items");
    start = hub::Start::newest(std::min(*count, options.max_newest));
  }
  if (last.empty()) last = in_query;
  if (last.empty()) return start;
  // What no worker can have written is one unknown position like another.
  return hub::Start::after(wire::is_event_id(last) ? std::string(last) : std::string());
}

/// `padding=true` is Yaffle's event-source-polyfill, `evs_preamble=N` amvtek's eventsource-polyfill in IE 8 and 9.
Result<std::size_t> find_padding(const std::vector<wire::QueryPair>& query) {
  std::size_t bytes = 0;
  for (const wire::QueryPair& pair : query) {
    if (pair.name == "padding" && pair.value == "true") bytes = std::max<std::size_t>(bytes, 2048);
    if (pair.name != "evs_preamble") continue;
    const auto count = whole_number(pair.value);
    if (!count) return fail(Error::malformed, "evs_preamble=N must be a whole number of bytes");
    bytes = std::max<std::size_t>(bytes, *count);
  }
  return std::min(bytes, max_padding_bytes);
}

Answer answer_for(const Failure& failure) {
  return {failure.error == Error::missing ? wire::status_not_found : wire::status_bad_request, failure.reason};
}

}  // namespace

std::variant<StreamWanted, Answer> route(const Params& params, const RouteOptions& options) {
  const std::string_view method = params.get("REQUEST_METHOD");
  if (method != "GET" && method != "HEAD")
    return Answer{wire::status_method_not_allowed, "use GET or HEAD to read an event stream", true};
  const auto uri = wire::split_uri(params.get("REQUEST_URI"));
  if (!uri) return answer_for(uri.error());
  if (!uri->path.starts_with(options.path))
    return answer_for({Error::missing, "event streams are below " + options.path});
  std::string_view path = uri->path.substr(options.path.size());
  const auto query = wire::parse_query(uri->query);
  if (!query) return answer_for(query.error());
  const bool is_room = !options.room_services.empty() && path.starts_with(room_path);
  const auto what = is_room ? find_room_selection(path, *query, options) : find_node_selection(path, params, *query, options);
  if (!what) return answer_for(what.error());
  const auto start = find_start(params, *query, options);
  if (!start) return answer_for(start.error());
  const auto padding = find_padding(*query);
  if (!padding) return answer_for(padding.error());
  StreamWanted wanted{what->second, *start, method == "HEAD", {}, *padding};
  wanted.rule = &what->first->rule;
  if (const auto form = document_form(params.get("HTTP_ACCEPT"))) {
    wanted.document = describe_document(*form, params, uri->path, *query, wanted.selection);
    if (start->at != hub::Start::At::newest) wanted.start = hub::Start::newest(default_document_items);
  }
  return wanted;
}

}  // namespace xes::gateway
