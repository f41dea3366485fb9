// SPDX-License-Identifier: MIT
#include "wire/jid.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "wire/glob.hpp"

namespace xes::wire {

bool is_jid_part(std::string_view text) {
  return !text.empty() && text.size() <= max_jid_part_bytes && is_xml_text(text) &&
         std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == 0x7F ||
                  std::string_view("\"&'/:<>@").find(c) != std::string_view::npos;
         });
}

bool is_jid_domain(std::string_view text) {
  return is_jid_part(text) && !text.starts_with('.') && !text.ends_with('.') && text.find("..") == text.npos;
}

Result<std::string> bare_jid(std::string_view text) {
  const std::size_t at = text.find('@');
  const bool account = at != text.npos;
  if (is_jid_domain(account ? text.substr(at + 1) : text) && (!account || is_jid_part(text.substr(0, at))))
    return ascii_lower(text);
  return fail(Error::malformed, quoted(text) + " is no JID of an account or a domain");
}

bool jid_matches(std::string_view named, std::string_view jid) {
  if (!is_glob(named)) return named == jid;
  const std::size_t at = named.find('@'), jid_at = jid.find('@');
  if ((at == named.npos) != (jid_at == jid.npos)) return false;
  if (at == named.npos) return glob_matches(named, jid);
  return glob_matches(named.substr(0, at), jid.substr(0, jid_at)) &&
         glob_matches(named.substr(at + 1), jid.substr(jid_at + 1));
}

}  // namespace xes::wire
