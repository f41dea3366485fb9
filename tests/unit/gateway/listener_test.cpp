// SPDX-License-Identifier: MIT
#include "gateway/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "gateway/shard_thread.hpp"
#include "requests.hpp"

namespace {
bool listening_fails = false;
}

/// In place of libc's, so that it can fail.
extern "C" int listen(int descriptor, int backlog) noexcept {
  if (listening_fails) return errno = ENOBUFS, -1;
  return static_cast<int>(syscall(SYS_listen, descriptor, backlog));
}

namespace xes::gateway {
namespace {

class ListenerTest : public testing::Test {
 protected:
  ListenerTest() : wants(wants_io, 64) {
    // As the worker does at its start.
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    char pattern[] = "/tmp/xes-listener-XXXXXX";
    folder = mkdtemp(pattern);
    path = folder + "/fastcgi.sock";
    ShardThreadOptions options;
    options.route.services = {{"pubsub.example", {"*"}}};
    for (int i = 0; i < 2; ++i) shards.push_back(std::make_unique<ShardThread>(options, gate, wants));
  }
  ~ListenerTest() override {
    for (const int one : clients) ::close(one);
    for (auto& shard : shards) shard->shard().end_all(hub::CloseReason::shutting_down);
    std::filesystem::remove_all(folder);
  }
  static ListenAddress at(const std::string& where) { return {where, "", 0, hub::Framing::fastcgi, ""}; }
  sockaddr_un address() const {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    path.copy(local.sun_path, sizeof local.sun_path - 1);
    return local;
  }
  bool connects() {
    const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    clients.push_back(client);
    const sockaddr_un to = address();
    return ::connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  /// A client whose own descriptor is out of the way of those that are counted here.
  bool connects_from_above() {
    if (!connects()) return false;
    const int low = clients.back();
    clients.back() = fcntl(low, F_DUPFD_CLOEXEC, 2048);
    ::close(low);
    return clients.back() >= 0;
  }
  static int lowest_free() {
    const int free = dup(STDERR_FILENO);
    ::close(free);
    return free;
  }
  void run() {
    io.restart();
    io.poll();
    for (auto& shard : shards) {
      shard->io().restart();
      shard->io().poll();
    }
  }
  static std::set<int> sockets() {
    std::set<int> found;
    for (int descriptor = 0; descriptor < 1200; ++descriptor) {
      struct stat file;
      if (fstat(descriptor, &file) == 0 && S_ISSOCK(file.st_mode)) found.insert(descriptor);
    }
    return found;
  }

  std::string folder, path;
  boost::asio::io_context io, wants_io;
  Gate gate{{}};
  ShardThread::Wants wants;
  std::vector<std::unique_ptr<ShardThread>> shards;
  std::vector<int> clients;
};

TEST_F(ListenerTest, MakesASocketThatOwnerAndGroupMayUse) {
  Listener listener(io, shards);
  ASSERT_TRUE(listener.open(at(path)));
  struct stat file;
  ASSERT_EQ(stat(path.c_str(), &file), 0);
  EXPECT_TRUE(S_ISSOCK(file.st_mode));
  EXPECT_EQ(file.st_mode & 07777, 0660u);
  const mode_t mask = umask(0);
  umask(mask);
  EXPECT_NE(mask, 0117u) << "the process's own mask is as before";
}

TEST_F(ListenerTest, RemovesItsSocketWhenItCloses) {
  Listener listener(io, shards);
  ASSERT_TRUE(listener.open(at(path)));
  listener.close();
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(connects());
}

TEST_F(ListenerTest, LeavesASocketThatAnotherHasMadeInItsPlace) {
  Listener listener(io, shards);
  ASSERT_TRUE(listener.open(at(path)));
  std::filesystem::rename(path, path + ".old");
  Listener next(io, shards);
  ASSERT_TRUE(next.open(at(path)));
  listener.close();
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(ListenerTest, ReplacesASocketThatNobodyListensOn) {
  const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un to = address();
  ASSERT_EQ(bind(dead, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  ::close(dead);
  ASSERT_TRUE(std::filesystem::exists(path));
  Listener listener(io, shards);
  EXPECT_TRUE(listener.open(at(path)));
  EXPECT_TRUE(connects());
}

TEST_F(ListenerTest, RefusesASocketThatIsInUse) {
  Listener listener(io, shards), second(io, shards);
  ASSERT_TRUE(listener.open(at(path)));
  const auto refused = second.open(at(path));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error, Error::unavailable);
  EXPECT_NE(refused.error().reason.find("in use"), std::string::npos);
  second.close();
  EXPECT_TRUE(connects()) << "the first goes on";
}

TEST_F(ListenerTest, RefusesAPathThatIsNoSocketAndLeavesIt) {
  std::ofstream(path) << "precious";
  Listener listener(io, shards);
  const auto refused = listener.open(at(path));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().reason.find("is not a socket"), std::string::npos);
  listener.close();
  std::string text;
  std::ifstream(path) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(ListenerTest, FollowsNoLinkAtItsPath) {
  std::filesystem::create_symlink("/nowhere", path);
  Listener listener(io, shards);
  EXPECT_FALSE(listener.open(at(path)));
  EXPECT_TRUE(std::filesystem::is_symlink(path));
}

TEST_F(ListenerTest, RefusesWhatItCannotOpen) {
  Listener listener(io, shards);
  EXPECT_EQ(listener.open(at(folder + "/no/such/folder.sock")).error().error, Error::unavailable);
  EXPECT_EQ(listener.open(at("/" + std::string(107, 'x'))).error().error, Error::malformed);
  EXPECT_EQ(listener.open({"", "localhost", 1, hub::Framing::fastcgi, ""}).error().error, Error::malformed);
}

TEST_F(ListenerTest, LeavesNothingBehindWhereTheGroupIsUnknown) {
  Listener listener(io, shards);
  ListenAddress address_of_nobody = at(path);
  address_of_nobody.group = "no such group";
  EXPECT_EQ(listener.open(address_of_nobody).error().error, Error::malformed);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ListenerTest, LeavesNothingBehindWhereItCannotListen) {
  Listener listener(io, shards);
  listening_fails = true;
  const auto refused = listener.open(at(path));
  listening_fails = false;
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error, Error::unavailable);
  EXPECT_NE(refused.error().reason.find(std::strerror(ENOBUFS)), std::string::npos) << refused.error().reason;
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ListenerTest, HandsOverWhatAShardHadNoRoomForThoughNobodyElseConnects) {
  ShardThreadOptions options;
  options.route.services = {{"pubsub.example", {"*"}}};
  options.mailbox_letters = 2;
  std::vector<std::unique_ptr<ShardThread>> narrow;
  narrow.push_back(std::make_unique<ShardThread>(options, gate, wants));
  Listener listener(io, narrow);
  ASSERT_TRUE(listener.open(at(path)));
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(connects());
  listener.start();
  for (int turns = 0; turns < 100 && narrow[0]->connections() < 9; ++turns) {
    io.restart();
    io.run_one_for(std::chrono::seconds(1));
    narrow[0]->io().restart();
    narrow[0]->io().poll();
  }
  EXPECT_EQ(narrow[0]->connections(), 9u);
  for (const int one : clients) ::close(one);
  clients.clear();
  narrow[0]->shard().end_all(hub::CloseReason::shutting_down);
  narrow[0]->io().restart();
  narrow[0]->io().poll();
}

TEST_F(ListenerTest, GivesTheSocketToItsGroup) {
  const group* own = getgrgid(getgid());
  if (!own) GTEST_SKIP() << "our group has no name";
  ListenAddress ours = at(path);
  ours.group = own->gr_name;
  Listener listener(io, shards);
  EXPECT_TRUE(listener.open(ours));
}

TEST_F(ListenerTest, AcceptsForItselfAloneAndWithoutBlocking) {
  Listener listener(io, shards);
  ASSERT_TRUE(listener.open(at(path)));
  listener.start();
  ASSERT_TRUE(connects());
  const std::set<int> before = sockets();
  run();
  std::vector<int> added;
  for (const int one : sockets())
    if (!before.count(one)) added.push_back(one);
  ASSERT_EQ(added.size(), 1u);
  EXPECT_NE(fcntl(added[0], F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(fcntl(added[0], F_GETFL) & O_NONBLOCK, 0);
}

/// What the process may open, until the test's end.
class DescriptorLimit {
 public:
  DescriptorLimit() { getrlimit(RLIMIT_NOFILE, &before_); }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  void set(rlim_t descriptors) {
    const rlimit limit{descriptors, before_.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  }

 private:
  rlimit before_{};
};

/// Log lines of the worker, while it lives.
class CaughtLog {
 public:
  CaughtLog() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("caught", std::make_shared<spdlog::sinks::ostream_sink_mt>(lines_)));
  }
  ~CaughtLog() { spdlog::set_default_logger(before_); }
  CaughtLog(const CaughtLog&) = delete;
  CaughtLog& operator=(const CaughtLog&) = delete;
  std::size_t count(const std::string& text) const {
    std::size_t found = 0;
    const std::string all = lines_.str();
    for (std::size_t at = 0; (at = all.find(text, at)) != all.npos; ++at) ++found;
    return found;
  }

 private:
  std::ostringstream lines_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(ListenerTest, LeavesDescriptorsForASessionHoweverManyConnect) {
  Listener listener(io, shards);
  ASSERT_TRUE(listener.open(at(path)));
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(connects_from_above());
  DescriptorLimit limit;
  limit.set(300);
  listener.start();
  run();
  const std::size_t served = shards[0]->connections() + shards[1]->connections();
  EXPECT_GT(served, 100u);
  EXPECT_LT(served, 300u);
  EXPECT_EQ(listener.rests(), 1u);
  std::vector<int> opened;
  for (int i = 0; i < 60; ++i) opened.push_back(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  for (const int one : opened) {
    EXPECT_GE(one, 0) << std::strerror(errno);
    if (one >= 0) ::close(one);
  }
}

TEST_F(ListenerTest, RestsWhenDescriptorsAreOutSaysSoOnceAndGoesOnWhenSomeAreFree) {
  Listener listener(io, shards);
  ASSERT_TRUE(listener.open(at(path)));
  CaughtLog log;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(connects_from_above());
  std::vector<int> others;
  for (int i = 0; i < 100; ++i) others.push_back(dup(STDERR_FILENO));
  DescriptorLimit limit;
  limit.set(static_cast<rlim_t>(lowest_free()) + 64);  // what is free is all reserved
  listener.start();
  for (int i = 0; i < 100; ++i) run();
  EXPECT_EQ(listener.rests(), 1u) << "trying again at once would spin";
  io.restart();
  io.run_one_for(std::chrono::seconds(5));  // the rest is over, the next begins
  EXPECT_EQ(listener.rests(), 2u);
  EXPECT_EQ(log.count("raise the limit of open files"), 1u);
  for (const int one : others) ::close(one);
  io.restart();
  io.run_one_for(std::chrono::seconds(5));
  run();
  EXPECT_EQ(shards[0]->connections() + shards[1]->connections(), 2u) << "two of four were turned away";
  EXPECT_EQ(listener.rests(), 2u);
}

TEST_F(ListenerTest, KeepsTheConnectionsOfOneProcessInOneShard) {
  Listener listener(io, shards);
  ASSERT_TRUE(listener.open(at(path)));
  listener.start();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(connects());
  const pid_t other = fork();  // no threads run here
  if (other == 0) {
    for (int i = 0; i < 5; ++i) connects();
    pause();
    _exit(0);
  }
  for (int i = 0; i < 500 && shards[0]->connections() + shards[1]->connections() < 15; ++i) {
    run();
    usleep(10'000);
  }
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
  EXPECT_EQ(shards[0]->connections(), 10u);
  EXPECT_EQ(shards[1]->connections(), 5u);
}

TEST_F(ListenerTest, SpreadsAProcessThatHasFarMoreThanTheOthers) {
  Listener listener(io, shards);
  ASSERT_TRUE(listener.open(at(path)));
  listener.start();
  for (int batch = 0; batch < 10; ++batch) {
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(connects());
    run();
  }
  EXPECT_EQ(shards[0]->connections() + shards[1]->connections(), 500u);
  EXPECT_GE(shards[1]->connections(), 500u / 4);
}

TEST_F(ListenerTest, SpreadsConnectionsOverTcp) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof to;
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);  // which port is free
  ASSERT_EQ(bind(probe, reinterpret_cast<const sockaddr*>(&to), size), 0);
  ASSERT_EQ(getsockname(probe, reinterpret_cast<sockaddr*>(&to), &size), 0);
  ::close(probe);
  Listener listener(io, shards);
  ASSERT_TRUE(listener.open({"", "127.0.0.1", ntohs(to.sin_port), hub::Framing::fastcgi, ""}));
  listener.start();
  for (int i = 0; i < 10; ++i) {
    clients.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(clients.back(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  run();
  EXPECT_EQ(shards[0]->connections(), 5u);
  EXPECT_EQ(shards[1]->connections(), 5u);
}

TEST_F(ListenerTest, HandsAConnectionToAShardThatReadsItsRequest) {
  Listener listener(io, shards);
  ASSERT_TRUE(listener.open(at(path)));
  listener.start();
  ASSERT_TRUE(connects());
  const std::string head = fastcgi_head(get("/other"));
  ASSERT_EQ(::send(clients[0], head.data(), head.size(), 0), static_cast<ssize_t>(head.size()));
  run();
  char buffer[4096];
  const ssize_t got = ::recv(clients[0], buffer, sizeof buffer, MSG_DONTWAIT);
  ASSERT_GT(got, 8);
  EXPECT_EQ(std::string(buffer + 8, 11), "Status: 404");
}

TEST_F(ListenerTest, ListensOnTcpToo) {
  Listener listener(io, shards);
  EXPECT_TRUE(listener.open({"", "127.0.0.1", 0, hub::Framing::plain, ""}));
}

}  // namespace
}  // namespace xes::gateway
