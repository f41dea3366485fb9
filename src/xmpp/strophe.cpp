// SPDX-License-Identifier: MIT
#include "xmpp/strophe.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <strophe.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "xmpp/out_stanza.hpp"

namespace xes::xmpp {
namespace {

/// libstrophe's messages, at debug. Its own debug level is left out: that is whole stanzas and the handshake hash, from
/// which a weak secret can be guessed.
void log_message(void*, xmpp_log_level_t level, const char* area, const char* message) {
  if (level == XMPP_LEVEL_DEBUG) return;
  try {
    spdlog::debug("libstrophe {}: {}", area, quoted(message));
  } catch (...) {  // nothing is thrown through C
  }
}

struct FreeContext {
  void operator()(xmpp_ctx_t* context) const { xmpp_ctx_free(context); }
};
using Context = std::unique_ptr<xmpp_ctx_t, FreeContext>;

Context make_context() {
  static const xmpp_log_t log{log_message, nullptr};
  [[maybe_unused]] static const bool once = (xmpp_initialize(), true);
  return Context(xmpp_ctx_new(nullptr, &log));
}

/// An owned descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  bool fits_select() const { return fd_ >= 0 && fd_ < FD_SETSIZE; }

 private:
  int fd_;
};

/// The descriptor that libstrophe connects: a UDP socket, for which connect() always succeeds and sends nothing.
Descriptor make_placeholder() { return Descriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }

/// The socket callback has no user data: what it shall hand to libstrophe, while connect calls are on the stack.
thread_local int placeholder_to_install = -1;

int refuse_socket(xmpp_conn_t*, void*) { return -1; }

int install_placeholder(xmpp_conn_t*, void* socket) {
  ::close(*static_cast<int*>(socket));
  *static_cast<int*>(socket) = std::exchange(placeholder_to_install, -1);
  return 0;
}

}  // namespace

struct Strophe::Impl {
  Context context = make_context();
  xmpp_conn_t* connection = nullptr;
  Descriptor reserved;  ///< below FD_SETSIZE, while no connection uses it
  Descriptor ours;      ///< our end of the pair
  int theirs = -1;      ///< libstrophe's end, which it owns
  bool became_ready = false;
  bool closed = false;

  ~Impl() { close(); }
  bool reserve();
  Result<void> connect(const std::string& jid, const std::string& secret);
  void close();
  Step pump(std::string_view input);
  bool collect(std::string& output);

  static void on_event(xmpp_conn_t*, xmpp_conn_event_t event, int, xmpp_stream_error_t*, void* self) {
    auto* impl = static_cast<Impl*>(self);
    if (event == XMPP_CONN_CONNECT) impl->became_ready = true;
    if (event == XMPP_CONN_DISCONNECT || event == XMPP_CONN_FAIL) impl->closed = true;
  }
};

bool Strophe::Impl::reserve() {
  if (!reserved.fits_select()) reserved = make_placeholder();
  return reserved.fits_select();
}

Result<void> Strophe::Impl::connect(const std::string& jid, const std::string& secret) {
  if (!reserve()) return fail(Error::unavailable, "no file descriptor below 1024 is free for libstrophe");
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
    return fail(Error::unavailable, std::string("no socket pair: ") + std::strerror(errno));
  ours = Descriptor(pair[0]);
  Descriptor other_end(pair[1]);

  connection = xmpp_conn_new(context.get());
  if (!connection) return fail(Error::unavailable, "libstrophe made no connection");
  xmpp_conn_set_jid(connection, jid.c_str());
  xmpp_conn_set_pass(connection, secret.c_str());
  // libstrophe 0.12.2 reads conn->sm_state in component mode and allocates it only in xmpp_connect_client: without this
  // call, which fails before any network, every component session crashes.
  xmpp_conn_set_sockopt_callback(connection, refuse_socket);
  xmpp_connect_client(connection, "127.0.0.1", 1, on_event, this);

  xmpp_conn_set_sockopt_callback(connection, install_placeholder);
  theirs = reserved.get();
  placeholder_to_install = reserved.release();
  const int status = xmpp_connect_component(connection, "127.0.0.1", 9, on_event, this);
  if (placeholder_to_install >= 0) {  // it came to no socket
    reserved = Descriptor(std::exchange(placeholder_to_install, -1));
    theirs = -1;
  }
  if (status != XMPP_EOK) return fail(Error::unavailable, "libstrophe refused to connect");
  // From here libstrophe sees the pair under the number of its connected socket (getpeername says: connected).
  if (::dup3(other_end.get(), theirs, O_CLOEXEC) < 0)
    return fail(Error::unavailable, std::string("dup3: ") + std::strerror(errno));
  return {};
}

void Strophe::Impl::close() {
  if (connection) {
    xmpp_conn_release(connection);  // closes `theirs` if it is open
    connection = nullptr;
  }
  theirs = -1;
  ours = Descriptor();
  reserve();
  became_ready = closed = false;
}

/// Takes what libstrophe wrote; false if it wrote nothing.
bool Strophe::Impl::collect(std::string& output) {
  bool any = false;
  char bytes[16384];
  for (;;) {
    const ssize_t count = ::recv(ours.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (count <= 0) return any;
    output.append(bytes, static_cast<std::size_t>(count));
    any = true;
  }
}

/// Turns libstrophe's loop until `input` is read and nothing more comes out. Its rounds send what the round before
/// queued, then read at most 4 KiB; so a round in which nothing moved is tried twice before it counts as the end.
Strophe::Step Strophe::Impl::pump(std::string_view input) {
  Step step;
  int idle_rounds = 0;
  while (connection && !closed && idle_rounds < 2) {
    const ssize_t written = input.empty() ? 0 : ::send(ours.get(), input.data(), input.size(), MSG_NOSIGNAL);
    if (written > 0) input.remove_prefix(static_cast<std::size_t>(written));
    const bool was_ready = became_ready;
    xmpp_run_once(context.get(), 0);
    const bool any_output = collect(step.to_server);
    char byte;
    const bool unread = !closed && ::recv(theirs, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    const bool moved = written > 0 || any_output || unread || became_ready != was_ready;
    idle_rounds = moved ? 0 : idle_rounds + 1;
  }
  step.became_ready = std::exchange(became_ready, false);
  step.closed = closed || !connection;
  return step;
}

Strophe::Strophe(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Strophe::Strophe(Strophe&&) noexcept = default;
Strophe& Strophe::operator=(Strophe&&) noexcept = default;
Strophe::~Strophe() = default;

Result<Strophe> Strophe::create() {
  auto impl = std::make_unique<Impl>();
  if (!impl->context) return fail(Error::unavailable, "libstrophe made no context");
  if (!impl->reserve()) return fail(Error::unavailable, "no file descriptor below 1024 is free for libstrophe");
  return Strophe(std::move(impl));
}

Result<Strophe::Step> Strophe::open(const std::string& jid, const std::string& secret) {
  impl_->close();
  if (Result<void> connected = impl_->connect(jid, secret); !connected) {
    impl_->close();
    return tl::unexpected<Failure>(connected.error());
  }
  return impl_->pump({});
}

Strophe::Step Strophe::receive(std::string_view bytes) { return impl_->pump(bytes); }

Strophe::Step Strophe::send(const std::string& xml) {
  if (impl_->connection) xmpp_send_raw(impl_->connection, xml.data(), xml.size());
  return impl_->pump({});
}

void Strophe::close() { impl_->close(); }

// ---- OutStanza: libstrophe's tree ----

namespace {

/// For trees only; connections have a context each, so that pumping one never runs another.
xmpp_ctx_t* tree_context() {
  static const Context context = make_context();
  return context.get();
}

struct ReleaseStanza {
  void operator()(xmpp_stanza_t* stanza) const { xmpp_stanza_release(stanza); }
};
using StanzaPointer = std::unique_ptr<xmpp_stanza_t, ReleaseStanza>;

StanzaPointer make_stanza() {
  StanzaPointer stanza(xmpp_stanza_new(tree_context()));
  if (!stanza) throw std::bad_alloc();
  return stanza;
}

}  // namespace

struct OutStanza::Tree {
  StanzaPointer root = make_stanza();
  bool has_nul = false;  ///< libstrophe's strings are C strings: a NUL would cut the value short
};

OutStanza::OutStanza(std::string_view name, std::string_view ns) : tree_(std::make_unique<Tree>()) {
  xmpp_stanza_set_name(tree_->root.get(), std::string(name).c_str());
  if (!ns.empty()) xmpp_stanza_set_ns(tree_->root.get(), std::string(ns).c_str());
}

OutStanza::OutStanza(OutStanza&&) noexcept = default;
OutStanza& OutStanza::operator=(OutStanza&&) noexcept = default;
OutStanza::~OutStanza() = default;

OutStanza& OutStanza::attribute(std::string_view name, std::string_view value) & {
  tree_->has_nul |= value.find('\0') != std::string_view::npos;
  xmpp_stanza_set_attribute(tree_->root.get(), std::string(name).c_str(), std::string(value).c_str());
  return *this;
}

OutStanza&& OutStanza::attribute(std::string_view name, std::string_view value) && {
  return std::move(attribute(name, value));
}

OutStanza& OutStanza::child(OutStanza element) & {
  tree_->has_nul |= element.tree_->has_nul;
  xmpp_stanza_add_child(tree_->root.get(), element.tree_->root.get());
  return *this;
}

OutStanza&& OutStanza::child(OutStanza element) && { return std::move(child(std::move(element))); }

OutStanza& OutStanza::text(std::string_view characters) & {
  tree_->has_nul |= characters.find('\0') != std::string_view::npos;
  StanzaPointer piece = make_stanza();
  xmpp_stanza_set_text(piece.get(), std::string(characters).c_str());
  xmpp_stanza_add_child(tree_->root.get(), piece.get());
  return *this;
}

OutStanza&& OutStanza::text(std::string_view characters) && { return std::move(text(characters)); }

bool OutStanza::has_attribute(std::string_view name) const {
  return xmpp_stanza_get_attribute(tree_->root.get(), std::string(name).c_str()) != nullptr;
}

Result<std::string> OutStanza::xml() const {
  char* bytes = nullptr;
  std::size_t size = 0;
  if (tree_->has_nul || xmpp_stanza_to_text(tree_->root.get(), &bytes, &size) != XMPP_EOK)
    return fail(Error::malformed, "a stanza cannot be written as XML");
  const std::string_view rendered(bytes, size);
  std::string out;
  out.reserve(size);
  // libstrophe leaves white space in values as it is, where a parser turns it into blanks. It writes none of its own
  // but blanks, so every TAB, LF and CR here is somebody's data.
  for (char c : rendered) {
    switch (c) {
      case '\t': out += "&#9;"; break;
      case '\n': out += "&#10;"; break;
      case '\r': out += "&#13;"; break;
      default: out += c;
    }
  }
  const bool sound = is_xml_text(rendered);
  xmpp_free(tree_context(), bytes);
  if (!sound) return fail(Error::malformed, "a stanza would hold characters that XML does not allow");
  return out;
}

}  // namespace xes::xmpp
