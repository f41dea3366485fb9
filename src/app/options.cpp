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
     "One table for each pubsub service that may be read, or for each kind of them. Nothing else is ever contacted. "
     "At most 256; at least one, or a [[room_service]]."},
    {"room_service", true,
     "One table for each service of chat rooms (XEP-0045) some of whose rooms may be read: the worker is in a room as a "
     "listener while a page reads `/eventsource/room/ROOM`. At most 256."},
    {"token", false,
     "JSON Web Tokens, for services with `access = \"token\"`. A token names its reader (`sub`), the nodes (`nodes`, a "
     "list of patterns) and its end (`exp`)."},
    {"stream", false, "What an event stream looks like."},
    {"limits", false,
     "How much may be asked for. Whoever is over a limit is answered with an empty stream that says when to come back, "
     "so that no browser is lost; each limit has a metric. 0 is no limit."},
    {"log", false, "What the worker says about itself, on standard error."},
};

#define AT(member) \
  [](Config & c) -> auto& { return c.member; }

// clang-format off
const Option option_rows[] = {
  {"xmpp", "server", Kind::server, "127.0.0.1:5347", 1, max_host_name + 6, "", "",
   "Host and port of the XMPP server's component listener: a host name, an IPv4 address or an IPv6 address in "
   "brackets. The session is not encrypted, so it should stay on this machine or in a private network.",
   AT(xmpp.server)},
  {"xmpp", "jid", Kind::component_jid, std::nullopt, 1, max_domain_jid, "", "\"eventsource.example.org\"",
   "This component's JID, a domain, as the XMPP server's configuration names it.", AT(xmpp.jid)},
  {"xmpp", "secret_file", Kind::file, "", 1, 4095, "", "\"/etc/xmpp-eventsource/secret\"",
   "A file with the secret on one line, which the XMPP server's configuration repeats; a relative path starts at "
   "this file's folder. The worker must be able to read it, and nobody else, not even the web server's group: its "
   "owner is the worker's user, its mode 0400. "
   "Either this or `secret` must be given.",
   AT(xmpp.secret_file)},
  {"xmpp", "secret", Kind::secret, "", 1, 4096, "", "\"…\"",
   "The secret itself. Prefer `secret_file`, so that this file can be shown to others.", AT(xmpp.secret)},
  {"xmpp", "max_backoff", Kind::duration, "15s", second, hour, "", "",
   "The longest wait before the next attempt to connect. The waits double from half a second up to it, each with jitter, "
   "and begin anew once a session has been up for 30 s. Shorter means earlier news after an outage, and more attempts "
   "while it lasts.", AT(xmpp.max_backoff)},

  {"listen", "fastcgi", Kind::endpoints, "", 0, max_listeners, "", "[\"unix:/run/xmpp-eventsource/fastcgi.sock\"]",
   "FastCGI endpoints: `unix:` and an absolute path of at most 107 bytes, or `address:port` with an IP address. "
   "`fastcgi` and `scgi` have at most 64 together.", AT(listen.fastcgi)},
  {"listen", "scgi", Kind::endpoints, "", 0, max_listeners, "", "[\"unix:/run/xmpp-eventsource/scgi.sock\"]",
   "SCGI endpoints, written in the same way.", AT(listen.scgi)},
  {"listen", "threads", Kind::count, "0", 0, 256, "", "",
   "Threads that carry the streams. 0 is one for each core.", AT(listen.threads)},
  {"listen", "group", Kind::group, "", 0, 255, "", "",
   "Group of the Unix sockets, which have mode 0660: the web server must be in it, and the worker too. Empty is the "
   "worker's own group.", AT(listen.group)},
  {"listen", "head_timeout", Kind::duration, "10s", second, 2 * minute, "", "",
   "How long the web server may take to send the head of a request; then the connection is closed.",
   AT(listen.head_timeout)},

  {"service", "jid", Kind::service_jid, std::nullopt, 1, max_bare_jid, "", "\"pubsub.example.org\"",
   "The service's JID; or a pattern over JIDs, in which `*` is any run of characters on its side of the @ and `?` any one: "
   "`*@example.org` lets every account there be read, `pubsub.*.example` every such service. Pages name those in the path: "
   "`/eventsource/@alice@example.org/NODE`. A pattern that others can match, such as `*@*`, has your XMPP server contact "
   "whomever a page names. No two services may have the same.", AT(services.back().jid)},
  {"service", "hosts", Kind::hosts, "", 0, 256, "", "[\"push.example.org\"]",
   "Host names of HTTP requests that mean this service; without any, its own JID does. It is read under these alone, so "
   "that the web server can guard them. \"*\" is every host name that no service claims. No two services may claim the same.", AT(services.back().hosts)},
  {"service", "view", Kind::choice, "payload", 0, 0, "payload|item", "",
   "What the data of an event holds: `payload` is the item's payload (XML, or the text of a JSON container); `item` "
   "is the whole <item/> element, for pages written for Prosody's mod_pubsub_eventsource.",
   AT(services.back().view)},
  {"service", "access", Kind::choice, "open", 0, 0, "open|token|user", "",
   "Who may read: `open` is everybody, what this component itself may subscribe to; `user` is whom the web server has "
   "authenticated (REMOTE_USER), what the service lets that user read; `token` is who brings a token, the nodes that "
   "it names (see [token]).", AT(services.back().rule.access)},
  {"service", "nodes", Kind::globs, "", 0, 64, "", "",
   "Patterns of the nodes that may be read, each of at most 1023 bytes: `*` is any text, `?` any letter, `\\*` a star. "
   "None is every node.", AT(services.back().rule.nodes)},
  {"service", "deny", Kind::globs, "", 0, 64, "", "",
   "Patterns of the nodes that may not be read, whatever `nodes`, the service or a token says.",
   AT(services.back().rule.deny)},
  {"service", "ask_as", Kind::choice, "user-at-component", 0, 0, "user-at-component|owner|privileged", "",
   "With `access = \"user\"`, how the service is asked what a user may read: `user-at-component` asks from "
   "USER@ and this component's JID, which nodes must then let in; `owner` reads a node's access model and affiliations, "
   "for which this component must own it; `privileged` asks from the user's own JID, for which the XMPP server must "
   "grant this component XEP-0356 IQs.", AT(services.back().rule.ask_as)},
  {"service", "user_jid", Kind::user_jid, "", 0, max_bare_jid, "", "",
   "The JID of a user whom the web server has authenticated, for instance `{user}@example.org`; `{user}` alone if "
   "REMOTE_USER is a JID already. For `owner` and `privileged`, which need it.", AT(services.back().rule.user_jid)},
  {"service", "ask_every", Kind::duration, "60s", second, day, "", "",
   "How long an answer of the service about a user counts, and so within what time a stream ends whose user may no "
   "longer read. Shorter asks more often: once in that time for each user and node that is open.",
   AT(services.back().rule.ask_every)},
  {"service", "audience", Kind::text, "", 0, gateway::max_claim_text_bytes, "", "",
   "With `access = \"token\"`, for whom a token has to be meant (`aud`, RFC 7519). Empty is the JID of what is read, and "
   "a token that does not say for whom it is counts, too.", AT(services.back().rule.audience)},

  {"room_service", "jid", Kind::room_service_jid, std::nullopt, 1, max_domain_jid, "", "\"conference.example.org\"",
   "The service's JID, a domain.", AT(room_services.back().jid)},
  {"room_service", "rooms", Kind::rooms, std::nullopt, 0, 256, "", "[\"lobby\", \"public-*\"]",
   "The rooms that may be read, by what stands before their @: names, or patterns in which `*` is any run of characters and "
   "`?` any one. Others are answered 404. With open access whoever reaches the web server reads along, so list public rooms "
   "alone.", AT(room_services.back().rule.nodes)},
  {"room_service", "deny", Kind::rooms, "", 0, 64, "", "",
   "Patterns of the rooms that may not be read, whatever `rooms` or a token says; they are answered 404, too.",
   AT(room_services.back().rule.deny)},
  {"room_service", "access", Kind::choice, "open", 0, 0, "open|token", "",
   "Who may read along: `open` is everybody, `token` is who brings a token, the rooms that it names among its nodes (see "
   "[token]). There is no `user`: rooms tell nobody what a user may read.", AT(room_services.back().rule.access)},
  {"room_service", "audience", Kind::text, "", 0, gateway::max_claim_text_bytes, "", "",
   "With `access = \"token\"`, for whom a token has to be meant (`aud`, RFC 7519). Empty is the JID of what is read, and "
   "a token that does not say for whom it is counts, too.", AT(room_services.back().rule.audience)},
  {"room_service", "nick", Kind::nick, "eventsource", 1, 64, "", "",
   "What the listener is called in its rooms. Where somebody has that nick already, such as a second worker, a number is "
   "put behind it.", AT(room_services.back().nick)},
  {"room_service", "history", Kind::count, "20", 0, 1000, "", "",
   "Messages from before that a room is asked for when the listener enters, and that pages which come back are answered "
   "from. It should cover your outages. 0 asks for none.", AT(room_services.back().history)},

  {"token", "keys", Kind::files, "", 0, gateway::max_keys, "", "",
   "Files of the keys, any of which a token may be signed with: a public key in PEM (RSA for RS256, P-256 for ES256), or "
   "a secret of at least 32 bytes for HS256, which only the worker may read. Relative paths start at this file's "
   "folder. A token whose `kid` is the name of one of the files, without folder and ending, is verified with that one "
   "alone. To change keys, list old and new, and reload (SIGHUP); when one is taken out, what it has opened ends.",
   AT(token.keys)},
  {"token", "cookie", Kind::cookie_name, "__Host-eventsource", 0, max_cookie_name, "", "",
   "The cookie that may hold a token, where no `Authorization: Bearer` does. A name that begins with `__Host-` cannot be "
   "set by another host. Empty looks at no cookie.", AT(token.found_in.cookie)},
  {"token", "query", Kind::boolean, "false", 0, 1, "", "",
   "Whether `?access_token=…` may hold a token, too. URLs stay in browsers' histories and web servers' logs, so prefer "
   "the cookie.", AT(token.found_in.query)},

  {"stream", "path", Kind::url_path, "/eventsource/", 1, max_url_path, "", "",
   "What the path of every URL begins with; the rest is the node's name. Begins and ends with \"/\".",
   AT(stream.path)},
  {"stream", "heartbeat", Kind::duration, "15s", second, 10 * minute, "", "",
   "A stream that carries nothing gets a comment line at least this often, which keeps it alive in proxies and finds readers that are gone. "
   "Must be shorter than the web server's read timeout (nginx: 60s unless set); shorter still costs a write for each "
   "stream each time.", AT(stream.heartbeat)},
  {"stream", "retry", Kind::duration, "3s", 100, hour, "", "",
   "How long browsers are told to wait before they connect again. Shorter means more load after an outage, longer "
   "means later news.", AT(stream.retry)},
  {"stream", "history", Kind::count, "256", 0, 65536, "", "",
   "Events of each node kept in memory for readers that come back. When it is full, the oldest is forgotten, and who "
   "missed more is answered from what the service stores. 0 keeps the newest only.", AT(stream.history)},
  {"stream", "history_bytes", Kind::bytes, "16MiB", 64 * kib, gib, "", "",
   "Bytes of memory for those events, for each node: half for the items, half for what is ready to be sent, in each view "
   "that is read. When the items fill theirs, the oldest event is forgotten in the same way; when the other half is full, "
   "events are written anew for each reader that comes back.",
   AT(stream.history_bytes)},
  {"stream", "max_lag", Kind::bytes, "1MiB", 16 * kib, gib, "", "",
   "Bytes of new events that may wait in this worker for one slow reader, behind the event that is being sent. When they "
   "are reached, its stream is closed; a browser connects again and resumes.", AT(stream.max_lag_bytes)},
  {"stream", "linger", Kind::duration, "60s", 0, day, "", "",
   "How long a node stays subscribed after its last stream has ended, so that a reload of the page costs no new "
   "subscription. 0s unsubscribes at once. Where [limits] nodes leaves no room for another, it is shorter.", AT(stream.linger)},
  {"stream", "recheck", Kind::duration, "60s", second, day, "", "",
   "How often the services are asked for this component's subscriptions, and whether it may still read each node: a "
   "server may drop a subscription or a node without a word, and nobody tells that a node was made private. Shorter "
   "notices sooner; each time costs one request for each service and one for each node.", AT(stream.recheck)},
  {"stream", "discover", Kind::duration, "10s", second, day, "", "",
   "How often a service is asked for its nodes while a stream follows a pattern of them (`?node=weather/*`), since no "
   "server announces a new node. ejabberd lists 100 at most unless its `max_nodes_discoitems` says otherwise.",
   AT(stream.discover)},

  {"limits", "streams", Kind::count, "100000", 0, 10'000'000, "", "",
   "Open streams in all. Descriptors set a limit of their own.", AT(limits.most.streams)},
  {"limits", "streams_per_address", Kind::count, "500", 0, 10'000'000, "", "",
   "Open streams of one client address, as the web server gives it (REMOTE_ADDR); of IPv6 addresses, those of a /64 "
   "count as one. Many people may share one address; behind another proxy, all do, unless the web server knows "
   "the real ones.", AT(limits.most.streams_per_address)},
  {"limits", "streams_per_user", Kind::count, "100", 0, 10'000'000, "", "",
   "Open streams of one user, or of one subject of tokens.", AT(limits.most.streams_per_user)},
  {"limits", "streams_per_node", Kind::count, "0", 0, 10'000'000, "", "",
   "Open streams that follow one node.", AT(limits.most.streams_per_node)},
  {"limits", "nodes", Kind::count, "10000", 0, 1'000'000, "", "",
   "Nodes that are followed, for open streams or because they linger (see [stream]). Each keeps a history in memory. Streams "
   "of more are turned away; before that, whatever has lingered longest is given up.", AT(limits.most.nodes)},
  {"limits", "subscribes_per_second", Kind::count, "100", 0, 100'000, "", "",
   "Nodes that may get their first stream within a second, which is what the XMPP server has to serve.",
   AT(limits.most.subscribes_per_second)},
  {"limits", "subscribes_per_address", Kind::count, "20", 0, 100'000, "", "",
   "Of those, the ones that one client address may ask for (addresses as above), so that none uses up what all have.",
   AT(limits.most.subscribes_per_address)},
  {"limits", "bad_tokens_per_address", Kind::count, "300", 0, 1'000'000, "", "",
   "Tokens that are not valid which one client address may bring within a minute; each costs the time of a verification.",
   AT(limits.most.bad_tokens_per_address)},
  {"limits", "nodes_per_stream", Kind::count, "16", 1, 20, "", "",
   "Nodes that one stream may name. Naming more is an error of the page, and answered with 400.",
   AT(limits.nodes_per_stream)},
  {"limits", "waiting", Kind::bytes, "512MiB", 0, 64 * gib, "", "",
   "Bytes that may wait in this worker for all readers that do not take them: replays, documents, and live events; what "
   "several wait for counts once. When they are reached, a stream or document that has to wait is closed (backlog_full); a "
   "browser connects again and resumes.", AT(limits.waiting.worker_bytes)},
  {"limits", "waiting_per_address", Kind::bytes, "64MiB", 0, 64 * gib, "", "",
   "The same for the readers of one client address, and there all that each of them waits for counts. When they are reached, "
   "what has to wait for a reader of that address is closed in the same way.", AT(limits.waiting.address_bytes)},
  {"limits", "document", Kind::bytes, "32MiB", 64 * kib, gib, "", "",
   "The largest document (`Accept: application/json` or `application/atom+xml`); whoever asks for more is answered with 400, "
   "and may ask for fewer items (`?last=N`).", AT(limits.document_bytes)},
  {"limits", "retry", Kind::duration, "60s", second, hour, "", "",
   "How long a browser over a limit is told to wait, at least; at most twice as long, so that not all come back at "
   "once.", AT(limits.retry)},

  {"log", "level", Kind::choice, "info", 0, 0, "trace|debug|info|warning|error", "",
   "The least important kind of line that is still written. Of lines that somebody outside can cause, ten a minute are, of each "
   "kind; debug and trace are not limited.", AT(log.level)},
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
