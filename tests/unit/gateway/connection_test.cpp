// SPDX-License-Identifier: MIT
// A connection over a socket pair, in a shard thread that this thread plays itself: nothing waits, nothing sleeps.
#include "gateway/connection.hpp"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "../failing_new.hpp"
#include "gateway/shard_thread.hpp"
#include "hub/feed.hpp"
#include "requests.hpp"
#include "signed_token.hpp"

namespace {

/// As at the end of /proc/sys/fs/epoll/max_user_watches.
bool no_more_watches = false;

}  // namespace

extern "C" int epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event) noexcept {
  if (no_more_watches && operation == EPOLL_CTL_ADD) {
    errno = ENOSPC;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_epoll_ctl, epoll, operation, descriptor, event));
}

namespace xes::gateway {
namespace {

using hub::CloseReason;
using hub::Framing;

class ConnectionFixture : public testing::Test {
 protected:
  explicit ConnectionFixture(GateOptions gated = {}) : gate(gated), wants(wants_io, 64), thread(options(), gate, wants) {
    wants.on_wake([] {});
  }
  ~ConnectionFixture() override {
    thread.shard().end_all(CloseReason::shutting_down);
    connection.reset();
    for (int i = 0; i < 3; ++i) run();
    if (client >= 0) ::close(client);
  }
  static ShardThreadOptions options() {
    ShardThreadOptions made;
    made.shard.pace = std::chrono::milliseconds(0);  // time is none of its business
    made.shard.max_lag_bytes = 4 << 20;
    made.route.services = {{"pubsub.example", {"example.org"}},
                           {"pubsub.example", {"token.example.org"}, hub::View::payload, {.access = Access::token}},
                           {"pubsub.example", {"user.example.org"}, hub::View::payload, {.access = Access::user}}};
    return made;
  }

  void connect(Framing framing, int socket_bytes = 0) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    client = ends[0];
    if (socket_bytes > 0) setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &socket_bytes, sizeof socket_bytes);
    connection = std::make_shared<Connection>(thread, ends[1], framing);
    connection->start();
  }
  void run() {
    thread.io().restart();
    thread.io().poll();
  }
  void send(std::string_view bytes) {
    ASSERT_EQ(::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    run();
  }
  void request(Framing framing, const Pairs& pairs, std::uint16_t id = 1) {
    send(framing == Framing::fastcgi ? fastcgi_head(pairs, id) : scgi_head(pairs));
  }
  /// What has come so far; the socket pair holds it.
  std::string receive() {
    run();
    std::string all;
    char buffer[65536];
    for (;;) {
      const ssize_t got = ::recv(client, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got == 0) closed = true;
      if (got <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(got));
      run();
    }
  }
  /// The bytes of the response, whatever they are wrapped in.
  std::string response(Framing framing, std::uint16_t id = 1) {
    const std::string bytes = receive();
    if (framing == Framing::plain) return bytes;
    answer = read_fastcgi(bytes, id);
    EXPECT_FALSE(answer.other);
    return answer.stdout_bytes;
  }
  void open() { thread.shard().read(hub::Opened{name, {}, feed.position(), true}); }
  void publish(const std::string& payload) {
    hub::Change change;
    change.item.id = "i";
    change.item.payload = payload;
    thread.shard().read(hub::Happened{std::make_shared<const hub::NodeName>(name), feed.change(change, {})});
    thread.shard().flush({});
  }
  std::uint64_t ended(CloseReason reason) const {
    return thread.counters().closed[static_cast<std::size_t>(reason)];
  }

  static inline const hub::NodeName name{"pubsub.example", "news"};
  boost::asio::io_context wants_io;
  Gate gate;
  ShardThread::Wants wants;
  ShardThread thread;
  hub::Feed feed{name, {}};
  int client = -1;
  bool closed = false;
  FastcgiAnswer answer;
  std::shared_ptr<Connection> connection;
};

const std::string head =
    "Status: 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n\r\n";

class ConnectionTest : public ConnectionFixture, public testing::WithParamInterface<Framing> {
 protected:
  using ConnectionFixture::ConnectionFixture;
  ConnectionTest() = default;
};
INSTANTIATE_TEST_SUITE_P(Framings, ConnectionTest, testing::Values(Framing::fastcgi, Framing::plain),
                         [](const auto& one) { return one.param == Framing::plain ? "Scgi" : "Fastcgi"; });

TEST_P(ConnectionTest, StreamsWhatIsPublished) {
  connect(GetParam());
  request(GetParam(), get("/eventsource/news"));
  EXPECT_EQ(receive(), "") << "the node may still be refused";
  open();
  EXPECT_EQ(response(GetParam()).substr(0, head.size() + 13), head + "retry: 3000\n\n");
  publish("<x/>");
  const std::string event = response(GetParam());
  EXPECT_NE(event.find("data: <x/>\n\n"), std::string::npos) << event;
  EXPECT_FALSE(closed);
}

TEST_P(ConnectionTest, BeginsWithAsMuchPaddingAsIsAskedFor) {
  connect(GetParam());
  request(GetParam(), get("/eventsource/news?evs_preamble=3000"));
  open();
  const std::string expected = head + ": " + std::string(3000, ' ') + "\nretry: 3000\n\n";
  EXPECT_EQ(response(GetParam()).substr(0, expected.size()), expected);
}

/// Which of two values has been checked by the web server, nobody knows.
TEST_P(ConnectionTest, RefusesARequestThatHasAnythingTwice) {
  Pairs whole = {{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", "/eventsource/news"}, {"HTTP_HOST", "example.org"},
                       {"REMOTE_USER", "alice"}, {"REMOTE_ADDR", "192.0.2.1"}, {"PUBSUB_SERVICE", "pubsub.example"},
                       {"HTTP_AUTHORIZATION", "Bearer x"}, {"HTTP_COOKIE", "a=b"}, {"HTTP_LAST_EVENT_ID", ""},
                       {"HTTP_ACCEPT", "*/*"}, {"SERVER_PORT", "443"}, {"REQUEST_SCHEME", "https"}, {"EVENTSOURCE_METRICS", ""},
                       {"WHATEVER", "else"}, {"HTTP_X_FORWARDED_FOR", "192.0.2.7"}};
  ASSERT_EQ(whole.size(), std::size(param_names) + 2);
  for (const auto& [param, value] : whole) {
    if (std::ranges::count(param_names, param) == 0) continue;
    for (const std::string& second : {value, std::string(), std::string("mallory")})
      for (const bool first : {false, true}) {
        Pairs pairs = whole;
        pairs.insert(first ? pairs.begin() : pairs.end(), {param, second});
        connect(GetParam());
        request(GetParam(), pairs);
        const std::string text = response(GetParam());
        EXPECT_EQ(text.substr(0, 11), "Status: 400") << param << " " << second;
        EXPECT_NE(text.find('"' + param + '"'), std::string::npos) << text;
        ::close(client);
        run();
      }
  }
  whole.push_back({"WHATEVER", "else"});
  whole.push_back({"HTTP_X_FORWARDED_FOR", "192.0.2.7"});
  connect(GetParam());
  request(GetParam(), whole);
  open();
  EXPECT_EQ(response(GetParam()).substr(0, 14), "Status: 200 OK");
}

TEST_P(ConnectionTest, AsksForANodeThatWasRefusedAMomentAgoNotAgain) {
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 2; ++i) {
    connect(GetParam());
    request(GetParam(), get("/eventsource/gone"));
    if (i == 0) thread.shard().read(hub::Refused{{"pubsub.example", "gone"}, hub::Refusal::no_such_node});
    EXPECT_EQ(response(GetParam()).substr(0, 11), "Status: 404");
    ::close(client);
    run();
  }
  std::size_t asked = 0;
  wants.drain([&](hub::Want want) { asked += want.what == hub::Want::What::follow; });
  // Unless this machine is so busy that the moment was over.
  EXPECT_TRUE(asked == 1 || std::chrono::steady_clock::now() - began >= RecentRefusals::life) << asked;
}

TEST_P(ConnectionTest, EndsTheStreamsOfAKeyThatIsWithdrawn) {
  const auto keys = [](std::vector<std::string> files) {
    std::vector<Key> parsed;
    for (const std::string& file : files) parsed.push_back(Key::parse(file).value());
    return std::make_shared<const Keys>(std::move(parsed));
  };
  const std::string other = "fedcba9876543210fedcba9876543210";
  gate.set_keys(keys({test::secret, other}));
  connect(GetParam());
  Pairs pairs = get("/eventsource/news", "token.example.org");
  const std::string claims = R"({"sub":"alice","exp":4000000000,"nodes":["*"]})";
  pairs.emplace_back("HTTP_AUTHORIZATION", "Bearer " + test::hs256_of(test::header, claims));
  request(GetParam(), pairs);
  open();
  EXPECT_EQ(response(GetParam()).substr(0, 14), "Status: 200 OK");
  thread.end_withdrawn(keys({test::secret}));
  receive();
  EXPECT_FALSE(closed) << "its own key is still there";
  thread.end_withdrawn(keys({other}));
  EXPECT_NE(response(GetParam()).find("retry: "), std::string::npos);
  EXPECT_TRUE(closed);
  EXPECT_EQ(ended(CloseReason::access_revoked), 1u);
}

TEST_P(ConnectionTest, ReadsAHeadByteByByte) {
  connect(GetParam());
  const Pairs pairs = get("/eventsource/news");
  for (const char byte : GetParam() == Framing::fastcgi ? fastcgi_head(pairs) : scgi_head(pairs)) {
    EXPECT_EQ(thread.counters().streams, 0u);
    send({&byte, 1});
  }
  EXPECT_EQ(thread.counters().streams, 1u);
}

TEST_P(ConnectionTest, ClosesWhenTheHeadIsNotThereInTime) {
  connect(GetParam());
  send(GetParam() == Framing::fastcgi ? fastcgi_head(get("/x")).substr(0, 20) : "70:CONTENT");
  connection->on_deadline();
  EXPECT_EQ(receive(), "");
  EXPECT_TRUE(closed);
  EXPECT_EQ(ended(CloseReason::head_timeout), 1u);
}

TEST_P(ConnectionTest, KnowsNoDeadlineOnceItStreams) {
  connect(GetParam());
  request(GetParam(), get("/eventsource/news"));
  open();
  connection->on_deadline();
  receive();
  EXPECT_FALSE(closed);
}

TEST_P(ConnectionTest, ClosesOnWhatIsNoRequest) {
  connect(GetParam());
  send("GET /eventsource/news HTTP/1.1\r\nHost: example.org\r\n\r\n");
  EXPECT_EQ(receive(), "");
  EXPECT_TRUE(closed);
  EXPECT_EQ(ended(CloseReason::bad_request), 1u);
}

TEST_P(ConnectionTest, AnswersARefusedNode) {
  connect(GetParam());
  request(GetParam(), get("/eventsource/news"));
  thread.shard().read(hub::Refused{name, hub::Refusal::no_such_node});
  const std::string text = response(GetParam());
  EXPECT_EQ(text.substr(0, 23), "Status: 404 Not Found\r\n");
  EXPECT_NE(text.find("\r\n\r\nthere is no such node\n"), std::string::npos);
  EXPECT_TRUE(closed);
  EXPECT_EQ(ended(CloseReason::answered), 1u);
}

TEST_P(ConnectionTest, AnswersAForbiddenNode) {
  connect(GetParam());
  request(GetParam(), get("/eventsource/news"));
  thread.shard().read(hub::Refused{name, hub::Refusal::forbidden});
  EXPECT_EQ(response(GetParam()).substr(0, 23), "Status: 403 Forbidden\r\n");
}

TEST_P(ConnectionTest, AnswersAPathThatItDoesNotServe) {
  connect(GetParam());
  request(GetParam(), get("/other"));
  EXPECT_EQ(response(GetParam()).substr(0, 23), "Status: 404 Not Found\r\n");
  EXPECT_TRUE(closed);
}

TEST_P(ConnectionTest, AnswersHeadWithTheHeadAlone) {
  connect(GetParam());
  Pairs pairs = get("/eventsource/news");
  pairs[0].second = "HEAD";
  request(GetParam(), pairs);
  open();
  EXPECT_EQ(response(GetParam()), head);
  EXPECT_TRUE(closed);
}

TEST_P(ConnectionTest, AnswersARefusedHeadWithoutABody) {
  connect(GetParam());
  Pairs pairs = get("/other");
  pairs[0].second = "HEAD";
  request(GetParam(), pairs);
  const std::string text = response(GetParam());
  EXPECT_EQ(text.substr(text.size() - 4), "\r\n\r\n");
}

TEST_P(ConnectionTest, AnswersPostAndReadsWhatIsLeftOfItsBody) {
  connect(GetParam());
  Pairs pairs = get("/eventsource/news");
  pairs[0].second = "POST";
  request(GetParam(), pairs);
  const std::string text = response(GetParam());
  EXPECT_NE(text.find("Status: 405 Method Not Allowed\r\n"), std::string::npos);
  EXPECT_NE(text.find("Allow: GET, HEAD\r\n"), std::string::npos);
  EXPECT_TRUE(closed) << "nothing more comes";
  for (int i = 0; i < 20; ++i) send(std::string(10'000, 'b'));  // would fail on a closed connection
  connection->on_deadline();
  run();
  EXPECT_LT(::send(client, "b", 1, MSG_NOSIGNAL), 0) << "but not for ever";
}

TEST_P(ConnectionTest, NoticesThatTheWebServerLeft) {
  connect(GetParam());
  request(GetParam(), get("/eventsource/news"));
  open();
  ::close(std::exchange(client, -1));
  run();
  EXPECT_EQ(thread.counters().streams, 0u);
  EXPECT_EQ(ended(CloseReason::client_left), 1u);
  connection.reset();
  run();
  EXPECT_EQ(thread.connections(), 0u) << "and nothing of it is left";
}

TEST_P(ConnectionTest, WritesALongReplayThroughASmallSocket) {
  connect(GetParam(), 4096);
  request(GetParam(), get("/eventsource/news"));
  open();
  std::string expected, got = response(GetParam());
  got.clear();
  for (int i = 0; i < 50; ++i) publish("<x>" + std::string(5000, static_cast<char>('a' + i % 26)) + "</x>");
  publish("<last/>");
  std::string bytes;
  for (int i = 0; i < 1000 && bytes.find("<last/>") == bytes.npos; ++i) bytes += receive();
  if (GetParam() == Framing::fastcgi) {
    const auto read = read_fastcgi(bytes, 1);
    EXPECT_FALSE(read.other);
    bytes = read.stdout_bytes;
  }
  for (int i = 0; i < 50; ++i)
    EXPECT_NE(bytes.find("data: <x>" + std::string(5000, static_cast<char>('a' + i % 26)) + "</x>\n\n"), bytes.npos);
}

class UserTest : public ConnectionTest {
 protected:
  UserTest() : ConnectionTest({.component = "me.example"}) {}
  void ask(const std::string& uri = "/eventsource/news") {
    Pairs pairs = get(uri, "user.example.org");
    pairs.emplace_back("REMOTE_USER", "alice");
    connect(GetParam());
    request(GetParam(), pairs);
  }
  void judge(hub::Verdict verdict, const std::string& node = "news") {
    thread.news().push(hub::Judged{{"pubsub.example", node}, "alice@me.example", verdict});
    thread.news().wake();
    run();
  }
  std::vector<hub::Want> asked() {
    std::vector<hub::Want> all;
    wants.drain([&](hub::Want want) { all.push_back(std::move(want)); });
    return all;
  }
};
INSTANTIATE_TEST_SUITE_P(Framings, UserTest, testing::Values(Framing::fastcgi, Framing::plain));

TEST_P(UserTest, IsOpenedOnceTheServiceLetsItsUserRead) {
  ask();
  const auto wants_before = asked();
  ASSERT_EQ(wants_before.size(), 1u) << "and nothing is followed yet";
  EXPECT_EQ(wants_before[0].what, hub::Want::What::judge);
  EXPECT_EQ(wants_before[0].user.jid, "alice@me.example");
  EXPECT_EQ(receive(), "");
  judge(hub::Verdict::allowed);
  open();
  EXPECT_EQ(response(GetParam()).substr(0, head.size()), head);
}

TEST_P(UserTest, IsForbiddenWhereTheServiceRefuses) {
  ask();
  judge(hub::Verdict::refused);
  EXPECT_EQ(response(GetParam()).substr(0, 23), "Status: 403 Forbidden\r\n");
  EXPECT_TRUE(closed);
  EXPECT_EQ(thread.counters().streams, 0u);
  EXPECT_EQ(thread.shard().rights().size(), 0u);
}

TEST_P(UserTest, IsToldOfAMissingNode) {
  ask();
  judge(hub::Verdict::no_such_node);
  EXPECT_EQ(response(GetParam()).substr(0, 23), "Status: 404 Not Found\r\n");
}

TEST_P(UserTest, IsForbiddenIfOneOfSeveralNodesIs) {
  ask("/eventsource/?node=a&node=b");
  judge(hub::Verdict::allowed, "a");
  EXPECT_EQ(receive(), "");
  judge(hub::Verdict::refused, "b");
  EXPECT_EQ(response(GetParam()).substr(0, 23), "Status: 403 Forbidden\r\n");
}

TEST_P(UserTest, IsToldOfOneOfSeveralNodesThatIsMissingAndReadsTheOthers) {
  ask("/eventsource/?node=b&node=news");
  judge(hub::Verdict::no_such_node, "b");
  EXPECT_EQ(receive(), "");
  judge(hub::Verdict::allowed);
  open();
  const std::string got = response(GetParam());
  EXPECT_NE(got.find(R"({"node":"b","state":"missing"})"), got.npos) << got;
  publish("<x/>");
  EXPECT_NE(response(GetParam()).find("<x/>"), std::string::npos);
  EXPECT_EQ(thread.shard().rights().size(), 1u) << "what is made there later is not this stream's";
}

TEST_P(UserTest, IsToldIfAllOfSeveralNodesAreMissing) {
  ask("/eventsource/?node=a&node=b");
  judge(hub::Verdict::no_such_node, "a");
  EXPECT_EQ(receive(), "");
  judge(hub::Verdict::no_such_node, "b");
  EXPECT_EQ(response(GetParam()).substr(0, 23), "Status: 404 Not Found\r\n");
}

TEST_P(UserTest, WaitsWhileOneOfSeveralNodesIsMissingAndOfAnotherNobodyCanBeAsked) {
  ask("/eventsource/?node=a&node=b");
  judge(hub::Verdict::no_such_node, "a");
  judge(hub::Verdict::held, "b");
  EXPECT_EQ(response(GetParam()).substr(0, head.size()), head);
  judge(hub::Verdict::refused, "b");
  EXPECT_EQ(response(GetParam()).substr(0, 7), "retry: ");
  EXPECT_TRUE(closed);
}

TEST_P(UserTest, EndsWithARetryOnceTheRightIsGone) {
  ask();
  judge(hub::Verdict::allowed);
  open();
  response(GetParam());
  publish("<before/>");
  response(GetParam());
  judge(hub::Verdict::refused);
  publish("<after/>");
  const std::string rest = response(GetParam());
  EXPECT_EQ(rest.substr(0, 7), "retry: ");
  EXPECT_EQ(rest.find("<after/>"), rest.npos);
  EXPECT_TRUE(closed);
  EXPECT_EQ(ended(CloseReason::access_revoked), 1u);
  EXPECT_EQ(thread.shard().rights().size(), 0u);
}

TEST_P(UserTest, IsHeldOpenWhileNobodyCanBeAskedAndShowsNothing) {
  ask();
  judge(hub::Verdict::held);
  EXPECT_EQ(response(GetParam()), head + "retry: 3000\n\n");
  EXPECT_EQ(asked().size(), 1u) << "nothing is followed";
  judge(hub::Verdict::allowed);
  open();
  publish("<x/>");
  EXPECT_NE(response(GetParam()).find("<x/>"), std::string::npos);
}

TEST_P(UserTest, EndsIfTheAnswerToOneThatIsHeldOpenIsNo) {
  ask();
  judge(hub::Verdict::held);
  response(GetParam());
  judge(hub::Verdict::refused);
  EXPECT_EQ(response(GetParam()).substr(0, 7), "retry: ");
  EXPECT_TRUE(closed);
}

TEST_P(UserTest, ReadsOnWhileNobodyCanBeAskedUnlessThatTakesTooLong) {
  ask();
  judge(hub::Verdict::allowed);
  open();
  response(GetParam());
  judge(hub::Verdict::held);
  publish("<x/>");
  EXPECT_NE(response(GetParam()).find("<x/>"), std::string::npos);
  judge(hub::Verdict::lapsed);
  receive();
  EXPECT_TRUE(closed);
}

TEST_P(UserTest, AsksOnceForAllStreamsOfAUser) {
  ask();
  judge(hub::Verdict::allowed);
  asked();
  const auto first = connection;
  const int reader = client;
  ask();
  EXPECT_TRUE(asked().empty());
  EXPECT_EQ(thread.counters().streams, 2u);
  ::close(std::exchange(client, -1));
  run();
  EXPECT_TRUE(asked().empty());
  ::close(reader);
  run();
  const auto left = asked();
  ASSERT_FALSE(left.empty());
  EXPECT_TRUE(std::any_of(left.begin(), left.end(), [](const hub::Want& w) { return w.what == hub::Want::What::unjudge; }));
}

TEST_P(UserTest, GetsNoDocumentWhileNobodyCanBeAsked) {
  Pairs pairs = get("/eventsource/news", "user.example.org");
  pairs.emplace_back("REMOTE_USER", "alice");
  pairs.emplace_back("HTTP_ACCEPT", "application/json");
  connect(GetParam());
  request(GetParam(), pairs);
  judge(hub::Verdict::held);
  EXPECT_EQ(response(GetParam()).substr(0, 12), "Status: 503 ");
}

class LimitedTest : public ConnectionTest {
 protected:
  LimitedTest() : ConnectionTest({.limits = {.streams = 1}, .retry = std::chrono::seconds(60)}) {}
};
INSTANTIATE_TEST_SUITE_P(Framings, LimitedTest, testing::Values(Framing::fastcgi, Framing::plain));

TEST_P(LimitedTest, TellsWhoIsOverALimitWhenToComeBack) {
  connect(GetParam());
  request(GetParam(), get("/eventsource/news"));
  const auto first = connection;
  const int reader = client;
  connect(GetParam());
  request(GetParam(), get("/eventsource/news"));
  const std::string text = response(GetParam());
  const std::string before = head + ": this worker has reached its limit of streams\nretry: ";
  ASSERT_EQ(text.substr(0, before.size()), before);
  const int retry = std::stoi(text.substr(before.size()));
  EXPECT_GE(retry, 60'000);
  EXPECT_LE(retry, 120'000);
  EXPECT_EQ(text.substr(text.size() - 2), "\n\n");
  EXPECT_TRUE(closed);
  EXPECT_EQ(ended(CloseReason::overloaded), 1u);
  EXPECT_EQ(gate.limits().refused(Limit::streams), 1u);
  ::close(reader);
}

TEST_P(LimitedTest, HasRoomAgainOnceAStreamHasEnded) {
  connect(GetParam());
  request(GetParam(), get("/eventsource/news"));
  EXPECT_EQ(gate.limits().counts().streams, 1u);
  ::close(std::exchange(client, -1));
  run();
  EXPECT_EQ(gate.limits().counts().streams, 0u);
  connect(GetParam());
  request(GetParam(), get("/eventsource/news"));
  EXPECT_EQ(gate.limits().refused(Limit::streams), 0u);
}

TEST_P(ConnectionTest, AsksForATokenByAChallenge) {
  connect(GetParam());
  request(GetParam(), get("/eventsource/guarded", "token.example.org"));
  const std::string text = response(GetParam());
  EXPECT_EQ(text.substr(0, 26), "Status: 401 Unauthorized\r\n");
  EXPECT_NE(text.find("\r\nWWW-Authenticate: Bearer\r\n"), std::string::npos) << text;
  EXPECT_TRUE(closed);
}

TEST_P(ConnectionTest, EndsWithARetryOnceItsTokenHasExpired) {
  connect(GetParam());
  request(GetParam(), get("/eventsource/news"));
  open();
  response(GetParam());
  connection->on_expired();
  EXPECT_EQ(response(GetParam()).substr(0, 7), "retry: ");
  EXPECT_TRUE(closed);
  EXPECT_EQ(ended(CloseReason::token_expired), 1u);
}

TEST_P(ConnectionTest, AnswersThatATokenHasExpiredWhileItsNodeWasAwaited) {
  connect(GetParam());
  request(GetParam(), get("/eventsource/news"));
  connection->on_expired();
  EXPECT_EQ(response(GetParam()).substr(0, 26), "Status: 401 Unauthorized\r\n");
  EXPECT_TRUE(closed);
}

using FastcgiConnectionTest = ConnectionFixture;

TEST_F(FastcgiConnectionTest, EndsTheRequestAsFastcgiWantsIt) {
  connect(Framing::fastcgi);
  request(Framing::fastcgi, get("/eventsource/news"));
  open();
  response(Framing::fastcgi);
  thread.shard().read(hub::Ended{name});
  response(Framing::fastcgi);
  EXPECT_TRUE(answer.stdout_ended);
  EXPECT_TRUE(answer.request_ended);
  EXPECT_TRUE(closed);
}

TEST_F(FastcgiConnectionTest, EndsARequestWithAnotherIdThan1) {
  connect(Framing::fastcgi);
  request(Framing::fastcgi, get("/eventsource/news"), 7);
  open();
  EXPECT_EQ(response(Framing::fastcgi, 7).substr(0, head.size()), head);
  publish("<x/>");
  EXPECT_NE(response(Framing::fastcgi, 7).find("<x/>"), std::string::npos);
  thread.shard().end_all(CloseReason::shutting_down);
  EXPECT_EQ(response(Framing::fastcgi, 7).substr(0, 7), "retry: ");
  EXPECT_TRUE(answer.request_ended);
}

TEST_F(FastcgiConnectionTest, WritesAnotherIdThroughASmallSocket) {
  connect(Framing::fastcgi, 4096);
  request(Framing::fastcgi, get("/eventsource/news"), 300);
  open();
  for (int i = 0; i < 30; ++i) publish("<x>" + std::string(7001, 'a') + "</x>");
  publish("<last/>");
  std::string bytes;
  for (int i = 0; i < 1000 && bytes.find("<last/>") == bytes.npos; ++i) bytes += receive();
  const auto read = read_fastcgi(bytes, 300);
  EXPECT_FALSE(read.other);
  EXPECT_NE(read.stdout_bytes.find("<last/>"), std::string::npos);
}

TEST_F(FastcgiConnectionTest, EndsWhenTheWebServerAborts) {
  connect(Framing::fastcgi);
  request(Framing::fastcgi, get("/eventsource/news"));
  open();
  std::string abort;
  append_record(abort, wire::RecordType::abort_request, 1, "");
  send(abort);
  response(Framing::fastcgi);
  EXPECT_TRUE(answer.request_ended);
  EXPECT_TRUE(closed);
  EXPECT_EQ(ended(CloseReason::aborted), 1u);
}

TEST_F(FastcgiConnectionTest, EndsWhenTheWebServerAbortsInTheSameWrite) {
  connect(Framing::fastcgi);
  std::string both = fastcgi_head(get("/eventsource/news"));
  append_record(both, wire::RecordType::abort_request, 1, "");
  send(both);
  EXPECT_EQ(ended(CloseReason::aborted), 1u);
  receive();
  EXPECT_TRUE(closed);
}

TEST_F(FastcgiConnectionTest, IgnoresABody) {
  connect(Framing::fastcgi);
  request(Framing::fastcgi, get("/eventsource/news"));
  std::string body;
  append_record(body, wire::RecordType::stdin_, 1, "body");
  append_record(body, wire::RecordType::stdin_, 1, "");
  send(body);
  open();
  EXPECT_EQ(response(Framing::fastcgi).substr(0, head.size()), head);
  EXPECT_FALSE(closed);
}

TEST_F(FastcgiConnectionTest, AnswersGetValuesBeforeARequest) {
  connect(Framing::fastcgi);
  std::string values, names;
  wire::append_pair(names, "FCGI_MPXS_CONNS", "");
  append_record(values, wire::RecordType::get_values, 0, names);
  send(values);
  const std::string bytes = receive();
  ASSERT_GE(bytes.size(), wire::record_header_bytes);
  EXPECT_EQ(wire::decode_record_header(bytes).type, wire::RecordType::get_values_result);
  request(Framing::fastcgi, get("/eventsource/news"));
  EXPECT_EQ(thread.counters().streams, 1u);
}

// ---- documents

/// The body of what was read to the end of the connection; nothing if it is less than its head says.
std::optional<std::string> whole_body(const std::string& response) {
  const std::size_t end = response.find("\r\n\r\n"), length = response.find("Content-Length: ");
  if (end == response.npos || length > end) return std::nullopt;
  std::string body = response.substr(end + 4);
  if (body.size() != std::stoul(response.substr(length + 16))) return std::nullopt;
  return body;
}

TEST_P(ConnectionTest, GivesADocumentWholeHoweverSlowlyItIsRead) {
  Pairs pairs = get("/eventsource/news?last=100");
  pairs.emplace_back("HTTP_ACCEPT", "application/json");
  connect(GetParam(), 4096);
  request(GetParam(), pairs);
  std::vector<hub::Item> stored(100);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    stored[i].id = "i" + std::to_string(i);
    stored[i].payload = std::string(60'000, 'x');
  }
  feed.begin_backfill(true);
  feed.end_backfill(stored, {});
  open();
  thread.shard().read(hub::Snapshot{name, feed.snapshot(stored)});
  std::string bytes;
  for (int i = 0; i < 100'000 && !closed; ++i) bytes += receive();
  ASSERT_TRUE(closed);
  if (GetParam() == Framing::fastcgi) {
    answer = read_fastcgi(bytes, 1);
    bytes = answer.stdout_bytes;
  }
  const auto body = whole_body(bytes);
  ASSERT_TRUE(body) << "6 MB are more than max_lag, and no lag";
  EXPECT_GT(body->size(), 6'000'000u);
  EXPECT_TRUE(body->ends_with("]}"));
  EXPECT_EQ(ended(CloseReason::answered), 1u);
}

TEST_P(ConnectionTest, SaysHowLongAnErrorTextIs) {
  connect(GetParam());
  request(GetParam(), get("/elsewhere"));
  const auto body = whole_body(response(GetParam()));
  ASSERT_TRUE(body);
  EXPECT_EQ(*body, "event streams are below /eventsource/\n");
}

// ---- want of resources

class ScarceTest : public ConnectionFixture {
 protected:
  /// A connection that the listener accepted; the shard's loop goes on after whatever fails, as ShardThread::run() does.
  void accept() {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    if (client >= 0) ::close(client);
    client = ends[0];
    closed = false;
    thread.accepted().push({ends[1], Framing::fastcgi});
    thread.accepted().wake();
    step();
  }
  void step() {
    for (;;) {
      try {
        run();
        return;
      } catch (const std::exception& why) {
        thread.shard().count_failure("the test's loop", why);
      }
    }
  }
  void streams_as_ever() {
    accept();
    request(Framing::fastcgi, get("/eventsource/news"));
    open();
    EXPECT_EQ(response(Framing::fastcgi).substr(0, head.size()), head);
    publish("<x/>");
    EXPECT_NE(response(Framing::fastcgi).find("data: <x/>\n\n"), std::string::npos);
  }
};

TEST_F(ScarceTest, AConnectionThatCannotBeWatchedIsClosedAndNothingElse) {
  streams_as_ever();
  const int reader = std::exchange(client, -1);
  no_more_watches = true;
  for (int i = 0; i < 3; ++i) {
    accept();
    EXPECT_EQ(receive(), "");
    EXPECT_TRUE(closed);
  }
  no_more_watches = false;
  EXPECT_EQ(thread.counters().failures, 3u);
  EXPECT_EQ(thread.connections(), 1u);
  publish("<still-read/>");
  char buffer[1000];
  EXPECT_GT(::recv(reader, buffer, sizeof buffer, MSG_DONTWAIT), 0);
  streams_as_ever();
  ::close(reader);
}

/// Whichever allocation fails while a request is read, answered, streamed and ended.
TEST_F(ScarceTest, AnAllocationThatFailsEndsItsConnectionAndNothingElse) {
  streams_as_ever();
  const int reader = std::exchange(client, -1);
  std::uint64_t failures = 0;
  unsigned closed_ones = 0;
  for (long nth = 0; nth < 250; ++nth) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    const std::string bytes = fastcgi_head(get(nth % 2 ? "/eventsource/news?last=3" : "/eventsource/news"));
    ASSERT_EQ(::send(ends[0], bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    thread.accepted().push({ends[1], Framing::fastcgi});
    thread.accepted().wake();
    allocations_left = nth;
    step();
    const bool failed = allocations_left == -1;
    allocations_left = -1;
    failures += failed;
    char buffer[10'000];
    const ssize_t got = ::recv(ends[0], buffer, sizeof buffer, MSG_DONTWAIT);
    closed_ones += got == 0;
    if (!failed) {
      EXPECT_GT(got, 0) << "nothing failed, so there is a stream";
    }
    ::close(ends[0]);
    step();
  }
  EXPECT_GT(failures, 20u);
  EXPECT_GT(closed_ones, 10u);
  EXPECT_EQ(thread.connections(), 1u) << "every other one is gone";
  publish("<still-read/>");
  char buffer[1000];
  EXPECT_GT(::recv(reader, buffer, sizeof buffer, MSG_DONTWAIT), 0) << "one that had no part in it reads on";
  ::close(reader);
  streams_as_ever();
}

}  // namespace
}  // namespace xes::gateway
