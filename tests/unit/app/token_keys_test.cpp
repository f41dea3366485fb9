// SPDX-License-Identifier: MIT
#include "app/token_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config_text.hpp"

using namespace xes::app;
using namespace xes::app::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

// PyJWT 2.6: {"sub":"alice","exp":2000000000,…}, signed with `secret`.
const std::string secret = "0123456789abcdef0123456789abcdef";
const std::string token =
    "eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2V0Yy9wYXNzd2QiLCJ0eXAiOiJKV1QifQ."
    "eyJzdWIiOiJhbGljZSIsImV4cCI6MjAwMDAwMDAwMCwibmJmIjoxMDAwMDAwMDAwLCJub2RlcyI6WyJ3ZWF0aGVyLyoiLCJnclx1MDBmNlx1"
    "MDBkZmUiXX0.29J1QqiM8a9cukaGX7g_vyBPHkdYo8uSZ6xwVS8S3RY";
const std::chrono::system_clock::time_point noon{std::chrono::seconds(1'500'000'000)};

const std::string guarded = least + "access = \"token\"\n[token]\n";  // `keys` comes to line 10

}  // namespace

TEST(TokenKeys, AreAllThoseOfTheFiles) {
  const TempFolder folder;
  const auto loaded =
      load_keys({folder.write("new", std::string(32, 'x'), 0400), folder.write("old", secret + "\n", 0400)});
  ASSERT_TRUE(loaded) << loaded.error().reason;
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_EQ(loaded->keys->verify(token, noon)->subject, "alice");
}

TEST(TokenKeys, AreLoadedAllOrNone) {
  const TempFolder folder;
  const std::string good = folder.write("good", secret), bad = folder.write("bad", "short");
  EXPECT_EQ(load_keys({good, bad}).error().reason,
            "the key file \"" + bad + "\" holds neither a public key in PEM nor a secret of at least 32 bytes");
  EXPECT_EQ(load_keys({"/nonexistent"}).error().reason,
            "the key file \"/nonexistent\" cannot be read: No such file or directory");
}

TEST(TokenKeys, ThatAreSecretsWhichEverybodyCanReadAreAWarning) {
  const TempFolder folder;
  const std::string key = folder.write("key", secret, 0644);
  EXPECT_THAT(load_keys({key})->warnings,
              ElementsAre("the key file \"" + key + "\" can be read by everybody on this machine; chmod 0400 it"));
}

TEST(ConfigKeys, AreLookedForBesideTheConfiguration) {
  const TempFolder folder;
  const std::string other = folder.write("other", std::string(32, 'x'), 0400);
  folder.write("key", secret, 0640);
  const auto loaded = load_config(folder.write("x.toml", guarded + "keys = [\"key\", \"" + other + "\"]\n", 0600));
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_THAT(loaded->warnings, IsEmpty());
  EXPECT_THAT(loaded->config.token.keys, ElementsAre((folder.path() / "key").string(), other));
}

TEST(ConfigKeys, ThatAreNoneAreErrorsWithTheirLine) {
  const TempFolder folder;
  folder.write("short", "x");
  const auto loaded =
      parse_config({(folder.path() / "x.toml").string(), guarded + "keys = [\"short\",\n\"missing\"]\n"});
  ASSERT_FALSE(loaded);
  const std::string file = (folder.path() / "x.toml").string(),
                    beside = "; a relative path starts at " + folder.path().string();
  EXPECT_THAT(loaded.error(),
              ElementsAre(file +
                              ":10: [token] keys: the file holds neither a public key in PEM nor a secret of at "
                              "least 32 bytes" +
                              beside,
                          file + ":11: [token] keys: the file cannot be read: No such file or directory" + beside));
}

TEST(ConfigKeys, ThatEverybodyCanReadOrNobodyUsesAreWarnings) {
  const TempFolder folder;
  folder.write("key", secret, 0644);
  const std::string open = replaced(guarded, "access = \"token\"", "access = \"open\"") + "keys = [\"key\"]\n";
  const std::string path = folder.write("x.toml", open, 0600);
  EXPECT_THAT(
      load_config(path)->warnings,
      ElementsAre(path + ":10: [token] keys: has no effect: no service has access = \"token\"",
                  path + ":10: [token] keys: the file can be read by everybody on this machine; chmod 0400 it"));
}

TEST(ConfigKeys, AreNotTooMany) {
  std::string many;
  for (int i = 0; i < 17; ++i) many += "\"/x\", ";
  EXPECT_THAT(errors_of(guarded + "keys = [" + many + "]\n"),
              ElementsAre("x.toml:10: [token] keys: has 17 entries; at most 16 are allowed"));
}
