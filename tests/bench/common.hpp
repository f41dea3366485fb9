// SPDX-License-Identifier: MIT
// Purpose: what the benchmark's programs share: the clock, the number and time that each event carries, commands.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <string_view>

namespace bench {

/// CLOCK_MONOTONIC in ns: one clock for all processes of a machine.
inline std::uint64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

inline void sleep_until(std::uint64_t ns) {
  const timespec until{static_cast<time_t>(ns / 1'000'000'000u), static_cast<long>(ns % 1'000'000'000u)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

// An event's data is JSON text with a marker in it, "#NNNNNNNNNN:TTTTTTTTTTTTTTTTTTT;": number, and when it was sent.
// '#' appears nowhere else in a stream, so a reader finds it with memchr.
inline constexpr std::size_t marker_bytes = 32;
inline constexpr std::string_view data_begin = R"({"n":")";
inline constexpr std::string_view data_middle = R"(","pad":")";
inline constexpr std::string_view data_end = R"("})";

inline void write_digits(char* at, int digits, std::uint64_t value) {
  for (int i = digits; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

inline void write_marker(char* at, std::uint64_t number, std::uint64_t ns) {
  at[0] = '#';
  write_digits(at + 1, 10, number);
  at[11] = ':';
  write_digits(at + 12, 19, ns);
  at[31] = ';';
}

inline std::uint64_t read_digits(const char* at, int digits) {
  std::uint64_t value = 0;
  for (int i = 0; i < digits; ++i) value = value * 10 + static_cast<std::uint64_t>(at[i] - '0');
  return value;
}

/// `bytes` of data with room for a marker after data_begin.
inline std::string event_data(std::size_t bytes) {
  std::string data(data_begin);
  data.append(marker_bytes, '0');
  data += data_middle;
  const std::size_t fixed = data.size() + data_end.size();
  if (bytes > fixed) data.append(bytes - fixed, 'x');
  return data += data_end;
}

[[noreturn]] inline void die(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

inline sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) die("the socket's path is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// Sends all of it on a blocking socket.
inline bool send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Commands of the driver: one line each on stdin.
class Commands {
 public:
  /// Calls `handle(std::istringstream&)` for each whole line. False at the end of the input.
  template <class Handle>
  bool read(Handle handle) {
    char bytes[4096];
    const ssize_t got = ::read(0, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    pending_.append(bytes, static_cast<std::size_t>(got));
    for (std::size_t end; (end = pending_.find('\n')) != pending_.npos;) {
      std::istringstream line(pending_.substr(0, end));
      pending_.erase(0, end + 1);
      handle(line);
    }
    return true;
  }

 private:
  std::string pending_;
};

/// When the events of a burst are due. Rate 0: at once.
class Pace {
 public:
  explicit Pace(double per_second) : start_(now_ns()), gap_(per_second > 0 ? 1e9 / per_second : 0) {}
  std::uint64_t due(std::uint64_t index) const {
    return start_ + static_cast<std::uint64_t>(gap_ * static_cast<double>(index));
  }
  bool paced() const { return gap_ > 0; }

 private:
  std::uint64_t start_;
  double gap_;
};

}  // namespace bench
