// SPDX-License-Identifier: MIT
// Purpose: how much of what is sent may be answers to strangers, who may ask as often as they like: so much in a window of
// time for each bare JID, and for all of them. Thread: one owner. No clock of its own.
// Bounds: max_jids for a window; those that come later in it get no answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace xes::xmpp {

struct AnswerBudgetOptions {
  std::chrono::milliseconds window{10'000};
  std::size_t max_bytes_per_jid = 16u << 10;  ///< some 30 answers to disco#info, 100 to pings
  std::size_t max_bytes = 256u << 10;
  std::size_t max_jids = 1024;
};

class AnswerBudget {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit AnswerBudget(AnswerBudgetOptions options = {}) : options_(options) {}

  /// Takes `bytes` for an answer to that bare JID; false: it gets none.
  bool take(std::string_view jid, std::size_t bytes, TimePoint now);

 private:
  AnswerBudgetOptions options_;
  TimePoint window_began_{};
  std::size_t taken_ = 0;
  std::unordered_map<std::string, std::size_t> taken_by_;
};

}  // namespace xes::xmpp
