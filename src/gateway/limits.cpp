// SPDX-License-Identifier: MIT
#include "gateway/limits.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "base/text.hpp"

namespace xes::gateway {
namespace {

template <class Bytes>
std::string text_of(const Bytes& bytes, std::size_t count) {
  return {reinterpret_cast<const char*>(bytes.data()), count};
}

}  // namespace

std::string address_key(std::string_view address) {
  constexpr std::size_t longest = 64;  // more than any address: what is none must not fill memory
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(std::string(address.substr(0, longest)), error);
  if (error) return std::string(address.substr(0, longest));
  if (parsed.is_v4()) return text_of(parsed.to_v4().to_bytes(), 4);
  const auto v6 = parsed.to_v6();
  if (v6.is_v4_mapped())
    return text_of(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_bytes(), 4);
  return text_of(v6.to_bytes(), 8);
}

std::string address_text(std::string_view key) {
  namespace ip = boost::asio::ip;
  const auto filled = [&](auto bytes) {
    std::copy(key.begin(), key.end(), bytes.begin());
    return bytes;
  };
  if (key.empty()) return "nobody";
  if (key.size() == 4) return ip::make_address_v4(filled(ip::address_v4::bytes_type{})).to_string();
  if (key.size() == 8) return ip::make_address_v6(filled(ip::address_v6::bytes_type{})).to_string() + "/64";
  return quote(key);
}

/// JIDs hold no NUL, so no two pairs share a key.
std::string node_key(std::string_view service, std::string_view node) {
  std::string key;
  key.reserve(service.size() + 1 + node.size());
  return key.append(service).append(1, '\0').append(node);
}

double AddressBudget::left(const Bucket& bucket, Clock::time_point now) const {
  // Threads read their clocks before they wait for the lock, so time may seem to go back here.
  const std::chrono::duration<double> waited = std::max(now, bucket.at) - bucket.at;
  return std::min(burst_, bucket.left + burst_ * (waited / refill_));
}

bool AddressBudget::is_spent(std::string_view address, Clock::time_point now) const {
  const auto bucket = buckets_.find(address);
  return bucket != buckets_.end() && left(bucket->second, now) < 1;
}

void AddressBudget::charge(std::string_view address, std::size_t amount, Clock::time_point now) {
  if (burst_ == 0 || address.empty() || amount == 0) return;
  auto bucket = buckets_.find(address);
  if (bucket == buckets_.end()) {
    turns_.emplace_back(address);
    bucket = buckets_.emplace(turns_.back(), Bucket{burst_, now, std::prev(turns_.end())}).first;
  }
  Bucket& own = bucket->second;
  own.left = left(own, now) - static_cast<double>(amount);
  own.at = std::max(own.at, now);
  turns_.splice(turns_.end(), turns_, own.turn);
  // Two for each that comes: the list never grows beyond those that still count.
  for (int i = 0; i < 2 && turns_.size() > 1; ++i) {
    const auto first = buckets_.find(turns_.front());
    if (buckets_.size() <= max_addresses && left(first->second, now) < burst_) break;
    buckets_.erase(first);
    turns_.pop_front();
  }
}

std::optional<Refusal> Limits::may_bring_token(std::string_view address, Clock::time_point now) {
  if (address.empty() || options_.bad_tokens_per_address == 0) return std::nullopt;
  const std::string client = address_key(address);
  const std::lock_guard lock(mutex_);
  if (bad_tokens_.is_spent(client, now)) return refuse(Limit::bad_tokens);
  return std::nullopt;
}

void Limits::note_bad_token(std::string_view address, Clock::time_point now) {
  if (address.empty() || options_.bad_tokens_per_address == 0) return;
  const std::string client = address_key(address);
  const std::lock_guard lock(mutex_);
  bad_tokens_.charge(client, 1, now);
}

std::variant<Limits::Ticket, Refusal> Limits::admit(std::string_view address, std::string_view user,
                                                    std::string_view service, const std::vector<std::string>& nodes,
                                                    Clock::time_point now) {
  const std::string client = address.empty() ? std::string() : address_key(address);
  std::vector<std::string> keys;
  keys.reserve(nodes.size());
  for (const std::string& node : nodes) keys.push_back(node_key(service, node));
  Ticket ticket;  // before the lock: should memory end below, it gives back what it has, and locks for that
  const std::lock_guard lock(mutex_);
  if (const auto refusal = judge(client, user)) return *refusal;
  if (const auto refusal = judge_nodes(client, keys, now)) return *refusal;
  ticket.limits_ = this;
  ++streams_;
  if (!client.empty()) ticket.address_ = take(addresses_, client);
  if (!user.empty()) ticket.user_ = take(users_, user);
  take_nodes(ticket, keys);
  return ticket;
}

Limits::Counts Limits::counts() const {
  const std::lock_guard lock(mutex_);
  return {streams_, addresses_.size(), users_.size(), nodes_.size()};
}

std::optional<Refusal> Limits::judge(std::string_view address, std::string_view user) {
  const auto is_full = [](const Uses& uses, std::string_view key, std::size_t most) {
    if (most == 0 || key.empty()) return false;
    const auto use = uses.find(key);
    return use != uses.end() && use->second >= most;
  };
  if (options_.streams != 0 && streams_ >= options_.streams) return refuse(Limit::streams);
  if (is_full(addresses_, address, options_.streams_per_address)) return refuse(Limit::address);
  if (is_full(users_, user, options_.streams_per_user)) return refuse(Limit::user);
  return std::nullopt;
}

/// Charges for the new ones if all may come.
std::optional<Refusal> Limits::judge_nodes(std::string_view address, const std::vector<std::string>& nodes, Clock::time_point now) {
  std::size_t fresh = 0;
  for (const std::string& node : nodes) {
    const auto use = nodes_.find(node);
    if (use == nodes_.end())
      ++fresh;
    else if (options_.streams_per_node != 0 && use->second >= options_.streams_per_node)
      return refuse(Limit::node);
  }
  if (fresh == 0) return std::nullopt;
  if (options_.nodes != 0 && nodes_.size() + fresh > options_.nodes) return refuse(Limit::nodes);
  if (address_subscribes_.is_spent(address, now)) return refuse(Limit::address_subscribes);
  if (const auto refusal = take_subscribes(fresh, now)) return refusal;
  address_subscribes_.charge(address, fresh, now);
  return std::nullopt;
}

std::optional<Refusal> Limits::take_subscribes(std::size_t fresh, Clock::time_point now) {
  if (options_.subscribes_per_second == 0) return std::nullopt;
  const auto rate = static_cast<double>(options_.subscribes_per_second);
  // Threads read their clocks before they wait for the lock, so time may seem to go back here.
  if (refilled_ && now > *refilled_)
    tokens_ = std::min(rate, tokens_ + rate * std::chrono::duration<double>(now - *refilled_).count());
  refilled_ = refilled_ ? std::max(*refilled_, now) : now;
  if (tokens_ < 1) return refuse(Limit::subscribes);
  tokens_ -= static_cast<double>(fresh);
  return std::nullopt;
}

Refusal Limits::refuse(Limit limit) {
  ++refused_[static_cast<std::size_t>(limit)];
  return {limit};
}

void Limits::take_nodes(Ticket& ticket, const std::vector<std::string>& nodes) {
  ticket.nodes_.reserve(ticket.nodes_.size() + nodes.size());
  for (const std::string& node : nodes) ticket.nodes_.push_back(take(nodes_, node));
}

Limits::Use Limits::take(Uses& uses, std::string_view key) {
  auto use = uses.find(key);
  if (use == uses.end()) use = uses.emplace(key, 0).first;
  ++use->second;
  return use;
}

void Limits::give_back(Uses& uses, Use use) {
  if (--use->second == 0) uses.erase(use);
}

Limits::Ticket::Ticket(Ticket&& other) noexcept
    : limits_(std::exchange(other.limits_, nullptr)),
      address_(other.address_),
      user_(other.user_),
      nodes_(std::move(other.nodes_)) {}

Limits::Ticket& Limits::Ticket::operator=(Ticket&& other) noexcept {
  if (this == &other) return *this;
  release();
  limits_ = std::exchange(other.limits_, nullptr);
  address_ = other.address_;
  user_ = other.user_;
  nodes_ = std::move(other.nodes_);
  return *this;
}

std::optional<Refusal> Limits::Ticket::follow(std::string_view service, const std::vector<std::string>& nodes,
                                              Clock::time_point now) {
  if (limits_ == nullptr) return std::nullopt;
  std::vector<std::string> keys;
  keys.reserve(nodes.size());
  for (const std::string& node : nodes) keys.push_back(node_key(service, node));
  const std::lock_guard lock(limits_->mutex_);
  std::erase_if(nodes_, [&](const Use& own) {
    if (std::erase(keys, own->first) > 0) return false;
    give_back(limits_->nodes_, own);
    return true;
  });
  const std::string_view client = address_ ? std::string_view((*address_)->first) : std::string_view();
  if (const auto refusal = limits_->judge_nodes(client, keys, now)) return refusal;
  limits_->take_nodes(*this, keys);
  return std::nullopt;
}

std::string Limits::Ticket::address() const {
  return address_text(limits_ != nullptr && address_ ? std::string_view((*address_)->first) : std::string_view());
}

void Limits::Ticket::release() {
  Limits* limits = std::exchange(limits_, nullptr);
  if (limits == nullptr) return;
  const std::lock_guard lock(limits->mutex_);
  --limits->streams_;
  if (address_) give_back(limits->addresses_, *address_);
  if (user_) give_back(limits->users_, *user_);
  for (const Use use : nodes_) give_back(limits->nodes_, use);
  nodes_.clear();
}

}  // namespace xes::gateway
