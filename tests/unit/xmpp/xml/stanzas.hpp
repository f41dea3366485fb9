// SPDX-License-Identifier: MIT
// Purpose: a stanza as the session would hand it out.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "xmpp/xml/stanza_reader.hpp"

namespace xes::xmpp {

/// The first stanza of a stream that goes on with these bytes.
inline Stanza parse(const std::string& stanza) {
  StanzaReader reader;
  EXPECT_TRUE(reader.feed("<stream:stream xmlns:stream='http://etherx.jabber.org/streams' "
                          "xmlns='jabber:component:accept' id='1'>" +
                          stanza))
      << stanza;
  reader.next();
  auto event = reader.next();
  EXPECT_TRUE(event) << stanza;
  return event ? std::move(event->element) : Stanza{};
}

}  // namespace xes::xmpp
