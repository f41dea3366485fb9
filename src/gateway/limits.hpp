// SPDX-License-Identifier: MIT
// Purpose: how many streams there may be, in all and of one kind, and how fast new nodes may come.
// Thread: any. Shared by the shard threads behind one mutex, which is held for a few look-ups when a stream opens, when
// it ends, and when a node joins or leaves it; no event ever takes it.
// Memory: one entry for each address, user and node of an open stream, gone with the last of them. Lookups compare
// instead of hashing, so that no choice of names makes them slow.
// Whoever is over a limit is not lost: every limit passes, so the answer is a 200 with a long, jittered `retry:`.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace xes::gateway {

enum class Limit { streams, address, user, node, nodes, subscribes };

struct LimitInfo {
  std::string_view name;  ///< label of a metric and key in [limits]
  std::string_view text;  ///< one line for whoever is told to come back
};

/// In the order of Limit.
inline constexpr std::array<LimitInfo, 6> limit_infos = {{
    {"streams", "this worker has as many streams as it may"},
    {"streams_per_address", "your address has as many streams as it may"},
    {"streams_per_user", "you have as many streams as you may"},
    {"streams_per_node", "the node has as many streams as it may"},
    {"nodes", "this worker follows as many nodes as it may"},
    {"subscribes_per_second", "too many nodes were asked for in this second"},
}};

struct Refusal {
  Limit limit;
  const LimitInfo& info() const { return limit_infos[static_cast<std::size_t>(limit)]; }
};

/// What an address counts as: an IPv4 address (also one written as ::ffff:192.0.2.1), the /64 of an IPv6 address, since
/// that is what one client has; text that is no address counts as itself.
std::string address_key(std::string_view address);

class Limits {
 public:
  using Clock = std::chrono::steady_clock;

  /// 0 is "no limit" throughout.
  struct Options {
    std::size_t streams = 0;
    std::size_t streams_per_address = 0;
    std::size_t streams_per_user = 0;
    std::size_t streams_per_node = 0;
    std::size_t nodes = 0;  ///< that have a stream; those that merely linger are not counted
    /// Nodes that get their first stream. As many may come at once after a quiet second; a stream of several nodes may
    /// overdraw that, and the next ones wait for it.
    std::size_t subscribes_per_second = 0;
  };

  /// What an open stream takes up; gives it back when it ends. Its Limits must outlive it. Of one thread at a time.
  class Ticket;

  struct Counts {
    std::size_t streams, addresses, users, nodes;
  };

  explicit Limits(Options options) : options_(options), tokens_(static_cast<double>(options.subscribes_per_second)) {}
  Limits(const Limits&) = delete;
  Limits& operator=(const Limits&) = delete;

  /// `address`: REMOTE_ADDR; an empty one is nobody's and not counted. `user`: whatever names one; empty: nobody.
  /// `nodes`: of one service, without repetition. A refused stream takes up nothing.
  std::variant<Ticket, Refusal> admit(std::string_view address, std::string_view user, std::string_view service,
                                      const std::vector<std::string>& nodes, Clock::time_point now);

  /// Metrics, by any thread. Worry about refusals by `streams` and `nodes` (all clients meet them); the others say that
  /// somebody asks for much.
  std::uint64_t refused(Limit limit) const { return refused_[static_cast<std::size_t>(limit)].load(); }
  Counts counts() const;

 private:
  using Uses = std::map<std::string, std::size_t, std::less<>>;  ///< streams of each; never 0
  using Use = Uses::iterator;

  std::optional<Refusal> judge(std::string_view address, std::string_view user);
  std::optional<Refusal> judge_nodes(const std::vector<std::string>& nodes, Clock::time_point now);
  Refusal refuse(Limit limit);
  void take_nodes(Ticket& ticket, const std::vector<std::string>& nodes);
  static Use take(Uses& uses, std::string_view key);
  static void give_back(Uses& uses, Use use);

  const Options options_;
  mutable std::mutex mutex_;  ///< over everything below but refused_
  std::size_t streams_ = 0;
  Uses addresses_, users_, nodes_;
  double tokens_;  ///< below 0 where a stream has overdrawn
  std::optional<Clock::time_point> refilled_;
  std::array<std::atomic<std::uint64_t>, limit_infos.size()> refused_{};
};

class Limits::Ticket {
 public:
  Ticket() = default;
  Ticket(Ticket&& other) noexcept;
  Ticket& operator=(Ticket&& other) noexcept;
  ~Ticket() { release(); }

  /// A stream with a pattern follows these nodes of its service now, instead of those before. Where one that is new is
  /// refused, it keeps of them what it had.
  std::optional<Refusal> follow(std::string_view service, const std::vector<std::string>& nodes, Clock::time_point now);

  void release();
  explicit operator bool() const { return limits_ != nullptr; }

 private:
  friend class Limits;

  Limits* limits_ = nullptr;  ///< none: holds nothing
  std::optional<Use> address_, user_;
  std::vector<Use> nodes_;
};

}  // namespace xes::gateway
