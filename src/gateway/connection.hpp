// SPDX-License-Identifier: MIT
// Purpose: one connection from the web server: reads the request's head, becomes a stream or answers, ends.
// Thread: its shard's. Kept alive by its own pending waits; ShardThread's deadlines hold it weakly.
//
//   head ──complete──▶ routed, through the gate ──(asked about its user)──▶ streaming ──▶ ended
//     └──malformed, deadline──▶ ended        answered ──▶ lingering (the web server may still be sending a body) ──▶ ended
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <variant>

#include "gateway/access.hpp"
#include "gateway/renumber.hpp"
#include "gateway/request.hpp"
#include "hub/rights.hpp"
#include "hub/stream.hpp"
#include "wire/fastcgi_head.hpp"
#include "wire/fastcgi_tail.hpp"
#include "wire/scgi.hpp"

namespace xes::gateway {

class ShardThread;
class Connection;
struct Bearer {
  std::weak_ptr<Connection> connection;
  std::uint64_t key;  ///< the fingerprint of the one that the token is signed with
};
/// Streams by when their tokens expire.
using Expiries = std::multimap<std::chrono::system_clock::time_point, Bearer>;

class Connection final : public hub::Stream, public hub::RightsHolder, public std::enable_shared_from_this<Connection> {
 public:
  /// Takes the descriptor over: non-blocking, accepted. Where that throws, the descriptor is the caller's still.
  Connection(ShardThread& thread, int descriptor, hub::Framing framing);
  ~Connection() override;

  void start();
  /// The deadline for the head, or for lingering, has passed.
  void on_deadline();
  /// The token that it came with has.
  void on_expired();
  /// The key that its token is signed with is not one of the worker's any more.
  void on_key_withdrawn();

 private:
  struct Head {
    std::variant<wire::FastcgiHead, wire::ScgiHead> parser;
  };

  ssize_t write(std::span<const iovec> bytes) override;
  void wait_writable() override;
  hub::FrameRef response_head() const override;
  bool head_only() const override { return head_only_; }
  bool wants_document() const override { return document_ != nullptr; }
  void on_document(const std::vector<hub::EventRef>& items, std::string_view id) override;
  void on_document_held() override;
  bool may_follow(const std::string& service, const std::vector<std::string>& nodes) override;
  void on_refused(hub::Refusal refusal) override;
  void on_ended(hub::CloseReason reason, bool cleanly) override;
  std::string who() const override { return ticket_.address(); }
  void on_failure() override { close(); }
  std::string_view address() const override { return ticket_.address_key(); }

  void wait_readable();
  void on_readable();
  /// False once there is nothing more to read now, or ever.
  bool read_some();
  void feed(std::string_view bytes);
  void feed_fastcgi(wire::FastcgiHead& head, std::string_view bytes);
  void feed_scgi(wire::ScgiHead& head, std::string_view bytes);
  void feed_tail(std::string_view bytes);
  void handle(const Params& params);
  /// Through the gate: a stream, or a refusal.
  void enter(const Params& params, StreamWanted& wanted);
  void turn_away(const Refusal& refusal, const std::string& who);
  /// Open once the service has said that the user may read every node.
  void ask(const AccessRule& rule, const Visitor& visitor, StreamWanted&& wanted);
  void on_rights() override;
  void look_at_rights();
  std::shared_ptr<hub::RightsHolder> hold() override { return shared_from_this(); }
  void refuse(hub::Verdict verdict);
  /// Nodes that are not there are told so, and need no right any more: what is made there later is asked about anew.
  void leave_out_missing(hub::Selection& selection);
  void answer(const Answer& answer);
  /// All of a response, which waits as long as its reader reads, and is no lag.
  void respond(std::string_view response);
  void say_end(hub::CloseReason reason, bool cleanly);
  ssize_t send(std::span<const iovec> bytes);
  void finish_framing();
  void close();

  ShardThread& thread_;
  std::unique_ptr<Renumber> renumber_;  ///< only if the request ID is not 1; beside what else each write looks at
  boost::asio::posix::stream_descriptor descriptor_;
  std::unique_ptr<Head> head_;  ///< until the head is complete
  std::optional<wire::FastcgiTail> tail_;
  std::unique_ptr<DocumentWanted> document_;  ///< only if that is wanted instead of a stream
  std::uint16_t request_id_ = hub::frame_request_id;
  Limits::Ticket ticket_;  ///< of a stream, until it ends
  struct Asking {
    std::unique_ptr<hub::Rights::Claim> claim;
    hub::User user;
    std::optional<StreamWanted> wanted;  ///< until it is open
  };
  std::unique_ptr<Asking> asking_;  ///< only if the service is asked about its user
  std::optional<Expiries::iterator> expiry_;
  std::uint16_t padding_bytes_ = 0;  ///< of the stream's first comment
  bool head_only_ = false;
  bool lingering_ = false;
};

}  // namespace xes::gateway
