// SPDX-License-Identifier: MIT
// Purpose: publishes numbered events by HTTP POST over one kept connection, a few at a time in flight: how nchan is fed.
//
//   http_publisher ADDRESS:PORT PATH
//   blast NODE FIRST COUNT BYTES RATE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>

#include "common.hpp"

namespace {

using namespace bench;

constexpr std::uint64_t max_in_flight = 16;
int server;
std::string path, received;

int connect_to(const std::string& target) {
  const std::size_t colon = target.find(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(target.substr(colon + 1))));
  inet_pton(AF_INET, target.substr(0, colon).c_str(), &address.sin_addr);
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("connect");
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

/// Every answer is a short text with a Content-Length.
void take_answers(std::uint64_t& answered) {
  char bytes[16 * 1024];
  const ssize_t got = recv(server, bytes, sizeof bytes, 0);
  if (got <= 0) die("the web server closed the publisher's connection");
  received.append(bytes, static_cast<std::size_t>(got));
  for (std::size_t end; (end = received.find("\r\n\r\n")) != received.npos;) {
    const std::size_t at = received.find("Content-Length: ");
    const std::size_t body = at < end ? std::strtoul(received.c_str() + at + 16, nullptr, 10) : 0;
    if (received.size() < end + 4 + body) return;
    if (received.compare(0, 10, "HTTP/1.1 2") != 0) die(received.substr(0, 40).c_str());
    received.erase(0, end + 4 + body);
    ++answered;
  }
}

void blast(std::istringstream& line) {
  std::string node;
  std::uint64_t first = 0, count = 0, bytes = 0;
  double rate = 0;
  line >> node >> first >> count >> bytes >> rate;
  const std::string data = event_data(bytes);
  const std::string head = "POST " + path + " HTTP/1.1\r\nHost: bench\r\nContent-Type: text/plain\r\nContent-Length: " +
                           std::to_string(data.size()) + "\r\n\r\n";
  std::string post = head + data;
  const Pace pace(rate);
  const std::uint64_t began = now_ns();
  std::uint64_t answered = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (pace.paced()) sleep_until(pace.due(i));
    while (i - answered >= max_in_flight) take_answers(answered);
    write_marker(post.data() + head.size() + data_begin.size(), first + i, now_ns());
    if (!send_all(server, post)) die("send");
  }
  while (answered < count) take_answers(answered);
  std::printf("done %llu %llu\n", static_cast<unsigned long long>(began), static_cast<unsigned long long>(now_ns()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  setvbuf(stdout, nullptr, _IOLBF, 0);
  server = connect_to(argv[1]);
  path = argv[2];
  std::puts("listening");
  Commands commands;
  while (commands.read([](std::istringstream& line) {
    std::string command;
    line >> command;
    if (command == "blast") blast(line);
  })) {
  }
}
