// SPDX-License-Identifier: MIT
#include "gateway/token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "signed_token.hpp"
#include "token_samples.hpp"

namespace xes::gateway {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Time = std::chrono::system_clock::time_point;

constexpr long noon = 1'500'000'000;

Time at(long seconds) { return Time(std::chrono::seconds(seconds)); }

Keys keys_of(const std::vector<std::string>& files) {
  std::vector<Key> keys;
  for (const std::string& file : files) {
    auto key = Key::parse(file);
    EXPECT_TRUE(key) << key.error().reason;
    if (key) keys.push_back(std::move(*key));
  }
  return Keys(std::move(keys));
}

const std::string least = R"("sub":"a","exp":1600000000)";

/// A token with `claims` beside the least ones, verified at noon with the right secret.
Result<Token> with(const std::string& claims) {
  return keys_of({secret}).verify(hs256_of(header, "{" + least + "," + claims + "}"), at(noon));
}

Result<Token> only(const std::string& claims) {
  return keys_of({secret}).verify(hs256_of(header, "{" + claims + "}"), at(noon));
}

Error error_of(const Result<Token>& token) {
  EXPECT_FALSE(token);
  return token ? Error::unavailable : token.error().error;
}

std::string reason_of(const Result<Key>& key) { return key ? "none" : key.error().reason; }

std::string list_of(std::size_t count, const std::string& pattern) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "\"" : ",\"") + pattern + "\"";
  return "[" + out + "]";
}

TEST(Token, HoldsWhatItsClaimsSay) {
  const Keys keys = keys_of({rsa_key, secret, p256_key});
  for (const std::string& text : {hs256, rs256, es256}) {
    const auto token = keys.verify(text, at(noon));
    ASSERT_TRUE(token) << token.error().reason;
    EXPECT_EQ(token->subject, "alice");
    EXPECT_EQ(token->expires, at(2'000'000'000));
    EXPECT_THAT(token->nodes, ElementsAre("weather/*", "größe"));
  }
}

TEST(Token, SaysForWhomItIs) {
  EXPECT_FALSE(with(R"("iss":"joe")")->audience) << "it does not say";
  EXPECT_THAT(*with(R"("aud":"pubsub.example")")->audience, ElementsAre("pubsub.example"));
  EXPECT_THAT(*with(R"("aud":["a","b"])")->audience, ElementsAre("a", "b"));
  EXPECT_THAT(*with(R"("aud":[])")->audience, ElementsAre()) << "for nobody";
  for (const char* bad : {"1", "null", "{}", "true", "[1]", "[\"\"]", "\"\""})
    EXPECT_EQ(error_of(with(std::string("\"aud\":") + bad)), Error::malformed) << bad;
  EXPECT_TRUE(with("\"aud\":" + list_of(64, "a")));
  EXPECT_EQ(error_of(with("\"aud\":" + list_of(65, "a"))), Error::too_large);
}

TEST(Token, OfTheStandardsAppendicesVerifies) {
  // They have no subject, and that is found out only once the signature was right.
  const Keys keys = keys_of({rfc_secret, rfc_rsa_key, rfc_p256_key});
  for (const std::string& text : {rfc_hs256, rfc_rs256, rfc_es256}) {
    EXPECT_EQ(keys.verify(text, at(1'300'000'000)).error().reason, "the token names no subject (sub)");
    EXPECT_EQ(error_of(keys.verify(text, at(noon))), Error::timed_out);
  }
}

TEST(Token, IsRefusedWithoutTheKeyThatSignedIt) {
  const std::string other = "fedcba9876543210fedcba9876543210";
  EXPECT_EQ(error_of(keys_of({other, rsa_key, p256_key}).verify(hs256, at(noon))), Error::refused);
  EXPECT_EQ(error_of(keys_of({secret, rfc_rsa_key, p256_key}).verify(rs256, at(noon))), Error::refused);
  EXPECT_EQ(error_of(keys_of({secret, rsa_key, rfc_p256_key}).verify(es256, at(noon))), Error::refused);
  EXPECT_EQ(error_of(keys_of({}).verify(hs256, at(noon))), Error::refused);
}

TEST(Token, IsGoodWhileAnyKeyOfARotationFits) {
  const std::string other = "fedcba9876543210fedcba9876543210";
  EXPECT_TRUE(keys_of({other, secret}).verify(hs256, at(noon)));
  EXPECT_TRUE(keys_of({rfc_rsa_key, rsa_key}).verify(rs256, at(noon)));
  EXPECT_TRUE(keys_of({rfc_p256_key, p256_key}).verify(es256, at(noon)));
}

TEST(Token, CannotTakeAPublicKeyForASecret) {
  const std::string claims = "{" + least + "}";
  for (const std::string& key : {rsa_key, p256_key}) {
    const std::string forged = hs256_of(header, claims, key);
    EXPECT_EQ(error_of(keys_of({key}).verify(forged, at(noon))), Error::refused);
    EXPECT_EQ(error_of(keys_of({secret, key}).verify(forged, at(noon))), Error::refused);
  }
}

TEST(Token, CannotDoWithoutASignature) {
  const std::string claims = base64url("{" + least + "}");
  const Keys keys = keys_of({secret, rsa_key});
  for (const std::string algorithm : {"none", "None", "NONE", "nOnE"}) {
    const std::string text = base64url(R"({"alg":")" + algorithm + R"("})") + "." + claims + ".";
    EXPECT_EQ(error_of(keys.verify(text, at(noon))), Error::malformed) << "its last part is empty";
    EXPECT_EQ(error_of(keys.verify(text + "AAAA", at(noon))), Error::unsupported);
  }
  EXPECT_EQ(error_of(keys.verify(base64url(header) + "." + claims + ".AAAA", at(noon))), Error::refused);
}

TEST(Token, CannotChooseAnotherAlgorithm) {
  const Keys keys = keys_of({secret, rsa_key, p256_key});
  for (const std::string algorithm : {"hs256", "Hs256", "rs256", "es256", "HS384", "HS512", "RS384", "ES384", "PS256", "EdDSA", "", "HS256 "}) {
    const auto result = keys.verify(hs256_of(R"({"alg":")" + algorithm + R"("})", "{" + least + "}"), at(noon));
    EXPECT_THAT(error_of(result), testing::AnyOf(Error::unsupported, Error::malformed)) << algorithm;
  }
  for (const std::string odd :
       {R"({})", R"({"alg":1})", R"({"alg":null})", R"({"alg":["HS256"]})", R"([])", R"("HS256")"})
    EXPECT_THAT(error_of(keys.verify(hs256_of(odd, "{" + least + "}"), at(noon))),
                testing::AnyOf(Error::unsupported, Error::malformed))
        << odd;
}

TEST(Token, CannotNameItsOwnKey) {
  const std::string bait =
      R"(,"jku":"http://127.0.0.1:1/","x5u":"http://127.0.0.1:1/","jwk":{"kty":"oct","k":"AAAA"}})";
  for (const std::string kid : {"../../../../dev/null", "/dev/zero", "' OR 1=1 --", "|sleep 10", "\\u0001\\n"}) {
    const std::string named = R"({"alg":"HS256","kid":")" + kid + "\"" + bait;
    const std::string claims = "{" + least + "}";
    EXPECT_EQ(error_of(keys_of({secret}).verify(hs256_of(named, claims, std::string(32, '\0')), at(noon))),
              Error::refused);
    EXPECT_TRUE(keys_of({secret}).verify(hs256_of(named, claims), at(noon))) << "the right key is found without it";
  }
}

TEST(Token, WithACriticalHeaderThatNobodyKnowsIsRefused) {
  for (const std::string crit : {R"(["b64"])", R"([])", "null", "1"}) {
    const auto result =
        keys_of({secret}).verify(hs256_of(R"({"alg":"HS256","crit":)" + crit + "}", "{" + least + "}"), at(noon));
    EXPECT_EQ(error_of(result), Error::unsupported) << crit;
  }
}

TEST(Token, WhoseClaimsAreNotEncodedIsRefused) {
  const auto result = [](const std::string& more) {
    return keys_of({secret}).verify(hs256_of(R"({"alg":"HS256",)" + more + "}", "{" + least + "}"), at(noon));
  };
  for (const std::string more : {R"("b64":false)", R"("b64":null)", R"("b64":"true")", R"("b64":false,"crit":["b64"])"})
    EXPECT_EQ(error_of(result(more)), Error::unsupported) << more;
  EXPECT_TRUE(result(R"("b64":true)"));
}

TEST(Token, OfAnotherTypeIsRefused) {
  const auto result = [](const std::string& typ) {
    return keys_of({secret}).verify(hs256_of(R"({"alg":"HS256","typ":)" + typ + "}", "{" + least + "}"), at(noon));
  };
  EXPECT_TRUE(result(R"("JWT")"));
  EXPECT_TRUE(result(R"("jwt")"));
  for (const std::string typ : {R"("at+jwt")", R"("")", "1", "null", R"(["JWT"])"}) EXPECT_EQ(error_of(result(typ)), Error::malformed) << typ;
}

TEST(Token, ThatNamesOneOfTheKeysIsVerifiedWithThatAlone) {
  const std::string other = "fedcba9876543210fedcba9876543210", claims = "{" + least + "}";
  const Keys keys({Key::parse(other, "old").value(), Key::parse(secret, "new").value(), Key::parse(rsa_key, "rsa").value()});
  const auto named = [&](const std::string& kid, const std::string& key) {
    return keys.verify(hs256_of(R"({"alg":"HS256","kid":)" + kid + "}", claims, key), at(noon));
  };
  EXPECT_TRUE(named(R"("new")", secret));
  EXPECT_TRUE(named(R"("old")", other));
  EXPECT_EQ(error_of(named(R"("old")", secret)), Error::refused);
  EXPECT_EQ(error_of(named(R"("new")", other)), Error::refused);
  EXPECT_EQ(error_of(named(R"("rsa")", rsa_key)), Error::refused) << "its algorithm is another";
  EXPECT_EQ(error_of(named(R"("rsa")", secret)), Error::refused);
  for (const std::string kid : {R"("")", R"("NEW")", R"("2026-11")", "7", "null"}) EXPECT_TRUE(named(kid, secret)) << kid;
}

TEST(Token, SaysWhichKeySignedIt) {
  const Keys keys = keys_of({rsa_key, secret, p256_key});
  for (const auto& [text, file] : {std::pair(hs256, secret), {rs256, rsa_key}, {es256, p256_key}}) {
    const auto token = keys.verify(text, at(noon));
    ASSERT_TRUE(token);
    EXPECT_EQ(token->key, Key::parse(file + "\n")->fingerprint()) << "the key's, not the file's";
    EXPECT_TRUE(keys.has(token->key));
    EXPECT_FALSE(keys_of({rfc_rsa_key, rfc_p256_key, rfc_secret}).has(token->key));
  }
}

TEST(Token, OfEcdsaHasASignatureOfTheRightForm) {
  const Keys keys = keys_of({p256_key});
  const std::string text = es256.substr(0, es256.rfind('.') + 1);
  const std::string right = decode_base64url(es256.substr(text.size())).value();
  ASSERT_EQ(right.size(), 64u);
  for (const std::string& wrong : {right.substr(0, 63), right + '\0', std::string(1, '\0') + right, std::string(64, '\0'),
                                   std::string(64, '\xff'), std::string("0")})
    EXPECT_EQ(error_of(keys.verify(text + base64url(wrong), at(noon))), Error::refused);
}

TEST(Token, EndsAtItsExpiryToTheSecond) {
  const Keys keys = keys_of({secret});
  EXPECT_TRUE(keys.verify(hs256, at(1'999'999'999)));
  EXPECT_EQ(error_of(keys.verify(hs256, at(2'000'000'000))), Error::timed_out);
  EXPECT_EQ(only(R"("sub":"a","exp":1500000000.5)")->expires, at(noon) + 500ms);
  EXPECT_EQ(error_of(only(R"("sub":"a","exp":-1)")), Error::timed_out);
  EXPECT_EQ(only(R"("sub":"a","exp":1e300)")->expires, at(7'258'118'400)) << "the year 2200";
  for (const std::string number : {"9223372036854775807", "18446744073709551616", "99999999999999999999"})
    EXPECT_EQ(only(R"("sub":"a","exp":)" + number)->expires, at(7'258'118'400)) << number;
}

TEST(Token, NeedsAnExpiryThatIsANumber) {
  for (const std::string claims : {R"("sub":"a")", R"("sub":"a","exp":"1600000000")", R"("sub":"a","exp":null)",
                                   R"("sub":"a","exp":[1600000000])", R"("sub":"a","exp":true)",
                                   R"("sub":"a","exp":1e400)"})
    EXPECT_EQ(error_of(only(claims)), Error::malformed) << claims;
}

TEST(Token, IsNotGoodBeforeItsTimeButForAFewSeconds) {
  EXPECT_TRUE(with(R"("nbf":1500000030)"));
  EXPECT_EQ(error_of(with(R"("nbf":1500000031)")), Error::refused);
  EXPECT_EQ(error_of(with(R"("nbf":"1500000000")")), Error::malformed);
}

TEST(Token, NeedsASubject) {
  for (const std::string claims :
       {R"("exp":1600000000)", R"("exp":1600000000,"sub":"")", R"("exp":1600000000,"sub":7)",
        R"("exp":1600000000,"sub":["a"])", R"("exp":1600000000,"sub":"a\u0000b")"})
    EXPECT_EQ(error_of(only(claims)), Error::malformed) << claims;
  EXPECT_EQ(only(R"("exp":1600000000,"sub":")" + std::string(1023, 'x') + "\"")->subject.size(), 1023u);
  EXPECT_EQ(error_of(only(R"("exp":1600000000,"sub":")" + std::string(1024, 'x') + "\"")), Error::too_large);
}

TEST(Token, NamesAFewPatternsOfNodesOrNone) {
  EXPECT_THAT(only(least)->nodes, IsEmpty());
  EXPECT_THAT(with(R"("nodes":[])")->nodes, IsEmpty());
  EXPECT_EQ(with(R"("nodes":)" + list_of(64, "n/*"))->nodes.size(), 64u);
  EXPECT_EQ(error_of(with(R"("nodes":)" + list_of(65, "n/*"))), Error::too_large);
  EXPECT_EQ(error_of(with(R"("nodes":)" + list_of(1, std::string(1024, '*')))), Error::too_large);
  for (const std::string nodes :
       {R"("*")", R"([1])", R"([["*"]])", R"([""])", R"({"0":"*"})", "null", "true", R"(["a",null])"})
    EXPECT_EQ(error_of(with(R"("nodes":)" + nodes)), Error::malformed) << nodes;
}

TEST(Token, TakesTheLastOfAClaimThatStandsTwice) {
  EXPECT_EQ(with(R"("sub":"b","sub":"c")")->subject, "c");
  EXPECT_EQ(error_of(with(R"("exp":1)")), Error::timed_out);
  const Keys keys = keys_of({secret, rsa_key});
  EXPECT_EQ(error_of(keys.verify(hs256_of(R"({"alg":"HS256","alg":"none"})", "{" + least + "}"), at(noon))),
            Error::unsupported);
}

TEST(Token, ThatIsNoneIsMalformed) {
  const Keys keys = keys_of({secret, rsa_key, p256_key});
  const std::string nul(1, '\0');
  for (const std::string& text : {std::string(),
                                  std::string("."),
                                  std::string(".."),
                                  std::string("..."),
                                  std::string("a"),
                                  std::string("a.b"),
                                  std::string("a.b.c.d"),
                                  std::string("a.b.c"),
                                  hs256 + ".",
                                  "." + hs256,
                                  hs256 + " ",
                                  hs256 + "\n",
                                  hs256 + nul,
                                  nul + hs256,
                                  hs256 + "=",
                                  "Bearer " + hs256,
                                  std::string("e30.e30.e30"),
                                  std::string("..AAAA"),
                                  base64url(header) + "." + base64url("[]") + ".",
                                  base64url(header) + "..AAAA"})
    EXPECT_THAT(error_of(keys.verify(text, at(noon))), testing::AnyOf(Error::malformed, Error::unsupported)) << text;
  EXPECT_EQ(error_of(keys_of({secret}).verify(hs256_of(header, "[1]"), at(noon))), Error::malformed);
  EXPECT_EQ(error_of(keys_of({secret}).verify(hs256_of(header, "{\"sub\":\"\xff\"}"), at(noon))), Error::malformed);
}

TEST(Token, HasABoundedSize) {
  const auto padded = [](std::size_t bytes) {
    return hs256_of(header, "{" + least + R"(,"x":")" + std::string(bytes, 'x') + "\"}");
  };
  EXPECT_TRUE(keys_of({secret}).verify(padded(6000), at(noon)));
  EXPECT_EQ(error_of(keys_of({secret}).verify(padded(6200), at(noon))), Error::too_large);
  EXPECT_EQ(error_of(keys_of({secret}).verify(std::string(100'000'000, 'x'), at(noon))), Error::too_large);
}

TEST(Token, OfDeepJsonDoesNoHarm) {
  const auto deep = [](std::size_t depth, const std::string& open, const std::string& close) {
    std::string out;
    for (std::size_t i = 0; i < depth; ++i) out += open;
    out += "1";
    for (std::size_t i = 0; i < depth; ++i) out += close;
    return out;
  };
  EXPECT_TRUE(with(R"("x":)" + deep(1000, "[", "]")));
  EXPECT_TRUE(with(R"("x":)" + deep(800, "{\"\":", "}")));
  EXPECT_TRUE(with(R"("x":)" + deep(2900, "[", "]")));
  EXPECT_EQ(error_of(keys_of({secret}).verify(
                hs256_of(R"({"alg":"HS256","x":)" + std::string(5000, '[') + "}", "{" + least + "}"), at(noon))),
            Error::malformed);
}

TEST(Token, ThatWasTamperedWithIsNeverSomebodyElses) {
  const Keys keys = keys_of({secret, rsa_key, p256_key});
  std::mt19937 random(5);
  const auto any = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=\n";
  std::size_t accepted = 0;
  for (int round = 0; round < 6000; ++round) {
    const std::string& original = round % 10 == 0 ? rs256 : round % 10 == 1 ? es256 : hs256;
    std::string text = original;
    for (std::size_t changes = 1 + any(3); changes > 0; --changes) {
      const std::size_t place = any(text.size());
      if (const std::size_t what = any(4); what == 0)
        text.erase(place, 1 + any(8));
      else if (what == 1)
        text.insert(place, 1, letters[any(letters.size())]);
      else if (what == 2)
        text[place] = letters[any(letters.size())];
      else
        text = text.substr(0, place) + hs256.substr(any(hs256.size()));
      if (text.empty()) text = ".";
    }
    const auto token = keys.verify(text, at(noon));
    if (!token || text == original) continue;
    // What Base64 leaves unused in a signature's last letter may change.
    ++accepted;
    EXPECT_EQ(token->subject, "alice");
    EXPECT_EQ(text.substr(0, text.rfind('.')), original.substr(0, original.rfind('.')));
  }
  EXPECT_LT(accepted, 20u);
}

TEST(Token, StandsInNoReason) {
  const Keys keys = keys_of({rsa_key});
  for (const std::string& text :
       {std::string("secrettoken"), "secret." + rs256, hs256_of(R"({"alg":"secrettoken"})", "{}"),
        hs256_of(header, R"({"sub":"secrettoken"})")}) {
    const auto result = keys.verify(text, at(noon));
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().reason, Not(HasSubstr("secret")));
  }
  EXPECT_THAT(with(R"("nodes":["secrettoken",1])").error().reason, Not(HasSubstr("secret")));
}

TEST(Key, KnowsItsAlgorithm) {
  EXPECT_EQ(Key::parse(rsa_key)->algorithm(), Key::Algorithm::rs256);
  EXPECT_EQ(Key::parse("# ours\n" + p256_key + "\n")->algorithm(), Key::Algorithm::es256);
  EXPECT_EQ(Key::parse(secret)->algorithm(), Key::Algorithm::hs256);
  EXPECT_TRUE(Key::parse(secret)->is_secret());
  EXPECT_FALSE(Key::parse(rsa_key)->is_secret());
}

TEST(Key, OfASecretEndsBeforeOneLineEnd) {
  EXPECT_TRUE(keys_of({secret + "\n"}).verify(hs256, at(noon)));
  EXPECT_TRUE(keys_of({secret + "\r\n"}).verify(hs256, at(noon)));
  EXPECT_FALSE(keys_of({secret + "\n\n"}).verify(hs256, at(noon)));
  EXPECT_FALSE(keys_of({secret + " "}).verify(hs256, at(noon)));
}

TEST(Key, OfNoUseHereIsNotTaken) {
  const std::string too_short = "holds neither a public key in PEM nor a secret of at least 32 bytes";
  EXPECT_EQ(reason_of(Key::parse("")), too_short);
  EXPECT_EQ(reason_of(Key::parse(std::string(31, 'x') + "\n")), too_short);
  EXPECT_EQ(reason_of(Key::parse(std::string(16'385, 'x'))), "is larger than 16KiB");
  EXPECT_THAT(reason_of(Key::parse("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n")), HasSubstr("holds a private key"));
  EXPECT_THAT(reason_of(Key::parse("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")), HasSubstr("holds a private key"));
  EXPECT_THAT(reason_of(Key::parse("-----BEGIN CERTIFICATE-----\nAAAA\n")), HasSubstr("x509 -pubkey"));
  EXPECT_EQ(reason_of(Key::parse("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")),
            "does not hold a readable public key");
  EXPECT_EQ(
      reason_of(Key::parse("-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000"
                           "000000000000000000\n\nAAAA\n-----END PUBLIC KEY-----\n")),
      "does not hold a readable public key")
      << "and nobody is asked for a passphrase";
  EXPECT_EQ(reason_of(Key::parse(rsa_key + p256_key)), "holds more than one key; put each in a file of its own");
  EXPECT_THAT(reason_of(Key::parse(rsa_1024_key)), HasSubstr("an RSA key of 1024 bits"));
  EXPECT_THAT(reason_of(Key::parse(p384_key)), HasSubstr("an elliptic curve other than P-256"));
  EXPECT_THAT(reason_of(Key::parse(ed25519_key)), HasSubstr("neither RSA (RS256) nor P-256 (ES256)"));
}

TEST(Keys, AreNotTooMany) {
  EXPECT_NO_THROW(keys_of(std::vector<std::string>(16, secret)));
  EXPECT_THROW(keys_of(std::vector<std::string>(17, secret)), std::length_error);
}

}  // namespace
}  // namespace xes::gateway
