// SPDX-License-Identifier: MIT
#include "gateway/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "gateway/shard_thread.hpp"
#include "requests.hpp"

namespace xes::gateway {
namespace {

class ListenerTest : public testing::Test {
 protected:
  ListenerTest() : wants(wants_io, 64) {
    // As the worker does at its start: what is accepted ends up from 1024 on.
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    char pattern[] = "/tmp/xes-listener-XXXXXX";
    folder = mkdtemp(pattern);
    path = folder + "/fastcgi.sock";
    ShardThreadOptions options;
    options.route.services = {{"pubsub.example", {"*"}}};
    for (int i = 0; i < 2; ++i) shards.push_back(std::make_unique<ShardThread>(options, wants));
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
  EXPECT_NE(refused.error().reason.find("is no socket"), std::string::npos);
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

TEST_F(ListenerTest, GivesTheSocketToItsGroup) {
  const group* own = getgrgid(getgid());
  if (!own) GTEST_SKIP() << "our group has no name";
  ListenAddress ours = at(path);
  ours.group = own->gr_name;
  Listener listener(io, shards);
  EXPECT_TRUE(listener.open(ours));
}

TEST_F(ListenerTest, KeepsLowDescriptorsFree) {
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
  EXPECT_GE(added[0], 1024) << "select() in libstrophe cannot name higher ones";
  EXPECT_NE(fcntl(added[0], F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(fcntl(added[0], F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(ListenerTest, SpreadsConnectionsOverTheShards) {
  Listener listener(io, shards);
  ASSERT_TRUE(listener.open(at(path)));
  listener.start();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(connects());
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
