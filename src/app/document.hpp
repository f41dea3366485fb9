// SPDX-License-Identifier: MIT
// Purpose: a TOML text as plain values with line numbers. Thread: any. Error: the first syntax error.
// toml++ stays behind this header: it is slow to compile, and nothing else needs to know it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

namespace xes::app {

/// One string of a list. Lines count from 1.
struct ListItem {
  std::string text;
  unsigned line;
};

/// A value that no option takes, by what a person calls it: "a table", "a list with an integer in it".
struct OtherKind {
  std::string name;
};

using Value = std::variant<std::string, std::int64_t, bool, std::vector<ListItem>, OtherKind>;

struct Entry {
  std::string key;
  unsigned line;
  Value value;
};

/// `[name]`, or one `[[name]]`. Keys before the first table are in a table without a name.
struct Table {
  std::string name;
  unsigned line;
  bool repeated;  ///< written with two brackets
  std::vector<Entry> entries;
};

struct SyntaxError {
  unsigned line;
  std::string reason;  ///< quotes nothing of a file that holds a secret
};

tl::expected<std::vector<Table>, SyntaxError> parse_document(std::string_view text);

/// Pointers into `document`, in its order.
std::vector<const Table*> tables_of(const std::vector<Table>& document, std::string_view name);
/// nullptr if the table has no such key.
const Entry* find_entry(const Table& table, std::string_view key);
/// The list behind a key; nullptr if the table has no such key, or something else there.
const std::vector<ListItem>* find_list(const Table& table, std::string_view key);

}  // namespace xes::app
