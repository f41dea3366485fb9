// SPDX-License-Identifier: MIT
#include "app/option_value.hpp"

#include <grp.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>

#include "app/names.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace xes::app {
namespace {

template <class T>
T& slot(const Option& option, Config& config) {
  return std::get<T& (*)(Config&)>(option.slot)(config);
}

/// Puts a parsed value into the option's slot; passes a failure on.
template <class T>
Result<void> put(const Option& option, Config& config, Result<T> value) {
  if (!value) return tl::unexpected(value.error());
  slot<T>(option, config) = std::move(*value);
  return {};
}

Result<void> check_bounds(const Option& option, std::int64_t amount) {
  if (amount < option.min)
    return fail(Error::malformed, amount_text(option, amount) + " is less than the smallest value, " +
                                      amount_text(option, option.min));
  if (amount > option.max)
    return fail(Error::too_large, amount_text(option, amount) + " is more than the largest value, " +
                                      amount_text(option, option.max));
  return {};
}

/// A text's length, where nothing stricter is known about it.
Result<std::string> plain_text(const Option& option, const std::string& text) {
  if (text.size() < static_cast<std::size_t>(option.min)) return fail(Error::malformed, "is empty");
  if (text.size() > static_cast<std::size_t>(option.max))
    return fail(Error::too_large, "has more than " + std::to_string(option.max) + " bytes");
  if (text.find('\0') != std::string::npos) return fail(Error::malformed, "holds a NUL byte");
  return text;
}

Result<std::string> group_name(const Option& option, const std::string& text) {
  auto plain = plain_text(option, text);
  if (!plain || text.empty()) return plain;
  errno = 0;
  if (::getgrnam(text.c_str()) != nullptr) return text;
  return fail(Error::missing, "this machine has no group " + quote(text) +
                                  "; name a group that the web server is in, or leave it empty");
}

Result<void> put_choice(const Option& option, Config& config, const std::string& text) {
  std::string_view rest = option.choices;
  for (int index = 0; !rest.empty(); ++index) {
    const std::string_view word = rest.substr(0, rest.find('|'));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (word != text) continue;
    std::visit(
        [&](auto member) {
          auto& value = member(config);
          using T = std::remove_reference_t<decltype(value)>;
          if constexpr (std::is_enum_v<T>)
            value = static_cast<T>(index);
          else
            slot<std::string>(option, config) = text;
        },
        option.slot);
    return {};
  }
  return fail(Error::malformed, quote(text) + " must be " + bounds_text(option));
}

Result<void> put_text(const Option& option, Config& config, const std::string& text) {
  switch (option.kind) {
    case Kind::server:
      return put(option, config, parse_server(text));
    case Kind::component_jid:
      return put(option, config, parse_domain_jid(text));
    case Kind::service_jid:
      return put(option, config, parse_bare_jid(text));
    case Kind::room_service_jid:
      return put(option, config, parse_room_service_jid(text));
    case Kind::nick:
      return put(option, config, parse_nick(text));
    case Kind::url_path:
      return put(option, config, parse_url_path(text));
    case Kind::file:
    case Kind::text:
      return put(option, config, plain_text(option, text));
    case Kind::group:
      return put(option, config, group_name(option, text));
    case Kind::choice:
      return put_choice(option, config, text);
    case Kind::secret:
      return put(option, config,
                 plain_text(option, text).map([](std::string plain) { return Secret(std::move(plain)); }));
    case Kind::duration: {
      const auto duration = parse_duration(text);
      if (!duration) return tl::unexpected(duration.error());
      return check_bounds(option, duration->count()).map([&] {
        slot<std::chrono::milliseconds>(option, config) = *duration;
      });
    }
    case Kind::bytes: {
      const auto bytes = parse_bytes(text);
      if (!bytes) return tl::unexpected(bytes.error());
      return check_bounds(option, static_cast<std::int64_t>(*bytes)).map([&] {
        slot<std::size_t>(option, config) = *bytes;
      });
    }
    case Kind::user_jid:
      return put(option, config, text.empty() ? Result<std::string>(text) : parse_user_jid(text));
    case Kind::cookie_name:
      return put(option, config, text.empty() ? Result<std::string>(text) : parse_cookie_name(text));
    case Kind::endpoints:
    case Kind::hosts:
    case Kind::globs:
    case Kind::rooms:
    case Kind::files:
    case Kind::count:
    case Kind::boolean:
      break;
  }
  throw std::logic_error("an option of this kind takes no string");
}

Result<std::string> parse_text_item(Kind kind, const std::string& text) {
  if (kind == Kind::globs) return parse_glob(text);
  if (kind == Kind::rooms) return parse_room_glob(text);
  if (kind == Kind::hosts) return text == "*" ? Result<std::string>(text) : parse_host_name(text);
  if (text.empty() || text.find('\0') != std::string::npos)
    return fail(Error::malformed, "the path of a file is empty or holds a NUL byte");
  return text;
}

Result<void> put_item(const Option& option, Config& config, const std::string& text) {
  if (option.kind == Kind::endpoints)
    return parse_endpoint(text).map([&](Endpoint endpoint) {
      slot<std::vector<Endpoint>>(option, config).push_back(std::move(endpoint));
    });
  return parse_text_item(option.kind, text).map([&](std::string item) {
    slot<std::vector<std::string>>(option, config).push_back(std::move(item));
  });
}

bool takes(const Option& option, const Value& value) {
  switch (option.kind) {
    case Kind::endpoints:
    case Kind::hosts:
    case Kind::globs:
    case Kind::rooms:
    case Kind::files:
      return std::holds_alternative<std::vector<ListItem>>(value);
    case Kind::boolean:
      return std::holds_alternative<bool>(value);
    case Kind::count:
      return std::holds_alternative<std::int64_t>(value);
    default:
      return std::holds_alternative<std::string>(value);
  }
}

std::string kind_name(const Value& value) {
  if (const auto* other = std::get_if<OtherKind>(&value)) return other->name;
  constexpr std::string_view names[] = {"a string", "an integer", "a boolean", "a list"};
  return std::string(names[value.index()]);
}

void store_list(const Option& option, const std::vector<ListItem>& items, const std::string& where,
                Config& config, Report& report) {
  const auto most = static_cast<std::size_t>(option.max);
  if (items.size() > most)
    return report.error(items[most].line, where + "has " + std::to_string(items.size()) +
                                              " entries; at most " + std::to_string(most) + " are allowed");
  for (const ListItem& item : items)
    if (const auto put = put_item(option, config, item.text); !put)
      report.error(item.line, where + put.error().reason);
}

}  // namespace

void store_entry(const Option& option, const Entry& entry, Config& config, Report& report) {
  const std::string where = header_text(*find_table(option.table)) + " " + std::string(option.key) + ": ";
  if (!takes(option, entry.value))
    return report.error(entry.line, where + "must be " + std::string(type_text(option)) + ", for instance " +
                                        example_value(option) + ", not " + kind_name(entry.value));
  if (const auto* items = std::get_if<std::vector<ListItem>>(&entry.value))
    return store_list(option, *items, where, config, report);
  Result<void> result;
  if (const auto* number = std::get_if<std::int64_t>(&entry.value))
    result = check_bounds(option, *number).map([&] { slot<std::size_t>(option, config) = static_cast<std::size_t>(*number); });
  else if (const auto* flag = std::get_if<bool>(&entry.value))
    slot<bool>(option, config) = *flag;
  else
    result = put_text(option, config, std::get<std::string>(entry.value));
  if (!result) report.error(entry.line, where + result.error().reason);
}

void store_initial(const Option& option, Config& config) {
  if (!option.initial || option.initial->empty()) return;
  Report report("the options table");
  Entry entry{std::string(option.key), 1, std::string(*option.initial)};
  if (option.kind == Kind::count) {
    std::int64_t number = 0;
    std::from_chars(option.initial->data(), option.initial->data() + option.initial->size(), number);
    entry.value = number;
  }
  if (option.kind == Kind::boolean) entry.value = *option.initial == "true";
  store_entry(option, entry, config, report);
  if (report.has_errors()) throw std::logic_error(report.errors().front());
}

}  // namespace xes::app
