// SPDX-License-Identifier: MIT
#include "app/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/units.hpp"

namespace xes::app {
namespace {

std::string system_reason() { return std::generic_category().message(errno); }

}  // namespace

Result<FileText> read_file(const std::string& path, std::size_t max_bytes) {
  // O_NONBLOCK: opening a FIFO without a writer must not hang before fstat can refuse it.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return fail(Error::missing, "cannot be read: " + system_reason());
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } closer{fd};
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail(Error::missing, "cannot be read: " + system_reason());
  if (!S_ISREG(status.st_mode)) return fail(Error::malformed, "is not a regular file");
  FileText file{std::string(max_bytes + 1, '\0'), status.st_mode & 07777u};
  std::size_t size = 0;
  while (size < file.text.size()) {
    const ssize_t got = ::read(fd, file.text.data() + size, file.text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Error::missing, "cannot be read: " + system_reason());
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > max_bytes) return fail(Error::too_large, "is larger than " + bytes_text(max_bytes));
  file.text.resize(size);
  return file;
}

}  // namespace xes::app
