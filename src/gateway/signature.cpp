// SPDX-License-Identifier: MIT
#include "gateway/signature.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <algorithm>

namespace xes::gateway {
namespace {

using Bio = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })>;
using Digest = std::unique_ptr<EVP_MD_CTX, decltype([](EVP_MD_CTX* context) { EVP_MD_CTX_free(context); })>;
using Number = std::unique_ptr<BIGNUM, decltype([](BIGNUM* number) { BN_free(number); })>;
using EcSignature = std::unique_ptr<ECDSA_SIG, decltype([](ECDSA_SIG* signature) { ECDSA_SIG_free(signature); })>;

/// OpenSSL's own one would ask for the passphrase of an encrypted file on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

std::string curve_of(const EVP_PKEY* key) {
  char name[64] = "";
  std::size_t length = 0;
  EVP_PKEY_get_group_name(key, name, sizeof name, &length);
  return name;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// What one of OpenSSL's i2d functions writes.
template <class Write>
std::string der_of(Write write) {
  unsigned char* made = nullptr;
  const int size = write(&made);
  std::string der;
  if (size > 0) der.assign(reinterpret_cast<const char*>(made), static_cast<std::size_t>(size));
  OPENSSL_free(made);
  return der;
}

/// RFC 7518 §3.4: two numbers of 32 bytes, which OpenSSL reads as DER. Empty for what is none.
std::string ecdsa_der(std::string_view signature) {
  constexpr std::size_t half = 32;
  if (signature.size() != 2 * half) return {};
  Number r(BN_bin2bn(bytes_of(signature), half, nullptr)), s(BN_bin2bn(bytes_of(signature) + half, half, nullptr));
  const EcSignature both(ECDSA_SIG_new());
  if (!r || !s || !both || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();  // they are `both`'s now
  (void)s.release();
  return der_of([&](unsigned char** out) { return i2d_ECDSA_SIG(both.get(), out); });
}

}  // namespace

Result<PublicKey> PublicKey::parse(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::shared_ptr<EVP_PKEY> key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr) : nullptr,
                                EVP_PKEY_free);
  ERR_clear_error();
  if (!key) return fail(Error::malformed, "does not hold a readable public key");
  const int bits = EVP_PKEY_get_bits(key.get());
  switch (EVP_PKEY_get_base_id(key.get())) {
    case EVP_PKEY_RSA:
      if (bits >= 2048 && bits <= 16'384) return PublicKey(std::move(key), Kind::rsa);
      return fail(Error::unsupported, "holds an RSA key of " + std::to_string(bits) +
                                          " bits; RS256 needs at least 2048, and more than 16384 cost too much");
    case EVP_PKEY_EC:
      if (curve_of(key.get()) == "prime256v1") return PublicKey(std::move(key), Kind::p256);
      return fail(Error::unsupported, "holds a key of an elliptic curve other than P-256, which ES256 needs");
    default:
      return fail(Error::unsupported, "holds a public key that is neither RSA (RS256) nor P-256 (ES256)");
  }
}

bool PublicKey::verifies(std::string_view text, std::string_view signature) const {
  const std::string der = kind_ == Kind::p256 ? ecdsa_der(signature) : std::string(signature);
  const Digest digest(EVP_MD_CTX_new());
  const bool good = !der.empty() && digest &&
                    EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
                    EVP_DigestVerify(digest.get(), bytes_of(der), der.size(), bytes_of(text), text.size()) == 1;
  ERR_clear_error();  // it keeps a list for each thread
  return good;
}

std::string PublicKey::bytes() const {
  return der_of([&](unsigned char** out) { return i2d_PUBKEY(key_.get(), out); });
}

bool hmac_verifies(std::string_view secret, std::string_view text, std::string_view signature) {
  unsigned char right[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  return HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(text), text.size(), right, &size) &&
         signature.size() == size && CRYPTO_memcmp(signature.data(), right, size) == 0;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (text.size() % 4 == 1 || !std::ranges::all_of(text, is_letter)) return std::nullopt;
  // OpenSSL reads the other alphabet, with padding, which it decodes to zeros.
  std::string padded(text);
  for (char& c : padded) c = c == '-' ? '+' : c == '_' ? '/' : c;
  const std::size_t padding = (4 - text.size() % 4) % 4;
  padded.append(padding, '=');
  std::string bytes(padded.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), bytes_of(padded), static_cast<int>(padded.size())) < 0)
    return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::uint64_t fingerprint(std::string_view bytes) {
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(bytes_of(bytes), bytes.size(), hash);
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < sizeof first; ++i) first = first << 8 | hash[i];
  return first;
}

}  // namespace xes::gateway
