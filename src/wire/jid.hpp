// SPDX-License-Identifier: MIT
// Purpose: addresses on the XMPP side, spelt as servers spell them. Thread: any (pure).
// Sources: RFC 6122 §2 and its stringprep profiles nodeprep, nameprep (RFC 3491) and resourceprep, which Prosody and
// ejabberd apply to every JID that they get: capitals, fullwidth letters, soft hyphens and the like are folded, and replies
// come from what is left. RFC 7622 §3.3.1 for what no localpart holds.
//
// Letters that came to Unicode after 3.2 have no folding in these profiles and stand for themselves: Prosody takes them, ejabberd
// answers that they are in no JID.
// Bounds: each part has at most max_jid_part_bytes, before and after. Error::malformed for what is no such part.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace xes::wire {

inline constexpr std::size_t max_jid_part_bytes = 1023;

/// What stands before the "@". A glob (wire/glob.hpp) over such names is one, too; from right to left, if it
/// begins and ends with a letter (RFC 3454 §6).
[[nodiscard]] Result<std::string> localpart(std::string_view text);

/// A domain, without empty labels; or a glob over domains.
[[nodiscard]] Result<std::string> domainpart(std::string_view text);

/// What stands after the "/", such as a nick.
[[nodiscard]] Result<std::string> resourcepart(std::string_view text);

/// `domain` or `localpart@domain`.
[[nodiscard]] Result<std::string> bare_jid(std::string_view text);

/// A localpart that is nobody else's in another spelling: as servers have it but for the case of ASCII letters, which comes
/// out lower, and of letters about which no two servers can differ (a newer one might fold those that Unicode 3.2 did not
/// have). What names a user has to be one, since a web server holds two spellings for two users.
[[nodiscard]] Result<std::string> unmistakable_localpart(std::string_view text);

/// The same of localpart@domain.
[[nodiscard]] Result<std::string> unmistakable_account(std::string_view text);

/// A JID's part before the first slash.
inline std::string_view without_resource(std::string_view jid) { return jid.substr(0, jid.find('/')); }
/// Of a bare JID.
inline std::string_view domain_of(std::string_view bare) { return bare.substr(bare.find('@') + 1); }

/// Whether `jid` is the one that `named` means: the same, or where `named` is a glob (wire/glob.hpp), one of its kind. Both
/// are as bare_jid() gives them. The "@" is matched by an "@" alone: "*.example" means no account.
bool jid_matches(std::string_view named, std::string_view jid);

}  // namespace xes::wire
