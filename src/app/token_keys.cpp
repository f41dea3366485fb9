// SPDX-License-Identifier: MIT
#include "app/token_keys.hpp"

#include <filesystem>

#include "app/files.hpp"
#include "app/secret.hpp"
#include "base/text.hpp"

namespace xes::app {

Result<KeyFile> load_key(const std::string& path) {
  const auto file = read_file(path, gateway::max_key_file_bytes);
  if (!file) return tl::unexpected(file.error());
  return gateway::Key::parse(file->text, std::filesystem::path(path).stem().string()).map([&](gateway::Key key) {
    const bool exposed = key.is_secret() && readable_by_others(file->mode);
    return KeyFile{std::move(key), exposed};
  });
}

Result<LoadedKeys> load_keys(const std::vector<std::string>& paths) {
  LoadedKeys loaded;
  std::vector<gateway::Key> keys;
  for (const std::string& path : paths) {
    auto file = load_key(path);
    if (!file) return fail(file.error().error, "the key file " + quote(path) + " " + file.error().reason);
    if (file->exposed)
      loaded.warnings.push_back("the key file " + quote(path) +
                                " can be read by everybody on this machine; chmod 0400 it");
    keys.push_back(std::move(file->key));
  }
  loaded.keys = std::make_shared<const gateway::Keys>(std::move(keys));
  return loaded;
}

}  // namespace xes::app
