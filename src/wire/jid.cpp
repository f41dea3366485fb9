// SPDX-License-Identifier: MIT
#include "wire/jid.hpp"

#include <stringprep.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "wire/glob.hpp"

namespace xes::wire {
namespace {

using Profile = const Stringprep_profile*;

bool is_part(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7F ||
           std::string_view("\"&'/:<>@").find(c) != std::string_view::npos;
  });
}

/// Empty if the profile does not allow the text. libidn reads a C string, and does not look whether it is UTF-8.
std::string prepare(std::string_view text, Profile profile, int flags) {
  if (text.empty() || text.size() > max_jid_part_bytes || !is_xml_text(text)) return {};
  std::array<char, max_jid_part_bytes + 1> bytes{};
  std::copy(text.begin(), text.end(), bytes.begin());
  if (stringprep(bytes.data(), bytes.size(), static_cast<Stringprep_profile_flags>(flags), profile) != STRINGPREP_OK) return {};
  return bytes.data();
}

std::string prepare_local(std::string_view text, int flags = 0) {
  std::string part = prepare(text, stringprep_xmpp_nodeprep, flags);
  return is_part(part) ? part : std::string();
}

/// Nameprep alone lets an "@" or a "/" come out, from their fullwidth forms.
std::string prepare_domain(std::string_view text, int flags = 0) {
  std::string part = prepare(text, stringprep_nameprep, flags);
  const bool right = is_part(part) && !part.starts_with('.') && !part.ends_with('.') && part.find("..") == part.npos;
  return right ? part : std::string();
}

/// Empty for what is none.
std::string prepare_bare(std::string_view text, int flags = 0) {
  const std::size_t at = text.find('@');
  std::string domain = prepare_domain(at == text.npos ? text : text.substr(at + 1), flags);
  if (at == text.npos || domain.empty()) return domain;
  const std::string local = prepare_local(text.substr(0, at), flags);
  return local.empty() ? local : local + "@" + domain;
}

Result<std::string> unless_empty(std::string prepared, std::string_view text, const char* what) {
  if (!prepared.empty()) return prepared;
  return fail(Error::malformed, quote(text) + " is not a valid " + what);
}

template <class Spelt, class Prepare>
Result<std::string> unmistakable(Spelt spelt, Prepare prepare_text, std::string_view text) {
  auto prepared = spelt(text);
  if (prepared && *prepared != ascii_lower(text))
    return fail(Error::malformed, "XMPP servers read " + quote(text) + " as " + quote(*prepared));
  if (prepared && prepare_text(text, STRINGPREP_NO_UNASSIGNED).empty())
    return fail(Error::malformed, quote(text) + " has characters that not every XMPP server knows");
  return prepared;
}

}  // namespace

Result<std::string> localpart(std::string_view text) {
  return unless_empty(prepare_local(text), text, "localpart of a JID");
}

Result<std::string> domainpart(std::string_view text) { return unless_empty(prepare_domain(text), text, "domain"); }

Result<std::string> resourcepart(std::string_view text) {
  return unless_empty(prepare(text, stringprep_xmpp_resourceprep, 0), text, "resourcepart of a JID");
}

Result<std::string> bare_jid(std::string_view text) {
  return unless_empty(prepare_bare(text), text, "bare JID");
}

Result<std::string> unmistakable_localpart(std::string_view text) { return unmistakable(localpart, prepare_local, text); }

Result<std::string> unmistakable_account(std::string_view text) {
  if (text.find('@') == text.npos) return fail(Error::malformed, quote(text) + " is not the JID of an account");
  return unmistakable(bare_jid, prepare_bare, text);
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
