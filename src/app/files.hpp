// SPDX-License-Identifier: MIT
// Purpose: reading a small file whole. Thread: any.
#pragma once

#include <string>

#include "base/error.hpp"

namespace xes::app {

struct FileText {
  std::string text;
  unsigned mode;  ///< permission bits
};

/// Errors: missing (cannot be opened or read), malformed (no regular file: a FIFO would block for ever),
/// too_large. The reason is the rest of a sentence that begins with the file's name.
Result<FileText> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace xes::app
