// SPDX-License-Identifier: MIT
#include "app/secret.hpp"

#include "app/files.hpp"

namespace xes::app {

Result<SecretFile> read_secret_file(const std::string& path) {
  constexpr std::size_t max_bytes = 4096;
  auto file = read_file(path, max_bytes);
  if (!file) return tl::unexpected(file.error());
  std::string& text = file->text;
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return fail(Error::malformed, "is empty; it must hold the secret on one line");
  if (text.find_first_of(std::string_view("\n\r\0", 3)) != std::string::npos)
    return fail(Error::malformed, "has more than one line; it must hold only the secret");
  return SecretFile{Secret(std::move(text)), file->mode};
}

}  // namespace xes::app
