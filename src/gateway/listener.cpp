// SPDX-License-Identifier: MIT
#include "gateway/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>

#include "base/text.hpp"
#include "gateway/shard_thread.hpp"

namespace xes::gateway {
namespace {

/// Accept queue: a burst of reconnects waits here instead of being refused. The system may cut it (net.core.somaxconn).
constexpr int backlog = 4096;
/// Descriptors that no client gets, so that a new XMPP session and whatever else the worker opens always finds one. Of a
/// limit below twice this, half.
constexpr rlim_t reserved_descriptors = 64;
/// A shard may have so many connections more than twice the least loaded one's for the sake of what is below.
constexpr std::size_t home_margin = 64;
constexpr std::size_t max_homes = 1024;
constexpr auto rest_time = std::chrono::milliseconds(100);
constexpr auto flush_period = std::chrono::milliseconds(10);
constexpr auto complaint_period = std::chrono::minutes(1);

std::string system_error(const std::string& what) { return what + ": " + std::strerror(errno); }

union SocketAddress {
  sockaddr any;
  sockaddr_un local;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

Result<socklen_t> fill(SocketAddress& out, const ListenAddress& address) {
  std::memset(&out, 0, sizeof out);
  if (!address.path.empty()) {
    if (address.path.size() >= sizeof out.local.sun_path)
      return fail(Error::malformed, "the path of a Unix socket has at most 107 bytes: " + address.path);
    out.local.sun_family = AF_UNIX;
    std::memcpy(out.local.sun_path, address.path.data(), address.path.size());
    return static_cast<socklen_t>(sizeof out.local);
  }
  if (inet_pton(AF_INET, address.address.c_str(), &out.v4.sin_addr) == 1) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(address.port);
    return static_cast<socklen_t>(sizeof out.v4);
  }
  if (inet_pton(AF_INET6, address.address.c_str(), &out.v6.sin6_addr) == 1) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(address.port);
    return static_cast<socklen_t>(sizeof out.v6);
  }
  return fail(Error::malformed, quote(address.address) + " is not an IP address");
}

std::string display(const ListenAddress& address) {
  if (!address.path.empty()) return "unix:" + address.path;
  const bool v6 = address.address.find(':') != address.address.npos;
  return (v6 ? "[" + address.address + "]" : address.address) + ":" + std::to_string(address.port);
}

/// Removes a socket that a worker left behind when it was killed. One that still answers is in use.
Result<void> clear_stale(const ListenAddress& address, const SocketAddress& to, socklen_t length) {
  struct stat found;
  if (lstat(address.path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return fail(Error::unavailable, display(address) + " exists and is not a socket");
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int connected = connect(probe, &to.any, length);
  const int why = errno;
  ::close(probe);
  if (connected == 0 || why == EAGAIN)
    return fail(Error::unavailable, display(address) + " is in use: another worker listens there");
  if (why != ECONNREFUSED) {
    errno = why;
    return fail(Error::unavailable, system_error("cannot check whether " + display(address) + " is in use"));
  }
  if (unlink(address.path.c_str()) != 0)
    return fail(Error::unavailable, system_error("cannot replace the stale socket " + display(address)));
  return {};
}

Result<void> give_to_group(const ListenAddress& address) {
  if (address.group.empty()) return {};
  const group* found = getgrnam(address.group.c_str());
  if (!found) return fail(Error::malformed, "there is no group " + quote(address.group));
  if (chown(address.path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0)
    return fail(Error::unavailable, system_error("cannot give " + display(address) + " to the group " + address.group));
  return {};
}

}  // namespace

struct Listener::Socket {
  Socket(boost::asio::io_context& io, int listening, ListenAddress where)
      : descriptor(io, listening), timer(io), address(std::move(where)) {}
  boost::asio::posix::stream_descriptor descriptor;
  boost::asio::steady_timer timer;
  ListenAddress address;
  std::optional<struct stat> file;  ///< of a Unix socket, to remove no one else's
  std::optional<std::chrono::steady_clock::time_point> complained;
};

Listener::Listener(boost::asio::io_context& io, std::vector<std::unique_ptr<ShardThread>>& shards)
    : io_(io), flush_timer_(io), shards_(shards) {}

Listener::~Listener() { close(); }

Result<void> Listener::open(const ListenAddress& address) {
  SocketAddress to;
  const auto length = fill(to, address);
  if (!length) return tl::unexpected(length.error());
  const bool local = !address.path.empty();
  if (local)
    if (auto clear = clear_stale(address, to, *length); !clear) return clear;

  const int descriptor = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return fail(Error::unavailable, system_error("cannot create a socket"));
  auto socket = std::make_unique<Socket>(io_, descriptor, address);
  const int on = 1;
  if (!local) setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (to.any.sa_family == AF_INET6) setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);

  // The mode is right from the first moment on. Only this thread makes files at start-up.
  const mode_t mask = umask(0117);
  const int bound = bind(descriptor, &to.any, *length);
  umask(mask);
  if (bound != 0) return fail(Error::unavailable, system_error("cannot listen on " + display(address)));
  if (local) {
    struct stat file;
    if (lstat(address.path.c_str(), &file) == 0) socket->file = file;
    if (auto given = give_to_group(address); !given) {
      unlink(address.path.c_str());
      return given;
    }
  }
  if (listen(descriptor, backlog) != 0) {
    auto failure = fail(Error::unavailable, system_error("cannot listen on " + display(address)));
    if (local) unlink(address.path.c_str());
    return failure;
  }
  spdlog::info("listen: {} on {}", address.framing == hub::Framing::fastcgi ? "fastcgi" : "scgi", display(address));
  sockets_.push_back(std::move(socket));
  return {};
}

void Listener::start() {
  // The system gives the lowest free number: once that is one of the last, nearly all are in use.
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    const rlim_t for_clients = limit.rlim_cur - std::min(reserved_descriptors, limit.rlim_cur / 2);
    first_reserved_ = static_cast<int>(std::min<rlim_t>(for_clients, std::numeric_limits<int>::max()));
  }
  for (auto& socket : sockets_) wait(*socket);
}

void Listener::close() {
  for (auto& socket : sockets_) {
    if (!socket->file) continue;
    struct stat now;
    const char* path = socket->address.path.c_str();
    if (lstat(path, &now) == 0 && now.st_ino == socket->file->st_ino && now.st_dev == socket->file->st_dev)
      unlink(path);
  }
  sockets_.clear();
  flush_timer_.cancel();
}

void Listener::wait(Socket& socket) {
  socket.descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                               [this, &socket](const boost::system::error_code& error) {
                                 if (error) return;
                                 try {
                                   accept_all(socket);
                                 } catch (const std::exception&) {
                                   rest(socket, ENOMEM);
                                 }
                               });
}

void Listener::accept_all(Socket& socket) {
  for (;;) {
    const int descriptor = accept4(socket.descriptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor >= 0) {
      if (!hand_over(descriptor, socket.address.framing)) return rest(socket, EMFILE);
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    return rest(socket, errno);
  }
  for (auto& shard : shards_) shard->accepted().wake();
  wait(socket);
}

bool Listener::hand_over(int descriptor, hub::Framing framing) {
  if (descriptor >= first_reserved_) {
    ::close(descriptor);
    return false;
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // fails on a Unix socket, which has no delay
  const std::size_t best = shard_for(descriptor);
  auto& mailbox = shards_[best]->accepted();
  try {
    mailbox.push({descriptor, framing});
  } catch (const std::bad_alloc&) {
    ::close(descriptor);
    throw;
  }
  if (!mailbox.flush_overflow()) flush_later();
  return true;
}

/// A shard that has more to do than its mailbox holds: what is left over goes there as it takes the rest, whether somebody
/// else connects meanwhile or not.
void Listener::flush_later() {
  if (flush_waits_) return;
  flush_waits_ = true;
  flush_timer_.expires_after(flush_period);
  flush_timer_.async_wait([this](const boost::system::error_code& canceled) {
    flush_waits_ = false;
    if (canceled) return;
    bool all = true;
    for (auto& shard : shards_) {
      all = shard->accepted().flush_overflow() && all;
      shard->accepted().wake();
    }
    if (!all) flush_later();
  });
}

/// What one process of the web server connects stays with one shard, so that one thread alone wakes its epoll: with two
/// shards and two nginx workers that saves 5 to 10 % of the CPU of both. A process with far more streams than the
/// others (HAProxy has but one) is spread; so is whoever comes over TCP, where nobody tells the process.
std::size_t Listener::shard_for(int descriptor) {
  // The shards' own counts lag behind this loop, so equals take turns.
  std::size_t least = next_shard_++ % shards_.size();
  for (std::size_t i = 0; i < shards_.size(); ++i)
    if (shards_[i]->connections() + 64 < shards_[least]->connections()) least = i;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) return least;
  if (homes_.size() >= max_homes) homes_.clear();
  const std::size_t home = homes_.try_emplace(peer.pid, homes_.size() % shards_.size()).first->second;
  return shards_[home]->connections() > home_margin + 2 * shards_[least]->connections() ? least : home;
}

/// Out of descriptors or memory: the kernel's queue holds the rest back, and trying again at once would only spin.
void Listener::rest(Socket& socket, int error) {
  rests_.fetch_add(1, std::memory_order_relaxed);
  for (auto& shard : shards_) shard->accepted().wake();
  // At the limit, each stream that leaves lets one in and the next one rest: a line for each would fill the log.
  const auto now = std::chrono::steady_clock::now();
  if (!socket.complained || now - *socket.complained >= complaint_period) {
    socket.complained = now;
    spdlog::error("listen: cannot accept on {}: {}; raise the limit of open files (LimitNOFILE)",
                  display(socket.address), std::strerror(error));
  }
  socket.timer.expires_after(rest_time);
  socket.timer.async_wait([this, &socket](const boost::system::error_code& canceled) {
    if (canceled) return;
    try {
      accept_all(socket);
    } catch (const std::exception&) {
      rest(socket, ENOMEM);
    }
  });
}

}  // namespace xes::gateway
