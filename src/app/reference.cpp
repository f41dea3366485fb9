// SPDX-License-Identifier: MIT
#include "app/reference.hpp"

#include <sstream>

#include "app/metrics.hpp"
#include "app/options.hpp"
#include "hub/close_reason.hpp"

namespace xes::app {
namespace {

constexpr std::size_t comment_width = 100;

/// A comment of lines of at most `comment_width` columns, broken at blanks.
std::string comment(std::string_view text) {
  std::string out, line = "#";
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (line.size() + 1 + word.size() > comment_width) {
      out += line + "\n";
      line = "#";
    }
    line.append(" ").append(word);
  }
  return out + line + "\n";
}

bool is_required(const Option& option) { return !option.initial; }

/// "Default: "15s". From 1s to 10m." or what of it is worth saying.
std::string facts(const Option& option) {
  std::string text;
  if (is_required(option)) {
    text = "Required.";
  } else if (!option.initial->empty()) {
    text = "Default: " + initial_value(option) + ".";
  }
  const bool says_something = option.kind == Kind::duration || option.kind == Kind::bytes ||
                              option.kind == Kind::count || option.kind == Kind::choice || option.kind == Kind::boolean;
  if (says_something)
    text += (text.empty() ? "" : " ") + std::string("Allowed: ") + bounds_text(option) + ".";
  return text;
}

/// "|" would end a Markdown cell and "<" begin a tag.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string config_reference() {
  std::string out = "| Option | Type | Default | Allowed | Meaning |\n|---|---|---|---|---|\n";
  for (const Option& option : options()) {
    const std::string initial = initial_value(option);
    out += "| `" + header_text(*find_table(option.table)) + "` `" + std::string(option.key) + "` | " +
           std::string(type_text(option)) + " | " +
           (is_required(option)       ? "required"
            : option.initial->empty() ? "none"
                                      : "`" + initial + "`") +
           " | " + cell(bounds_text(option)) + " | " + cell(option.help) + " |\n";
  }
  return out;
}

/// What /metrics says about itself, so that the page cannot differ from it.
std::string metrics_reference() {
  const gateway::Limits limits{gateway::Limits::Options{}};
  const xmpp::SubscriberCounters subscriber;
  MetricSources sources;
  sources.subscriber = &subscriber;
  sources.limits = &limits;

  std::string out = "| Metric | Type | Meaning |\n|---|---|---|\n";
  std::string name, type, help, label;
  const auto end_row = [&] {
    if (name.empty()) return;
    const std::string labels = label.empty() ? "" : "{" + label + "=\"…\"}";
    out += "| `" + name + labels + "` | " + type + " | " + cell(help) + " |\n";
    label.clear();
  };
  std::istringstream lines(metrics_text(sources));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string mark, kind;
    words >> mark >> kind;
    if (mark == "#" && kind == "HELP") {
      end_row();
      words >> name >> std::ws;
      std::getline(words, help);
    } else if (mark == "#" && kind == "TYPE") {
      words >> name >> type;
    } else if (const std::size_t brace = line.find('{'); brace != line.npos) {
      label = line.substr(brace + 1, line.find('=') - brace - 1);
    }
  }
  end_row();
  return out;
}

std::string close_reasons_reference() {
  std::string out = "| `reason` | `retry:` before the end | When |\n|---|---|---|\n";
  for (const hub::CloseReasonRow& row : hub::close_reasons)
    out += "| `" + std::string(row.name) + "` | " + (row.says_retry ? "yes" : "no") + " | " + cell(row.text) + " |\n";
  return out;
}

std::string limits_reference() {
  std::string out = "| `limit` | What the client is told |\n|---|---|\n";
  for (const gateway::LimitInfo& limit : gateway::limit_infos)
    out += "| `" + std::string(limit.name) + "` | " + cell(limit.text) + " |\n";
  return out;
}

std::string config_example() {
  std::string out =
      comment("xmpp-eventsource's configuration, with every option. After a change, check it:") +
      comment("  xmpp-eventsource --check --config FILE") +
      comment("Times are written with ms, s, m, h or d, sizes with B, KiB, MiB or GiB.");
  for (const TableInfo& table : tables()) {
    out += "\n" + comment(table.help) + header_text(table) + "\n";
    for (const Option& option : options()) {
      if (option.table != table.name) continue;
      const std::string about = facts(option);
      out +=
          "\n" + comment(about.empty() ? std::string(option.help) : std::string(option.help) + " " + about);
      // Both secrets at once would be refused.
      if (option.kind == Kind::secret) out += "# ";
      out += std::string(option.key) + " = " + example_value(option) + "\n";
    }
  }
  return out;
}

}  // namespace xes::app
