// SPDX-License-Identifier: MIT
#include "base/mailbox.hpp"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace xes {
namespace {

class MailboxTest : public testing::Test {
 protected:
  MailboxTest() { box.on_wake([this] { ++wakes; }); }
  std::vector<int> drain() {
    std::vector<int> all;
    box.drain([&](int letter) { all.push_back(letter); });
    return all;
  }
  boost::asio::io_context reader;
  Mailbox<int> box{reader, 4};
  int wakes = 0;
};

TEST_F(MailboxTest, KeepsLettersInOrder) {
  for (int i = 0; i < 4; ++i) box.push(i);
  EXPECT_FALSE(box.congested());
  EXPECT_EQ(drain(), (std::vector{0, 1, 2, 3}));
  EXPECT_TRUE(drain().empty());
}

TEST_F(MailboxTest, LosesNothingAndKeepsTheOrderBeyondItsCapacity) {
  for (int i = 0; i < 10; ++i) box.push(i);
  EXPECT_TRUE(box.congested());
  EXPECT_FALSE(box.flush_overflow()) << "nobody has read yet";
  EXPECT_EQ(drain(), (std::vector{0, 1, 2, 3}));
  box.push(10);
  EXPECT_TRUE(box.congested()) << "a new letter stands behind those that wait";
  std::vector<int> rest;
  for (int i = 0; i < 10 && box.congested(); ++i) {
    box.flush_overflow();
    for (const int letter : drain()) rest.push_back(letter);
  }
  EXPECT_EQ(rest, (std::vector{4, 5, 6, 7, 8, 9, 10}));
  EXPECT_TRUE(box.flush_overflow());
}

TEST_F(MailboxTest, LeavesWhatIsBeyondAPortionToTheNextTurn) {
  for (int i = 0; i < 4; ++i) box.push(i);
  std::vector<int> taken;
  auto take = [&](int letter) { taken.push_back(letter); };
  box.drain(take, 3);
  EXPECT_EQ(taken, (std::vector{0, 1, 2}));
  reader.poll();
  EXPECT_EQ(wakes, 1) << "by itself";
  box.drain(take, 3);
  EXPECT_EQ(taken, (std::vector{0, 1, 2, 3}));
  reader.restart();
  reader.poll();
  EXPECT_EQ(wakes, 1);
}

TEST_F(MailboxTest, GoesOnBehindALetterThatCannotBeRead) {
  Mailbox<std::shared_ptr<int>> letters{reader, 4, 1000};
  letters.on_wake([this] { ++wakes; });
  const auto first = std::make_shared<int>(1);
  letters.push(first, 2000);
  letters.push(std::make_shared<int>(2));
  EXPECT_THROW(letters.drain([](const std::shared_ptr<int>&) { throw std::bad_alloc(); }), std::bad_alloc);
  EXPECT_EQ(first.use_count(), 1) << "it is given up once";
  EXPECT_FALSE(letters.congested());
  reader.poll();
  EXPECT_EQ(wakes, 1) << "for the rest";
  std::vector<int> rest;
  letters.drain([&](const std::shared_ptr<int>& letter) { rest.push_back(*letter); });
  EXPECT_EQ(rest, (std::vector{2}));
}

TEST_F(MailboxTest, IsCongestedByBytesToo) {
  Mailbox<int> small{reader, 100, 1000};
  small.push(1, 600);
  EXPECT_FALSE(small.congested());
  small.push(2, 600);
  EXPECT_TRUE(small.congested());
  EXPECT_TRUE(small.flush_overflow()) << "there is room for letters";
  EXPECT_TRUE(small.congested());
  small.drain([](int) {}, 1);
  EXPECT_FALSE(small.congested());
}

TEST_F(MailboxTest, WakesItsReaderOnceUntilItDrains) {
  box.push(1);
  box.wake();
  box.push(2);
  box.wake();
  reader.poll();
  EXPECT_EQ(wakes, 1);
  box.wake();
  reader.restart();
  reader.poll();
  EXPECT_EQ(wakes, 1) << "the reader has not drained yet";
  drain();
  box.wake();
  reader.restart();
  reader.poll();
  EXPECT_EQ(wakes, 2);
}

TEST_F(MailboxTest, WakesAgainForALetterThatArrivesWhileItDrains) {
  box.push(1);
  box.wake();
  reader.poll();
  box.drain([&](int letter) {
    if (letter != 1) return;
    box.push(2);
    box.wake();
  });
  reader.restart();
  reader.poll();
  EXPECT_EQ(wakes, 2);
}

TEST(Mailbox, FreesLettersThatNobodyRead) {
  boost::asio::io_context reader;
  const auto letter = std::make_shared<int>(1);
  {
    Mailbox<std::shared_ptr<int>> box(reader, 2);
    for (int i = 0; i < 5; ++i) box.push(letter);
    EXPECT_EQ(letter.use_count(), 6);
  }
  EXPECT_EQ(letter.use_count(), 1);
}

TEST(Mailbox, HandsEveryLetterFromOneThreadToAnother) {
  constexpr int letters = 200'000;
  boost::asio::io_context reader;
  auto work = boost::asio::make_work_guard(reader);
  Mailbox<std::unique_ptr<int>> box(reader, 64);
  int expected = 0, out_of_order = 0;
  box.on_wake([&] {
    box.drain([&](std::unique_ptr<int> letter) {
      if (*letter != expected) ++out_of_order;
      if (++expected == letters) work.reset();
    });
  });
  std::thread reading([&] { reader.run(); });
  for (int i = 0; i < letters; ++i) {
    box.push(std::make_unique<int>(i));
    if (i % 7 == 0) box.wake();
    while (box.congested() && !box.flush_overflow()) {
      box.wake();
      std::this_thread::yield();
    }
  }
  box.wake();
  reading.join();
  EXPECT_EQ(expected, letters);
  EXPECT_EQ(out_of_order, 0);
}

}  // namespace
}  // namespace xes
