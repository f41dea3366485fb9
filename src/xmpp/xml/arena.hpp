// SPDX-License-Identifier: MIT
// Purpose: the memory of one stanza, given out piece by piece and taken back all at once. Thread: one owner.
//
// A notification is some thirty names, values and lists; a malloc() for each took longer than all else that is done to it
// after expat. Here they come off one block, which the next stanza uses again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string_view>
#include <type_traits>

namespace xes::xmpp {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    return {static_cast<const char*>(std::memcpy(memory_.allocate(text.size(), 1), text.data(), text.size())), text.size()};
  }
  template <class T>
  T* allocate(std::size_t count) {
    return static_cast<T*>(memory_.allocate(count * sizeof(T), alignof(T)));
  }
  /// All that was given out is gone. What did not fit into the first block goes back to the system.
  void clear() { memory_.release(); }

 private:
  alignas(std::max_align_t) std::array<std::byte, 4096 - 64> first_block_;
  std::pmr::monotonic_buffer_resource memory_{first_block_.data(), first_block_.size()};
};

/// A growing array in an arena, which is handed to whatever makes it grow. Elements move when it does.
template <class T>
class List {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  const T& front() const { return data_[0]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  const T& at(std::size_t i) const {
    if (i >= size_) throw std::out_of_range("List::at");
    return data_[i];
  }

  T& add(Arena& arena) {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    if (size_ == capacity_) reserve(arena, capacity_ == 0 ? 1 : std::size_t{2} * capacity_);
    return *new (data_ + size_++) T();
  }
  void reserve(Arena& arena, std::size_t capacity) {
    T* grown = arena.allocate<T>(capacity);
    if (size_ > 0) std::memcpy(static_cast<void*>(grown), data_, size_ * sizeof(T));
    data_ = grown;
    capacity_ = static_cast<std::uint32_t>(capacity);
  }
  void clear() { *this = {}; }

 private:
  T* data_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace xes::xmpp
