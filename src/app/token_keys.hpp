// SPDX-License-Identifier: MIT
// Purpose: the files of the keys that tokens are verified with. Thread: any; at the start and at a reload (SIGHUP).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/token.hpp"

namespace xes::app {

struct KeyFile {
  gateway::Key key;
  bool exposed;  ///< a secret that everybody on this machine can read
};

/// The key's id is the file's name without folder and ending. Reasons are the rest of a sentence that begins with the
/// file's name. Errors: those of read_file and Key::parse.
Result<KeyFile> load_key(const std::string& path);

struct LoadedKeys {
  std::shared_ptr<const gateway::Keys> keys;
  std::vector<std::string> warnings;
};

/// All of them or none: where one file is wrong, whoever asks goes on with the keys it has. Sentences for the log.
Result<LoadedKeys> load_keys(const std::vector<std::string>& paths);

}  // namespace xes::app
