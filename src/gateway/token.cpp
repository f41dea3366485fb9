// SPDX-License-Identifier: MIT
#include "gateway/token.hpp"

#include <jwt.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "gateway/public_key.hpp"

namespace xes::gateway {
namespace {

using Clock = std::chrono::system_clock;
using Json = nlohmann::json;
using Jwt = std::unique_ptr<jwt_t, decltype([](jwt_t* jwt) { jwt_free(jwt); })>;
using CText = std::unique_ptr<char, decltype([](char* text) { std::free(text); })>;

/// nullptr for what is no token or does not fit `key`. Without a key, libjwt verifies nothing.
Jwt decode(const std::string& token, const std::string& key) {
  jwt_t* jwt = nullptr;
  const auto* bytes = key.empty() ? nullptr : reinterpret_cast<const unsigned char*>(key.data());
  if (jwt_decode(&jwt, token.c_str(), bytes, static_cast<int>(key.size())) != 0) return nullptr;
  return Jwt(jwt);
}

std::optional<Key::Algorithm> algorithm_of(jwt_alg_t algorithm) {
  switch (algorithm) {
    case JWT_ALG_HS256:
      return Key::Algorithm::hs256;
    case JWT_ALG_RS256:
      return Key::Algorithm::rs256;
    case JWT_ALG_ES256:
      return Key::Algorithm::es256;
    default:
      return std::nullopt;
  }
}

bool is_base64url(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// RFC 7515 §3.1's compact form: three parts, none empty. libjwt skips over bytes that are no Base64, ends at a NUL,
/// and writes a byte behind the end of an empty part.
bool has_three_parts(std::string_view token) {
  std::array<std::size_t, 3> sizes{};
  std::size_t part = 0;
  for (const char c : token) {
    if (c == '.') {
      if (++part == sizes.size()) return false;
    } else if (is_base64url(c)) {
      ++sizes[part];
    } else {
      return false;
    }
  }
  return std::ranges::find(sizes, 0u) == sizes.end();
}

std::optional<double> number(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

/// RFC 7519 §2: seconds since 1970, with or without a fraction. Kept within what the clock can say.
Clock::time_point time_of(double seconds) {
  constexpr double year_2200 = 7'258'118'400;
  const std::chrono::duration<double> since(std::clamp(seconds, 0.0, year_2200));
  return Clock::time_point(std::chrono::duration_cast<Clock::duration>(since));
}

Result<std::string> claim_text(const Json& value, const std::string& name) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr) return fail(Error::malformed, "the token's " + name + " is no string");
  if (text->empty()) return fail(Error::malformed, "the token's " + name + " is empty");
  if (text->size() > max_claim_text_bytes)
    return fail(Error::too_large,
                "the token's " + name + " has more than " + std::to_string(max_claim_text_bytes) + " bytes");
  return *text;
}

Result<std::vector<std::string>> texts_of(const Json& list, const std::string& name, std::size_t most) {
  if (list.size() > most)
    return fail(Error::too_large, "the token has more than " + std::to_string(most) + " of " + name);
  std::vector<std::string> texts;
  for (const Json& value : list) {
    auto text = claim_text(value, name);
    if (!text) return tl::unexpected(text.error());
    texts.push_back(std::move(*text));
  }
  return texts;
}

Result<std::vector<std::string>> patterns_of(const Json& claims) {
  const auto found = claims.find("nodes");
  if (found == claims.end()) return std::vector<std::string>();
  if (!found->is_array()) return fail(Error::malformed, "the token's nodes are no list");
  return texts_of(*found, "pattern of nodes", max_token_patterns);
}

/// RFC 7519 §4.1.3
Result<std::optional<std::vector<std::string>>> audience_of(const Json& claims) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return std::nullopt;
  auto audience = texts_of(found->is_array() ? *found : Json::array({*found}), "audience", max_token_audiences);
  if (!audience) return tl::unexpected(audience.error());
  return std::optional(std::move(*audience));
}

Result<Token> token_of(const Json& claims, Clock::time_point now) {
  if (!claims.is_object()) return fail(Error::malformed, "the token's claims are no JSON object");
  const auto expires = number(claims, "exp");
  if (!expires) return fail(Error::malformed, "the token does not say when it expires (exp)");
  const auto from = number(claims, "nbf");
  if (claims.contains("nbf") && !from) return fail(Error::malformed, "the token's nbf is no number");
  Token token;
  token.expires = time_of(*expires);
  if (token.expires <= now) return fail(Error::timed_out, "the token has expired");
  if (from && time_of(*from) > now + token_leeway) return fail(Error::refused, "the token is not valid yet");
  if (!claims.contains("sub")) return fail(Error::malformed, "the token names no subject (sub)");
  auto subject = claim_text(claims["sub"], "subject");
  if (!subject) return tl::unexpected(subject.error());
  token.subject = std::move(*subject);
  auto patterns = patterns_of(claims);
  if (!patterns) return tl::unexpected(patterns.error());
  token.nodes = std::move(*patterns);
  auto audience = audience_of(claims);
  if (!audience) return tl::unexpected(audience.error());
  token.audience = std::move(*audience);
  return token;
}

constexpr std::string_view pem_begin = "-----BEGIN ";

Result<Key::Algorithm> pem_algorithm(std::string_view pem) {
  const std::size_t begin = pem.find(pem_begin);
  const std::string_view label = pem.substr(begin + pem_begin.size());
  if (label.substr(0, label.find('\n')).find("PRIVATE KEY") != std::string_view::npos)
    return fail(Error::malformed,
                "holds a private key; the worker needs the public one alone (openssl pkey -pubout)");
  if (!label.starts_with("PUBLIC KEY-----"))
    return fail(Error::malformed,
                "holds no \"BEGIN PUBLIC KEY\"; openssl writes that with x509 -pubkey -noout from a certificate, and "
                "with rsa -RSAPublicKey_in -pubout from an RSA PUBLIC KEY");
  if (pem.find(pem_begin, begin + 1) != std::string_view::npos)
    return fail(Error::malformed, "holds more than one key; each needs a file of its own");
  return public_key_of(pem).map(
      [](PublicKey kind) { return kind == PublicKey::rsa ? Key::Algorithm::rs256 : Key::Algorithm::es256; });
}

}  // namespace

Result<Key> Key::parse(std::string_view file_text) {
  if (file_text.size() > max_key_file_bytes)
    return fail(Error::too_large, "holds more than " + std::to_string(max_key_file_bytes / 1024) + "KiB");
  if (file_text.find(pem_begin) != std::string_view::npos)
    return pem_algorithm(file_text).map([&](Algorithm algorithm) { return Key(algorithm, file_text); });
  if (file_text.ends_with('\n')) file_text.remove_suffix(1);
  if (file_text.ends_with('\r')) file_text.remove_suffix(1);
  if (file_text.size() < min_secret_bytes)
    return fail(Error::malformed, "holds neither a public key in PEM nor a secret of at least " +
                                      std::to_string(min_secret_bytes) + " bytes");
  return Key(Algorithm::hs256, file_text);
}

Keys::Keys(std::vector<Key> keys) : keys_(std::move(keys)) {
  if (keys_.size() > max_keys) throw std::length_error("more than " + std::to_string(max_keys) + " keys for tokens");
}

Result<Token> Keys::verify(std::string_view token, Clock::time_point now) const {
  if (token.size() > max_token_bytes)
    return fail(Error::too_large, "the token has more than " + std::to_string(max_token_bytes / 1024) + "KiB");
  if (!has_three_parts(token)) return fail(Error::malformed, "it is no JSON Web Token in three parts of base64url");
  const std::string text(token);
  const Jwt unverified = decode(text, {});
  if (!unverified) return fail(Error::malformed, "its header or its claims are no JSON, or its typ is not JWT");
  const auto algorithm = algorithm_of(jwt_str_alg(jwt_get_header(unverified.get(), "alg")));
  if (!algorithm) return fail(Error::unsupported, "the token's algorithm is none of HS256, RS256 and ES256");
  // RFC 7515 §4.1.11: whoever does not know all of these must refuse; none is known here.
  if (CText(jwt_get_headers_json(unverified.get(), "crit")))
    return fail(Error::unsupported, "the token has a critical header parameter that is not known here");
  for (const Key& key : keys_) {
    if (key.algorithm_ != *algorithm) continue;
    const Jwt verified = decode(text, key.material_);
    // That the algorithm is the key's own is asked of the verified token too: on this depends that a public key is
    // never taken for a secret.
    if (!verified || algorithm_of(jwt_get_alg(verified.get())) != key.algorithm_) continue;
    const CText claims(jwt_get_grants_json(verified.get(), nullptr));
    if (!claims) return fail(Error::malformed, "the token's claims cannot be read");
    return token_of(Json::parse(claims.get(), nullptr, false), now);
  }
  return fail(Error::refused, "no key fits the token's signature");
}

}  // namespace xes::gateway
