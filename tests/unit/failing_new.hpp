// SPDX-License-Identifier: MIT
// Purpose: lets one allocation of this thread fail. It replaces the program's operator new, so one file of a program
// includes it.
#pragma once

#include <cstdlib>
#include <new>

/// The allocations that still succeed before one fails; below 0: all do.
inline thread_local long allocations_left = -1;

[[gnu::noinline]] void* operator new(std::size_t bytes) {
  if (allocations_left >= 0 && allocations_left-- == 0) throw std::bad_alloc();
  if (void* const made = std::malloc(bytes)) return made;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocations_left >= 0 && allocations_left-- == 0 ? nullptr : std::malloc(bytes);
}
[[gnu::noinline]] void operator delete(void* gone) noexcept { std::free(gone); }
[[gnu::noinline]] void operator delete(void* gone, std::size_t) noexcept { std::free(gone); }
