# SPDX-License-Identifier: MIT
"""Every bound in one table, deploy/bounds.md, whose numbers are read from the code; and no container without one.

tests/bounds.py            fails where the page is not what this makes of the code, where a constant or a metric that it
                           names is gone, or where a member that can grow has no row (CONTAINERS)
tests/bounds.py --write    writes the page anew
tests/bounds.py --self-test
"""
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "deploy" / "bounds.md"
HEAD = """# Every bound

What can grow in the worker, how far, and what happens then. `[table] key` is an option (see
[xmpp-eventsource.toml](xmpp-eventsource.toml) for what it may be set to); the others are constants of the file that is
named. Counters are of `/metrics`, their names without `xmpp_eventsource_`; "log" is a line, "client" an answer that says so.

This page is made by `tests/bounds.py --write`; a test compares it with the code, and finds queues and caches without a row.

"""


@dataclass(frozen=True)
class Row:
    """`source`: an option as "[table] key", or "FILE CONSTANT". `counted`: metrics as `name`, and words."""
    name: str
    unit: str
    source: str
    then: str
    counted: str


SECTIONS = {
    "Requests and streams": [
        Row("head of a request", "bytes", "src/wire/fastcgi_head.hpp max_bytes", "the connection is closed", "`streams_closed_total`"),
        Row("head of a request over SCGI", "bytes", "src/wire/scgi.hpp max_bytes", "the connection is closed", "`streams_closed_total`"),
        Row("time for a head", "time", "[listen] head_timeout", "the connection is closed", "`streams_closed_total`"),
        Row("parameters of a query", "pairs", "src/wire/uri.hpp max_pairs", "400", "client"),
        Row("name of a node", "bytes", "src/gateway/request.hpp max_node_bytes", "400", "client"),
        Row("nodes that a stream names or follows", "nodes", "[limits] nodes_per_stream", "400; it is told of a pattern's further nodes", "client"),
        Row("items that a request may ask for", "items", "src/gateway/request.hpp max_newest", "fewer are sent", "none"),
        Row("padding", "bytes", "src/gateway/request.hpp max_padding_bytes", "less is sent", "none"),
        Row("last event ID", "bytes", "src/wire/event_stream.hpp max_event_id_bytes", "it is not a valid position: reset", "none"),
        Row("token", "bytes", "src/gateway/token.hpp max_token_bytes", "401", "client"),
        Row("patterns of a token", "patterns", "src/gateway/token.hpp max_token_patterns", "401", "client"),
        Row("keys for tokens", "keys", "src/gateway/token.hpp max_keys", "the configuration is not valid", "log"),
        Row("streams", "streams", "[limits] streams", "come back later", "`limited_total`"),
        Row("streams of an address", "streams", "[limits] streams_per_address", "come back later", "`limited_total`"),
        Row("streams of a user", "streams", "[limits] streams_per_user", "come back later", "`limited_total`"),
        Row("streams of a node", "streams", "[limits] streams_per_node", "come back later", "`limited_total`"),
        Row("cold nodes of an address", "nodes a second", "[limits] subscribes_per_address", "come back later", "`limited_total`"),
        Row("bad tokens of an address", "tokens a minute", "[limits] bad_tokens_per_address", "refused unread", "`limited_total`"),
        Row("addresses with a budget", "addresses", "src/gateway/limits.hpp max_addresses", "the one that asked longest ago is forgotten", "none"),
        Row("waiting for a slow reader", "bytes of live events, behind the one being sent", "[stream] max_lag", "the stream is closed; a browser resumes", "`streams_closed_total`"),
        Row("waiting for an address' readers", "bytes", "[limits] waiting_per_address", "what has to wait is closed; a browser resumes", "`streams_closed_total`"),
        Row("waiting for all readers", "bytes", "[limits] waiting", "what has to wait is closed; a browser resumes", "`streams_closed_total`, `backlog_bytes`"),
        Row("a document", "bytes", "[limits] document", "400", "client"),
        Row("head of a document", "bytes", "src/gateway/document.hpp max_document_head_bytes", "there is no Link header", "none"),
        Row("a part with a ? between two stars of a pattern", "bytes", "src/wire/glob.hpp max_searched", "400", "client"),
        Row("patterns that a list's names are matched against", "patterns", "src/hub/node_list.hpp max_patterns", "all are dropped and matched again", "none"),
        Row("peers whose shard is remembered", "processes", "src/gateway/listener.cpp max_homes", "all are dropped and assigned again", "none"),
        Row("listeners", "endpoints", "src/app/options.hpp max_listeners", "the configuration is not valid", "log"),
    ],
    "Nodes": [
        Row("nodes that are followed", "nodes", "[limits] nodes", "come back later", "`limited_total`"),
        Row("new nodes", "nodes a second", "[limits] subscribes_per_second", "come back later", "`limited_total`"),
        Row("events of a node", "events", "[stream] history", "the oldest is forgotten; the store is asked instead", "`resets_total`"),
        Row("bytes of a node's events", "bytes", "[stream] history_bytes", "the oldest is forgotten; the store is asked instead", "`resets_total`"),
        Row("refusals that are remembered", "nodes", "src/gateway/recent_refusals.hpp max_nodes", "the oldest is forgotten: the service is asked again", "none"),
        Row("known items of a node", "items", "src/hub/feed.hpp max_known", "the oldest is forgotten; after an outage it may come again", "none"),
        Row("changes while the store is read", "bytes of a node", "src/hub/feed.hpp max_since_bytes", "the older half is forgotten; reset", "`resets_total`"),
        Row("changes behind a payload that is fetched", "changes of a node", "src/xmpp/subscriber.hpp max_held_changes", "they go on without it", "log"),
        Row("stored items that are read", "items of a node", "src/xmpp/pubsub/stored_items.hpp max_items", "the newest are kept", "none"),
        Row("nodes of a service that are listed", "nodes", "src/xmpp/pubsub/directory.hpp max_nodes", "only the first ones are used", "log"),
        Row("nicknames that are tried in a room", "nicknames", "src/xmpp/subscriber_rooms.cpp max_nicks", "the worker tries the room again later", "log"),
    ],
    "The XMPP session": [
        Row("a stanza", "bytes", "src/xmpp/xml/reader_options.hpp max_stanza_bytes", "it is ignored", "`xmpp_stanzas_passed_over_total`, log"),
        Row("elements and attributes of a stanza", "nodes of its tree", "src/xmpp/xml/reader_options.hpp max_nodes", "it is ignored", "`xmpp_stanzas_passed_over_total`, log"),
        Row("depth of a stanza", "levels", "src/xmpp/xml/reader_options.hpp max_depth", "it is ignored, or its item left out (`too-large`)", "`xmpp_stanzas_passed_over_total`, client"),
        Row("a tag", "bytes", "src/xmpp/xml/reader_options.hpp max_tag_bytes", "as for the depth", "`xmpp_stanzas_passed_over_total`, client"),
        Row("attributes of an element", "attributes", "src/xmpp/xml/reader_options.hpp max_attributes", "as for the depth", "`xmpp_stanzas_passed_over_total`, client"),
        Row("namespaces in scope", "declarations", "src/xmpp/xml/reader_options.hpp max_namespaces", "as for the depth", "`xmpp_stanzas_passed_over_total`, client"),
        Row("a namespace", "bytes", "src/xmpp/xml/reader_options.hpp max_namespace_bytes", "as for the depth", "`xmpp_stanzas_passed_over_total`, client"),
        Row("an item", "bytes", "src/xmpp/xml/reader_options.hpp max_item_bytes", "it is left out (`too-large`)", "client"),
        Row("elements and attributes of an item", "nodes", "src/xmpp/xml/reader_options.hpp max_item_nodes", "it is left out (`too-large`)", "client"),
        Row("head of the XML stream", "bytes", "src/xmpp/xml/stanza_scanner.cpp max_header_bytes", "the session ends and a new one begins", "`xmpp_sessions_total`"),
        Row("memory of expat", "bytes", "src/xmpp/xml/reader_options.hpp max_parser_bytes", "the stanza is ignored", "`xmpp_stanzas_passed_over_total`, log"),
        Row("memory that expat keeps after a stanza", "bytes", "src/xmpp/xml/reader_options.hpp renew_above_bytes", "a new parser takes over", "none"),
        Row("answers to an account", "bytes in 10 s", "src/xmpp/session/answer_budget.hpp max_bytes_per_jid", "it gets none", "`xmpp_unanswered_total`, log"),
        Row("answers to all", "bytes in 10 s", "src/xmpp/session/answer_budget.hpp max_bytes", "they get none", "`xmpp_unanswered_total`, log"),
        Row("accounts with answers", "bare JIDs in 10 s", "src/xmpp/session/answer_budget.hpp max_jids", "further ones get none", "`xmpp_unanswered_total`, log"),
        Row("answers that wait to be sent", "bytes", "src/xmpp/session/session.hpp max_queued_answer_bytes", "further requests get no answer", "`xmpp_unanswered_total`, log"),
        Row("ID of an IQ that is answered", "bytes", "src/xmpp/session/session.hpp max_answered_id_bytes", "it gets no answer", "`xmpp_unanswered_total`, log"),
        Row("memory kept for stanzas to come", "arenas", "src/xmpp/xml/stanza_builder.cpp max_spare_arenas", "it is given back", "none"),
        Row("waiting to be sent", "bytes", "src/xmpp/session/link.hpp max_queued_bytes", "the session ends and a new one begins", "`xmpp_sessions_total`"),
        Row("requests without an answer", "IQs", "src/xmpp/session/session.hpp max_pending_iqs", "one more fails at once, and is tried again later", "log"),
        Row("services that notify without being asked", "services", "src/xmpp/subscriber.hpp max_strays", "further ones are not checked", "none"),
        Row("nodes being subscribed to, at one server", "requests", "src/xmpp/subscriber.hpp subscribing.per_key", "the others take turns", "none"),
        Row("nodes being subscribed to, in all", "requests", "src/xmpp/subscriber.hpp subscribing.in_all", "the others take turns", "none"),
        Row("questions for our subscriptions, at one server", "requests", "src/xmpp/subscriber.hpp checking.per_key", "the others take turns", "none"),
        Row("questions for our subscriptions, in all", "requests", "src/xmpp/subscriber.hpp checking.in_all", "the others take turns", "none"),
        Row("subscriptions being given up, at one server", "requests", "src/xmpp/subscriber.hpp leaving.per_key", "the others take turns", "none"),
        Row("subscriptions being given up, in all", "requests", "src/xmpp/subscriber.hpp leaving.in_all", "the others take turns", "none"),
        Row("questions for users' rights, at one server", "requests", "src/xmpp/pubsub/authorizer.hpp asking.per_key", "the others take turns", "none"),
        Row("questions for users' rights, in all", "requests", "src/xmpp/pubsub/authorizer.hpp asking.in_all", "the others take turns", "none"),
        Row("questions for nodes, at one server", "requests", "src/xmpp/pubsub/directory.hpp asking.per_key", "the others take turns", "none"),
        Row("questions for nodes, in all", "requests", "src/xmpp/pubsub/directory.hpp asking.in_all", "the others take turns", "none"),
        Row("questions whether an open node may still be read, for new streams", "ms between two, for each node and thread", "src/hub/shard.hpp check", "new streams are served by the last answer, as open ones are until `[stream] recheck`", "none"),
        Row("such questions, at one server", "requests", "src/xmpp/subscriber.hpp rereading.per_key", "the others take turns", "none"),
        Row("such questions, in all", "requests", "src/xmpp/subscriber.hpp rereading.in_all", "the others take turns", "none"),
        Row("sessions that fail while a node is asked for", "in a row", "src/xmpp/subscriber.hpp max_failures", "the node is in quarantine: tried again when a new stream asks for it, not sooner than in 10 s, and twice as long after each further failure, up to 1 h", "`nodes_quarantined_total`, log"),
        Row("nodes being subscribed to at which the session failed", "nodes", "src/xmpp/subscriber.hpp suspects.in_all", "the others take turns", "none"),
        Row("leftover subscriptions that wait", "subscriptions", "src/xmpp/subscriber.hpp max_left_over", "a later check finds the others", "none"),
        Row("answers about users' rights", "users × nodes", "src/xmpp/pubsub/authorizer.hpp max_cached", "the oldest that no stream uses is dropped", "none"),
    ],
}

# Members that grow, and the row that bounds them; or, after "=", why none has to.
CONTAINERS = {
    "src/app/application.cpp shards_": "= one for each thread",
    "src/app/application.cpp wants_": "= one for each thread",
    "src/app/loop_watch.hpp loops_": "= one for each thread",
    "src/app/report.hpp errors_": "= one for each mistake in a file of at most 1 MiB; start-up only",
    "src/app/report.hpp warnings_": "= one for each remark on a file of at most 1 MiB; start-up only",
    "src/gateway/limits.hpp buckets_": "addresses with a budget",
    "src/gateway/limits.hpp turns_": "addresses with a budget",
    "src/gateway/recent_refusals.hpp entries_": "refusals that are remembered",
    "src/gateway/recent_refusals.hpp by_key_": "refusals that are remembered",
    "src/wire/atom.cpp end_tags_": "= levels of a payload, which max_element_depth bounds",
    "src/wire/scgi.hpp headers_": "head of a request over SCGI",
    "src/wire/xml_parser.hpp attributes_": "elements and attributes of a stanza",
    "src/gateway/limits.hpp nodes_": "nodes that a stream names or follows",
    "src/gateway/listener.hpp sockets_": "listeners",
    "src/gateway/listener.hpp homes_": "peers whose shard is remembered",
    "src/gateway/params.hpp pairs_": "head of a request",
    "src/gateway/shard_thread.hpp buffer_": "= one block that is read into",
    "src/gateway/shard_thread.hpp deadlines_": "= one for each connection, which is a descriptor",
    "src/gateway/token.hpp keys_": "keys for tokens",
    "src/hub/audience.hpp nodes_": "nodes that a stream names or follows",
    "src/hub/audience.hpp left_out_": "nodes of a service that are listed",
    "src/hub/audience.hpp asked_about_": "nodes of a service that are listed",
    "src/hub/audience.hpp live_": "streams",
    "src/hub/audience.hpp waiting_": "streams",
    "src/hub/feed.hpp known_": "known items of a node",
    "src/hub/feed.hpp known_order_": "known items of a node",
    "src/hub/feed.hpp since_": "changes while the store is read",
    "src/hub/feed.hpp events": "= given out at once",
    "src/hub/feed.hpp meanwhile_": "changes while the store is read",
    "src/hub/feed.hpp echoes_": "known items of a node",
    "src/hub/feed.cpp listed_": "stored items that are read",
    "src/hub/feed.cpp last_": "changes while the store is read",
    "src/hub/history.hpp events_": "events of a node",
    "src/hub/node.hpp unsent_": "= of one round of the shard's mailbox",
    "src/hub/node.hpp audiences_": "streams",
    "src/hub/rights.hpp claims": "streams",
    "src/hub/rights.hpp entries_": "nodes that a stream names or follows",
    "src/hub/shard.hpp audiences_": "streams",
    "src/hub/shard.hpp listings_": "= services that are followed: those of the configuration, or of open streams",
    "src/hub/shard.hpp unsent_": "nodes that are followed",
    "src/hub/shard.hpp maybe_unused_": "streams",
    "src/hub/shard.hpp streams_": "streams",
    "src/hub/shard.hpp retry_frames_": "= as many as are made at the start",
    "src/hub/stream.hpp waiting": "waiting for a slow reader",
    "src/hub/replay.hpp parts_": "waiting for an address' readers",
    "src/hub/backlog_budget.hpp addresses_": "streams of an address",
    "src/hub/node_list.hpp by_pattern_": "patterns that a list's names are matched against",
    "src/hub/node_list.hpp first": "= as many as the caller asks for",
    "src/wire/glob.hpp parts_": "name of a node",
    "src/base/mailbox.hpp overflow_": "= the poster's own; it stops reading until it is empty (the XMPP socket, the listener)",
    "src/xmpp/pubsub/authorizer.hpp shards": "= one for each thread",
    "src/xmpp/pubsub/authorizer.hpp entries_": "answers about users' rights",
    "src/xmpp/pubsub/authorizer.hpp idle_": "answers about users' rights",
    "src/xmpp/pubsub/authorizer.hpp due_": "answers about users' rights",
    "src/xmpp/pubsub/directory.hpp shards": "= one for each thread",
    "src/xmpp/pubsub/directory.hpp services_": "= services with a pattern that a stream follows",
    "src/base/limited_queue.cpp waiting": "answers about users' rights",
    "src/base/limited_queue.cpp keys": "answers about users' rights",
    "src/base/limited_queue.cpp line": "answers about users' rights",
    "src/base/limited_queue.cpp place": "= one name",
    "src/xmpp/session/link.cpp queue": "waiting to be sent",
    "src/xmpp/xml/namespace_scope.hpp bindings_": "elements and attributes of a stanza",
    "src/xmpp/xml/payload_digest.hpp attributes_": "a stanza",
    "src/xmpp/xml/payload_reader.hpp inherited_": "a stanza",
    "src/xmpp/session/pending_iqs.hpp waiting_": "requests without an answer",
    "src/xmpp/session/pending_iqs.hpp deadlines_": "requests without an answer",
    "src/xmpp/muc/room.hpp items_": "bytes of a node's events",
    "src/xmpp/xml/stanza_builder.hpp open_": "depth of a stanza",
    "src/xmpp/xml/stanza_builder.hpp spare_": "memory kept for stanzas to come",
    "src/xmpp/session/answer_budget.hpp taken_by_": "accounts with answers",
    "src/xmpp/xml/stanza_scanner.hpp left_out_": "a stanza",
    "src/xmpp/xml/stanza_scanner.hpp open_": "depth of a stanza",
    "src/xmpp/xml/stanza_reader.cpp events_": "= what one block of the socket completes; given on before the next is read",
    "src/xmpp/subscriber.hpp shards": "= one for each thread",
    "src/xmpp/subscriber.hpp open": "= one for each thread",
    "src/xmpp/subscriber.hpp wants_snapshot": "= one for each thread",
    "src/xmpp/subscriber.hpp held": "changes behind a payload that is fetched",
    "src/xmpp/subscriber.hpp shards_": "= one for each thread",
    "src/xmpp/subscriber.hpp follows_": "nodes that are followed",
    "src/xmpp/subscriber.hpp lingering_": "nodes that are followed",
    "src/xmpp/subscriber.hpp services_": "nodes that are followed",
    "src/xmpp/subscriber.hpp strays_": "services that notify without being asked",
    "src/xmpp/subscriber.hpp unused_": "= what a service lists, in an answer of one stanza",
    "src/xmpp/subscriber.hpp left_over_": "leftover subscriptions that wait",
}

_GROWS = r"(?:std::)?(?:deque|queue|priority_queue|list|(?:unordered_)?(?:multi)?(?:map|set)|vector)<"


def member_pattern(text: str):
    """A line that declares one; what the file itself calls by another name (`using`) counts, too."""
    names = "|".join(re.findall(rf"using (\w+) = {_GROWS}", text))
    return re.compile(rf"^\s*(?:mutable )?({_GROWS}.*>{'|' + names if names else ''})\s+(\w+)\s*(?:;|=|\{{)")


def members(text: str):
    """(type, name) of what grows in each struct or class of a source text; of vectors only those named as a class' state."""
    text = re.sub(r"//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)'", "", text)
    scopes, statement, member = [], "", member_pattern(text)
    for line in text.splitlines():
        found = member.match(line)
        if found and scopes and scopes[-1] and (not re.match(r"(std::)?vector<", found[1]) or found[2].endswith("_")):
            yield found[1], found[2]
        for character in line:
            if character == "{":
                scopes.append(re.match(r"\s*(template\s*<.*>\s*)?(struct|class)\b", statement) is not None)
                statement = ""
            elif character == "}":
                if scopes:
                    scopes.pop()
                statement = ""
            elif character == ";":
                statement = ""
            else:
                statement += character
        if re.fullmatch(r"\s*(public|private|protected):\s*", statement):
            statement = ""
        statement += " "


def value_of(source: str) -> str:
    """The number of a constant, or an option's default, as the code or the example file has it."""
    if source.startswith("["):
        table, key = re.fullmatch(r"(\[\w+\]) (\w+)", source).groups()
        text = (ROOT / "deploy" / "xmpp-eventsource.toml").read_text()
        section = text.partition(f"\n{table}\n")[2]
        section = re.split(r"(?m)^\[", section)[0]
        found = re.search(rf'(?m)^#? ?{key} = "?([^"\n]+)"?$', section)
        return found[1] if found else None
    file, name = source.split()
    path = ROOT / file
    value = r"([0-9][0-9'uUlL<>* ]*)"
    outer, _, inner = name.partition(".")
    pattern = rf"\b{outer}\{{[^}}]*\.{inner} = {value}" if inner else rf"\b{name}(?: = |{{){value}"
    found = path.exists() and re.search(pattern, path.read_text())
    if not found:
        return None
    number = eval(re.sub(r"['uUlL]", "", found[1]), {"__builtins__": {}})
    for unit, size in (("MiB", 2**20), ("KiB", 2**10)):
        if number >= size and number % size == 0 and "<<" in found[1] + ("<<" if "bytes" in name else ""):
            return f"{number // size} {unit}"
    return f"{number:,}"


def metric_names() -> set:
    return set(re.findall(r'(?:metric|describe)\("(\w+)"', (ROOT / "src/app/metrics.cpp").read_text()))


def page(complaints: list) -> str:
    out, metrics = HEAD, metric_names()
    for title, rows in SECTIONS.items():
        out += f"## {title}\n\n| What | Unit | Default | Set by | At the bound | Counted by |\n|---|---|--:|---|---|---|\n"
        for row in rows:
            value = value_of(row.source)
            if value is None:
                complaints.append(f"{row.name}: there is no {row.source} any more")
            complaints += [f"{row.name}: there is no metric {name}" for name in re.findall(r"`(\w+)`", row.counted) if name not in metrics]
            out += f"| {row.name} | {row.unit} | {value} | `{row.source}` | {row.then} | {row.counted} |\n"
        out += "\n"
    return out.rstrip("\n") + "\n"


def check_containers(complaints: list) -> None:
    rows = {row.name for section in SECTIONS.values() for row in section}
    found = set()
    for path in sorted((ROOT / "src").rglob("*.[ch]pp")):
        file = path.relative_to(ROOT).as_posix()
        found |= {f"{file} {name}" for _, name in members(path.read_text())}
    complaints += [f"{name} can grow, and CONTAINERS in tests/bounds.py names no bound" for name in sorted(found - set(CONTAINERS))]
    complaints += [f"{name} is in CONTAINERS, but no member any more" for name in sorted(set(CONTAINERS) - found)]
    complaints += [f"{name}: there is no row {row!r}" for name, row in CONTAINERS.items() if not row.startswith("= ") and row not in rows]


def self_test() -> None:
    text = """
    struct A { int x; };
    class B : public C {
     public:
      void f() { std::vector<int> local_; std::deque<int> other; }
     private:
      std::deque<std::pair<int, int>> waiting_;  // std::map<int, int> not_this_;
      std::unordered_map<std::string, int> names{};
      std::vector<int> plain;
      std::vector<int> state_;
      using Line = std::list<int>;
      Line line_;
    };
    std::map<int, int> of_no_class;
    """
    assert [name for _, name in members(text)] == ["waiting_", "names", "state_", "line_"], list(members(text))
    assert value_of("src/nowhere.hpp max_x") is None
    assert value_of("src/app/options.hpp max_listeners") == "64"


def main() -> int:
    if "--self-test" in sys.argv:
        self_test()
        return 0
    complaints = []
    text = page(complaints)
    check_containers(complaints)
    if "--write" in sys.argv:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        complaints.append("deploy/bounds.md is not what the code says; write it anew: tests/bounds.py --write")
    print("\n".join(complaints) or "every bound has its row")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
