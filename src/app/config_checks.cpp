// SPDX-License-Identifier: MIT
#include "app/config_checks.hpp"

#include <map>
#include <set>

#include "app/endpoint.hpp"
#include "app/options.hpp"
#include "base/text.hpp"
#include "wire/glob.hpp"
#include "wire/jid.hpp"

namespace xes::app {
namespace {

/// Who means what, and where the file says so.
struct Claim {
  const Table* service;
  unsigned line;
};
using Claims = std::map<std::string, Claim>;

void claim_jids(const std::vector<const Table*>& services, Claims& claims, Report& report) {
  for (const Table* service : services) {
    const Entry* jid = find_entry(*service, "jid");
    const auto* text = jid == nullptr ? nullptr : std::get_if<std::string>(&jid->value);
    if (text == nullptr) continue;
    const auto [claim, first] = claims.try_emplace(wire::bare_jid(*text).value_or(*text), Claim{service, jid->line});
    if (!first)
      report.error(jid->line, header_text(*find_table(service->name)) + " jid: " + quote(*text) +
                                  " is already the service of line " + std::to_string(claim->second.line) +
                                  "; write only one " + header_text(*find_table(claim->second.service->name)) + " for it");
  }
}

void claim_hosts(const Table& service, const std::vector<ListItem>& hosts, Claims& claims, Report& report) {
  std::set<std::string> own;
  for (const ListItem& host : hosts) {
    const std::string name = ascii_lower(host.text);
    const auto [claim, first] = claims.try_emplace(name, Claim{&service, host.line});
    const std::string where = "[[service]] hosts: " + quote(host.text);
    if (!own.insert(name).second)
      report.error(host.line, where + " is listed twice");
    else if (!first && claim->second.service != &service)
      report.error(host.line, where + " already selects the service of line " + std::to_string(claim->second.line) +
                                  "; a host selects one service");
  }
}

/// What stands there, right or wrong; `initial` where nothing does, or no string.
std::string text_of(const Table& table, std::string_view key, const std::string& initial) {
  const Entry* entry = find_entry(table, key);
  const auto* text = entry == nullptr ? nullptr : std::get_if<std::string>(&entry->value);
  return text == nullptr ? initial : *text;
}

void check_user_jid(const Table& service, const std::string& access, Report& report) {
  const std::string ask_as = text_of(service, "ask_as", "user-at-component");
  const bool is_asked_for = access == "user" && ask_as != "user-at-component";
  const Entry* entry = find_entry(service, "user_jid");
  const bool is_given = entry != nullptr && !text_of(service, "user_jid", "?").empty();
  const std::string where = "[[service]] user_jid: ";
  if (is_asked_for && !is_given)
    report.error(find_entry(service, "access")->line,
                 "[[service]] access: \"user\" with ask_as = " + quote(ask_as) +
                     " needs the users' JIDs; write, for instance, user_jid = \"{user}@example.org\"");
  // Another server could answer for its own users whatever it likes (XEP-0356 leaves that to the user's server).
  else if (is_given && ask_as == "privileged" && text_of(service, "user_jid", "") == "{user}")
    report.error(entry->line, where + "with ask_as = \"privileged\" it must name the server that grants the privilege; "
                                      "write, for instance, user_jid = \"{user}@example.org\"");
  else if (is_given && access != "user")
    report.error(entry->line, where + "has no effect without access = \"user\"");
  else if (is_given && !is_asked_for)
    report.error(entry->line, where + "has no effect with ask_as = \"user-at-component\", which asks from USER@ and "
                                      "this component's JID");
}

/// Accounts and services of a kind are named by the path: a host name could not say which of them.
void check_pattern(const Table& service, Report& report) {
  const Entry* jid = find_entry(service, "jid");
  const auto* text = jid == nullptr ? nullptr : std::get_if<std::string>(&jid->value);
  const auto* hosts = find_list(service, "hosts");
  if (text != nullptr && wire::is_glob(*text) && hosts != nullptr && !hosts->empty())
    report.error(hosts->front().line, "[[service]] hosts: " + quote(*text) +
                                          " is a pattern, and a host name cannot select one of its JIDs; leave hosts out "
                                          "and name the JID in the path: /eventsource/@JID/NODE");
}

}  // namespace

void check_listeners(const std::vector<Table>& document, Report& report) {
  unsigned line = 1;
  bool named = false;
  std::set<std::string> seen;
  std::size_t count = 0;
  for (const Table* table : tables_of(document, "listen")) {
    line = table->line;
    for (const char* key : {"fastcgi", "scgi"}) {
      const auto* items = find_list(*table, key);
      // What is no list was reported already; "no endpoint" on top of that would only confuse.
      named = named || (items == nullptr ? find_entry(*table, key) != nullptr : !items->empty());
      if (items == nullptr) continue;
      const std::string where = std::string("[listen] ") + key + ": ";
      for (const ListItem& item : *items) {
        const auto endpoint = parse_endpoint(item.text);
        if (endpoint && !seen.insert(endpoint_text(*endpoint)).second)
          report.error(item.line,
                       where + quote(item.text) + " is listed twice; an endpoint speaks one protocol");
        if (++count == max_listeners + 1 && items->size() <= max_listeners)
          report.error(item.line, where + "more than " + std::to_string(max_listeners) +
                                      " endpoints in fastcgi and scgi");
      }
    }
  }
  if (!named)
    report.error(line,
                 "[listen] has no endpoint, so no web server can reach the worker; write, for instance, "
                 "fastcgi = " +
                     example_value(*find_option("listen", "fastcgi")));
}

void check_services(const std::vector<Table>& document, Report& report) {
  Claims claims;
  const auto services = tables_of(document, "service");
  claim_jids(services, claims, report);
  for (const Table* service : services) {
    if (const auto* hosts = find_list(*service, "hosts")) claim_hosts(*service, *hosts, claims, report);
    check_pattern(*service, report);
  }
  const auto room_services = tables_of(document, "room_service");
  claim_jids(room_services, claims, report);
  for (const Table* service : room_services)
    if (const auto* rooms = find_list(*service, "rooms"); rooms && rooms->empty())
      report.error(find_entry(*service, "rooms")->line,
                   "[[room_service]] rooms: lists no room; write, for instance, rooms = [\"lobby\", \"public-*\"]");
}

void check_access(const std::vector<Table>& document, Report& report) {
  const Entry* keys = nullptr;
  for (const Table* token : tables_of(document, "token")) keys = find_entry(*token, "keys");
  const auto* files = keys == nullptr ? nullptr : std::get_if<std::vector<ListItem>>(&keys->value);
  const bool has_keys = files == nullptr ? keys != nullptr : !files->empty();
  bool is_used = false;
  auto services = tables_of(document, "service");
  for (const Table* rooms : tables_of(document, "room_service")) services.push_back(rooms);
  for (const Table* service : services) {
    const std::string where = header_text(*find_table(service->name)) + " ";
    const std::string who = text_of(*service, "access", "open");
    is_used = is_used || who == "token";
    if (who == "token" && !has_keys)
      report.error(find_entry(*service, "access")->line,
                   where + "access: \"token\" needs a key; write, for instance, [token] and below it "
                           "keys = [\"/etc/xmpp-eventsource/token.pem\"]");
    if (who != "token" && !text_of(*service, "audience", "").empty())
      report.error(find_entry(*service, "audience")->line, where + "audience: has no effect without access = \"token\"");
    if (service->name == "service") check_user_jid(*service, who, report);
  }
  if (keys != nullptr && has_keys && !is_used)
    report.warning(keys->line, "[token] keys: has no effect: no service has access = \"token\"");
}

}  // namespace xes::app
