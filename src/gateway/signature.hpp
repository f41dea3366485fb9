// SPDX-License-Identifier: MIT
// Purpose: verify signatures, and read the keys for it. OpenSSL stays behind this header. Thread: any; keys never change.
// Source: RFC 7468 §13 (a public key in PEM), RFC 7518 §3.2 to §3.4 (HS256, RS256, ES256).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

struct evp_pkey_st;

namespace xes::gateway {

/// A public key, parsed once: verifying with it costs what the arithmetic does (RSA of 2,048 bits some 20 µs, P-256 50 µs).
class PublicKey {
 public:
  enum class Kind {
    rsa,   ///< of 2,048 to 16,384 bits
    p256,  ///< a point of the elliptic curve P-256
  };

  /// Reasons are the rest of a sentence that begins with the file's name, and quote nothing of the text. Errors:
  /// malformed (no "PUBLIC KEY", or one that OpenSSL cannot read), unsupported (another kind or size of key).
  static Result<PublicKey> parse(std::string_view pem);

  Kind kind() const { return kind_; }
  /// RS256 or ES256, by the key's kind. `signature` is the raw one of a JSON Web Signature.
  bool verifies(std::string_view text, std::string_view signature) const;
  /// The key itself (DER), however its file was written.
  std::string bytes() const;

 private:
  PublicKey(std::shared_ptr<evp_pkey_st> key, Kind kind) : key_(std::move(key)), kind_(kind) {}

  std::shared_ptr<evp_pkey_st> key_;
  Kind kind_;
};

/// HS256. How long it takes tells nothing about the right signature.
bool hmac_verifies(std::string_view secret, std::string_view text, std::string_view signature);

/// RFC 4648 §5 without padding, as RFC 7515 §2 has it; nullopt for anything else.
std::optional<std::string> decode_base64url(std::string_view text);

/// The first 64 bits of a SHA-256: tells keys apart without keeping them.
std::uint64_t fingerprint(std::string_view bytes);

}  // namespace xes::gateway
