// SPDX-License-Identifier: MIT
// Purpose: small configuration files for tests, and a folder for those that must be real.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "app/config.hpp"

namespace xes::app::test {

/// The least that is right, each table on one line so that a test knows where it adds to:
/// [xmpp] is line 1, [listen] 4, [[service]] 6, and what is appended begins at line 8.
inline const std::string least =
    "[xmpp]\n"
    "jid = \"push.localhost\"\n"
    "secret = \"hunter2\"\n"
    "[listen]\n"
    "fastcgi = [\"127.0.0.1:9000\"]\n"
    "[[service]]\n"
    "jid = \"pubsub.localhost\"\n";

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// What the file "x.toml" is refused for; no lines if it is right.
inline ConfigErrors errors_of(const std::string& text) {
  const auto loaded = parse_config({"x.toml", text});
  return loaded ? ConfigErrors{} : loaded.error();
}

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file) << path;
  return text.str();
}

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "xes-config-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string write(const std::string& name, const std::string& text, unsigned mode = 0600) const {
    const std::filesystem::path file = path_ / name;
    std::ofstream(file) << text;
    EXPECT_EQ(::chmod(file.c_str(), mode), 0);
    return file.string();
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace xes::app::test
