// SPDX-License-Identifier: MIT
#include "gateway/fcgi_decoder.hpp"

#include <fcgiapp.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <mutex>

namespace xes::gateway {
namespace {

/// FCGX_Init takes over three signals of the whole process; they are given back.
void init_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction pipe, usr1, term;
    sigaction(SIGPIPE, nullptr, &pipe);
    sigaction(SIGUSR1, nullptr, &usr1);
    sigaction(SIGTERM, nullptr, &term);
    FCGX_Init();
    sigaction(SIGPIPE, &pipe, nullptr);
    sigaction(SIGUSR1, &usr1, nullptr);
    sigaction(SIGTERM, &term, nullptr);
  });
}

/// What libfcgi reads of one request, and gives back whatever happens; the descriptor stays its owner's.
struct Request {
  explicit Request(int descriptor) {
    FCGX_InitRequest(&request, -1, FCGI_FAIL_ACCEPT_ON_INTR);
    request.ipcFd = descriptor;
    request.keepConnection = 1;
  }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request() {
    request.ipcFd = -1;
    FCGX_Free(&request, 0);
  }
  FCGX_Request request;
};

}  // namespace

FcgiDecoder::FcgiDecoder() { init_library(); }

FcgiDecoder::~FcgiDecoder() {
  if (memory_ >= 0) close(memory_);
}

/// libfcgi reads with blocking read() and cannot be told to wait, so it gets the whole head, checked and complete, in
/// a memory file; what the web server has yet to send is none of its business. ipcFd with listen_sock -1 and
/// keepConnection 1 makes FCGX_Accept_r decode from a descriptor that it has not accepted.
Result<Params> FcgiDecoder::decode(std::string_view head) {
  if (memory_ < 0) memory_ = memfd_create("fastcgi-head", MFD_CLOEXEC);
  if (memory_ < 0 || ftruncate(memory_, 0) != 0 ||
      pwrite(memory_, head.data(), head.size(), 0) != static_cast<ssize_t>(head.size()) ||
      lseek(memory_, 0, SEEK_SET) != 0)
    return fail(Error::unavailable, std::string("cannot create a memory file for a request's head: ") + std::strerror(errno));

  Request owner(memory_);
  FCGX_Request& request = owner.request;
  const int refused = FCGX_Accept_r(&request);
  const int broken = refused == 0 && request.in ? FCGX_GetError(request.in) : 0;
  // On an error libfcgi may have closed the descriptor, so it is not ours to close or use any more.
  if (request.ipcFd != memory_) memory_ = -1;
  Params params;
  if (refused == 0 && broken == 0) {
    for (char** entry = request.envp; entry && *entry; ++entry)
      if (const char* equals = std::strchr(*entry, '='))
        params.add({*entry, static_cast<std::size_t>(equals - *entry)}, equals + 1);
  }
  if (refused != 0 || broken != 0) return fail(Error::malformed, "libfcgi could not decode the params");
  return params;
}

}  // namespace xes::gateway
