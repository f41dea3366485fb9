// SPDX-License-Identifier: MIT
// Purpose: the readers: one process opens and reads thousands of streams (at most 20,000 descriptors; the driver starts
// several). It counts what is lost, doubled or out of order, and when the last stream had each event.
//
//   load fastcgi|scgi unix:SOCKET NODE
//   load http ADDRESS:PORT PATH SOURCE…      SOURCE: addresses to connect from, in turn (28,000 ports each)
// Commands, each answered by one line of JSON:
//   open N [MS]         until N streams are open; so long at most (a minute)
//   expect FIRST        the next number that each stream must have
//   await LAST MS       until all streams have had LAST, or MS have passed; what was counted since `expect`
//   again N MS          streams that end are opened again; until N are open again
//   close KEEP          all streams but so many
//   beats MS            reads for so long; when something came that was no event, counted by the quarter of a second
//   small               what it opens from here on has small buffers, so that it stalls soon
//   stall               reads nothing any more; only `cut` makes sense after it
//   cut                 how many of its streams the other side has ended
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <concepts>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "reader.hpp"

namespace {

using namespace bench;

struct Stream {
  Reader reader;
  int descriptor;
};

Protocol protocol;
std::string target, path;
std::vector<std::string> sources;
std::string request;
int epoll;
std::vector<std::unique_ptr<Stream>> streams;  ///< by descriptor
std::size_t connected = 0, open_streams = 0, refused = 0, ended = 0, next_source = 0;
Counts counts;
std::uint32_t last_number = 0;  ///< that is awaited
std::size_t had_last = 0;
std::uint64_t first_arrival = 0, last_arrival = 0;
/// When the last stream had an event: [number - first], kept for the first few thousand.
constexpr std::size_t max_kept = 4096;
std::uint32_t first_number = 0;
std::vector<std::uint64_t> slowest;
std::optional<std::uint64_t> first_end;
constexpr std::size_t max_opening = 512;
/// Heartbeats, by the quarter of a second (of the clock that all processes share).
constexpr std::uint64_t quarter_ns = 250'000'000;
std::map<std::uint64_t, std::uint64_t> beats;
bool stalled = false, small = false;

void pair(std::string& out, std::string_view name, std::string_view value) {
  out += static_cast<char>(name.size());
  if (value.size() > 127) die("a value is too long");
  out += static_cast<char>(value.size());
  out.append(name).append(value);
}

void record(std::string& out, char type, std::string_view content) {
  const char header[8] = {1, type, 0, 1, static_cast<char>(content.size() >> 8), static_cast<char>(content.size()), 0, 0};
  out.append(header, sizeof header).append(content);
}

/// As large as a browser's, and what nginx makes of it.
std::string make_request() {
  if (protocol == Protocol::http)
    return "GET " + path + " HTTP/1.1\r\nHost: push.example.org\r\nAccept: text/event-stream\r\n"
           "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
           "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nCache-Control: no-cache\r\n\r\n";
  const std::vector<std::pair<std::string, std::string>> params = {
      {"REQUEST_METHOD", "GET"}, {"REQUEST_URI", path}, {"QUERY_STRING", ""}, {"HTTP_HOST", "push.example.org"},
      {"PUBSUB_SERVICE", "pubsub.bench"}, {"HTTP_ACCEPT", "text/event-stream"}, {"REMOTE_ADDR", "127.0.0.1"}};
  std::string out;
  if (protocol == Protocol::fastcgi) {
    record(out, 1, std::string_view("\0\1\0\0\0\0\0\0", 8));
    std::string all;
    for (const auto& [name, value] : params) pair(all, name, value);
    record(out, 4, all);
    record(out, 4, {});
    record(out, 5, {});
    return out;
  }
  std::string headers = std::string("CONTENT_LENGTH\0000\0SCGI\0001\0", 24);
  for (const auto& [name, value] : params) headers += name + '\0' + value + '\0';
  return std::to_string(headers.size()) + ":" + headers + ",";
}

void shrink(int descriptor) {
  const int bytes = 4096;
  if (small) setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

int connect_one() {
  if (protocol != Protocol::http) {
    const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un address = unix_address(target.substr(5));
    if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return descriptor;
    close(descriptor);
    return -1;
  }
  const std::size_t colon = target.find(':');
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const int on = 1;
  shrink(descriptor);
  setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  inet_pton(AF_INET, sources[next_source++ % sources.size()].c_str(), &address.sin_addr);
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(target.substr(colon + 1))));
  inet_pton(AF_INET, target.substr(0, colon).c_str(), &address.sin_addr);
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return descriptor;
  close(descriptor);
  return -1;
}

bool open_one() {
  const int descriptor = connect_one();
  if (descriptor < 0) return false;
  if (!send_all(descriptor, request)) {
    close(descriptor);
    return false;
  }
  if (streams.size() <= static_cast<std::size_t>(descriptor)) streams.resize(static_cast<std::size_t>(descriptor) + 1);
  streams[static_cast<std::size_t>(descriptor)] = std::make_unique<Stream>(Stream{Reader(protocol), descriptor});
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) die("epoll_ctl");
  ++connected;
  return true;
}

void drop(Stream& stream) {
  if (stream.reader.opened()) --open_streams;
  --connected;
  ++ended;
  if (!first_end) first_end = now_ns();
  const int descriptor = stream.descriptor;
  streams[static_cast<std::size_t>(descriptor)].reset();
  close(descriptor);
}

void read_stream(Stream& stream) {
  static std::vector<char> buffer(256 * 1024);
  const ssize_t got = recv(stream.descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return drop(stream);
  const bool was_open = stream.reader.opened();
  std::uint64_t now = 0;
  const auto on_event = [&](std::uint32_t number, std::uint64_t) {
    if (now == 0) now = now_ns();
    if (first_arrival == 0) first_arrival = now;
    last_arrival = now;
    if (number == last_number) ++had_last;
    const std::size_t place = number - first_number;
    if (place < slowest.size()) slowest[place] = now;
  };
  if (stream.reader.feed({buffer.data(), static_cast<std::size_t>(got)}, counts, on_event) == Reader::Got::refused) {
    ++refused;
    return drop(stream);
  }
  if (!was_open && stream.reader.opened()) ++open_streams;
  if (was_open && now == 0) ++beats[now_ns() / quarter_ns];
}

void turn(int timeout_ms) {
  epoll_event events[512];
  const int count = epoll_wait(epoll, events, 512, timeout_ms);
  for (int i = 0; i < count; ++i)
    if (auto& stream = streams[static_cast<std::size_t>(events[i].data.fd)]) read_stream(*stream);
}

std::string number(std::string_view name, std::unsigned_integral auto value) {
  return "\"" + std::string(name) + "\":" + std::to_string(value);
}
std::string number(std::string_view name, double value) {
  char text[96];
  std::snprintf(text, sizeof text, "\"%.*s\":%.9g", static_cast<int>(name.size()), name.data(), value);
  return text;
}

void reply(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "{" : ",") + part;
  std::puts((out + "}").c_str());
}

void open_until(std::size_t wanted, std::uint64_t deadline) {
  while (open_streams < wanted && now_ns() < deadline) {
    bool stuck = false;
    for (int i = 0; i < 64 && connected < wanted && connected - open_streams < max_opening && !stuck; ++i) stuck = !open_one();
    turn(stuck ? 2 : connected < wanted && connected - open_streams < max_opening ? 0 : 1);
  }
}

void command_open(std::size_t wanted, std::uint64_t ms) {
  const std::uint64_t began = now_ns();
  const std::size_t before = open_streams;
  open_until(wanted, began + (ms ? ms : 60'000) * 1'000'000);
  const double seconds = static_cast<double>(now_ns() - began) / 1e9;
  reply({number("open", open_streams), number("opened", open_streams - before), number("seconds", seconds),
         number("refused", refused)});
}

void command_expect(std::uint32_t first) {
  for (auto& stream : streams)
    if (stream) stream->reader.expect(first);
  counts = {};
  first_number = first;
  last_number = ~0u;
  had_last = ended = refused = 0;
  first_arrival = last_arrival = 0;
  slowest.assign(max_kept, 0);
  reply({number("open", open_streams)});
}

void command_await(std::uint32_t last, std::uint64_t ms) {
  last_number = last;
  had_last = 0;
  for (auto& stream : streams)
    if (stream && stream->reader.next() > last) ++had_last;
  const std::uint64_t deadline = now_ns() + ms * 1'000'000;
  while (had_last < open_streams && now_ns() < deadline) turn(20);
  std::uint64_t lost = counts.missing;
  for (auto& stream : streams)
    if (stream && stream->reader.opened() && stream->reader.next() <= last) lost += last + 1 - stream->reader.next();
  const std::size_t kept = std::min<std::size_t>(last + 1 - first_number, slowest.size());
  std::string times;
  for (std::size_t i = 0; i < kept; ++i) times += (i ? "," : "") + std::to_string(slowest[i]);
  reply({number("open", open_streams), number("ended", ended), number("delivered", counts.delivered),
         number("lost", lost), number("duplicate", counts.duplicate), number("out_of_order", counts.out_of_order),
         "\"first_ns\":" + std::to_string(first_arrival), "\"last_ns\":" + std::to_string(last_arrival),
         "\"slowest_ns\":[" + times + "]"});
}

/// Waits for the first end before it counts.
void command_again(std::size_t wanted, std::uint64_t ms) {
  const std::uint64_t deadline = now_ns() + ms * 1'000'000;
  refused = 0;
  first_end.reset();
  while (!first_end && now_ns() < deadline) turn(1);
  open_until(wanted, deadline);
  const std::uint64_t now = now_ns();
  reply({number("open", open_streams), number("refused", refused),
         "\"began_ns\":" + std::to_string(first_end.value_or(now)), "\"ended_ns\":" + std::to_string(now)});
}

void command_close(std::size_t keep) {
  for (auto& stream : streams)
    if (stream && connected > keep) drop(*stream);
  reply({number("open", open_streams)});
}

void command_beats(std::uint64_t ms) {
  beats.clear();
  const std::uint64_t deadline = now_ns() + ms * 1'000'000;
  while (now_ns() < deadline) turn(20);
  std::string list;
  for (const auto& [quarter, count] : beats)
    list += (list.empty() ? "[" : ",[") + std::to_string(quarter) + "," + std::to_string(count) + "]";
  reply({number("open", open_streams), "\"beats\":[" + list + "]"});
}

void command_small() {
  small = true;
  reply({number("open", open_streams)});
}

void command_stall() {
  stalled = true;
  for (auto& stream : streams)
    if (stream) epoll_ctl(epoll, EPOLL_CTL_DEL, stream->descriptor, nullptr);
  reply({number("open", open_streams)});
}

void command_cut() {
  std::size_t cut = 0;
  for (auto& stream : streams) {
    if (!stream) continue;
    pollfd look{stream->descriptor, POLLRDHUP, 0};
    if (poll(&look, 1, 0) > 0) ++cut;
  }
  reply({number("cut", cut)});
}

void obey(std::istringstream& line) {
  std::string command;
  std::uint64_t first = 0, second = 0;
  line >> command >> first >> second;
  if (command == "open") command_open(first, second);
  if (command == "expect") command_expect(static_cast<std::uint32_t>(first));
  if (command == "await") command_await(static_cast<std::uint32_t>(first), second);
  if (command == "again") command_again(first, second);
  if (command == "close") command_close(first);
  if (command == "beats") command_beats(first);
  if (command == "small") command_small();
  if (command == "stall") command_stall();
  if (command == "cut") command_cut();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string_view kind = argv[1];
  protocol = kind == "http" ? Protocol::http : kind == "fastcgi" ? Protocol::fastcgi : Protocol::scgi;
  target = argv[2];
  path = argv[3];
  for (int i = 4; i < argc; ++i) sources.push_back(argv[i]);
  if (sources.empty()) sources.push_back("127.0.0.1");
  request = make_request();
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  setvbuf(stdout, nullptr, _IOLBF, 0);
  epoll = epoll_create1(0);
  std::puts("{\"ready\":1}");
  Commands commands;
  for (;;) {
    // Between commands it still reads, so that no stream ever waits for the driver.
    pollfd waits[] = {{0, POLLIN, 0}, {epoll, POLLIN, 0}};
    poll(waits, stalled ? 1 : 2, -1);
    if (waits[1].revents && !stalled) turn(0);
    if (waits[0].revents && !commands.read(obey)) return 0;
  }
}
