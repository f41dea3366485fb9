// SPDX-License-Identifier: MIT
// Purpose: one TCP connection to the XMPP server. Thread: the one that runs the io_context; every call and callback is
// there. Host names are resolved on Asio's resolver thread, so that a slow DNS never holds up the loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace xes::xmpp {

class Link {
 public:
  struct Options {
    std::size_t max_queued_bytes = 4u << 20;  ///< waiting to be sent; more closes the link with Error::too_large
    std::size_t read_bytes = 64u << 10;       ///< at most this at once
  };
  struct Events {
    std::function<void()> on_open;
    std::function<void(std::string_view)> on_bytes;      ///< valid during the call
    std::function<void(const Failure&)> on_closed;       ///< by anything but close(); nothing comes after it
  };

  Link(boost::asio::io_context& io, Options options, Events events);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link();

  /// Resolves `host` and tries each address in turn. A link connects once; no callback comes before open() returns.
  void open(const std::string& host, std::uint16_t port);

  /// Sends behind what is queued. Never calls back from within.
  void send(std::string bytes);

  /// What waits to be sent.
  std::size_t queued_bytes() const;

  /// One read that is under way may still be reported after pause_reading().
  void pause_reading();
  void resume_reading();

  /// Closes at once and calls back no more.
  void close();

  /// The same, but what is queued is still sent if the server takes it within `at_most`; the link may be destroyed.
  void finish(std::chrono::milliseconds at_most);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace xes::xmpp
