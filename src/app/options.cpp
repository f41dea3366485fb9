// SPDX-License-Identifier: MIT
#include "app/options.hpp"

#include <algorithm>

#include "app/names.hpp"
#include "base/units.hpp"
#include "gateway/token.hpp"

namespace xes::app {
namespace {

constexpr std::int64_t second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
constexpr std::int64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;

constexpr TableInfo table_rows[] = {
    {"xmpp", false, "The XMPP server, and this component's account on it (XEP-0114)."},
    {"listen", false, "Where the web server reaches this worker. At least one endpoint, of either kind."},
    {"service", true,
     "One table for each pubsub service that clients may read, or for each pattern of services. The worker contacts no "
     "others. At most 256; at least one, or a [[room_service]]."},
    {"room_service", true,
     "One table for each chat service (XEP-0045) with rooms that clients may read. The worker is an occupant of a room while "
     "a page reads `/eventsource/room/ROOM`. At most 256."},
    {"token", false,
     "JSON Web Tokens, for services with `access = \"token\"`. A token names its subject (`sub`), the nodes (`nodes`, a "
     "list of patterns) and its expiration time (`exp`)."},
    {"stream", false, "Settings of the event streams."},
    {"limits", false,
     "Upper limits. A client over a limit gets an empty stream that says when to come back, so that no browser is "
     "lost; each limit has a metric. 0 means no limit."},
    {"log", false, "The worker's log, on standard error."},
};

#define AT(member) \
  [](Config & c) -> auto& { return c.member; }

// clang-format off
const Option option_rows[] = {
  {"xmpp", "server", Kind::server, "127.0.0.1:5347", 1, max_host_name + 6, "", "",
   "Host and port of the XMPP server's component listener: a host name, an IPv4 address or an IPv6 address in "
   "brackets. The session is not encrypted, so keep it on this machine or in a private network.",
   AT(xmpp.server)},
  {"xmpp", "jid", Kind::component_jid, std::nullopt, 1, max_domain_jid, "", "\"eventsource.example.org\"",
   "This component's JID, a domain, as in the XMPP server's configuration.", AT(xmpp.jid)},
  {"xmpp", "secret_file", Kind::file, "", 1, 4095, "", "\"/etc/xmpp-eventsource/secret\"",
   "A file with the secret on one line, the same as in the XMPP server's configuration; a relative path starts at "
   "this file's folder. Only the worker may read it, not even the web server's group: make the worker's user its "
   "owner and its mode 0400. Either this or `secret` must be given.",
   AT(xmpp.secret_file)},
  {"xmpp", "secret", Kind::secret, "", 1, 4096, "", "\"…\"",
   "The secret itself. Prefer `secret_file`, so that this file can be shown to others.", AT(xmpp.secret)},
  {"xmpp", "max_backoff", Kind::duration, "15s", second, hour, "", "",
   "The longest wait before the next attempt to connect. The waits double from half a second up to it, each with jitter, "
   "and start again at half a second once a session has been up for 30 s. A shorter wait resumes earlier after an outage, "
   "but makes more attempts during it.", AT(xmpp.max_backoff)},

  {"listen", "fastcgi", Kind::endpoints, "", 0, max_listeners, "", "[\"unix:/run/xmpp-eventsource/fastcgi.sock\"]",
   "FastCGI endpoints: `unix:` and an absolute path of at most 107 bytes, or `address:port` with an IP address. "
   "`fastcgi` and `scgi` have at most 64 together.", AT(listen.fastcgi)},
  {"listen", "scgi", Kind::endpoints, "", 0, max_listeners, "", "[\"unix:/run/xmpp-eventsource/scgi.sock\"]",
   "SCGI endpoints, written in the same way.", AT(listen.scgi)},
  {"listen", "threads", Kind::count, "0", 0, 256, "", "",
   "Threads that serve the streams. 0 means one for each core.", AT(listen.threads)},
  {"listen", "group", Kind::group, "", 0, 255, "", "",
   "Group of the Unix sockets, which have mode 0660: the web server and the worker must be in it. Empty means the "
   "worker's own group.", AT(listen.group)},
  {"listen", "head_timeout", Kind::duration, "10s", second, 2 * minute, "", "",
   "How long the web server may take to send the head of a request; after that, the worker closes the connection.",
   AT(listen.head_timeout)},

  {"service", "jid", Kind::service_jid, std::nullopt, 1, max_bare_jid, "", "\"pubsub.example.org\"",
   "The service's JID, or a pattern of JIDs: `*` matches any characters on its side of the @, `?` any one character. "
   "`*@example.org` allows every account there, `pubsub.*.example` every such service. Pages name the JID in the path: "
   "`/eventsource/@alice@example.org/NODE`. With a pattern that matches other domains, such as `*@*`, your XMPP server "
   "contacts any JID that a page names. No two services may have the same JID.", AT(services.back().jid)},
  {"service", "hosts", Kind::hosts, "", 0, 256, "", "[\"push.example.org\"]",
   "Host names of HTTP requests that select this service; without any, its own JID does. The service can be read only under "
   "these, so that the web server can guard them. \"*\" is every host name that no service has. No two services may have the same host name.", AT(services.back().hosts)},
  {"service", "view", Kind::choice, "payload", 0, 0, "payload|item", "",
   "The data of an event: `payload` is the item's payload (XML, or the text of a JSON container); `item` "
   "is the whole <item/> element, for pages written for Prosody's mod_pubsub_eventsource.",
   AT(services.back().view)},
  {"service", "access", Kind::choice, "open", 0, 0, "open|token|user", "",
   "Who may read: with `open`, everybody may read the nodes that this component may subscribe to; with `user`, a user whom the "
   "web server has authenticated (REMOTE_USER) may read what the service lets that user read; with `token`, a client may read "
   "the nodes that its token names (see [token]).", AT(services.back().rule.access)},
  {"service", "nodes", Kind::globs, "", 0, 64, "", "",
   "Patterns of the nodes that may be read, each of at most 1023 bytes: `*` matches any text, `?` any one character, `\\*` an "
   "asterisk. An empty list allows every node.", AT(services.back().rule.nodes)},
  {"service", "deny", Kind::globs, "", 0, 64, "", "",
   "Patterns of the nodes that may not be read, even if `nodes`, the service or a token allows them.",
   AT(services.back().rule.deny)},
  {"service", "ask_as", Kind::choice, "user-at-component", 0, 0, "user-at-component|owner|privileged", "",
   "With `access = \"user\"`, how the worker asks the service what a user may read: `user-at-component` asks from "
   "USER@ and this component's JID, which must have access to the nodes; `owner` reads a node's access model and "
   "affiliations, so this component must be an owner of the node; `privileged` asks from the user's own JID, so the XMPP "
   "server must grant this component XEP-0356 IQs.", AT(services.back().rule.ask_as)},
  {"service", "user_jid", Kind::user_jid, "", 0, max_bare_jid, "", "",
   "The JID of a user whom the web server has authenticated, for instance `{user}@example.org`; only `{user}` if "
   "REMOTE_USER is a JID already. Required for `owner` and `privileged`.", AT(services.back().rule.user_jid)},
  {"service", "ask_every", Kind::duration, "60s", second, day, "", "",
   "How long the service's answer about a user is valid; a user who loses access loses the stream within that time. "
   "A shorter time asks more often: once in that time for each user and node with an open stream.",
   AT(services.back().rule.ask_every)},
  {"service", "audience", Kind::text, "", 0, gateway::max_claim_text_bytes, "", "",
   "With `access = \"token\"`, the audience that a token must name (`aud`, RFC 7519). Empty means the JID that is read, and "
   "then a token without `aud` is valid, too.", AT(services.back().rule.audience)},

  {"room_service", "jid", Kind::room_service_jid, std::nullopt, 1, max_domain_jid, "", "\"conference.example.org\"",
   "The service's JID, a domain.", AT(room_services.back().jid)},
  {"room_service", "rooms", Kind::rooms, std::nullopt, 0, 256, "", "[\"lobby\", \"public-*\"]",
   "The rooms that may be read, by the part of the JID before the @: names, or patterns in which `*` matches any characters and "
   "`?` any one. Requests for others get 404. With open access everybody who reaches the web server can read them, so list only "
   "public rooms.", AT(room_services.back().rule.nodes)},
  {"room_service", "deny", Kind::rooms, "", 0, 64, "", "",
   "Patterns of the rooms that may not be read, even if `rooms` or a token allows them; requests for them get 404, too.",
   AT(room_services.back().rule.deny)},
  {"room_service", "access", Kind::choice, "open", 0, 0, "open|token", "",
   "Who may read: with `open`, everybody; with `token`, a client may read the rooms that its token names as nodes (see "
   "[token]). `user` is not available: a chat service does not say what a user may read.", AT(room_services.back().rule.access)},
  {"room_service", "audience", Kind::text, "", 0, gateway::max_claim_text_bytes, "", "",
   "With `access = \"token\"`, the audience that a token must name (`aud`, RFC 7519). Empty means the JID that is read, and "
   "then a token without `aud` is valid, too.", AT(room_services.back().rule.audience)},
  {"room_service", "nick", Kind::nick, "eventsource", 1, 64, "", "",
   "The worker's nickname in the rooms. If another occupant, such as a second worker, has it already, the worker appends a "
   "number.", AT(room_services.back().nick)},
  {"room_service", "history", Kind::count, "20", 0, 1000, "", "",
   "Earlier messages that the worker requests when it enters a room; pages that come back are answered from them. It "
   "should cover your outages. 0 requests none.", AT(room_services.back().history)},

  {"token", "keys", Kind::files, "", 0, gateway::max_keys, "", "",
   "Key files; a token may be signed with any of the keys. Each file holds a public key in PEM (RSA for RS256, P-256 for "
   "ES256), or a secret of at least 32 bytes for HS256, which only the worker may read. Relative paths start at this file's "
   "folder. If a token's `kid` is the name of a file, without folder and extension, only that key verifies it. To change "
   "keys, list old and new, and reload (SIGHUP); when you remove a key, the streams that it opened end.",
   AT(token.keys)},
  {"token", "cookie", Kind::cookie_name, "__Host-eventsource", 0, max_cookie_name, "", "",
   "The cookie that may hold a token, if the request has no `Authorization: Bearer`. Another host cannot set a cookie whose "
   "name begins with `__Host-`. Empty means no cookie.", AT(token.found_in.cookie)},
  {"token", "query", Kind::boolean, "false", 0, 1, "", "",
   "Whether `?access_token=…` may hold a token, too. URLs stay in browsers' histories and web servers' logs, so prefer "
   "the cookie.", AT(token.found_in.query)},

  {"stream", "path", Kind::url_path, "/eventsource/", 1, max_url_path, "", "",
   "The beginning of the path of every URL; the rest is the node's name. It begins and ends with \"/\".",
   AT(stream.path)},
  {"stream", "heartbeat", Kind::duration, "15s", second, 10 * minute, "", "",
   "An idle stream gets a comment line at least this often, which keeps it alive in proxies and detects clients that are gone. "
   "It must be shorter than the web server's read timeout (nginx: 60s unless set). Each comment costs one write for each "
   "stream.", AT(stream.heartbeat)},
  {"stream", "retry", Kind::duration, "3s", 100, hour, "", "",
   "How long browsers wait before they connect again (`retry:`). A shorter time means more load after an outage, a longer one "
   "later events.", AT(stream.retry)},
  {"stream", "history", Kind::count, "256", 0, 65536, "", "",
   "Events of each node that the worker keeps in memory for clients that come back. When the history is full, the worker drops "
   "the oldest; a client that missed more gets what the service stores. 0 keeps only the newest.", AT(stream.history)},
  {"stream", "history_bytes", Kind::bytes, "16MiB", 64 * kib, gib, "", "",
   "Bytes of memory for those events, for each node: half for the items, half for encoded events, in each view "
   "that is read. When the items fill their half, the worker drops the oldest event in the same way; when the other half is "
   "full, it encodes events again for each client that comes back.",
   AT(stream.history_bytes)},
  {"stream", "max_lag", Kind::bytes, "1MiB", 16 * kib, gib, "", "",
   "Bytes of new events that may wait in this worker for one slow reader, behind the event that is being sent. When this "
   "is reached, the worker closes the stream; a browser connects again and resumes.", AT(stream.max_lag_bytes)},
  {"stream", "linger", Kind::duration, "60s", 0, day, "", "",
   "How long a node stays subscribed after its last stream has ended, so that a reload of the page needs no new "
   "subscription. 0s unsubscribes at once. It is shorter when [limits] nodes is reached and another node is requested.", AT(stream.linger)},
  {"stream", "recheck", Kind::duration, "60s", second, day, "", "",
   "How often the worker asks the services for this component's subscriptions, and whether it may still read each node: a "
   "server may drop a subscription or a node without a notification, and sends none when a node becomes private. A shorter time "
   "notices sooner; each time costs one request for each service and one for each node.", AT(stream.recheck)},
  {"stream", "discover", Kind::duration, "10s", second, day, "", "",
   "How often the worker asks a service for its nodes while a stream follows a pattern of them (`?node=weather/*`), because no "
   "server announces a new node. ejabberd lists at most 100 unless its `max_nodes_discoitems` says otherwise.",
   AT(stream.discover)},

  {"limits", "streams", Kind::count, "100000", 0, 10'000'000, "", "",
   "Open streams in total. The number of file descriptors is another limit.", AT(limits.most.streams)},
  {"limits", "streams_per_address", Kind::count, "500", 0, 10'000'000, "", "",
   "Open streams of one client address, as the web server sends it (REMOTE_ADDR); the IPv6 addresses of a /64 count as "
   "one. Many people may share one address; behind another proxy, all do, unless the web server knows the real "
   "addresses.", AT(limits.most.streams_per_address)},
  {"limits", "streams_per_user", Kind::count, "100", 0, 10'000'000, "", "",
   "Open streams of one user or one token subject.", AT(limits.most.streams_per_user)},
  {"limits", "streams_per_node", Kind::count, "0", 0, 10'000'000, "", "",
   "Open streams that follow one node.", AT(limits.most.streams_per_node)},
  {"limits", "nodes", Kind::count, "10000", 0, 1'000'000, "", "",
   "Nodes that the worker follows, for open streams or because they linger (see [stream]). Each keeps a history in memory. At "
   "the limit, the worker drops the node that has lingered longest; if none lingers, it rejects streams of further nodes.", AT(limits.most.nodes)},
  {"limits", "subscribes_per_second", Kind::count, "100", 0, 100'000, "", "",
   "Nodes that may get their first stream within a second; each is a request to the XMPP server.",
   AT(limits.most.subscribes_per_second)},
  {"limits", "subscribes_per_address", Kind::count, "20", 0, 100'000, "", "",
   "The same for one client address (addresses as above), so that one client cannot use up the limit of all.",
   AT(limits.most.subscribes_per_address)},
  {"limits", "bad_tokens_per_address", Kind::count, "300", 0, 1'000'000, "", "",
   "Tokens that are not valid that one client address may send within a minute; each costs the time of a verification.",
   AT(limits.most.bad_tokens_per_address)},
  {"limits", "nodes_per_stream", Kind::count, "16", 1, 20, "", "",
   "Nodes that one stream may name. A request that names more gets 400.",
   AT(limits.nodes_per_stream)},
  {"limits", "waiting", Kind::bytes, "512MiB", 0, 64 * gib, "", "",
   "Bytes that may wait in this worker for all slow readers: replays, documents and live events; bytes that several readers "
   "wait for count once. When this is reached, the worker closes a stream or document that has to wait (backlog_full); a "
   "browser connects again and resumes.", AT(limits.waiting.worker_bytes)},
  {"limits", "waiting_per_address", Kind::bytes, "64MiB", 0, 64 * gib, "", "",
   "The same for the readers of one client address, but bytes that several of them wait for count for each. When this is "
   "reached, the worker closes a stream or document of that address that has to wait in the same way.", AT(limits.waiting.address_bytes)},
  {"limits", "document", Kind::bytes, "32MiB", 64 * kib, gib, "", "",
   "The largest document (`Accept: application/json` or `application/atom+xml`); a request for a larger one gets 400, and "
   "the client may request fewer items (`?last=N`).", AT(limits.document_bytes)},
  {"limits", "retry", Kind::duration, "60s", second, hour, "", "",
   "Minimum time that a browser over a limit is told to wait, randomised up to twice that, so that not all come back at "
   "once.", AT(limits.retry)},

  {"log", "level", Kind::choice, "info", 0, 0, "trace|debug|info|warning|error", "",
   "The lowest level that is logged. The worker logs at most ten lines a minute of each kind that outsiders can cause; debug and "
   "trace are not limited.", AT(log.level)},
};
// clang-format on

#undef AT

bool is_list(const Option& option) {
  return option.kind == Kind::endpoints || option.kind == Kind::hosts || option.kind == Kind::globs ||
         option.kind == Kind::rooms || option.kind == Kind::files;
}

}  // namespace

std::span<const TableInfo> tables() { return table_rows; }
std::span<const Option> options() { return option_rows; }

std::string header_text(const TableInfo& table) {
  const std::string name(table.name);
  return table.repeated ? "[[" + name + "]]" : "[" + name + "]";
}

const TableInfo* find_table(std::string_view name) {
  const auto* found = std::ranges::find(table_rows, name, &TableInfo::name);
  return found == std::ranges::end(table_rows) ? nullptr : found;
}

const Option* find_option(std::string_view table, std::string_view key) {
  const auto* found = std::ranges::find_if(
      option_rows, [&](const Option& option) { return option.table == table && option.key == key; });
  return found == std::ranges::end(option_rows) ? nullptr : found;
}

std::string initial_value(const Option& option) {
  if (!option.initial) return "";
  if (is_list(option)) return "[]";
  if (option.kind == Kind::count || option.kind == Kind::boolean) return std::string(*option.initial);
  return '"' + std::string(*option.initial) + '"';
}

std::string example_value(const Option& option) {
  return option.example.empty() ? initial_value(option) : std::string(option.example);
}

std::string amount_text(const Option& option, std::int64_t amount) {
  switch (option.kind) {
    case Kind::duration:
      return duration_text(std::chrono::milliseconds(amount));
    case Kind::bytes:
      return bytes_text(static_cast<std::uint64_t>(amount));
    default:
      return std::to_string(amount);
  }
}

std::string bounds_text(const Option& option) {
  switch (option.kind) {
    case Kind::duration:
    case Kind::bytes:
    case Kind::count:
      return amount_text(option, option.min) + " to " + amount_text(option, option.max);
    case Kind::boolean:
      return "true or false";
    case Kind::endpoints:
    case Kind::hosts:
    case Kind::globs:
    case Kind::rooms:
    case Kind::files:
      return "at most " + std::to_string(option.max) + " entries";
    case Kind::choice: {
      std::string words(option.choices);
      for (std::size_t at = words.find('|'); at != std::string::npos; at = words.find('|', at)) {
        words.replace(at, 1, words.find('|', at + 1) == std::string::npos ? " or " : ", ");
      }
      return words;
    }
    default:
      return "at most " + std::to_string(option.max) + " bytes";
  }
}

std::string_view type_text(const Option& option) {
  if (is_list(option)) return "a list of strings";
  if (option.kind == Kind::boolean) return "a boolean";
  return option.kind == Kind::count ? "an integer" : "a string";
}

}  // namespace xes::app
