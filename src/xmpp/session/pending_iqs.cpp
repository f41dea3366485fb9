// SPDX-License-Identifier: MIT
#include "xmpp/session/pending_iqs.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace xes::xmpp {
namespace {

/// Node- and resourceparts are compared as they are, the domainpart without case: enough to recognise the JID that we
/// wrote ourselves when a server gives it back prepared (RFC 7622).
bool same_jid(std::string_view a, std::string_view b) {
  const auto lowered = [](std::string_view jid) {
    const std::size_t slash = std::min(jid.find('/'), jid.size());
    const std::size_t at = jid.substr(0, slash).find('@');
    const std::size_t domain = at == std::string_view::npos ? 0 : at + 1;
    return std::string(jid.substr(0, domain)) + ascii_lower(jid.substr(domain, slash - domain)) +
           std::string(jid.substr(slash));
  };
  return a == b || lowered(a) == lowered(b);
}

}  // namespace

std::string PendingIqs::new_id(const std::function<std::uint64_t()>& random) {
  std::array<char, 40> text{};
  const int length = std::snprintf(text.data(), text.size(), "%llx-%016llx", static_cast<unsigned long long>(++count_),
                                   static_cast<unsigned long long>(random()));
  return std::string(text.data(), static_cast<std::size_t>(length));
}

void PendingIqs::add(const std::string& id, std::string to, TimePoint deadline, OnIqResult callback) {
  const auto at = deadlines_.emplace(deadline, id);
  waiting_.emplace(id, Waiting{std::move(to), std::move(callback), at});
}

OnIqResult PendingIqs::take(std::string_view id, std::string_view from, std::string_view own_jid) {
  const auto found = waiting_.find(std::string(id));
  if (found == waiting_.end()) return {};
  const std::string& asked = found->second.to;
  if (!same_jid(from.empty() ? own_jid : from, asked)) return {};
  OnIqResult callback = std::move(found->second.callback);
  deadlines_.erase(found->second.deadline);
  waiting_.erase(found);
  return callback;
}

std::optional<PendingIqs::TimePoint> PendingIqs::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

void PendingIqs::fail_overdue(TimePoint now) {
  std::vector<OnIqResult> overdue;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto found = waiting_.find(deadlines_.begin()->second);
    overdue.push_back(std::move(found->second.callback));
    waiting_.erase(found);
    deadlines_.erase(deadlines_.begin());
  }
  for (const OnIqResult& callback : overdue)
    callback(tl::unexpected<IqFailure>({Error::timed_out, "no reply came in time", {}}));
}

void PendingIqs::fail_all(const IqFailure& why) {
  deadlines_.clear();
  const auto all = std::exchange(waiting_, {});
  for (const auto& [id, waiting] : all) waiting.callback(tl::unexpected<IqFailure>(why));
}

void PendingIqs::forget_all() {
  waiting_.clear();
  deadlines_.clear();
}

}  // namespace xes::xmpp
