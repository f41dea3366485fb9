// SPDX-License-Identifier: MIT
// Purpose: a synthetic XMPP server for one component at a time (XEP-0114): accepts any handshake, says yes to every
// pubsub IQ about any node, and blasts numbered events, as fast as the component takes them. Not a parser: it knows
// what the worker sends.
//
//   xmpp_server PORT
//   blast NODE FIRST COUNT BYTES RATE     events FIRST… of BYTES data each at RATE a second (0: at once)
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <csignal>
#include <set>

#include "common.hpp"

namespace {

using namespace bench;

constexpr std::string_view service = "pubsub.bench";
constexpr std::string_view component = "eventsource.bench";

int client = -1;
std::string received;
bool streaming = false;
std::set<std::string> nodes;

std::string attribute(std::string_view element, std::string_view name) {
  for (const char quote : {'\'', '"'}) {
    const std::string begin = " " + std::string(name) + "=" + quote;
    const std::size_t at = element.find(begin);
    if (at == element.npos) continue;
    const std::size_t from = at + begin.size();
    return std::string(element.substr(from, element.find(quote, from) - from));
  }
  return {};
}

std::string_view tag(std::string_view stanza, std::string_view name) {
  const std::size_t at = stanza.find("<" + std::string(name));
  return at == stanza.npos ? std::string_view() : stanza.substr(at, stanza.find('>', at) - at);
}

std::string subscription(const std::string& node) {
  return "<subscription node='" + node + "' jid='" + std::string(component) + "' subscription='subscribed'/>";
}

std::string answer(std::string_view iq) {
  const std::string ns = "<pubsub xmlns='http://jabber.org/protocol/pubsub'>";
  if (iq.find("<subscribe") != iq.npos) {
    const std::string node = attribute(tag(iq, "subscribe"), "node");
    nodes.insert(node);
    return ns + subscription(node) + "</pubsub>";
  }
  if (iq.find("<unsubscribe") != iq.npos) {
    nodes.erase(attribute(tag(iq, "unsubscribe"), "node"));
    return {};
  }
  if (iq.find("<subscriptions") != iq.npos) {
    std::string all;
    for (const std::string& node : nodes) all += subscription(node);
    return ns + "<subscriptions>" + all + "</subscriptions></pubsub>";
  }
  if (iq.find("<items") != iq.npos) return ns + "<items node='" + attribute(tag(iq, "items"), "node") + "'/></pubsub>";
  if (iq.find("disco#info") != iq.npos)
    return "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='pubsub' type='service'/>"
           "<feature var='http://jabber.org/protocol/pubsub'/></query>";
  return {};
}

void take_iq(std::string_view iq) {
  const std::string_view head = tag(iq, "iq");
  const std::string type = attribute(head, "type");
  if (type != "get" && type != "set") return;
  const std::string reply = "<iq type='result' id='" + attribute(head, "id") + "' from='" + attribute(head, "to") +
                            "' to='" + std::string(component) + "'>" + answer(iq) + "</iq>";
  send_all(client, reply);
}

void take_bytes(std::string_view bytes) {
  received += bytes;
  if (!streaming && received.find("<stream:stream") != received.npos) {
    received.clear();
    streaming = true;
    send_all(client, "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
                     "xmlns:stream='http://etherx.jabber.org/streams' id='bench' from='eventsource.bench'>");
  }
  if (received.find("<handshake") != received.npos && received.find("</handshake>") != received.npos) {
    received.clear();
    send_all(client, "<handshake/>");
    std::puts("ready");
  }
  for (std::size_t end; (end = received.find("</iq>")) != received.npos; received.erase(0, end + 5)) {
    const std::size_t begin = received.find("<iq");
    if (begin < end) take_iq(std::string_view(received).substr(begin, end + 5 - begin));
  }
}

void blast(std::istringstream& line) {
  std::string node;
  std::uint64_t first = 0, count = 0, bytes = 0;
  double rate = 0;
  line >> node >> first >> count >> bytes >> rate;
  const std::string before = "<message from='" + std::string(service) + "' to='" + std::string(component) +
                             "' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='" +
                             node + "'><item id='";
  const std::string item_id = "0000000000";
  const std::string middle = "'><json xmlns='urn:xmpp:json:0'>";
  const std::string stanza =
      before + item_id + middle + event_data(bytes) + "</json></item></items></event></message>";
  const std::size_t marker_at = before.size() + item_id.size() + middle.size() + data_begin.size();
  const Pace pace(rate);
  const std::uint64_t began = now_ns();
  constexpr std::size_t batch_bytes = 64 * 1024;
  std::string out;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (pace.paced() && pace.due(i) > now_ns()) {
      if (!send_all(client, out)) break;
      out.clear();
      sleep_until(pace.due(i));
    }
    out += stanza;
    char* at = out.data() + out.size() - stanza.size();
    write_digits(at + before.size(), 10, first + i);
    write_marker(at + marker_at, first + i, now_ns());
    if (out.size() < batch_bytes) continue;
    if (!send_all(client, out)) break;
    out.clear();
  }
  send_all(client, out);
  std::printf("done %llu %llu\n", static_cast<unsigned long long>(began), static_cast<unsigned long long>(now_ns()));
}

int listen_on(std::uint16_t port) {
  const int listening = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
  if (listen(listening, 4) != 0) die("listen");
  return listening;
}

void accept_client(int listening) {
  const int accepted = accept(listening, nullptr, nullptr);
  if (client >= 0) close(client);
  client = accepted;
  const int on = 1;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  received.clear();
  streaming = false;
  nodes.clear();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, nullptr, _IOLBF, 0);
  const int listening = listen_on(static_cast<std::uint16_t>(std::atoi(argv[1])));
  std::puts("listening");
  Commands commands;
  for (;;) {
    pollfd waits[] = {{listening, POLLIN, 0}, {0, POLLIN, 0}, {client, POLLIN, 0}};
    if (poll(waits, 3, -1) < 0) continue;
    if (waits[0].revents) accept_client(listening);
    else if (waits[2].revents) {
      char bytes[64 * 1024];
      const ssize_t got = recv(client, bytes, sizeof bytes, 0);
      if (got > 0) {
        take_bytes({bytes, static_cast<std::size_t>(got)});
      } else {
        close(client);
        client = -1;
      }
    }
    if (waits[1].revents) {
      const bool more = commands.read([](std::istringstream& line) {
        std::string command;
        line >> command;
        if (command == "blast") blast(line);
      });
      if (!more) return 0;
    }
  }
}
