// SPDX-License-Identifier: MIT
#include "xmpp/session/answer_budget.hpp"

namespace xes::xmpp {

bool AnswerBudget::take(std::string_view jid, std::size_t bytes, TimePoint now) {
  if (now - window_began_ >= options_.window) {
    window_began_ = now;
    taken_ = 0;
    taken_by_.clear();
  }
  if (taken_ + bytes > options_.max_bytes) return false;
  const auto found = taken_by_.find(std::string(jid));
  if (found == taken_by_.end() && taken_by_.size() == options_.max_jids) return false;
  const std::size_t taken_before = found == taken_by_.end() ? 0 : found->second;
  if (taken_before + bytes > options_.max_bytes_per_jid) return false;
  taken_by_[std::string(jid)] = taken_before + bytes;
  taken_ += bytes;
  return true;
}

}  // namespace xes::xmpp
