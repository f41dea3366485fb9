// SPDX-License-Identifier: MIT
// Purpose: whose a JSON Web Token is, until when, and for which nodes, once its signature has been found right.
// Thread: any; Keys never change, so that threads share them without a lock. Rotation: load anew and swap the pointer.
// Sources: RFC 7519 §4.1 (claims), RFC 7515 §4.1 (header), RFC 7518 §3 (algorithms), RFC 8725 (what goes wrong).
//
// What a token cannot do, whatever it says: choose an algorithm (a key verifies by its own alone, and `none` by none),
// bring a key (`jku`, `jwk`, `x5u` are not looked at), or be read before it is verified (of the header nothing counts but
// what makes verifying stricter). `kid` only narrows: where it is the name of one of the keys, that one alone is tried;
// any other text means nothing, since issuers name their keys as they like. No reason holds any of its text.
//
// Where a claim stands twice, the last counts (RFC 7519 §4 leaves that choice). A `typ` other than "JWT" is refused, so the
// "at+jwt" of RFC 9068 too: what was issued for another purpose opens no stream (RFC 8725 §3.11).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "gateway/signature.hpp"

namespace xes::gateway {

inline constexpr std::size_t max_token_bytes = 8UL * 1024;
inline constexpr std::size_t max_token_patterns = 64;
inline constexpr std::size_t max_token_audiences = 64;
inline constexpr std::size_t max_claim_text_bytes = 1023;  ///< of the subject, and of each pattern and audience
inline constexpr std::size_t max_keys = 16;
inline constexpr std::size_t max_key_file_bytes = 16UL * 1024;
inline constexpr std::size_t min_secret_bytes = 32;  ///< RFC 7518 §3.2: as long as the hash

/// How far ahead of ours an issuer's clock may run (`nbf`). `exp` gets none: a stream ends when its token does.
inline constexpr std::chrono::seconds token_leeway{30};

struct Token {
  std::string subject;                            ///< `sub`: UTF-8 without NUL, 1 to 1023 bytes
  std::chrono::system_clock::time_point expires;  ///< `exp`; later than 2200 is 2200
  std::vector<std::string> nodes;                 ///< `nodes`: globs (wire/glob.hpp); without that claim none
  /// `aud`, a string or a list of them: whom it is meant for, none of whom may be us. Without that claim it does not say.
  std::optional<std::vector<std::string>> audience = {};
  std::uint64_t key = 0;  ///< fingerprint of the key that it is signed with
};

class Key {
 public:
  enum class Algorithm { hs256, rs256, es256 };

  /// A public key in PEM is for RS256 or ES256 by its kind; what is no PEM is a secret for HS256, byte for byte (not
  /// decoded from Base64) but for one line end after it. Reasons are the rest of a sentence that begins with the
  /// file's name. Errors: malformed (a private key or a certificate, several keys, a secret of less than 32 bytes),
  /// unsupported (another kind of key), too_large.
  /// `id` is what a token's `kid` may call it.
  static Result<Key> parse(std::string_view file_text, std::string id = {});

  Algorithm algorithm() const;
  /// Whoever knows it can write tokens: only the worker may read its file.
  bool is_secret() const { return std::holds_alternative<std::string>(material_); }
  const std::string& id() const { return id_; }
  /// Of the key, not of its file: the same one, written in another way or place, has the same.
  std::uint64_t fingerprint() const { return fingerprint_; }

  bool verifies(std::string_view text, std::string_view signature) const;

 private:
  using Material = std::variant<std::string, PublicKey>;  ///< a secret, or a public key
  Key(Material material, std::string id);

  Material material_;
  std::string id_;
  std::uint64_t fingerprint_;
};

class Keys {
 public:
  /// At most max_keys of them; a token is good if one fits.
  explicit Keys(std::vector<Key> keys);

  /// Errors: malformed (no token, or claims that are not as Token says), too_large, unsupported (an algorithm or a
  /// critical header parameter that is not known here), refused (no key fits, or not valid yet), timed_out (expired).
  /// To a client all of them are one answer, 401; the reason is for the log.
  /// Cost of one that nobody signed, for each key that is tried: see signature.hpp; HS256 3 µs. gateway/limits.hpp bounds
  /// how many of them an address may bring.
  Result<Token> verify(std::string_view token, std::chrono::system_clock::time_point now) const;

  /// Whether the key of that fingerprint is one of them.
  bool has(std::uint64_t fingerprint) const;

 private:
  std::vector<Key> keys_;
};

}  // namespace xes::gateway
