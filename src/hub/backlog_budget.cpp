// SPDX-License-Identifier: MIT
#include "hub/backlog_budget.hpp"

namespace xes::hub {

std::size_t BacklogBudget::addresses() const {
  const std::lock_guard lock(mutex_);
  return addresses_.size();
}

BacklogShare::BacklogShare(BacklogBudget* budget, std::string_view address) : budget_(budget) {
  if (!budget_ || address.empty()) return;
  const std::lock_guard lock(budget_->mutex_);
  auto found = budget_->addresses_.find(address);
  if (found == budget_->addresses_.end()) found = budget_->addresses_.try_emplace(std::string(address)).first;
  ++found->second.backlogs;
  address_ = found;
  address_bytes_ = &found->second.bytes;
}

BacklogShare::~BacklogShare() {
  remove(own_);
  if (!address_) return;
  const std::lock_guard lock(budget_->mutex_);
  if (--(*address_)->second.backlogs == 0) budget_->addresses_.erase(*address_);
}

void BacklogShare::add(const Shareable& what, std::size_t bytes) {
  if (!budget_) return;
  if (what.backlogs_.fetch_add(1, std::memory_order_relaxed) == 0) budget_->bytes_ += bytes;
  if (address_bytes_) *address_bytes_ += bytes;
}

void BacklogShare::remove(const Shareable& what, std::size_t bytes) {
  if (!budget_) return;
  if (what.backlogs_.fetch_sub(1, std::memory_order_relaxed) == 1) budget_->bytes_ -= bytes;
  if (address_bytes_) *address_bytes_ -= bytes;
}

void BacklogShare::add(std::size_t bytes) {
  if (!budget_) return;
  own_ += bytes;
  budget_->bytes_ += bytes;
  if (address_bytes_) *address_bytes_ += bytes;
}

void BacklogShare::remove(std::size_t bytes) {
  if (!budget_) return;
  own_ -= bytes;
  budget_->bytes_ -= bytes;
  if (address_bytes_) *address_bytes_ -= bytes;
}

bool BacklogShare::fits() const {
  if (!budget_) return true;
  const auto within = [](std::size_t bytes, std::size_t most) { return most == 0 || bytes <= most; };
  return within(budget_->bytes_, budget_->options_.worker_bytes) &&
         (!address_bytes_ || within(*address_bytes_, budget_->options_.address_bytes));
}

}  // namespace xes::hub
