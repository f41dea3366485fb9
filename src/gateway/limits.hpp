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
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace xes::gateway {

enum class Limit { streams, address, user, node, nodes, subscribes, address_subscribes, bad_tokens };

struct LimitInfo {
  std::string_view name;  ///< label of a metric and key in [limits]
  std::string_view text;  ///< one line for whoever is told to come back
};

/// In the order of Limit.
inline constexpr std::array<LimitInfo, 8> limit_infos = {{
    {"streams", "this worker has reached its limit of streams"},
    {"streams_per_address", "your address has reached its limit of streams"},
    {"streams_per_user", "you have reached your limit of streams"},
    {"streams_per_node", "the node has reached its limit of streams"},
    {"nodes", "this worker has reached its limit of nodes"},
    {"subscribes_per_second", "too many nodes were requested in this second"},
    {"subscribes_per_address", "your address requested too many nodes in this second"},
    {"bad_tokens_per_address", "your address sent too many tokens that are not valid"},
}};

struct Refusal {
  Limit limit;
  const LimitInfo& info() const { return limit_infos[static_cast<std::size_t>(limit)]; }
};

/// What an address counts as: an IPv4 address (also one written as ::ffff:192.0.2.1), the /64 of an IPv6 address, since
/// that is what one client has; text that is no address counts as itself.
std::string address_key(std::string_view address);
/// What a log line calls it: `192.0.2.1`, `2001:db8::/64`, or the text in quotation marks.
std::string address_text(std::string_view key);
/// A node of a service, as a key.
std::string node_key(std::string_view service, std::string_view node);

/// How much each address may ask for: a bucket that holds `burst` at most and gets as much anew within `refill`. Whoever
/// has less than 1 left has to wait; what is asked for at once may overdraw.
/// Bounds: max_addresses; a bucket that is full again is forgotten, and when there are too many, the one that was asked
/// longest ago, which is the fullest. Thread: one at a time.
class AddressBudget {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t max_addresses = 65'536;

  /// A `burst` of 0 is no limit. An empty address is nobody's and not counted.
  AddressBudget(std::size_t burst, std::chrono::milliseconds refill) : burst_(static_cast<double>(burst)), refill_(refill) {}

  bool is_spent(std::string_view address, Clock::time_point now) const;
  void charge(std::string_view address, std::size_t amount, Clock::time_point now);
  std::size_t addresses() const { return buckets_.size(); }

 private:
  struct Bucket {
    double left;
    Clock::time_point at;
    std::list<std::string>::iterator turn;
  };

  double left(const Bucket& bucket, Clock::time_point now) const;

  const double burst_;
  const std::chrono::duration<double> refill_;
  std::map<std::string, Bucket, std::less<>> buckets_;
  std::list<std::string> turns_;  ///< the one that was charged last is at the end
};

class Limits {
 public:
  using Clock = std::chrono::steady_clock;

  /// 0 is "no limit" throughout.
  struct Options {
    std::size_t streams = 0;
    std::size_t streams_per_address = 0;
    std::size_t streams_per_user = 0;
    std::size_t streams_per_node = 0;
    std::size_t nodes = 0;  ///< that have a stream; those that merely linger make room (xmpp/subscriber.hpp)
    /// Nodes that get their first stream. As many may come at once after a quiet second; a stream of several nodes may
    /// overdraw that, and the next ones wait for it.
    std::size_t subscribes_per_second = 0;
    /// The same for the nodes that one address asks for, so that none can use up what all have.
    std::size_t subscribes_per_address = 0;
    /// Tokens of one address that are not valid, within a minute: each costs a verification on a thread that delivers.
    std::size_t bad_tokens_per_address = 0;
  };

  /// What an open stream takes up; gives it back when it ends. Its Limits must outlive it. Of one thread at a time.
  class Ticket;

  struct Counts {
    std::size_t streams, addresses, users, nodes;
  };

  explicit Limits(Options options)
      : options_(options),
        address_subscribes_(options.subscribes_per_address, std::chrono::seconds(1)),
        bad_tokens_(options.bad_tokens_per_address, std::chrono::minutes(1)),
        tokens_(static_cast<double>(options.subscribes_per_second)) {}
  Limits(const Limits&) = delete;
  Limits& operator=(const Limits&) = delete;

  /// `address`: REMOTE_ADDR; an empty one is nobody's and not counted. `user`: whatever names one; empty: nobody.
  /// `nodes`: of one service, without repetition. A refused stream takes up nothing.
  std::variant<Ticket, Refusal> admit(std::string_view address, std::string_view user, std::string_view service,
                                      const std::vector<std::string>& nodes, Clock::time_point now);

  /// Whether an address has to wait before another token of it is looked at.
  std::optional<Refusal> may_bring_token(std::string_view address, Clock::time_point now);
  void note_bad_token(std::string_view address, Clock::time_point now);

  /// Metrics, by any thread. Worry about refusals by `streams` and `nodes` (all clients meet them); the others say that
  /// somebody asks for much.
  std::uint64_t refused(Limit limit) const { return refused_[static_cast<std::size_t>(limit)].load(); }
  Counts counts() const;

 private:
  using Uses = std::map<std::string, std::size_t, std::less<>>;  ///< streams of each; never 0
  using Use = Uses::iterator;

  std::optional<Refusal> judge(std::string_view address, std::string_view user);
  std::optional<Refusal> judge_nodes(std::string_view address, const std::vector<std::string>& nodes, Clock::time_point now);
  std::optional<Refusal> take_subscribes(std::size_t fresh, Clock::time_point now);
  Refusal refuse(Limit limit);
  void take_nodes(Ticket& ticket, const std::vector<std::string>& nodes);
  static Use take(Uses& uses, std::string_view key);
  static void give_back(Uses& uses, Use use);

  const Options options_;
  mutable std::mutex mutex_;  ///< over everything below but refused_
  std::size_t streams_ = 0;
  Uses addresses_, users_, nodes_;
  AddressBudget address_subscribes_, bad_tokens_;
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
  /// For log lines, see address_text(); "nobody" where the web server gave no address.
  std::string address() const;
  /// The node_key() of a stream that follows one node; else nullptr.
  const std::string* single_node() const { return nodes_.size() == 1 ? &nodes_.front()->first : nullptr; }
  /// What it counts as; empty: nobody's.
  std::string_view address_key() const { return limits_ && address_ ? std::string_view((*address_)->first) : std::string_view(); }
  explicit operator bool() const { return limits_ != nullptr; }

 private:
  friend class Limits;

  Limits* limits_ = nullptr;  ///< none: holds nothing
  std::optional<Use> address_, user_;
  std::vector<Use> nodes_;
};

}  // namespace xes::gateway
