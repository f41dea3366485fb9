// SPDX-License-Identifier: MIT
// Purpose: how many bytes may wait for readers that do not take them: for those of one address, and in the whole worker.
// Thread: any; a mutex when a backlog begins and when an address has its last one no more, atomics otherwise. A reader
// that keeps up has no backlog, so nothing of this is on the hot path.
//
// What several backlogs share (an event, a frame) counts once for the worker, since it is in memory once, and in full for
// each address that it waits for. Bounds: Options; whose backlog begins to wait or grows when either is exceeded is closed
// (backlog_full), and its client resumes by its last event ID.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace xes::hub {

/// Something immutable that several backlogs may refer to.
class Shareable {
 public:
  Shareable() = default;
  Shareable(const Shareable&) = delete;
  Shareable& operator=(const Shareable&) = delete;

 private:
  friend class BacklogShare;
  mutable std::atomic<std::uint32_t> backlogs_{0};  ///< that refer to it
};

class BacklogBudget {
 public:
  /// Bytes; 0 is no bound.
  struct Options {
    std::size_t worker_bytes = 0;
    std::size_t address_bytes = 0;
  };

  explicit BacklogBudget(Options options) : options_(options) {}
  BacklogBudget(const BacklogBudget&) = delete;
  BacklogBudget& operator=(const BacklogBudget&) = delete;

  /// That wait now, in the whole worker.
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  const Options& options() const { return options_; }
  /// Addresses with a backlog.
  std::size_t addresses() const;

 private:
  friend class BacklogShare;
  struct Address {
    std::atomic<std::size_t> bytes{0};
    std::size_t backlogs = 0;
  };
  using Addresses = std::map<std::string, Address, std::less<>>;

  const Options options_;
  std::atomic<std::size_t> bytes_{0};
  mutable std::mutex mutex_;  ///< over which addresses there are
  Addresses addresses_;       ///< those that have a backlog
};

/// One backlog's part of it.
class BacklogShare {
 public:
  /// Without a budget nothing is counted. An empty address is nobody's.
  BacklogShare(BacklogBudget* budget, std::string_view address);
  BacklogShare(const BacklogShare&) = delete;
  BacklogShare& operator=(const BacklogShare&) = delete;
  ~BacklogShare();

  /// `bytes` must be the same for all that refer to it, and for add and remove.
  void add(const Shareable& what, std::size_t bytes);
  void remove(const Shareable& what, std::size_t bytes);
  /// What nobody else refers to.
  void add(std::size_t bytes);
  void remove(std::size_t bytes);
  bool fits() const;

 private:
  BacklogBudget* budget_;
  std::optional<BacklogBudget::Addresses::iterator> address_;
  std::atomic<std::size_t>* address_bytes_ = nullptr;
  std::size_t own_ = 0;
};

}  // namespace xes::hub
