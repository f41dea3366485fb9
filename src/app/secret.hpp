// SPDX-License-Identifier: MIT
// Purpose: the component's secret, kept from every message. Thread: any.
#pragma once

#include <string>
#include <utility>

#include "base/error.hpp"

namespace xes::app {

/// Has no operator<<, no formatter and no comparison on purpose: a log line, a failed assertion or a
/// debugger's pretty-printer cannot show it by accident. Whoever needs the text must ask for it by name.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

struct SecretFile {
  Secret secret;
  unsigned mode;  ///< permission bits
};

/// The one line of a regular file of at most 4 KiB, without its line end. Reasons name neither path nor
/// content. Errors: missing (cannot be opened or read), malformed (no regular file, empty, several lines,
/// NUL), too_large.
Result<SecretFile> read_secret_file(const std::string& path);

/// True where users who are neither owner nor in the group may read.
inline bool readable_by_others(unsigned mode) { return (mode & 04) != 0; }

}  // namespace xes::app
