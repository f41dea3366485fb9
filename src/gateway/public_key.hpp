// SPDX-License-Identifier: MIT
// Purpose: what kind of public key a PEM text holds. Thread: any (pure).
// OpenSSL stays behind this header. libjwt verifies with it, but does not tell a P-256 key from a P-384 one.
// Source: RFC 7468 §13 (a public key in PEM), RFC 7518 §3.3 and §3.4 (what RS256 and ES256 need).
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace xes::gateway {

enum class PublicKey {
  rsa,   ///< of 2,048 to 16,384 bits
  p256,  ///< a point of the elliptic curve P-256
};

/// Reasons are the rest of a sentence that begins with the file's name, and quote nothing of the text. Errors:
/// malformed (no "PUBLIC KEY", or one that OpenSSL cannot read), unsupported (another kind or size of key).
Result<PublicKey> public_key_of(std::string_view pem);

}  // namespace xes::gateway
