// SPDX-License-Identifier: MIT
// Purpose: the services behind the server of the tests (server.hpp): what they were asked, and what they answer.
// Thread: the test's.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../session/server.hpp"

namespace xes::xmpp {

inline const std::string disco_items = "http://jabber.org/protocol/disco#items";

class Services {
 public:
  /// One IQ. What it is about is "subscribe", "subscriptions", "items" …, else its payload's namespace.
  struct Question {
    std::string what, to, from, id, node;
  };
  /// What an IQ's result holds, or an <error/>; nothing is no reply.
  using Answer = std::function<std::string(const Question&)>;

  explicit Services(Server& server) : server_(server) {
    server.on_stanza = [this](const Element& stanza) { hear(stanza); };
  }

  void answer(const std::string& what, Answer answer) { answers_[what] = std::move(answer); }
  void answer(const std::string& what, const std::string& always) {
    answers_[what] = [always](const Question&) { return always; };
  }
  void reply(const Question& to, const std::string& content) {
    const std::string type = content.starts_with("<error") ? "error" : "result";
    server_.say("<iq type='" + type + "' id='" + to.id + "' from='" + to.to + "' to='" + to.from + "'>" + content + "</iq>");
  }

  std::vector<Question> asked(const std::string& what) const {
    std::vector<Question> found;
    std::copy_if(asked_.begin(), asked_.end(), std::back_inserter(found), [&](const Question& one) { return one.what == what; });
    return found;
  }
  std::size_t count(const std::string& what) const { return asked(what).size(); }

 private:
  void hear(const Element& stanza) {
    if (stanza.name != "iq" || stanza.children.empty()) return;
    const Element* about = &stanza.children.front();
    Question question{std::string(about->ns), std::string(stanza.attribute("to")), std::string(stanza.attribute("from")),
                      std::string(stanza.attribute("id")), {}};
    if (about->name == "pubsub" && !about->children.empty()) {
      about = &about->children.front();
      question.what = about->name;
      question.node = about->attribute("node");
    }
    asked_.push_back(question);
    const auto found = answers_.find(question.what);
    if (found == answers_.end()) return;
    if (const std::string content = found->second(question); content != "") reply(question, content);
  }

  Server& server_;
  std::map<std::string, Answer> answers_;
  std::vector<Question> asked_;
};

}  // namespace xes::xmpp
