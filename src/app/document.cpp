// SPDX-License-Identifier: MIT
#include "app/document.hpp"

#include <algorithm>

#include "base/text.hpp"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace xes::app {
namespace {

unsigned line_of(const toml::source_region& region) {
  return std::max(1u, static_cast<unsigned>(region.begin.line));
}

std::string kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

Value value_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return number->get();
  const auto* list = node.as_array();
  if (list == nullptr) return OtherKind{kind_of(node)};
  std::vector<ListItem> items;
  for (const toml::node& item : *list) {
    const auto* text = item.as_string();
    if (text == nullptr) return OtherKind{"a list with " + kind_of(item) + " in it"};
    items.push_back({text->get(), line_of(item.source())});
  }
  return items;
}

Table table_of(std::string_view name, const toml::table& table, bool repeated) {
  Table out{std::string(name), line_of(table.source()), repeated, {}};
  for (const auto& [key, node] : table)
    out.entries.push_back({std::string(key.str()), line_of(key.source()), value_of(node)});
  return out;
}

/// True if one of the first `lines` lines gives a value to a key "secret" (or one that ends so).
bool gives_secret(std::string_view text, unsigned lines) {
  std::size_t end = 0;
  for (; lines > 0 && end < text.size(); --lines) end = std::min(text.find('\n', end), text.size() - 1) + 1;
  const std::string before = ascii_lower(text.substr(0, end));
  constexpr std::string_view key = "secret";
  for (std::size_t at = before.find(key); at != std::string::npos; at = before.find(key, at + 1)) {
    const std::size_t next = before.find_first_not_of(" \t\"'", at + key.size());
    if (next != std::string::npos && before[next] == '=') return true;
  }
  return false;
}

/// toml++ quotes characters, keys and numbers of the file. Where a secret stands before the fault, a quote
/// may be a piece of it (a secret with an unescaped quotation mark ends early), so the reason ends before its
/// first quote.
std::string reason_of(const toml::parse_error& error, std::string_view text) {
  std::string reason(error.description());
  std::string advice;
  if (gives_secret(text, line_of(error.source()))) {
    reason.resize(std::min({reason.size(), reason.find('\''), reason.find("saw ")}));
    reason.resize(reason.find_last_not_of(" ,:") + 1);
    advice = R"(; the text is not shown, for a secret stands near it: inside "…", write " as \" and \ as \\)";
  } else if (reason.ends_with("could not determine value type")) {
    advice = R"(; a text must stand in quotation marks: key = "text")";
  }
  if (reason.starts_with('E')) reason.front() = 'e';
  const std::string line = quoted(reason, 400);
  return "no valid TOML: " + line.substr(1, line.size() - 2) + advice;
}

}  // namespace

tl::expected<std::vector<Table>, SyntaxError> parse_document(std::string_view text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed)
    return tl::unexpected(SyntaxError{line_of(parsed.error().source()), reason_of(parsed.error(), text)});
  std::vector<Table> tables;
  Table top{"", 1, false, {}};
  for (const auto& [key, node] : parsed.table()) {
    const auto* list = node.as_array();
    if (const auto* table = node.as_table()) {
      tables.push_back(table_of(key.str(), *table, false));
    } else if (list != nullptr && list->is_homogeneous<toml::table>()) {
      for (const toml::node& item : *list) tables.push_back(table_of(key.str(), *item.as_table(), true));
    } else {
      top.entries.push_back({std::string(key.str()), line_of(key.source()), value_of(node)});
    }
  }
  tables.push_back(std::move(top));
  return tables;
}

std::vector<const Table*> tables_of(const std::vector<Table>& document, std::string_view name) {
  std::vector<const Table*> found;
  for (const Table& table : document)
    if (table.name == name) found.push_back(&table);
  return found;
}

const Entry* find_entry(const Table& table, std::string_view key) {
  const auto found = std::ranges::find(table.entries, key, &Entry::key);
  return found == table.entries.end() ? nullptr : &*found;
}

const std::vector<ListItem>* find_list(const Table& table, std::string_view key) {
  const Entry* entry = find_entry(table, key);
  return entry == nullptr ? nullptr : std::get_if<std::vector<ListItem>>(&entry->value);
}

}  // namespace xes::app
