// SPDX-License-Identifier: MIT
#include "xmpp/xml/payload_digest.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "stanzas.hpp"

using namespace xes::xmpp;

namespace {

/// The digest of an item's payload, as the reader finds it in a notification.
std::uint64_t digest(const std::string& payload) {
  const Stanza stanza = parse("<message><event xmlns='http://jabber.org/protocol/pubsub#event'><items><item>" + payload +
                              "</item></items></event></message>");
  return stanza.children.at(0).children.at(0).children.at(0).payloads.at(0).digest;
}

}  // namespace

TEST(PayloadDigest, IsTheSameHoweverAServerWritesIt) {
  const auto expected = digest("<a xmlns='urn:x' b='1' c='2 &lt;'>t&amp;<d/></a>");
  EXPECT_NE(expected, 0u);
  for (const char* other : {"<a c=\"2 &#60;\" b='1'  xmlns='urn:x' >t&#38;<d></d></a>",
                            "<p:a xmlns:p='urn:x' b='1' c='2 &lt;'>t&amp;<p:d/></p:a>",
                            "<a xmlns='urn:x' b='1' c='2 &lt;'><![CDATA[t&]]><d/></a>"})
    EXPECT_EQ(digest(other), expected) << other;
}

TEST(PayloadDigest, DiffersWhereThePayloadDoes) {
  const char* payloads[] = {"<a xmlns='urn:x'/>",
                            "<a xmlns='urn:y'/>",
                            "<b xmlns='urn:x'/>",
                            "<a xmlns='urn:x' b='1'/>",
                            "<a xmlns='urn:x' b='2'/>",
                            "<a xmlns='urn:x' p:b='1' xmlns:p='urn:y'/>",
                            "<a xmlns='urn:x'>b</a>",
                            "<a xmlns='urn:x'><b/></a>",
                            "<a xmlns='urn:x'><b/>c</a>",
                            "<a xmlns='urn:x'>c<b/></a>",
                            "<a xmlns='urn:x'><b>c</b></a>",
                            "<a xmlns='urn:x'> </a>",
                            "<a xmlns='urn:x' b='1' c='2'/>",
                            "<a xmlns='urn:x' b='2' c='1'/>"};
  std::vector<std::uint64_t> seen;
  for (const char* payload : payloads) {
    const auto one = digest(payload);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), one), 0) << payload;
    seen.push_back(one);
  }
}
