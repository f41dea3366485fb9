// SPDX-License-Identifier: MIT
// Purpose: what a delivery must cost at least: a bare loop that holds streams and writes each event to each of them
// with one send(). No node, no history, no resume, no XMPP; a stream's state is its descriptor.
//
//   floor fastcgi|scgi SOCKET
//   blast NODE FIRST COUNT BYTES RATE BATCH   events FIRST… of BYTES data at RATE a second (0: at once), BATCH per send()
//   beat                                      a comment to each stream, so that the web server does not give up
#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common.hpp"

namespace {

using namespace bench;

constexpr std::string_view head =
    "Status: 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n\r\n"
    "retry: 3000\n\n";
/// As long as the worker's.
constexpr std::string_view event_id = "id: 7k2f9a0c-3e8.5v1m0qk2tb.0c4r8n2q\n";

bool fastcgi = true;
std::vector<int> streams;
/// By descriptor: where it stands in `streams`, or -1.
std::vector<int> places;

void append_record(std::string& out, std::string_view content) {
  while (!content.empty()) {
    const std::size_t size = std::min<std::size_t>(content.size(), 65'535);
    const unsigned char header[8] = {1, 6, 0, 1, static_cast<unsigned char>(size >> 8),
                                     static_cast<unsigned char>(size), 0, 0};
    out.append(reinterpret_cast<const char*>(header), sizeof header).append(content.substr(0, size));
    content.remove_prefix(size);
  }
}

std::string framed(std::string_view plain) {
  if (!fastcgi) return std::string(plain);
  std::string out;
  append_record(out, plain);
  return out;
}

/// A head comes in one piece from the web servers and load generators that this is measured with: one read is enough.
void take_head(int epoll, int descriptor) {
  char bytes[16 * 1024];
  const ssize_t got = recv(descriptor, bytes, sizeof bytes, 0);
  if (got > 0 && send_all(descriptor, framed(head))) {
    if (places.size() <= static_cast<std::size_t>(descriptor)) places.resize(descriptor + 1, -1);
    places[descriptor] = static_cast<int>(streams.size());
    streams.push_back(descriptor);
    epoll_event event{};
    event.events = EPOLLRDHUP;  // from here on only its end is of interest
    event.data.fd = descriptor;
    epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
    return;
  }
  close(descriptor);
}

void forget(int descriptor) {
  if (places.size() > static_cast<std::size_t>(descriptor) && places[descriptor] >= 0) {
    const int place = std::exchange(places[descriptor], -1);
    if (streams.back() != descriptor) {
      streams[place] = streams.back();
      places[streams.back()] = place;
    }
    streams.pop_back();
  }
  close(descriptor);
}

/// The floor itself. The sockets block: a full one waits for its reader, so nothing is lost.
void deliver(std::string_view bytes) {
  for (const int descriptor : streams) (void)send_all(descriptor, bytes);
}

void blast(std::istringstream& line) {
  std::string node;
  std::uint64_t first = 0, count = 0, bytes = 0, batch = 1;
  double rate = 0;
  line >> node >> first >> count >> bytes >> rate >> batch;
  const std::string data = event_data(bytes);
  const std::size_t marker_at = event_id.size() + 6 + data_begin.size();
  const std::string event = std::string(event_id) + "data: " + data + "\n\n";
  const Pace pace(rate);
  const std::uint64_t began = now_ns();
  for (std::uint64_t i = 0; i < count; i += batch) {
    if (pace.paced()) sleep_until(pace.due(i));
    std::string burst;
    for (std::uint64_t j = i; j < std::min(count, i + batch); ++j) {
      burst += event;
      write_marker(burst.data() + (j - i) * event.size() + marker_at, first + j, now_ns());
    }
    deliver(framed(burst));
  }
  std::printf("done %llu %llu\n", static_cast<unsigned long long>(began), static_cast<unsigned long long>(now_ns()));
}

int listen_on(const std::string& path) {
  const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const sockaddr_un address = unix_address(path);
  unlink(path.c_str());
  if (bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("bind");
  if (listen(listening, 4096) != 0) die("listen");
  return listening;
}

void watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) die("epoll_ctl");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  fastcgi = std::string_view(argv[1]) == "fastcgi";
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  setvbuf(stdout, nullptr, _IOLBF, 0);

  const int epoll = epoll_create1(0);
  const int listening = listen_on(argv[2]);
  watch(epoll, listening);
  watch(epoll, 0);
  std::puts("listening");
  Commands commands;
  epoll_event events[256];
  for (;;) {
    const int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events[i].data.fd;
      if (descriptor == listening) {
        for (int accepted; (accepted = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;)
          watch(epoll, accepted);
      } else if (descriptor == 0) {
        const bool more = commands.read([](std::istringstream& line) {
          std::string command;
          line >> command;
          if (command == "blast") blast(line);
          if (command == "beat") deliver(framed(":\n\n"));
        });
        if (!more) return 0;
      } else if (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        forget(descriptor);
      } else {
        take_head(epoll, descriptor);
      }
    }
  }
}
