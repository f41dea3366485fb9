// SPDX-License-Identifier: MIT
// Purpose: a stanza as the session would hand it out.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "xmpp/xml/stanza_reader.hpp"

namespace xes::xmpp {

/// The beginning of a component's stream; more attributes, such as " id='1'".
inline std::string stream_header(const std::string& attributes) {
  return "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' "
         "xmlns='jabber:component:accept'" +
         attributes + ">";
}

/// The first stanza of a stream that goes on with these bytes.
inline Stanza parse(const std::string& stanza) {
  StanzaReader reader;
  EXPECT_TRUE(reader.feed(stream_header(" id='1'") + stanza)) << stanza;
  reader.next();
  auto event = reader.next();
  EXPECT_TRUE(event) << stanza;
  return event ? std::move(event->element) : Stanza{};
}

}  // namespace xes::xmpp
