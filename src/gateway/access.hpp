// SPDX-License-Identifier: MIT
// Purpose: the gate that every request for a stream passes: is that offered, who is it, and is there room.
// Thread: any. One for all shard threads; keys and limits are behind mutexes of their own, which no event ever takes.
//
//   request ──▶ check(): offered? who?  ──▶ admit(): room? ──▶ (access = "user") the service is asked ──▶ stream
//                 └▶ 401, 403                 └▶ 200, retry: and the end
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/credentials.hpp"
#include "gateway/limits.hpp"
#include "gateway/recent_refusals.hpp"
#include "gateway/request.hpp"
#include "gateway/token.hpp"

namespace xes::gateway {

struct GateOptions {
  CredentialOptions found_in = {};        ///< where tokens are looked for
  std::string component = {};             ///< this component's JID, which users are asked about as (AskAs::user_at_component)
  Limits::Options limits = {};
  std::chrono::milliseconds retry{60'000};  ///< what who is over a limit waits, at least; at most twice as long
};

/// Whom the request is from, as far as its service's rule asks.
struct Visitor {
  std::string name;  ///< whose streams are counted together; empty: nobody is known
  std::string jid;   ///< as whom the service is to be asked about each node; empty: it need not be
  std::optional<std::chrono::system_clock::time_point> expires;  ///< when the stream ends; of a token's bearer
  std::uint64_t key = 0;  ///< the fingerprint of the key that the token is signed with
};

/// RFC 6750 §3.1
inline constexpr std::string_view bearer_challenge = "Bearer";
inline constexpr std::string_view bearer_invalid = "Bearer error=\"invalid_token\"";

class Gate {
 public:
  using Clock = std::chrono::system_clock;

  explicit Gate(GateOptions options, std::shared_ptr<const Keys> keys = nullptr);

  /// Tokens of requests from now on are verified with these; ShardThread::end_withdrawn() is for open streams.
  void set_keys(std::shared_ptr<const Keys> keys);

  using Checked = std::variant<Visitor, Answer, Refusal>;

  /// What may not be read, or by nobody of that name, is an Answer; an address that has brought too many bad tokens is told
  /// to come back. Adds what patterns are to be kept within.
  Checked check(const Params& params, StreamWanted& wanted, Clock::time_point now);

  /// Room for the stream: `address` is REMOTE_ADDR.
  std::variant<Limits::Ticket, Refusal> admit(const Params& params, const Visitor& visitor, const hub::Selection& selection);

  const GateOptions& options() const { return options_; }
  const Limits& limits() const { return limits_; }
  RecentRefusals& refusals() { return refusals_; }

 private:
  Checked check_token(const Params& params, StreamWanted& wanted, Clock::time_point now);
  Checked check_user(const Params& params, StreamWanted& wanted) const;
  std::shared_ptr<const Keys> keys() const;

  const GateOptions options_;
  mutable std::mutex keys_mutex_;  ///< over keys_
  std::shared_ptr<const Keys> keys_;
  Limits limits_;
  RecentRefusals refusals_;
};

}  // namespace xes::gateway
