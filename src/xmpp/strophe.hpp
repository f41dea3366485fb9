// SPDX-License-Identifier: MIT
// Purpose: libstrophe as a machine of bytes in, bytes out: it opens the component stream, answers the challenge, and
// queues what is sent. strophe.cpp is the only file that knows strophe.h. Thread: the xmpp thread only.
//
// libstrophe resolves names while it blocks, waits in select(), which ends the process for a descriptor ≥ 1024, and
// parses inner text in quadratic time. So it never touches the network here: it talks to one end of a socket pair, this
// class to the other, and it is shown only what is small and comes from the server itself (stream header, handshake,
// stream errors). Links and stanzas are Link's and StanzaReader's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace xes::xmpp {

class Strophe {
 public:
  /// What one step made libstrophe do.
  struct Step {
    std::string to_server;      ///< bytes to send, in order
    bool became_ready = false;  ///< the server accepted the handshake
    bool closed = false;        ///< libstrophe gave the stream up; only close() and open() make sense now
  };

  /// Reserves a descriptor below 1024, so make it before the process has thousands. Error::unavailable without one.
  static Result<Strophe> create();
  Strophe(Strophe&&) noexcept;
  Strophe& operator=(Strophe&&) noexcept;
  ~Strophe();

  /// Opens a new stream for the component `jid`; an old one is closed first. Error::unavailable (no descriptors, or no
  /// low one); no step ever holds the secret, but the handshake hash is in one: bytes of a step are not for logs.
  Result<Step> open(const std::string& jid, const std::string& secret);

  /// Bytes from the server: the stream header first, then whole stream-level elements.
  Step receive(std::string_view bytes);

  /// Queues a whole stanza behind what is queued already.
  Step send(const std::string& xml);

  void close();

 private:
  struct Impl;
  explicit Strophe(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace xes::xmpp
