// SPDX-License-Identifier: MIT
// A token that nobody signed is refused whatever it says; of one that is signed, only claims within their bounds count.
#include "gateway/token.hpp"

#include <string>
#include <vector>

#include "fuzz.hpp"
#include "gateway/credentials.hpp"
#include "signed_token.hpp"

using namespace xes;
using namespace xes::gateway;

namespace {

const std::chrono::system_clock::time_point now{std::chrono::seconds(1'700'000'000)};

/// One of each algorithm.
const Keys& keys() {
  static const Keys all([] {
    std::vector<Key> list;
    for (const std::string& text : {test::secret, test::rsa_key, test::p256_key})
      list.push_back(Key::parse(text).value());
    return list;
  }());
  return all;
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

  check_token(keys().verify(test::hs256_of(test::header, std::string(input)), now));
  Pieces pieces(input);
  const std::string_view header = pieces.next(), claims = pieces.rest();
  check_token(keys().verify(test::hs256_of(std::string(header), std::string(claims)), now));
  // Nobody can sign with what everybody may know: a public key is no secret, whatever the header says.
  for (const std::string& known : {test::rsa_key, test::p256_key, std::string(header)})
    if (!known.empty()) check(!keys().verify(test::hs256_of(test::header, std::string(claims), known), now) || known == test::secret);

  // A signature fits the bytes that were signed alone, in each algorithm.
  static const std::string good = test::hs256_of(test::header, R"({"sub":"a","exp":1800000000})");

  for (const std::string& sample : {good, test::rs256, test::es256}) {
    check(keys().verify(sample, now).has_value());
    if (size < 3) continue;
    std::string forged = sample;
    const std::size_t at = (data[0] << 8 | data[1]) % forged.rfind('.');
    forged.replace(at, 1, input.substr(2, 1));
    if (forged != sample) check(!keys().verify(forged, now));
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
