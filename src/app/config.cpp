// SPDX-License-Identifier: MIT
#include "app/config.hpp"

#include <algorithm>
#include <filesystem>

#include "app/config_checks.hpp"
#include "app/document.hpp"
#include "app/files.hpp"
#include "app/option_value.hpp"
#include "app/options.hpp"
#include "app/report.hpp"
#include "app/spelling.hpp"
#include "app/token_keys.hpp"
#include "base/text.hpp"

namespace xes::app {
namespace {

/// "path, heartbeat and retry"
std::string listed(const std::vector<std::string_view>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " and " : ", ";
    out += words[i];
  }
  return out;
}

/// What to do about a key that `table` does not have.
std::string key_advice(const TableInfo& table, std::string_view key) {
  std::vector<std::string_view> here;
  for (const Option& option : options()) {
    if (option.key == key) return "it belongs in " + header_text(*find_table(option.table));
    if (option.table == table.name) here.push_back(option.key);
  }
  if (const auto word = nearest(ascii_lower(key), here))
    return "did you mean \"" + std::string(*word) + "\"?";
  return header_text(table) + " takes " + listed(here);
}

/// One reading of one file. The parts share the report and the Config they fill.
class Reader {
 public:
  explicit Reader(const ConfigFile& file) : file_(file), report_(file.path) {
    for (const Option& option : options())
      if (!find_table(option.table)->repeated) store_initial(option, config_);
  }

  tl::expected<LoadedConfig, ConfigErrors> read(const std::vector<Table>& document) {
    for (const Table& table : document) read_table(table);
    for (const TableInfo& table : tables())
      if (!table.repeated) check_required(table, 1, tables_of(document, table.name));
    if (!service_seen_)
      report_.error(
          1,
          "[[service]] is missing; configure at least one pubsub service: [[service]] and below it "
          "jid = \"pubsub.example.org\"");
    check_listeners(document, report_);
    check_services(document, report_);
    check_access(document, report_);
    check_secret(document);
    check_keys(document);
    if (report_.has_errors()) return tl::unexpected(report_.errors());
    return LoadedConfig{std::move(config_), report_.warnings()};
  }

 private:
  void read_table(const Table& table) {
    if (table.name.empty()) return read_top(table);
    const TableInfo* info = find_table(table.name);
    if (info == nullptr) return unknown_table(table);
    if (info->repeated != table.repeated)
      report_.error(table.line, "write " + header_text(*info) +
                                    (info->repeated ? ", with two brackets: it may occur several times"
                                                    : ", with one bracket: it may occur only once"));
    if (info->repeated) {
      service_seen_ = true;
      const bool rooms = info->name == "room_service";
      if ((rooms ? config_.room_services.size() : config_.services.size()) == max_services)
        return report_.error(table.line, "more than " + std::to_string(max_services) +
                                             " services; a second worker can serve the others");
      if (rooms) {
        config_.room_services.emplace_back();
      } else {
        config_.services.emplace_back();
      }
      for (const Option& option : options())
        if (option.table == info->name) store_initial(option, config_);
    }
    for (const Entry& entry : table.entries) {
      if (const Option* option = find_option(table.name, entry.key))
        store_entry(*option, entry, config_, report_);
      else
        report_.error(entry.line, "unknown key " + xes::quote(entry.key, 60) + " in " + header_text(*info) +
                                      "; " + key_advice(*info, entry.key));
    }
    if (info->repeated) check_required(*info, table.line, {&table});
  }

  /// Keys that stand before the first table.
  void read_top(const Table& top) {
    for (const Entry& entry : top.entries) {
      const auto owner = std::ranges::find(options(), std::string_view(entry.key), &Option::key);
      std::string advice = "every option belongs in a table: " + listed(headers());
      if (const TableInfo* table = find_table(entry.key))
        advice = "it is a table: write " + header_text(*table) + " on a line of its own";
      else if (owner != options().end())
        advice = "it belongs in " + header_text(*find_table(owner->table));
      report_.error(entry.line, "key " + xes::quote(entry.key, 60) + " is not in a table; " + advice);
      if (entry.key == "service" || entry.key == "room_service") service_seen_ = true;
    }
  }

  void unknown_table(const Table& table) {
    std::vector<std::string_view> names;
    for (const TableInfo& info : tables()) names.push_back(info.name);
    std::string advice = "the tables are " + listed(headers());
    if (const auto word = nearest(ascii_lower(table.name), names)) {
      advice = "did you mean " + header_text(*find_table(*word)) + "?";
      if (find_table(*word)->repeated) service_seen_ = true;
    }
    report_.error(table.line, "unknown table " + xes::quote(table.name, 60) + "; " + advice);
  }

  static const std::vector<std::string_view>& headers() {
    static const std::vector<std::string> texts = [] {
      std::vector<std::string> out;
      for (const TableInfo& info : tables()) out.push_back(header_text(info));
      return out;
    }();
    static const std::vector<std::string_view> views(texts.begin(), texts.end());
    return views;
  }

  void check_required(const TableInfo& info, unsigned line, const std::vector<const Table*>& written) {
    if (!written.empty()) line = written.front()->line;
    for (const Option& option : options()) {
      if (option.table != info.name || option.initial) continue;
      if (std::ranges::any_of(written,
                              [&](const Table* table) { return find_entry(*table, option.key) != nullptr; }))
        continue;
      report_.error(line, header_text(info) + " " + std::string(option.key) +
                              " is missing; write, for instance, " + std::string(option.key) + " = " +
                              example_value(option));
    }
  }

  void check_secret(const std::vector<Table>& document) {
    const Entry* inline_entry = nullptr;
    const Entry* file_entry = nullptr;
    unsigned line = 1;
    for (const Table* table : tables_of(document, "xmpp")) {
      line = table->line;
      inline_entry = find_entry(*table, "secret");
      file_entry = find_entry(*table, "secret_file");
    }
    if (inline_entry != nullptr && file_entry != nullptr)
      return report_.error(file_entry->line,
                           "[xmpp] has both secret and secret_file; keep only secret_file");
    if (inline_entry == nullptr && file_entry == nullptr)
      return report_.error(line, "[xmpp] has no secret; write, for instance, secret_file = " +
                                     example_value(*find_option("xmpp", "secret_file")));
    if (inline_entry != nullptr) {
      if (file_.readable_by_others)
        report_.warning(inline_entry->line,
                        "everybody on this machine can read this file and its secret; chmod 0400 "
                        "it, or move the secret to a secret_file");
      return;
    }
    if (!config_.xmpp.secret_file.empty()) read_secret(file_entry->line);
  }

  void read_secret(unsigned line) {
    std::string& path = config_.xmpp.secret_file;
    const std::string advice = beside_this_file(path);
    auto file = read_secret_file(path);
    // The name stays out of the message: some day somebody writes the secret itself here.
    const std::string where = "[xmpp] secret_file: the file ";
    if (!file) return report_.error(line, where + file.error().reason + advice);
    config_.xmpp.secret = std::move(file->secret);
    if (readable_by_others(file->mode))
      report_.warning(line, where + "can be read by everybody on this machine; chmod 0400 it");
  }

  /// Each could be loaded; the worker does so again, when it starts.
  void check_keys(const std::vector<Table>& document) {
    for (const Table* table : tables_of(document, "token")) {
      const auto* items = find_list(*table, "keys");
      // Where one of them was refused already, no path is for certain an item's.
      if (items == nullptr || items->size() != config_.token.keys.size()) continue;
      for (std::size_t i = 0; i < items->size(); ++i) {
        const std::string advice = beside_this_file(config_.token.keys[i]);
        const auto file = load_key(config_.token.keys[i]);
        const std::string where = "[token] keys: the file ";
        if (!file)
          report_.error((*items)[i].line, where + file.error().reason + advice);
        else if (file->exposed)
          report_.warning((*items)[i].line, where + "can be read by everybody on this machine; chmod 0400 it");
      }
    }
  }

  /// A relative path starts at this file's folder. What to add to a complaint about the file.
  std::string beside_this_file(std::string& path) const {
    const std::filesystem::path folder = std::filesystem::absolute(file_.path).parent_path();
    std::string advice = path.starts_with('/') ? "" : "; a relative path starts at " + folder.string();
    path = (folder / path).string();
    return advice;
  }

  const ConfigFile& file_;
  Report report_;
  Config config_;
  bool service_seen_ = false;
};

}  // namespace

tl::expected<LoadedConfig, ConfigErrors> parse_config(const ConfigFile& file) {
  const auto document = parse_document(file.text);
  if (document) return Reader(file).read(*document);
  Report report(file.path);
  report.error(document.error().line, document.error().reason);
  return tl::unexpected(report.errors());
}

tl::expected<LoadedConfig, ConfigErrors> load_config(const std::string& path) {
  constexpr std::size_t max_bytes = 1 << 20;
  const auto file = read_file(path, max_bytes);
  if (!file) return tl::unexpected(ConfigErrors{path + ": the configuration file " + file.error().reason});
  return parse_config({path, file->text, readable_by_others(file->mode)});
}

}  // namespace xes::app
