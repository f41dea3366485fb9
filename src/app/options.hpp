// SPDX-License-Identifier: MIT
// Purpose: the one table of options: what may stand in the configuration file. Thread: any (constant).
// The reader (config.cpp), the reference in deploy/README.md and the example file (reference.cpp) all come from it,
// so a new option is one row here and one member of Config.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/config.hpp"

namespace xes::app {

enum class Kind {
  server,         ///< "host:port"
  component_jid,  ///< a domain
  service_jid,    ///< a domain or an account
  secret,         ///< a string that no message repeats
  file,           ///< the path of a file
  endpoints,      ///< a list of "unix:/path" and "address:port"
  hosts,          ///< a list of host names, or "*"
  globs,          ///< a list of patterns of nodes
  rooms,          ///< a list of patterns of rooms' localparts
  room_service_jid,  ///< a domain
  nick,           ///< a nick in a chat room
  text,           ///< any, or ""
  files,          ///< a list of paths of files
  user_jid,       ///< a JID with "{user}" in it, or ""
  cookie_name,    ///< a cookie's name, or ""
  group,          ///< a group of this machine, or ""
  url_path,       ///< "/…/"
  duration,       ///< "15s"
  bytes,          ///< "64KiB"
  count,          ///< an integer
  boolean,        ///< true or false
  choice,         ///< one of a few words
};

/// Where an option's value goes. Those of a table that may be repeated go to the last such of the Config.
using Slot =
    std::variant<std::string& (*)(Config&), Server& (*)(Config&), Secret& (*)(Config&),
                 std::vector<Endpoint>& (*)(Config&), std::vector<std::string>& (*)(Config&),
                 std::chrono::milliseconds& (*)(Config&), std::size_t& (*)(Config&), bool& (*)(Config&),
                 hub::View& (*)(Config&), gateway::Access& (*)(Config&), gateway::AskAs& (*)(Config&)>;

struct Option {
  std::string_view table;
  std::string_view key;
  Kind kind;
  /// The value where the file gives none, written without quotation marks; "": an empty text or list.
  /// Without one, the option is required.
  std::optional<std::string_view> initial;
  /// Of a duration in milliseconds, of bytes in bytes, of a list in entries, of a text in bytes. Both are
  /// allowed values; what is beyond them is refused at start.
  std::int64_t min, max;
  std::string_view choices;  ///< of a choice: "payload|item", in the order of its enum
  std::string_view example;  ///< a line's right side as the example file shows it; "": the initial value
  std::string_view help;     ///< sentences; what happens at the bounds, where that is not plain
  Slot slot;
};

struct TableInfo {
  std::string_view name;
  bool repeated;  ///< [[name]]
  std::string_view help;
};

inline constexpr std::size_t max_listeners = 64;  ///< fastcgi and scgi together
inline constexpr std::size_t max_services = 256;  ///< of each of both kinds

/// Both in the order in which a person should read them.
std::span<const TableInfo> tables();
std::span<const Option> options();

/// "[stream]" or "[[service]]".
std::string header_text(const TableInfo& table);

/// nullptr if there is none.
const TableInfo* find_table(std::string_view name);
const Option* find_option(std::string_view table, std::string_view key);

/// The right side of `key = …` that a person would write: the example, or else the initial value.
std::string example_value(const Option& option);
/// The initial value as TOML: `"15s"`, `256`, `[]`; "" for a required option.
std::string initial_value(const Option& option);

/// "1s to 10m", "at most 64 entries", "payload or item"; "" where the kind alone says it.
std::string bounds_text(const Option& option);
/// A value within or beyond the bounds, in the option's unit: "10m", "64KiB", "256".
std::string amount_text(const Option& option, std::int64_t amount);
/// "a string", "an integer" or "a list of strings": the TOML type that the option takes.
std::string_view type_text(const Option& option);

}  // namespace xes::app
