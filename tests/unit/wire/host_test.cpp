// SPDX-License-Identifier: MIT
#include "wire/host.hpp"

#include <gtest/gtest.h>

using namespace xes;
using namespace xes::wire;
using namespace std::string_literals;

TEST(HostName, IsInLowerCaseWithoutPortAndTrailingDot) {
  EXPECT_EQ(host_name("Push.Example.ORG"), "push.example.org"s);
  EXPECT_EQ(host_name("push.example.org:8443"), "push.example.org"s);
  EXPECT_EQ(host_name("push.example.org.:8443"), "push.example.org"s);
  EXPECT_EQ(host_name("localhost:"), "localhost"s);
  EXPECT_EQ(host_name("127.0.0.1:80"), "127.0.0.1"s);
  EXPECT_EQ(host_name("xn--bcher-kva.example"), "xn--bcher-kva.example"s);
  EXPECT_EQ(host_name("a_b.local"), "a_b.local"s);
}

TEST(HostName, KeepsTheBracketsOfAnIpv6Address) {
  EXPECT_EQ(host_name("[::1]"), "[::1]"s);
  EXPECT_EQ(host_name("[2001:DB8::A]:8443"), "[2001:db8::a]"s);
  EXPECT_EQ(host_name("[::ffff:192.0.2.1]:"), "[::ffff:192.0.2.1]"s);
}

TEST(HostName, RefusesWhatIsNoHost) {
  for (const std::string& bad : {""s,
                                 "."s,
                                 ":80"s,
                                 "a..b"s,
                                 ".a"s,
                                 "a.."s,
                                 "a b"s,
                                 "a,b"s,
                                 "a/b"s,
                                 "a@b"s,
                                 "a%2e"s,
                                 "*"s,
                                 "ä.example"s,
                                 "a\0"s,
                                 "a:80:90"s,
                                 "a:x"s,
                                 "a:-1"s,
                                 "a:65536"s,
                                 "a:000080"s,
                                 "::1"s,
                                 "[::1"s,
                                 "[]"s,
                                 "[::g]"s,
                                 "[1.2.3.4]"s,
                                 "[fe80::1%eth0]"s,
                                 "[::1]x"s,
                                 "[::1]:x"s,
                                 "[::1\0]"s,
                                 std::string(64, 'a')}) {
    const auto name = host_name(bad);
    ASSERT_FALSE(name) << bad;
    EXPECT_EQ(name.error().error, Error::malformed);
  }
}

TEST(HostName, IsBoundedAsInTheDns) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_TRUE(host_name(longest));
  EXPECT_TRUE(host_name(longest + ".:443"));
  EXPECT_FALSE(host_name(longest + "a"));
}
