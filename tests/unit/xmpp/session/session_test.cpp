// SPDX-License-Identifier: MIT
#include "xmpp/session/session.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "loop_test.hpp"
#include "server.hpp"

namespace xes::xmpp {
namespace {

using namespace std::chrono_literals;

class SessionTest : public LoopTest {
 protected:
  void start() {
    session = std::make_unique<Session>(
        io, options,
        SessionEvents{.on_ready = [this] { ++ready; },
                      .on_down = [this](const Failure& why) { down.push_back(why.reason); },
                      .on_message = [this](Stanza&& message) { messages.push_back(std::move(message)); },
                      .on_presence = {},
                      .on_unanswered = [this] { ++unanswered; },
                      .on_passed_over = [this] { ++passed_over; }});
    session->start();
  }
  void start_and_get_ready() {
    start();
    ASSERT_TRUE(run_until([&] { return ready == 1; }));
  }

  void run_for(std::chrono::milliseconds time) { io.run_for(time); }

  void ask(const std::string& to, std::chrono::milliseconds deadline = 5s) {
    session->send_iq(IqType::get, to, OutStanza("query", "urn:q"), deadline,
                     [this](IqResult result) { results.push_back(std::move(result)); });
  }
  std::string iq_id() const { return server.heard_attribute("<iq ", "id"); }

  Server server{io};
  SessionOptions options = server.session_options();
  std::unique_ptr<Session> session;
  int ready = 0;
  int unanswered = 0;
  int passed_over = 0;
  std::vector<std::string> down;
  std::vector<Stanza> messages;
  std::vector<IqResult> results;
};

TEST_F(SessionTest, ShakesHandsAsXep0114Says) {
  start_and_get_ready();
  EXPECT_TRUE(server.heard("to=\"me.example\""));
  // SHA-1 of "42secret".
  EXPECT_TRUE(server.heard("<handshake>982d8c9a948d17cd97c9858034d9e1725f29402e</handshake>"));
}

TEST_F(SessionTest, TakesAReplyFromWhoWasAskedOnly) {
  start_and_get_ready();
  ask("pubsub.example");
  ASSERT_TRUE(run_until([&] { return server.heard("urn:q"); }));
  const std::string id = iq_id();
  server.say("<iq type='result' id='" + id + "' from='evil.example' to='me.example'/><message/>");
  ASSERT_TRUE(run_until([&] { return messages.size() == 1; }));
  EXPECT_TRUE(results.empty());
  server.say("<iq type='result' id='" + id + "' from='pubsub.example' to='me.example'><x xmlns='urn:x'/></iq>");
  ASSERT_TRUE(run_until([&] { return results.size() == 1; }));
  ASSERT_TRUE(results[0]);
  EXPECT_TRUE(results[0]->child("x", "urn:x"));
}

TEST_F(SessionTest, FailsAnIqThatNobodyAnswersAtItsDeadline) {
  start_and_get_ready();
  ask("pubsub.example", 5s);
  ask("pubsub.example", 20ms);
  ASSERT_TRUE(run_until([&] { return !results.empty(); }));
  EXPECT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].error().error, Error::timed_out);
}

TEST_F(SessionTest, FailsEveryIqWhenTheServerGoesAwayAndComesBack) {
  start_and_get_ready();
  ask("pubsub.example");
  server.hang_up();
  ASSERT_TRUE(run_until([&] { return ready == 2; }));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].error().error, Error::unavailable);
  EXPECT_EQ(down.size(), 1u);
  ask("pubsub.example", 20ms);  // the deadlines of the second session work, too
  ASSERT_TRUE(run_until([&] { return results.size() == 2; }));
  EXPECT_EQ(results[1].error().error, Error::timed_out);
}

TEST_F(SessionTest, NeverCallsBackFromWithinSendIq) {
  start();
  ask("pubsub.example");
  EXPECT_TRUE(results.empty());
  ASSERT_TRUE(run_until([&] { return results.size() == 1; }));
  EXPECT_EQ(results[0].error().error, Error::unavailable);
  EXPECT_FALSE(session->send(OutStanza("message")));
}

TEST_F(SessionTest, RefusesAnIqThatCannotBeWritten) {
  start_and_get_ready();
  ask("bad\x01jid");
  ASSERT_TRUE(run_until([&] { return results.size() == 1; }));
  EXPECT_EQ(results[0].error().error, Error::malformed);
}

TEST_F(SessionTest, BoundsTheIqsThatWait) {
  options.max_pending_iqs = 2;
  start_and_get_ready();
  for (int i = 0; i < 3; ++i) ask("pubsub.example");
  ASSERT_TRUE(run_until([&] { return results.size() == 1; }));
  EXPECT_EQ(results[0].error().error, Error::unavailable);
}

TEST_F(SessionTest, TriesAgainForEverWhenTheSecretIsRefused) {
  server.handshake_reply =
      "<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>";
  start();
  ASSERT_TRUE(run_until([&] { return server.connections >= 5; }));
  EXPECT_EQ(ready, 0);
  EXPECT_TRUE(down.empty());
  server.handshake_reply = "<handshake/>";
  EXPECT_TRUE(run_until([&] { return ready == 1; }));
}

TEST_F(SessionTest, GivesUpAServerThatSaysNothing) {
  server.handshake_reply = "";
  options.ready_within = 30ms;
  start();
  EXPECT_TRUE(run_until([&] { return server.connections >= 3; }));
  EXPECT_EQ(ready, 0);
}

TEST_F(SessionTest, TriesAgainWhereTheStreamHasNoIdToHash) {
  const std::string sound = std::exchange(server.header, "<stream:stream xmlns='jabber:component:accept' "
                                                         "xmlns:stream='http://etherx.jabber.org/streams'>");
  start();
  ASSERT_TRUE(run_until([&] { return server.connections >= 3; }));
  EXPECT_EQ(ready, 0);
  server.header = sound;
  EXPECT_TRUE(run_until([&] { return ready == 1; }));
}

TEST_F(SessionTest, IsNotReadyBeforeTheHandshakeIsAccepted) {
  for (const char* other : {"<message><handshake/></message>", "<handshake xmlns='urn:x'/>", "<stream:features/>"}) {
    server.handshake_reply = other;
    const int before = server.connections;
    session.reset();
    start();
    ASSERT_TRUE(run_until([&] { return server.connections >= before + 2; })) << other;
    EXPECT_EQ(ready, 0) << other;
  }
  EXPECT_TRUE(messages.empty());
}

TEST_F(SessionTest, DropsAServerThatDoesNotAnswerAPing) {
  options.ping_every = 20ms;
  options.ping_deadline = 20ms;
  start_and_get_ready();
  ASSERT_TRUE(run_until([&] { return ready == 2; }));
  ASSERT_EQ(down.size(), 1u);
  EXPECT_EQ(down[0], "the server does not answer pings");
}

TEST_F(SessionTest, KeepsAServerThatAnswersAPingWithAnError) {
  options.ping_every = 20ms;
  options.ping_deadline = 5s;
  start_and_get_ready();
  ASSERT_TRUE(run_until([&] { return server.heard("urn:xmpp:ping"); }));
  EXPECT_EQ(server.heard_attribute("<iq ", "to"), "me.example");
  server.say("<iq type='error' id='" + iq_id() + "'/>");
  run_for(50ms);
  EXPECT_TRUE(session->ready());
}

TEST_F(SessionTest, HandsNothingOutWhilePausedAndAllOfItAfterwards) {
  start_and_get_ready();
  ask("pubsub.example", 20ms);
  ASSERT_TRUE(run_until([&] { return server.heard("urn:q"); }));
  session->pause();
  std::string burst = "<iq type='result' id='" + iq_id() + "' from='pubsub.example'/>";
  for (int i = 0; i < 1000; ++i) burst += "<message id='" + std::to_string(i) + "'/>";
  server.say(burst);
  run_for(60ms);
  EXPECT_TRUE(messages.empty());
  EXPECT_TRUE(results.empty());
  session->resume();
  ASSERT_TRUE(run_until([&] { return messages.size() == 1000; }));
  EXPECT_EQ(messages[999].attribute("id"), "999");
  ASSERT_EQ(results.size(), 1u);
  EXPECT_TRUE(results[0]);  // its deadline passed while it lay in the socket
}

TEST_F(SessionTest, GetsReadyWhilePaused) {
  start();
  session->pause();
  EXPECT_TRUE(run_until([&] { return ready == 1; }));
}

TEST_F(SessionTest, AnswersEveryGetAndSet) {
  start_and_get_ready();
  server.say("<iq type='get' id='a1' from='u@h/r' to='me.example'><ping xmlns='urn:xmpp:ping'/></iq>"
             "<iq type='set' id='a2' from='u@h/r' to='me.example'><x xmlns='urn:x'/></iq>");
  ASSERT_TRUE(run_until([&] { return server.heard("service-unavailable"); }));
  EXPECT_TRUE(server.heard("id=\"a1\""));
  EXPECT_TRUE(server.heard("from=\"me.example\""));
}

TEST_F(SessionTest, FailsTheIqWhoseReplyIsTooLongAndGoesOn) {
  options.max_stanza_bytes = 10'000;
  start_and_get_ready();
  ask("pubsub.example");
  ASSERT_TRUE(run_until([&] { return server.heard("urn:q"); }));
  server.say("<iq type='result' from='pubsub.example' id='" + iq_id() + "'><x>" + std::string(20'000, 'x') +
             "</x></iq><message/>");
  ASSERT_TRUE(run_until([&] { return messages.size() == 1; }));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].error().error, Error::too_large);
}

/// Whoever asks, and however the server takes it: what we ask ourselves still goes out.
TEST_F(SessionTest, DropsAnswersToStrangersBeforeAnythingElse) {
  options.max_queued_bytes = 300'000;
  options.max_queued_answer_bytes = 50'000;
  options.answers.max_bytes = options.answers.max_bytes_per_jid = 1u << 30;
  start_and_get_ready();
  server.listen(false);
  std::string questions;
  for (int i = 0; i < 20; ++i)
    questions += "<iq type='get' id='" + std::string(1000, 'i') +
                 "' from='u@h/r'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>";
  for (int i = 0; i < 5000 && unanswered < 1000; ++i) {
    server.say(questions);
    io.poll();  // all that is there is read: the next say() does not wait for ever
  }
  ASSERT_GE(unanswered, 1000);
  for (int i = 0; i < 100; ++i) ask("pubsub.example");
  server.listen(true);
  ASSERT_TRUE(run_until([&] { return server.heard("urn:q"); }));
  EXPECT_TRUE(down.empty());
}

TEST_F(SessionTest, AnswersAStrangerSoMuchAndNoMore) {
  options.max_stanza_bytes = 10'000;
  options.answers = {.window = 1h, .max_bytes_per_jid = 2000, .max_bytes = 5000, .max_jids = 10};
  start_and_get_ready();
  const auto ping = [&](const std::string& from, const std::string& id) {
    server.say("<iq type='get' id='" + id + "' from='" + from + "'><ping xmlns='urn:xmpp:ping'/></iq>");
  };
  for (int i = 0; i < 100; ++i) ping("u@h/r" + std::to_string(i), "u" + std::to_string(i));
  ping("v@h/r", "v");
  ping("w@h/r", std::string(1025, 'w'));
  server.say("<iq type='get' id='big' from='u@h/r'><x>" + std::string(20'000, 'x') + "</x></iq><message/>");
  ASSERT_TRUE(run_until([&] { return messages.size() == 1 && server.heard("id=\"v\""); }));
  EXPECT_TRUE(server.heard("id=\"u0\""));
  EXPECT_FALSE(server.heard("id=\"u99\""));
  EXPECT_FALSE(server.heard("www"));
  EXPECT_FALSE(server.heard("id=\"big\"")) << "the refusal of what is too large counts, too";
  EXPECT_GT(unanswered, 50);
  EXPECT_EQ(passed_over, 1);
  ask("pubsub.example");
  EXPECT_TRUE(run_until([&] { return server.heard("urn:q"); }));
}

TEST_F(SessionTest, DropsTheSessionWhenTheServerTakesNothingAnyMore) {
  options.max_queued_bytes = 100'000;
  start_and_get_ready();
  const std::string text(50'000, 'x');
  for (int i = 0; i < 1000 && session->send(OutStanza("message").text(text)); ++i) {
  }
  ASSERT_TRUE(run_until([&] { return down.size() == 1; }));
  EXPECT_NE(down[0].find("wait to be sent"), std::string::npos) << down[0];
}

TEST_F(SessionTest, StopsForGood) {
  start_and_get_ready();
  ask("pubsub.example");
  session->stop();
  EXPECT_EQ(results.size(), 1u);
  EXPECT_EQ(down.size(), 1u);
  run_for(50ms);
  EXPECT_EQ(session->state(), SessionState::down);
  EXPECT_TRUE(server.heard("</stream:stream>"));
  EXPECT_EQ(server.connections, 1);
}

TEST_F(SessionTest, LeavesNothingBehindThatCallsBackWhenItIsDestroyed) {
  start_and_get_ready();
  ask("pubsub.example", 10ms);
  session.reset();
  run_for(50ms);
  EXPECT_TRUE(results.empty());
  EXPECT_TRUE(down.empty());
}

}  // namespace
}  // namespace xes::xmpp
