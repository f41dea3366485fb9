// SPDX-License-Identifier: MIT
// A token that nobody signed is refused whatever it says; of one that is signed, only claims within their bounds count.
#include "gateway/token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>
#include <vector>

#include "fuzz.hpp"
#include "gateway/credentials.hpp"

using namespace xes;
using namespace xes::gateway;

namespace {

constexpr std::string_view secret = "a secret of this test, long enough for HS256";
const std::chrono::system_clock::time_point now{std::chrono::seconds(1'700'000'000)};

const Keys& keys() {
  static const Keys all([] {
    std::vector<Key> list;
    list.push_back(Key::parse(secret).value());
    return list;
  }());
  return all;
}

std::string base64url(std::string_view bytes) {
  constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned bits = 0, held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) out += letters[bits >> (held - 6) & 63];
  }
  if (held > 0) out += letters[bits << (6 - held) & 63];
  return out;
}

std::string signed_text(std::string_view header, std::string_view claims) {
  const std::string text = base64url(header) + '.' + base64url(claims);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), mac, &length);
  return text + '.' + base64url({reinterpret_cast<const char*>(mac), length});
}

void check_token(const Result<Token>& token) {
  if (!token) return;
  const auto text = [](const std::string& value) { return !value.empty() && value.size() <= max_claim_text_bytes; };
  check(text(token->subject) && token->subject.find('\0') == token->subject.npos);
  check(token->expires > now);
  check(token->nodes.size() <= max_token_patterns);
  for (const std::string& pattern : token->nodes) check(text(pattern));
  if (!token->audience) return;
  check(token->audience->size() <= max_token_audiences);
  for (const std::string& audience : *token->audience) check(text(audience));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(data, size);
  check(!keys().verify(input, now));

  check_token(keys().verify(signed_text(R"({"alg":"HS256","typ":"JWT"})", input), now));
  Pieces pieces(input);
  const std::string_view header = pieces.next(), claims = pieces.rest();
  check_token(keys().verify(signed_text(header, claims), now));
  // A signature fits the bytes that were signed alone.
  const std::string good = signed_text(R"({"alg":"HS256"})", R"({"sub":"a","exp":1800000000})");
  check(keys().verify(good, now).has_value());
  if (!input.empty()) {
    std::string forged = good;
    const std::size_t at = data[0] % forged.rfind('.');
    forged.replace(at, 1, input.substr(size / 2, 1));
    if (forged != good) check(!keys().verify(forged, now));
  }

  // A PEM or a secret: no crash, and no secret under the least size.
  if (const auto key = Key::parse(input)) check(!key->is_secret() || size >= min_secret_bytes);

  Params params;
  params.add("HTTP_AUTHORIZATION", std::string(header));
  params.add("HTTP_COOKIE", std::string(claims));
  params.add("REQUEST_URI", "/eventsource/a?" + std::string(input));
  CredentialOptions options;
  options.query = true;
  if (const auto token = find_token(params, options)) check(!token->empty());
  return 0;
}
