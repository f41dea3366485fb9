// SPDX-License-Identifier: MIT
// Purpose: the worker's configuration as plain values, and how a file becomes one. Thread: any; start-up
// only. What each value means, its default and bounds: app/options.cpp, the one table that reader, reference
// and example file share. A Config that was loaded is within all of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "app/endpoint.hpp"
#include "app/secret.hpp"
#include "gateway/access_rule.hpp"
#include "gateway/credentials.hpp"
#include "gateway/limits.hpp"
#include "hub/backlog_budget.hpp"
#include "hub/item.hpp"

namespace xes::app {

struct Config {
  struct Xmpp {
    Server server;
    std::string jid;          ///< a domain, in lower case
    Secret secret;            ///< from `secret` or `secret_file`, never empty
    std::string secret_file;  ///< absolute; empty if `secret` was given
    std::chrono::milliseconds max_backoff{};
  };
  struct Listen {
    std::vector<Endpoint> fastcgi;
    std::vector<Endpoint> scgi;
    std::size_t threads = 0;  ///< 0: one per core
    std::string group;        ///< of the Unix sockets; exists; empty: the process's own
    std::chrono::milliseconds head_timeout{};
  };
  struct Service {
    std::string jid;  ///< bare, in lower case, unique; or a pattern, wire/jid.hpp
    std::vector<std::string>
        hosts;  ///< in lower case, unique over all services; "*" is any; none: the JID itself
    hub::View view = hub::View::payload;
    gateway::AccessRule rule;
  };
  struct RoomService {
    std::string jid;           ///< a domain in lower case, unique, no [[service]]'s
    gateway::AccessRule rule;  ///< open or token; nodes: globs over rooms' localparts, in lower case, at least one
    std::string nick;
    std::size_t history = 0;   ///< messages
  };
  struct Token {
    std::vector<std::string> keys;  ///< absolute paths (app/token_keys.hpp); each could be loaded; all of them are needed
    gateway::CredentialOptions found_in;
  };
  struct Stream {
    std::string path;
    std::chrono::milliseconds heartbeat{};
    std::chrono::milliseconds retry{};
    std::size_t history = 0;        ///< events per node
    std::size_t history_bytes = 0;  ///< of them
    std::size_t max_lag_bytes = 0;  ///< per stream
    std::chrono::milliseconds linger{};
    std::chrono::milliseconds recheck{};
    std::chrono::milliseconds discover{};
  };
  struct Limits {
    gateway::Limits::Options most;
    std::size_t nodes_per_stream = 0;
    hub::BacklogBudget::Options waiting;
    std::size_t document_bytes = 0;
    std::chrono::milliseconds retry{};  ///< at least; at most twice as long
  };
  struct Log {
    std::string
        level;  ///< one of trace, debug, info, warning, error: names that spdlog::level::from_str knows
  };

  Xmpp xmpp;
  Listen listen;
  std::vector<Service> services;
  std::vector<RoomService> room_services;
  Token token;
  Stream stream;
  Limits limits;
  Log log;
};

/// What is wrong with a file, each "FILE:LINE: what is wrong and what would be right", by line. Never the
/// secret.
using ConfigErrors = std::vector<std::string>;

struct LoadedConfig {
  Config config;
  std::vector<std::string> warnings;  ///< like errors, but the worker can run
};

struct ConfigFile {
  std::string path;  ///< as messages name it; a relative `secret_file` is looked for beside it
  std::string text;
  bool readable_by_others = false;
};

tl::expected<LoadedConfig, ConfigErrors> parse_config(const ConfigFile& file);

/// Reads a file of at most 1 MiB and parses it.
tl::expected<LoadedConfig, ConfigErrors> load_config(const std::string& path);

}  // namespace xes::app
