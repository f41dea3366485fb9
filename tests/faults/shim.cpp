// SPDX-License-Identifier: MIT
// Preloaded into the worker by tests/faults/run.py: makes calls of the kernel and the heap fail, or do less than was asked,
// in ways that their manual pages allow and by a schedule that a seed decides.
//
// The environment names a file of sizeof(Control) bytes, which both sides map: the test switches faults on and off in it,
// and reads how many there were. Every fault leaves what it failed on as the kernel would: no byte is taken and then lost.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

enum Kind : unsigned { accept_fails, recv_fails, recv_short, send_fails, send_short, epoll_add_fails, eventfd_fails, memory_fails, kinds };

/// Shared with run.py, which writes `one_in` (0: never) and reads `count`.
struct Control {
  std::uint64_t seed;
  std::atomic<std::uint32_t> one_in[kinds];
  std::atomic<std::uint32_t> count[kinds];
};

Control* map_control() {
  const char* path = std::getenv("XES_FAULTS");
  const int file = path ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return nullptr;
  void* found = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  return found == MAP_FAILED ? nullptr : static_cast<Control*>(found);
}

// Filled before main(), so that no call of a thread has to.
Control* const control = map_control();
std::atomic<std::uint64_t> calls{0};

/// splitmix64 over the number of the call: the same seed and order of calls give the same faults.
std::uint64_t draw() {
  std::uint64_t x = control->seed + 0x9E3779B97F4A7C15u * (calls.fetch_add(1, std::memory_order_relaxed) + 1);
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

/// 0: no fault; else a random number that chooses among its forms.
std::uint64_t fault(Kind kind) {
  if (control == nullptr) return 0;
  const std::uint32_t one_in = control->one_in[kind].load(std::memory_order_relaxed);
  if (one_in == 0) return 0;
  const std::uint64_t number = draw();
  if (number % one_in != 0) return 0;
  control->count[kind].fetch_add(1, std::memory_order_relaxed);
  return number >> 32 | 1;
}

template <class F>
F* next(const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

template <std::size_t N>
int fail_with(const int (&errors)[N], std::uint64_t number) {
  errno = errors[number / 2 % N];
  return -1;
}

/// Only there may a call do less than asked: Asio takes a short write on TCP for a full buffer and waits for an edge that
/// a real kernel would give.
bool is_unix(int socket) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

void* allocate(std::size_t size) {
  if (fault(memory_fails)) return nullptr;
  return std::malloc(size == 0 ? 1 : size);
}

}  // namespace

extern "C" {

int accept4(int socket, sockaddr* address, socklen_t* size, int flags) {
  static auto* const call = next<int(int, sockaddr*, socklen_t*, int)>("accept4");
  constexpr int errors[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EINTR};
  if (const auto number = fault(accept_fails)) return fail_with(errors, number);
  return call(socket, address, size, flags);
}

ssize_t recv(int socket, void* bytes, size_t size, int flags) {
  static auto* const call = next<ssize_t(int, void*, size_t, int)>("recv");
  constexpr int errors[] = {ECONNRESET, ETIMEDOUT, EINTR};
  if (const auto number = fault(recv_fails)) return fail_with(errors, number);
  if (const auto number = size > 1 ? fault(recv_short) : 0) size = 1 + number % (size < 64 ? size : 64);
  return call(socket, bytes, size, flags);
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  static auto* const call = next<ssize_t(int, const msghdr*, int)>("sendmsg");
  constexpr int errors[] = {EPIPE, ECONNRESET, ENOBUFS, EINTR};
  if (const auto number = fault(send_fails)) return fail_with(errors, number);
  if (message->msg_iovlen > 0 && message->msg_iov[0].iov_len > 1) {
    if (const auto number = fault(send_short); number && is_unix(socket)) {
      const iovec part{message->msg_iov[0].iov_base, 1 + number % (message->msg_iov[0].iov_len - 1)};
      msghdr less = *message;
      less.msg_iov = const_cast<iovec*>(&part);
      less.msg_iovlen = 1;
      return call(socket, &less, flags);
    }
  }
  return call(socket, message, flags);
}

ssize_t send(int socket, const void* bytes, size_t size, int flags) {
  const iovec part{const_cast<void*>(bytes), size};
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(&part);
  message.msg_iovlen = 1;
  return sendmsg(socket, &message, flags);
}

int epoll_ctl(int epoll, int what, int descriptor, epoll_event* event) noexcept {
  static auto* const call = next<int(int, int, int, epoll_event*)>("epoll_ctl");
  constexpr int errors[] = {ENOSPC, ENOMEM};
  if (what == EPOLL_CTL_ADD)
    if (const auto number = fault(epoll_add_fails)) return fail_with(errors, number);
  return call(epoll, what, descriptor, event);
}

int eventfd(unsigned initial, int flags) noexcept {
  static auto* const call = next<int(unsigned, int)>("eventfd");
  constexpr int errors[] = {EMFILE, ENFILE, ENOMEM};
  if (const auto number = fault(eventfd_fails)) return fail_with(errors, number);
  return call(initial, flags);
}

}  // extern "C"

// The heap as C++ asks for it. What the C libraries ask malloc() for is not failed: libfcgi and libstrophe do not look at
// what they get.
void* operator new(std::size_t size) {
  if (void* found = allocate(size)) return found;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* pointer) noexcept { std::free(pointer); }
void operator delete[](void* pointer) noexcept { std::free(pointer); }
void operator delete(void* pointer, std::size_t) noexcept { std::free(pointer); }
void operator delete[](void* pointer, std::size_t) noexcept { std::free(pointer); }
