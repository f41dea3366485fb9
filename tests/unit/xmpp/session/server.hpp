// SPDX-License-Identifier: MIT
// Purpose: the XMPP server that a session's tests connect to. Thread: the test's.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "../xml/stanzas.hpp"
#include "xmpp/session/session.hpp"
#include "xmpp/xml/stanza_reader.hpp"

namespace xes::xmpp {

/// A server on a loopback port that lets every component in unless told otherwise, and remembers what it was sent.
class Server {
  using tcp = boost::asio::ip::tcp;

 public:
  explicit Server(boost::asio::io_context& io)
      : acceptor_(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)), socket_(io) {
    accept();
  }

  /// Of a session with it that does not wait long before it tries again.
  SessionOptions session_options() const {
    SessionOptions options;
    options.host = "127.0.0.1";
    options.port = acceptor_.local_endpoint().port();
    options.jid = "me.example";
    options.secret = "secret";
    options.backoff_min = std::chrono::milliseconds(5);
    options.backoff_max = std::chrono::milliseconds(10);
    return options;
  }
  /// Nobody hears it after hang_up().
  void say(const std::string& bytes) {
    if (socket_.is_open()) boost::asio::write(socket_, boost::asio::buffer(bytes));
  }
  void hang_up() { socket_.close(); }
  /// Whether it takes what the component sends.
  void listen(bool wanted) {
    if (!std::exchange(listens_, wanted) && wanted) read();
  }
  bool heard(const std::string& text) const { return heard_.find(text) != std::string::npos; }

  /// The value of an attribute in what was heard last with that text before it.
  std::string heard_attribute(const std::string& after, const std::string& name) const {
    const std::size_t at = heard_.rfind(name + "=\"", heard_.find('>', heard_.rfind(after)));
    const std::size_t begin = at + name.size() + 2;
    return at == std::string::npos ? "" : heard_.substr(begin, heard_.find('"', begin) - begin);
  }

  std::string header = stream_header(" from='me.example' id='42'");
  std::string handshake_reply = "<handshake/>";
  int connections = 0;
  std::function<void(const Element&)> on_stanza;  ///< what a component sends

 private:
  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
      if (error) return;
      ++connections;
      socket_ = std::move(socket);
      heard_.clear();
      reader_ = StanzaReader();
      stage_ = 0;
      read();
      accept();
    });
  }

  void read() {
    const auto bytes = boost::asio::buffer(bytes_);
    socket_.async_read_some(bytes, [this](const boost::system::error_code& error, std::size_t count) {
      if (error) return;
      heard_.append(bytes_.data(), count);
      if (stage_ == 0 && heard("<stream:stream")) {
        ++stage_;
        say(header);
      }
      if (stage_ == 1 && heard("</handshake>")) {
        ++stage_;
        say(handshake_reply);
      }
      if (on_stanza) hand_out({bytes_.data(), count});
      if (listens_) read();
    });
  }

  void hand_out(std::string_view bytes) {
    EXPECT_TRUE(reader_.feed(bytes));
    while (const auto event = reader_.next())
      if (event->kind == StreamEvent::Kind::stanza && event->element.name != "handshake") on_stanza(event->element);
  }

  tcp::acceptor acceptor_;
  tcp::socket socket_;
  std::array<char, 65536> bytes_{};
  std::string heard_;
  StanzaReader reader_;
  int stage_ = 0;
  bool listens_ = true;
};

}  // namespace xes::xmpp
