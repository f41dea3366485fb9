// SPDX-License-Identifier: MIT
#include "xmpp/session/link.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace xes::xmpp {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Handlers hold the Impl, so it outlives the Link until Asio has let go; `closed` makes them do nothing then.
struct Link::Impl : std::enable_shared_from_this<Link::Impl> {
  Impl(asio::io_context& context, Options link_options, Events link_events)
      : options(link_options),
        events(std::move(link_events)),
        io(context),
        socket(context),
        last_chance(context),
        read_buffer(link_options.read_bytes) {}

  Options options;
  Events events;
  asio::io_context& io;
  std::optional<tcp::resolver> resolver;  ///< while it looks; cancelling it, other than destroying it, allocates
  tcp::socket socket;
  asio::steady_timer last_chance;
  std::vector<char> read_buffer;
  std::deque<std::string> queue;  ///< the first `in_flight` are being written
  std::size_t in_flight = 0;
  std::size_t queued_bytes = 0;
  bool connected = false;
  bool closed = false;
  bool finishing = false;  ///< closes once the queue is empty
  bool silent = false;  ///< the owner closed it, or is gone: no callback any more
  bool paused = false;
  bool reading = false;

  void resolve(const std::string& host, std::uint16_t port);
  void connect(std::vector<tcp::endpoint> endpoints);
  void opened();
  void read();
  void write();
  void end(Error error, std::string reason);
  void shut();
};

void Link::Impl::resolve(const std::string& host, std::uint16_t port) {
  // An address needs no resolver, and so no thread that could still hang in getaddrinfo when the program ends.
  error_code not_an_address;
  const asio::ip::address address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) return connect({tcp::endpoint(address, port)});
  resolver.emplace(io).async_resolve(
      host, std::to_string(port), tcp::resolver::numeric_service,
      [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& results) {
        if (self->closed) return;
        if (error) return self->end(Error::unavailable, "cannot resolve the server's name: " + error.message());
        std::vector<tcp::endpoint> endpoints;
        for (const auto& entry : results) endpoints.push_back(entry.endpoint());
        self->connect(std::move(endpoints));
      });
}

void Link::Impl::connect(std::vector<tcp::endpoint> endpoints) {
  asio::async_connect(socket, std::move(endpoints),
                      [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
                        if (self->closed) return;
                        if (error) return self->end(Error::unavailable, "cannot connect: " + error.message());
                        self->opened();
                      });
}

void Link::Impl::opened() {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.non_blocking(true, ignored);
  connected = true;
  read();
  write();
  if (events.on_open) events.on_open();
}

void Link::Impl::read() {
  if (closed || !connected || paused || reading) return;
  reading = true;
  socket.async_read_some(
      asio::buffer(read_buffer), [self = shared_from_this()](const error_code& error, std::size_t count) {
        self->reading = false;
        if (self->closed) return;
        if (error == asio::error::eof) return self->end(Error::unavailable, "the server closed the connection");
        if (error) return self->end(Error::unavailable, "reading failed: " + error.message());
        if (self->silent) return;
        if (self->events.on_bytes) self->events.on_bytes({self->read_buffer.data(), count});
        self->read();
      });
}

void Link::Impl::write() {
  if (closed || !connected || in_flight > 0 || queue.empty()) return;
  std::vector<asio::const_buffer> buffers;
  in_flight = std::min<std::size_t>(queue.size(), 64);  // Asio hands no more to one sendmsg
  for (std::size_t i = 0; i < in_flight; ++i) buffers.emplace_back(asio::buffer(queue[i]));
  asio::async_write(socket, buffers, [self = shared_from_this()](const error_code& error, std::size_t count) {
    if (self->closed) return;
    if (error) return self->end(Error::unavailable, "writing failed: " + error.message());
    self->queue.erase(self->queue.begin(), self->queue.begin() + static_cast<std::ptrdiff_t>(self->in_flight));
    self->in_flight = 0;
    self->queued_bytes -= count;
    if (self->finishing && self->queue.empty()) return self->shut();
    self->write();
  });
}

/// Later, never from within a call of the owner's.
void Link::Impl::end(Error error, std::string reason) {
  if (closed) return;
  shut();
  asio::post(io, [self = shared_from_this(), failure = Failure{error, std::move(reason)}] {
    if (!self->silent && self->events.on_closed) self->events.on_closed(failure);
  });
}

void Link::Impl::shut() {
  closed = true;
  resolver.reset();
  last_chance.cancel();
  error_code ignored;
  socket.close(ignored);
}

Link::Link(asio::io_context& io, Options options, Events events)
    : impl_(std::make_shared<Impl>(io, options, std::move(events))) {}

Link::~Link() { close(); }

void Link::open(const std::string& host, std::uint16_t port) { impl_->resolve(host, port); }

void Link::send(std::string bytes) {
  Impl& impl = *impl_;
  if (impl.closed || bytes.empty()) return;
  impl.queued_bytes += bytes.size();
  if (impl.queued_bytes > impl.options.max_queued_bytes)
    return impl.end(Error::too_large, "more than " + std::to_string(impl.options.max_queued_bytes) +
                                          " bytes wait to be sent to the server");
  impl.queue.push_back(std::move(bytes));
  impl.write();
}

std::size_t Link::queued_bytes() const { return impl_->queued_bytes; }

void Link::pause_reading() { impl_->paused = true; }

void Link::resume_reading() {
  impl_->paused = false;
  impl_->read();
}

void Link::close() {
  Impl& impl = *impl_;
  impl.silent = true;  // also for an on_closed that is posted already
  if (!impl.closed && !impl.finishing) impl.shut();
}

void Link::finish(std::chrono::milliseconds at_most) {
  Impl& impl = *impl_;
  impl.silent = true;
  if (impl.closed) return;
  if (!impl.connected || impl.queue.empty()) return impl.shut();
  impl.finishing = true;
  impl.last_chance.expires_after(at_most);
  impl.last_chance.async_wait([self = impl.shared_from_this()](const error_code&) {
    if (!self->closed) self->shut();
  });
}

}  // namespace xes::xmpp
