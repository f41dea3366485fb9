// SPDX-License-Identifier: MIT
#include "gateway/connection.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "base/log_limited.hpp"
#include "base/text.hpp"
#include "gateway/shard_thread.hpp"
#include "wire/fastcgi.hpp"

namespace xes::gateway {

using hub::CloseReason;

namespace {

/// As log lines have it.
std::string address_of(const Params& params) { return address_text(address_key(params.get("REMOTE_ADDR"))); }

}  // namespace

Connection::Connection(ShardThread& thread, int descriptor, hub::Framing framing)
    : Stream(thread.shard(), framing),
      thread_(thread),
      descriptor_(thread.io()),
      head_(std::make_unique<Head>()) {
  if (framing == hub::Framing::plain) head_->parser.emplace<wire::ScgiHead>();
  descriptor_.assign(descriptor);
  thread_.connection_opened();
}

Connection::~Connection() { thread_.connection_closed(); }

void Connection::start() {
  guard([&] { thread_.add_deadline(shared_from_this()); });
  on_readable();
}

void Connection::on_deadline() {
  if (lingering_) return close();
  if (head_ && !ended()) guard([&] { end(CloseReason::head_timeout); });
}

void Connection::wait_readable() {
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [self = shared_from_this()](const boost::system::error_code& error) {
                           if (!error) self->on_readable();
                         });
}

void Connection::on_readable() {
  guard([&] {
    while (read_some()) {
    }
    if (descriptor_.is_open()) wait_readable();
  });
}

bool Connection::read_some() {
  if (!descriptor_.is_open()) return false;
  const std::span<char> buffer = thread_.buffer();
  const ssize_t got = ::recv(descriptor_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && errno == EINTR) return true;
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
  if (got <= 0) {
    if (lingering_) {
      close();
    } else {
      end(CloseReason::client_left);
    }
    return false;
  }
  feed({buffer.data(), static_cast<std::size_t>(got)});
  return true;
}

void Connection::feed(std::string_view bytes) {
  if (lingering_ || ended()) return;
  if (!head_) return feed_tail(bytes);
  if (auto* fastcgi = std::get_if<wire::FastcgiHead>(&head_->parser)) return feed_fastcgi(*fastcgi, bytes);
  feed_scgi(std::get<wire::ScgiHead>(head_->parser), bytes);
}

void Connection::feed_fastcgi(wire::FastcgiHead& head, std::string_view bytes) {
  const auto fed = head.feed(bytes);
  const std::string records = head.take_answer();
  if (!records.empty()) {
    // A peer that does not read its few answers gets no more of our attention.
    const iovec part{const_cast<char*>(records.data()), records.size()};
    if (send({&part, 1}) != static_cast<ssize_t>(records.size())) return end(CloseReason::bad_request);
  }
  if (!fed) {
    spdlog::debug("fastcgi: {}", fed.error().reason);
    return end(CloseReason::bad_request);
  }
  if (fed->state == wire::FastcgiHead::State::ended) return end(CloseReason::answered);
  if (fed->state == wire::FastcgiHead::State::need_more) return;

  request_id_ = head.request_id();
  if (request_id_ != hub::frame_request_id) renumber_ = std::make_unique<Renumber>(request_id_);
  tail_.emplace(request_id_);
  const auto params = thread_.decoder().decode(head.clean());
  head_.reset();
  if (!params) {
    log_limited::warn("fastcgi: {}", params.error().reason);
    return end(CloseReason::bad_request);
  }
  handle(*params);
  if (!ended()) feed_tail(bytes.substr(fed->consumed));
}

void Connection::feed_scgi(wire::ScgiHead& head, std::string_view bytes) {
  const auto fed = head.feed(bytes);
  if (!fed) {
    spdlog::debug("scgi: {}", fed.error().reason);
    return end(CloseReason::bad_request);
  }
  if (fed->state == wire::ScgiHead::State::need_more) return;
  Params params;
  for (const wire::ScgiHeader& header : head.headers()) params.add(header.name, header.value);
  head_.reset();
  handle(params);
}

void Connection::feed_tail(std::string_view bytes) {
  if (!tail_) return;  // SCGI: a body that nobody wants
  const auto state = tail_->feed(bytes);
  if (!state) return end(CloseReason::bad_request);
  if (*state == wire::FastcgiTail::State::aborted) end(CloseReason::aborted);
}

void Connection::handle(const Params& params) {
  if (const auto name = params.repeated())
    return answer({wire::status_bad_request, "the web server sends " + quote(*name) + " twice; does it include fastcgi_params?"});
  // Only the web server can set this one: what a client sends arrives as HTTP_…
  if (!params.get("EVENTSOURCE_METRICS").empty() && thread_.options().metrics)
    return answer({wire::status_ok, thread_.options().metrics()});
  auto routed = route(params, thread_.options().route);
  if (auto* wanted = std::get_if<StreamWanted>(&routed)) return enter(params, *wanted);
  head_only_ = params.get("REQUEST_METHOD") == "HEAD";
  answer(std::get<Answer>(routed));
}

void Connection::enter(const Params& params, StreamWanted& wanted) {
  head_only_ = wanted.head_only;
  if (wanted.document) document_ = std::make_unique<DocumentWanted>(*wanted.document);
  padding_bytes_ = static_cast<std::uint16_t>(wanted.padding_bytes);
  auto checked = thread_.gate().check(params, wanted, Gate::Clock::now());
  if (const auto* refused = std::get_if<Answer>(&checked)) return answer(*refused);
  if (const auto* refusal = std::get_if<Refusal>(&checked)) return turn_away(*refusal, address_of(params));
  const Visitor& visitor = std::get<Visitor>(checked);
  if (visitor.jid.empty() && !wanted.selection.several) {
    const std::string key = node_key(wanted.selection.service, wanted.selection.nodes.front());
    if (const auto refusal = thread_.gate().refusals().find(key, Limits::Clock::now())) return on_refused(*refusal);
  }
  auto admitted = thread_.gate().admit(params, visitor, wanted.selection);
  if (const auto* refusal = std::get_if<Refusal>(&admitted)) return turn_away(*refusal, address_of(params));
  ticket_ = std::move(std::get<Limits::Ticket>(admitted));
  if (visitor.expires) expiry_ = thread_.add_expiry(*visitor.expires, visitor.key, shared_from_this());
  if (!visitor.jid.empty()) return ask(*wanted.rule, visitor, std::move(wanted));
  shard().open(*this, wanted.selection, wanted.start);
}

/// Any status but 200 would end a browser's EventSource for good, and this passes. Who asks for a document can ask again.
void Connection::turn_away(const Refusal& refusal, const std::string& who) {
  log_limited::info("limit: told {} to come back later: {}", who, refusal.info().text);
  if (document_) return answer({wire::status_service_unavailable, std::string(refusal.info().text) + "; come back later"});
  replay({thread_.come_back_later(refusal.info().text, head_only_, accepted())});
  end_when_written(CloseReason::overloaded);
}

bool Connection::may_follow(const std::string& service, const std::vector<std::string>& nodes) {
  const auto refusal = ticket_.follow(service, nodes, Limits::Clock::now());
  if (refusal) turn_away(*refusal, ticket_.address());
  return !refusal;
}

void Connection::ask(const AccessRule& rule, const Visitor& visitor, StreamWanted&& wanted) {
  shard().expect(*this);
  asking_ = std::make_unique<Asking>();
  asking_->wanted = std::move(wanted);
  asking_->user = {visitor.jid, rule.ask_as, rule.ask_every};
  const hub::Selection& selection = asking_->wanted->selection;
  asking_->claim = shard().rights().claim(*this, selection.service, selection.nodes, asking_->user);
  on_rights();
}

void Connection::on_rights() {
  guard([&] { look_at_rights(); });
}

void Connection::look_at_rights() {
  if (ended() || !asking_) return;
  const auto verdict = asking_->claim->verdict();
  if (!verdict) return;
  switch (*verdict) {
    case hub::Verdict::refused: return refuse(*verdict);
    case hub::Verdict::no_such_node:
      // One that streams already has been told of the nodes' end by the nodes themselves.
      if (!asking_->wanted) return;
      if (asking_->wanted->selection.patterns.empty()) return refuse(*verdict);
      break;  // others may come
    case hub::Verdict::held:
    case hub::Verdict::lapsed:
      if (asking_->wanted) return shard().hold(*this);
      if (*verdict == hub::Verdict::lapsed) shard().end(*this, CloseReason::access_revoked);
      return;
    case hub::Verdict::allowed: break;
  }
  if (!asking_->wanted) return;
  StreamWanted wanted = std::move(*std::exchange(asking_->wanted, std::nullopt));
  leave_out_missing(wanted.selection);
  shard().open(*this, wanted.selection, wanted.start);
}

void Connection::leave_out_missing(hub::Selection& selection) {
  std::vector<std::string> there;
  for (std::size_t i = 0; i < selection.nodes.size(); ++i) {
    const bool missing = asking_->claim->verdict(i) == hub::Verdict::no_such_node;
    (missing ? selection.absent : there).push_back(selection.nodes[i]);
  }
  if (!selection.absent.empty()) asking_->claim = shard().rights().claim(*this, selection.service, there, asking_->user);
}

/// One that has its 200 already ends, and the next try gets the refusal.
void Connection::refuse(hub::Verdict verdict) {
  if (accepted()) return shard().end(*this, CloseReason::access_revoked);
  if (verdict == hub::Verdict::no_such_node) return on_refused(hub::Refusal::no_such_node);
  answer({wire::status_forbidden, "the pubsub service does not let you read this node"});
}

void Connection::on_expired() {
  expiry_.reset();
  guard([&] {
    if (ended()) return;
    if (!accepted()) return answer({wire::status_unauthorized, "the token has expired", false, bearer_invalid});
    shard().end(*this, CloseReason::token_expired);
  });
}

void Connection::on_key_withdrawn() {
  guard([&] {
    if (ended()) return;
    if (!accepted()) return answer({wire::status_unauthorized, "the token is no longer valid", false, bearer_invalid});
    shard().end(*this, CloseReason::access_revoked);
  });
}

void Connection::on_document(const std::vector<hub::EventRef>& items, std::string_view id) {
  guard([&] {
    const auto response = document_response(*document_, items, id, head_only_, thread_.options().max_document_bytes);
    if (!response) return answer({wire::status_bad_request, response.error().reason});
    respond(*response);
  });
}

void Connection::respond(std::string_view response) {
  // In pieces that are one record each, which are kept once for both framings.
  std::vector<hub::FrameRef> frames;
  for (; !response.empty(); response.remove_prefix(std::min(response.size(), wire::max_record_content_bytes)))
    frames.push_back(hub::make_frame(response.substr(0, wire::max_record_content_bytes)));
  replay(frames);
  end_when_written(CloseReason::answered);
}

/// Unlike an EventSource, who asks for a document can be told to ask again.
void Connection::on_document_held() {
  answer({wire::status_service_unavailable, "the pubsub service is not reachable; try again"});
}

void Connection::on_refused(hub::Refusal refusal) {
  const std::string* node = ticket_.single_node();
  if (node && !asking_) {
    thread_.gate().refusals().note(*node, refusal, Limits::Clock::now());
    log_limited::info("request: refused {} the node {}: {}", ticket_.address(), quote(node->substr(node->find('\0') + 1)),
                      refusal == hub::Refusal::forbidden ? "forbidden" : "no such node");
  }
  if (refusal == hub::Refusal::forbidden) return answer({wire::status_forbidden, "the pubsub service refuses access"});
  answer({wire::status_not_found, "there is no such node"});
}

void Connection::answer(const Answer& answer) {
  std::string out;
  wire::append_status(out, answer.status);
  out += "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  if (answer.allow) out += "Allow: GET, HEAD\r\n";
  if (!answer.challenge.empty()) out.append("WWW-Authenticate: ").append(answer.challenge).append("\r\n");
  const std::string_view line_end = answer.text.ends_with('\n') ? "" : "\n";
  if (!head_only_) wire::append_content_length(out, answer.text.size() + line_end.size());
  wire::append_head_end(out);
  if (!head_only_) out.append(answer.text).append(line_end);
  respond(out);
}

hub::FrameRef Connection::response_head() const { return thread_.response_head(head_only_, padding_bytes_); }

ssize_t Connection::write(std::span<const iovec> bytes) {
  if (!renumber_) return send(bytes);
  std::string copy;
  for (const iovec& part : bytes) copy.append(static_cast<const char*>(part.iov_base), part.iov_len);
  renumber_->patch(copy);
  const iovec part{copy.data(), copy.size()};
  const ssize_t sent = send({&part, 1});
  if (sent > 0) renumber_->written(copy, static_cast<std::size_t>(sent));
  return sent;
}

ssize_t Connection::send(std::span<const iovec> bytes) {
  const int descriptor = descriptor_.native_handle();
  ssize_t sent;
  do {
    if (bytes.size() == 1) {
      // The hot path. Not glibc's send(): in a program with threads that is a cancellation point, which costs two
      // atomic operations around a system call that cannot block here, a few per cent of a delivery.
      sent = ::syscall(SYS_sendto, descriptor, bytes[0].iov_base, bytes[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT,
                       nullptr, 0);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(bytes.data());
      message.msg_iovlen = bytes.size();
      sent = ::sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)) return 0;
  return sent;
}

void Connection::wait_writable() {
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                         [self = shared_from_this()](const boost::system::error_code& error) {
                           if (!error) self->on_writable();
                         });
}

void Connection::on_ended(CloseReason reason, bool cleanly) {
  try {
    say_end(reason, cleanly && reason != CloseReason::internal_error);
  } catch (const std::exception& why) {
    shard().count_failure("the end of a stream", why);
    close();
  }
}

void Connection::say_end(CloseReason reason, bool cleanly) {
  head_.reset();
  ticket_.release();
  asking_.reset();
  if (expiry_) thread_.remove_expiry(*std::exchange(expiry_, std::nullopt));
  if (cleanly && tail_) finish_framing();
  if ((reason != CloseReason::answered && reason != CloseReason::overloaded) || !cleanly) return close();
  // Closing with unread bytes resets the connection, and the web server could lose the answer with it: say that
  // nothing more comes, and read what is left.
  lingering_ = true;
  ::shutdown(descriptor_.native_handle(), SHUT_WR);
  thread_.add_deadline(shared_from_this());
}

/// FastCGI 1.0 §6: an application ends STDOUT and the request.
void Connection::finish_framing() {
  std::string out;
  wire::append_stream_end(out, wire::RecordType::stdout_, request_id_);
  wire::append_end_request(out, request_id_, 0, wire::ProtocolStatus::request_complete);
  const iovec part{out.data(), out.size()};
  (void)send({&part, 1});  // the connection closes next, which says the same
}

void Connection::close() {
  if (!descriptor_.is_open()) return;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
}

}  // namespace xes::gateway
