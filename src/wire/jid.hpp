// SPDX-License-Identifier: MIT
// Purpose: addresses on the XMPP side without a resource: a domain, or an account. Thread: any (pure).
// Source: RFC 7622 §3. Nothing here knows the PRECIS profiles beyond ASCII: a name with other capital letters never equals
// what its server makes of it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace xes::wire {

inline constexpr std::size_t max_jid_part_bytes = 1023;

/// Whether it may be a JID's localpart, or its domain but for empty labels: RFC 7622 §3.3.1's excluded characters (no part
/// of a domain either) and every kind of blank or control are refused.
bool is_jid_part(std::string_view text);

/// A domain without empty labels.
bool is_jid_domain(std::string_view text);

/// `domain` or `localpart@domain`, ASCII letters in lower case. Error::malformed for anything else.
[[nodiscard]] Result<std::string> bare_jid(std::string_view text);

/// A JID's part before the first slash.
inline std::string_view without_resource(std::string_view jid) { return jid.substr(0, jid.find('/')); }

/// Whether `jid` is the one that `named` means: the same, or where `named` is a glob (wire/glob.hpp), one of its kind. Both
/// are as bare_jid() gives them. The "@" is matched by an "@" alone: "*.example" means no account.
bool jid_matches(std::string_view named, std::string_view jid);

}  // namespace xes::wire
