// SPDX-License-Identifier: MIT
#include "gateway/token.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/text.hpp"

namespace xes::gateway {
namespace {

using Clock = std::chrono::system_clock;
using Json = nlohmann::json;

/// RFC 7515 §4.1.1: names of algorithms are case-sensitive.
std::optional<Key::Algorithm> algorithm_of(const std::string& name) {
  if (name == "HS256") return Key::Algorithm::hs256;
  if (name == "RS256") return Key::Algorithm::rs256;
  if (name == "ES256") return Key::Algorithm::es256;
  return std::nullopt;
}

/// RFC 7515 §3.1's compact form: header, claims, signature, none empty.
std::optional<std::array<std::string_view, 3>> three_parts(std::string_view token) {
  const std::size_t first = token.find('.'), last = token.rfind('.');
  if (first == token.npos || first == last) return std::nullopt;
  const std::array parts{token.substr(0, first), token.substr(first + 1, last - first - 1), token.substr(last + 1)};
  if (std::ranges::any_of(parts, &std::string_view::empty)) return std::nullopt;
  return parts;  // a third dot is no Base64
}

/// The object that is written there; a discarded value where none is. As deep as it likes: nothing here recurses.
Json object_of(const std::optional<std::string>& text) {
  Json value = text ? Json::parse(*text, nullptr, false) : Json(Json::value_t::discarded);
  return value.is_object() ? value : Json(Json::value_t::discarded);
}

const std::string* text_at(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

struct Header {
  Key::Algorithm algorithm;
  std::string kid;  ///< empty: it names no key
};

Result<Header> header_of(const Json& header) {
  if (const auto typ = header.find("typ"); typ != header.end()) {
    const std::string* text = text_at(header, "typ");
    if (text == nullptr || ascii_lower(*text) != "jwt") return fail(Error::malformed, "the token's typ is not JWT");
  }
  const std::string* name = text_at(header, "alg");
  const auto algorithm = name == nullptr ? std::nullopt : algorithm_of(*name);
  if (!algorithm) return fail(Error::unsupported, "the token's algorithm is not HS256, RS256 or ES256");
  // RFC 7515 §4.1.11: whoever does not know all of these must refuse; none is known here. RFC 7797 §6 asks for `crit`
  // where `b64` says that the claims are not encoded; a token that forgets it is refused all the same.
  if (header.contains("crit")) return fail(Error::unsupported, "the token has an unknown critical header parameter");
  if (const auto b64 = header.find("b64"); b64 != header.end() && *b64 != true)
    return fail(Error::unsupported, "the token's payload is not base64url-encoded (b64)");
  const std::string* kid = text_at(header, "kid");
  return Header{*algorithm, kid == nullptr ? std::string() : *kid};
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
  if (text == nullptr) return fail(Error::malformed, "the token's " + name + " is not a string");
  if (text->empty() || text->find('\0') != text->npos)
    return fail(Error::malformed, "the token's " + name + " is empty or contains a NUL");
  if (text->size() > max_claim_text_bytes)
    return fail(Error::too_large,
                "the token's " + name + " has more than " + std::to_string(max_claim_text_bytes) + " bytes");
  return *text;
}

Result<std::vector<std::string>> texts_of(const Json& list, const std::string& name, std::size_t most) {
  if (list.size() > most)
    return fail(Error::too_large, "the token has more than " + std::to_string(most) + " entries in " + name);
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
  if (!found->is_array()) return fail(Error::malformed, "the token's nodes are not a list");
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
  if (claims.is_discarded()) return fail(Error::malformed, "the token's claims are not a JSON object");
  const auto expires = number(claims, "exp");
  if (!expires) return fail(Error::malformed, "the token does not say when it expires (exp)");
  const auto from = number(claims, "nbf");
  if (claims.contains("nbf") && !from) return fail(Error::malformed, "the token's nbf is not a number");
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

Result<PublicKey> public_key_of(std::string_view pem) {
  const std::size_t begin = pem.find(pem_begin);
  const std::string_view label = pem.substr(begin + pem_begin.size());
  if (label.substr(0, label.find('\n')).find("PRIVATE KEY") != std::string_view::npos)
    return fail(Error::malformed,
                "holds a private key; the worker needs only the public one (openssl pkey -pubout)");
  if (!label.starts_with("PUBLIC KEY-----"))
    return fail(Error::malformed,
                "does not hold \"BEGIN PUBLIC KEY\"; openssl writes that with x509 -pubkey -noout from a certificate, and "
                "with rsa -RSAPublicKey_in -pubout from an RSA PUBLIC KEY");
  if (pem.find(pem_begin, begin + 1) != std::string_view::npos)
    return fail(Error::malformed, "holds more than one key; put each in a file of its own");
  return PublicKey::parse(pem);
}

}  // namespace

Key::Key(Material material, std::string id) : material_(std::move(material)), id_(std::move(id)) {
  const auto* secret = std::get_if<std::string>(&material_);
  fingerprint_ = gateway::fingerprint(secret ? *secret : std::get<PublicKey>(material_).bytes());
}

Result<Key> Key::parse(std::string_view file_text, std::string id) {
  if (file_text.size() > max_key_file_bytes)
    return fail(Error::too_large, "is larger than " + std::to_string(max_key_file_bytes / 1024) + "KiB");
  if (file_text.find(pem_begin) != std::string_view::npos)
    return public_key_of(file_text).map([&](PublicKey key) { return Key(std::move(key), std::move(id)); });
  if (file_text.ends_with('\n')) file_text.remove_suffix(1);
  if (file_text.ends_with('\r')) file_text.remove_suffix(1);
  if (file_text.size() < min_secret_bytes)
    return fail(Error::malformed, "holds neither a public key in PEM nor a secret of at least " +
                                      std::to_string(min_secret_bytes) + " bytes");
  return Key(std::string(file_text), std::move(id));
}

Key::Algorithm Key::algorithm() const {
  const auto* key = std::get_if<PublicKey>(&material_);
  if (key == nullptr) return Algorithm::hs256;
  return key->kind() == PublicKey::Kind::rsa ? Algorithm::rs256 : Algorithm::es256;
}

bool Key::verifies(std::string_view text, std::string_view signature) const {
  if (const auto* key = std::get_if<PublicKey>(&material_)) return key->verifies(text, signature);
  return hmac_verifies(std::get<std::string>(material_), text, signature);
}

Keys::Keys(std::vector<Key> keys) : keys_(std::move(keys)) {
  if (keys_.size() > max_keys) throw std::length_error("more than " + std::to_string(max_keys) + " keys for tokens");
}

bool Keys::has(std::uint64_t fingerprint) const { return std::ranges::count(keys_, fingerprint, &Key::fingerprint) > 0; }

Result<Token> Keys::verify(std::string_view token, Clock::time_point now) const {
  if (token.size() > max_token_bytes)
    return fail(Error::too_large, "the token has more than " + std::to_string(max_token_bytes / 1024) + "KiB");
  const auto parts = three_parts(token);
  const auto signature = parts ? decode_base64url((*parts)[2]) : std::nullopt;
  const auto claims = parts ? decode_base64url((*parts)[1]) : std::nullopt;
  if (!signature || !claims) return fail(Error::malformed, "it is not a JSON Web Token of three base64url parts");
  const Json read = object_of(decode_base64url((*parts)[0]));
  if (read.is_discarded()) return fail(Error::malformed, "the token's header is not a JSON object");
  const auto header = header_of(read);
  if (!header) return tl::unexpected(header.error());
  const std::string_view signed_text = token.substr(0, token.rfind('.'));
  const bool named = !header->kid.empty() && std::ranges::count(keys_, header->kid, &Key::id) > 0;
  for (const Key& key : keys_) {
    // A key verifies by its own algorithm alone: on this depends that a public key is never taken for a secret.
    if (key.algorithm() != header->algorithm || (named && key.id() != header->kid)) continue;
    if (!key.verifies(signed_text, *signature)) continue;
    auto good = token_of(object_of(claims), now);
    if (good) good->key = key.fingerprint();
    return good;
  }
  return fail(Error::refused, "no key verifies the token's signature");
}

}  // namespace xes::gateway
