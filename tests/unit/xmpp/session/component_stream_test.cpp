// SPDX-License-Identifier: MIT
#include "xmpp/session/component_stream.hpp"

#include <gtest/gtest.h>

#include "xmpp/xml/stanza_reader.hpp"

namespace xes::xmpp {
namespace {

/// The header as the server reads it.
Stanza read_header(const std::string& bytes) {
  StanzaReader reader;
  EXPECT_TRUE(reader.feed(bytes));
  auto event = reader.next();
  EXPECT_TRUE(event && event->kind == StreamEvent::Kind::open);
  return event ? std::move(event->element) : Stanza();
}

TEST(ComponentStream, BeginsWithAnOpenElementThatNamesTheComponent) {
  const Result<std::string> header = stream_header("eventsource.example");
  ASSERT_TRUE(header);
  const Stanza stream = read_header(*header);
  EXPECT_TRUE(stream.is("stream", streams_ns));
  EXPECT_EQ(stream.attribute("to"), "eventsource.example");
  EXPECT_NE(header->find("xmlns=\"jabber:component:accept\""), std::string::npos);
  EXPECT_EQ(header->find("/>"), std::string::npos);
}

TEST(ComponentStream, EscapesTheJid) {
  const std::string awkward = "a\"'<>&\tb";
  const Result<std::string> header = stream_header(awkward);
  ASSERT_TRUE(header);
  EXPECT_EQ(read_header(*header).attribute("to"), awkward);
}

TEST(ComponentStream, RefusesAJidThatXmlCannotHold) { EXPECT_FALSE(stream_header("a\x01")); }

TEST(ComponentStream, HashesTheStreamIdAndTheSecret) {
  // printf 3BF96D32secret | sha1sum
  EXPECT_EQ(handshake("3BF96D32", "secret"), "<handshake>b09ea9b3b7f586be8a08d0a3dd7466f110aeb136</handshake>");
  // printf 42 | sha1sum
  EXPECT_EQ(handshake("42", ""), "<handshake>92cfceb39d57d914ed8b14d0e37643de0797ae56</handshake>");
}

}  // namespace
}  // namespace xes::xmpp
