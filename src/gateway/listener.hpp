// SPDX-License-Identifier: MIT
// Purpose: the listening sockets: opens them, accepts, hands each connection to a shard: the peer process's own one, or
// the least loaded one.
// Thread: the one that runs its io_context (the main thread), so that shards never wait for accept().
#pragma once

#include <sys/types.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "hub/frame.hpp"

namespace xes::gateway {

class ShardThread;

/// Where to listen: a Unix socket's path, or an address and a port.
struct ListenAddress {
  std::string path;     ///< not empty: a Unix socket, created with mode 0660
  std::string address;  ///< IPv4 or IPv6, numeric
  std::uint16_t port = 0;
  hub::Framing framing = hub::Framing::fastcgi;
  std::string group;  ///< of the Unix socket; empty: the process's own
};

class Listener {
 public:
  Listener(boost::asio::io_context& io, std::vector<std::unique_ptr<ShardThread>>& shards);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();  ///< close()s

  /// A Unix socket that nobody listens on any more is replaced. Errors: unavailable (in use, or not ours to open),
  /// malformed (no address, no such group).
  Result<void> open(const ListenAddress& address);
  void start();
  /// Stops listening and removes the Unix sockets that open() made.
  void close();

  /// Times that accepting had to rest because the system was out of descriptors or memory. Any thread.
  std::uint64_t rests() const { return rests_.load(std::memory_order_relaxed); }

 private:
  struct Socket;

  void wait(Socket& socket);
  void accept_all(Socket& socket);
  /// False, and `descriptor` closed, if only the reserved descriptors are left: accepting rests for a moment.
  bool hand_over(int descriptor, hub::Framing framing);
  void flush_later();
  std::size_t shard_for(int descriptor);
  void rest(Socket& socket, int error);

  boost::asio::io_context& io_;
  boost::asio::steady_timer flush_timer_;
  bool flush_waits_ = false;  ///< for the timer
  std::vector<std::unique_ptr<ShardThread>>& shards_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  std::size_t next_shard_ = 0;
  std::unordered_map<pid_t, std::size_t> homes_;  ///< peer process → its shard; they get them in turn
  int first_reserved_ = std::numeric_limits<int>::max();  ///< descriptors from here on are not for clients
  std::atomic<std::uint64_t> rests_{0};
};

}  // namespace xes::gateway
