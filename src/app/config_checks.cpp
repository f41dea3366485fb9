// SPDX-License-Identifier: MIT
#include "app/config_checks.hpp"

#include <map>
#include <set>

#include "app/endpoint.hpp"
#include "app/options.hpp"
#include "base/text.hpp"

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
    const auto [claim, first] = claims.try_emplace(ascii_lower(*text), Claim{service, jid->line});
    if (!first)
      report.error(jid->line, "[[service]] jid: " + quoted(*text) + " is the service of line " +
                                  std::to_string(claim->second.line) +
                                  " already; write one [[service]] for it");
  }
}

void claim_hosts(const Table& service, const std::vector<ListItem>& hosts, Claims& claims, Report& report) {
  std::set<std::string> own;
  for (const ListItem& host : hosts) {
    const std::string name = ascii_lower(host.text);
    const auto [claim, first] = claims.try_emplace(name, Claim{&service, host.line});
    const std::string where = "[[service]] hosts: " + quoted(host.text);
    if (!own.insert(name).second)
      report.error(host.line, where + " is listed twice");
    else if (!first && claim->second.service != &service)
      report.error(host.line, where + " means the service of line " + std::to_string(claim->second.line) +
                                  " already; a host means one service");
  }
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
                       where + quoted(item.text) + " is listed twice; an endpoint speaks one protocol");
        if (++count == max_listeners + 1 && items->size() <= max_listeners)
          report.error(item.line, where + "more than " + std::to_string(max_listeners) +
                                      " endpoints, those of fastcgi and scgi together");
      }
    }
  }
  if (!named)
    report.error(line,
                 "[listen] names no endpoint, so no web server could reach the worker; write, for instance, "
                 "fastcgi = " +
                     example_value(*find_option("listen", "fastcgi")));
}

void check_services(const std::vector<Table>& document, Report& report) {
  Claims claims;
  const auto services = tables_of(document, "service");
  claim_jids(services, claims, report);
  for (const Table* service : services)
    if (const auto* hosts = find_list(*service, "hosts")) claim_hosts(*service, *hosts, claims, report);
}

}  // namespace xes::app
