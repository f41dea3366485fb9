// SPDX-License-Identifier: MIT
// Purpose: find the token that a request brings. Thread: any (pure).
// Sources: RFC 6750 §2 (bearer tokens in a header or the query), RFC 6265 §4.2 (cookies).
#pragma once

#include <optional>
#include <string>

#include "gateway/params.hpp"

namespace xes::gateway {

struct CredentialOptions {
  /// Name of the cookie, case and all; empty: none is looked at. With the prefix `__Host-` no other host of the same
  /// site can set it.
  std::string cookie = "__Host-eventsource";
  /// Whether `?access_token=…` counts. URLs end up in logs and histories, so only where nothing else can be done.
  bool query = false;
};

/// The first of: `Authorization: Bearer …`, the cookie, the query's access_token, each only if it is not empty. As it
/// came: of any length, with any bytes. A secret: it goes into no log line and no answer. nullopt where there is none.
std::optional<std::string> find_token(const Params& params, const CredentialOptions& options);

}  // namespace xes::gateway
