// SPDX-License-Identifier: MIT
// From a request's parameters to what is answered: no byte of a browser becomes a header, a line or a node's name that
// nobody may ask for.
#include "gateway/request.hpp"

#include <memory>
#include <string>

#include "base/text.hpp"
#include "fuzz.hpp"
#include "gateway/document.hpp"
#include "hub/event.hpp"
#include "wire/event_stream.hpp"

using namespace xes;
using namespace xes::gateway;

namespace {

constexpr std::string_view names[] = {"REQUEST_URI", "HTTP_HOST", "HTTP_ACCEPT", "HTTP_LAST_EVENT_ID", "PUBSUB_SERVICE",
                                      "SERVER_NAME", "REQUEST_SCHEME", "HTTPS", "SERVER_PORT"};

const RouteOptions& options() {
  static const RouteOptions all = [] {
    RouteOptions made;
    made.services = {{.jid = "pubsub.example", .hosts = {"push.example"}, .rule = {}},
                     {.jid = "any.example", .hosts = {"*"}, .rule = {}},
                     {.jid = "*@accounts.example", .hosts = {}, .rule = {}}};
    made.room_services = {{.jid = "rooms.example", .hosts = {}, .rule = {}}};
    return made;
  }();
  return all;
}

bool is_printable_line(std::string_view line) {
  for (const char c : line)
    if (c < ' ' || c > '~') return false;
  return true;
}

/// The head of a CGI response: lines of printable ASCII, each a name of ours and a value.
void check_head(std::string_view response) {
  constexpr std::string_view allowed[] = {"Status", "Content-Type", "Cache-Control", "Vary", "X-Content-Type-Options",
                                          "X-Last-Event-ID", "Link", "Content-Length", "ETag", "Last-Modified"};
  const std::size_t end = response.find("\r\n\r\n");
  check(end != response.npos);
  std::string_view head = response.substr(0, end + 2);
  while (!head.empty()) {
    const std::size_t line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    check(is_printable_line(line));
    const std::string_view name = line.substr(0, line.find(':'));
    check(std::find(std::begin(allowed), std::end(allowed), name) != std::end(allowed));
    head.remove_prefix(line_end + 2);
  }
}

hub::EventRef event_of(std::string_view text) {
  auto name = std::make_shared<const hub::NodeName>(hub::NodeName{"pubsub.example", "n"});
  hub::Item item;
  item.id = item.publisher = item.published = std::string(text);
  item.payload = "<a/>";
  return std::make_shared<const hub::Event>(hub::Happening::item, hub::Origin::live, wire::EventId{1, 2, 3, 4, 5},
                                            std::move(name), std::move(item));
}

void check_stream(const StreamWanted& wanted, std::string_view input) {
  const hub::Selection& selection = wanted.selection;
  check(!selection.service.empty() && is_xml_text(selection.service));
  const std::size_t count = selection.nodes.size() + selection.patterns.size();
  check(count >= 1 && count <= options().max_nodes);
  for (const auto* list : {&selection.nodes, &selection.patterns})
    for (const std::string& node : *list)
      check(!node.empty() && node.size() <= options().max_node_bytes && is_xml_text(node));
  check(std::is_sorted(selection.nodes.begin(), selection.nodes.end()));
  check(wanted.rule != nullptr);
  check(wanted.padding_bytes <= max_padding_bytes);
  check(wanted.start.count <= options().max_newest);
  if (!wanted.document) return;
  check(is_printable_line(wanted.document->url));
  check(wanted.document->url.find_first_of("<>\" ") == std::string::npos);
  if (is_xml_text(input)) check_head(document_response(*wanted.document, {event_of(input)}, "run.1", wanted.head_only, 1 << 20).value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(data, size);
  Params params;
  params.add("REQUEST_METHOD", size % 5 == 0 ? "HEAD" : "GET");
  Pieces pieces(input);
  for (const std::string_view name : names) {
    const std::string_view value = pieces.next();
    // A path that no input has to find by chance; the rest of it is the input's.
    if (name == "REQUEST_URI" && !value.starts_with('/'))
      params.add(std::string(name), "/eventsource/" + std::string(value));
    else if (!value.empty())
      params.add(std::string(name), std::string(value));
  }
  if (!params.has("HTTP_HOST")) params.add("HTTP_HOST", "push.example");

  const auto routed = route(params, options());
  if (const auto* wanted = std::get_if<StreamWanted>(&routed)) {
    check_stream(*wanted, input);
  } else {
    const Answer& answer = std::get<Answer>(routed);
    check(answer.status.code >= 400 && answer.status.code < 600);
    // One line, without control characters, quoting little.
    check(answer.text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    check(answer.text.size() < 1'024);
    check(is_xml_text(answer.text));
  }
  return 0;
}
