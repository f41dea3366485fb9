// SPDX-License-Identifier: MIT
#include "gateway/public_key.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <string>

namespace xes::gateway {
namespace {

using Bio = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })>;
using PKey = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;

/// OpenSSL's own one would ask for the passphrase of an encrypted file on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

std::string curve_of(const EVP_PKEY* key) {
  char name[64] = "";
  std::size_t length = 0;
  EVP_PKEY_get_group_name(key, name, sizeof name, &length);
  return name;
}

}  // namespace

Result<PublicKey> public_key_of(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const PKey key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  ERR_clear_error();
  if (!key) return fail(Error::malformed, "holds no public key that can be read");
  const int bits = EVP_PKEY_get_bits(key.get());
  switch (EVP_PKEY_get_base_id(key.get())) {
    case EVP_PKEY_RSA:
      if (bits >= 2048 && bits <= 16'384) return PublicKey::rsa;
      return fail(Error::unsupported, "holds an RSA key of " + std::to_string(bits) +
                                          " bits; RS256 needs at least 2048, and more than 16384 cost too much");
    case EVP_PKEY_EC:
      if (curve_of(key.get()) == "prime256v1") return PublicKey::p256;
      return fail(Error::unsupported, "holds a key of another elliptic curve than P-256, which ES256 needs");
    default:
      return fail(Error::unsupported, "holds a public key that is neither RSA (RS256) nor P-256 (ES256)");
  }
}

}  // namespace xes::gateway
