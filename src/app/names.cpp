// SPDX-License-Identifier: MIT
#include "app/names.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "wire/host.hpp"
#include "wire/glob.hpp"
#include "wire/jid.hpp"

namespace xes::app {
namespace {

bool is_ascii_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

Result<std::string> parse_domain_jid(std::string_view text) {
  if (auto domain = wire::domainpart(text); domain && !wire::is_glob(text)) return domain;
  return fail(Error::malformed, quote(text) +
                                    " is not a valid component JID; write only a domain, for instance "
                                    "\"eventsource.example.org\"");
}

Result<std::string> parse_bare_jid(std::string_view text) {
  if (auto jid = wire::bare_jid(text)) return jid;
  return fail(Error::malformed, quote(text) +
                                    " is not a valid service JID; write a domain, for instance "
                                    "\"pubsub.example.org\", or the bare JID of an account");
}

Result<std::string> parse_host_name(std::string_view text) {
  // What a request's Host header never comes out as would never match.
  auto name = wire::host_name(text);
  if (name && *name == ascii_lower(text)) return name;
  return fail(Error::malformed, quote(text) +
                                    " is not a valid host name; write it without scheme, port and path, for instance "
                                    "\"push.example.org\" (an international name as \"xn--…\")");
}

Result<std::string> parse_url_path(std::string_view text) {
  const bool right =
      text.size() <= max_url_path && text.starts_with('/') && text.ends_with('/') &&
      std::all_of(text.begin(), text.end(), [](char c) {
        return is_ascii_alnum(c) || std::string_view("-._~!$&'()*+,;=:@/").find(c) != std::string_view::npos;
      });
  if (right) return std::string(text);
  return fail(Error::malformed,
              quote(text) +
                  " is not a valid path; it must begin and end with \"/\", contain no space, \"%\", \"?\" "
                  "or \"#\", and have at most " +
                  std::to_string(max_url_path) + " bytes, for instance \"/eventsource/\"");
}

Result<std::string> parse_user_jid(std::string_view text) {
  constexpr std::string_view place = "{user}";
  if (text == place) return std::string(text);
  const std::size_t at = text.find(place);
  if (at != std::string_view::npos && text.find(place, at + 1) == std::string_view::npos &&
      text.find('@', at) != std::string_view::npos)
    if (auto jid = parse_bare_jid(text)) return jid;
  return fail(Error::malformed, quote(text) +
                                    " is not a valid template of user JIDs; write {user} once before the \"@\", for instance "
                                    "\"{user}@example.org\"");
}

Result<std::string> parse_cookie_name(std::string_view text) {
  const bool right = !text.empty() && text.size() <= max_cookie_name && std::ranges::all_of(text, [](char c) {
    return is_ascii_alnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
  if (right) return std::string(text);
  return fail(Error::malformed, quote(text) +
                                    " is not a valid cookie name; write at most " + std::to_string(max_cookie_name) +
                                    " letters, digits, \"-\" and \"_\", for instance \"__Host-eventsource\"");
}

Result<std::string> parse_glob(std::string_view text) {
  if (!text.empty() && text.size() <= max_glob && is_xml_text(text)) return std::string(text);
  return fail(Error::malformed, quote(text, 60) + " is not a valid node pattern; it must have 1 to " +
                                    std::to_string(max_glob) +
                                    " bytes without control characters, for instance \"weather/*\"");
}

Result<std::string> parse_room_service_jid(std::string_view text) {
  if (auto domain = wire::domainpart(text); domain && !wire::is_glob(text)) return domain;
  return fail(Error::malformed, quote(text) +
                                    " is not a valid JID of a chat service; write only a domain, for instance "
                                    "\"conference.example.org\"");
}

Result<std::string> parse_room_glob(std::string_view text) {
  if (auto room = wire::localpart(text)) return room;
  return fail(Error::malformed, quote(text, 60) +
                                    " is not a valid room name or pattern; write the part before the @, for instance "
                                    "\"lobby\" or \"public-*\"");
}

Result<std::string> parse_nick(std::string_view text) {
  auto nick = wire::resourcepart(text);
  const bool right = nick && nick->size() <= max_nick && !nick->starts_with(' ') && !nick->ends_with(' ') &&
                     std::none_of(nick->begin(), nick->end(),
                                  [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; });
  if (right) return nick;
  return fail(Error::malformed, quote(text, 60) + " is not a valid nickname; it must have 1 to " + std::to_string(max_nick) +
                                    " bytes without control characters, and no space at either end");
}

}  // namespace xes::app
