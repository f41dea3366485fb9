// SPDX-License-Identifier: MIT
#include "app/metrics.hpp"

#include <string_view>

namespace xes::app {
namespace {

class Text {
 public:
  void describe(std::string_view name, std::string_view type, std::string_view help) {
    out_.append("# HELP ").append(prefix).append(name).append(" ").append(help).append("\n");
    out_.append("# TYPE ").append(prefix).append(name).append(" ").append(type).append("\n");
  }
  void value(std::string_view name, std::uint64_t value, std::string_view labels = {}) {
    out_.append(prefix).append(name).append(labels).append(" ").append(std::to_string(value)).append("\n");
  }
  void metric(std::string_view name, std::string_view type, std::uint64_t number, std::string_view help) {
    describe(name, type, help);
    value(name, number);
  }
  std::string take() { return std::move(out_); }

 private:
  static constexpr std::string_view prefix = "xmpp_eventsource_";
  std::string out_;
};

template <class Member>
std::uint64_t sum(const MetricSources& sources, Member member) {
  std::uint64_t total = 0;
  for (const hub::ShardCounters* shard : sources.shards) total += (shard->*member).load(std::memory_order_relaxed);
  return total;
}

}  // namespace

std::string metrics_text(const MetricSources& sources) {
  Text text;
  text.metric("streams", "gauge", sum(sources, &hub::ShardCounters::streams), "Streams that are open.");
  text.metric("streams_opened_total", "counter", sum(sources, &hub::ShardCounters::opened), "Streams since the start.");
  text.describe("streams_closed_total", "counter",
                "Streams and requests that ended, by reason. too_slow: a reader lagged by max_lag; worry if many.");
  for (std::size_t i = 0; i < hub::close_reason_count; ++i) {
    std::uint64_t total = 0;
    for (const hub::ShardCounters* shard : sources.shards) total += shard->closed[i].load(std::memory_order_relaxed);
    text.value("streams_closed_total", total, "{reason=\"" + std::string(hub::close_reasons[i].name) + "\"}");
  }
  text.metric("connections", "gauge", sources.connections, "Connections from the web server, streams or not.");
  text.metric("accept_rests_total", "counter", sources.accept_rests,
              "Times that no connection could be accepted for want of descriptors. Worry: raise LimitNOFILE.");
  text.describe("limited_total", "counter",
                "Requests told to come back later, by limit. Worry about streams and nodes: everybody meets those.");
  for (std::size_t i = 0; i < gateway::limit_infos.size(); ++i)
    text.value("limited_total", sources.limits->refused(static_cast<gateway::Limit>(i)),
               "{limit=\"" + std::string(gateway::limit_infos[i].name) + "\"}");
  text.metric("backlog_bytes", "gauge", sources.backlog_bytes,
              "Bytes that wait for readers that do not take them. Worry near [limits] waiting.");
  text.metric("failures_total", "counter", sources.failures + sum(sources, &hub::ShardCounters::failures),
              "Exceptions, such as for want of memory, that closed something. Worry if it grows: see the log.");
  const gateway::Limits::Counts counts = sources.limits->counts();
  text.metric("client_addresses", "gauge", counts.addresses, "Client addresses with an open stream.");
  text.metric("users", "gauge", counts.users, "Users, and subjects of tokens, with an open stream.");
  text.metric("deliveries_total", "counter", sum(sources, &hub::ShardCounters::deliveries), "Events times streams.");
  const xmpp::SubscriberCounters& subscriber = *sources.subscriber;
  text.metric("events_total", "counter", subscriber.events, "Events made of what the services sent or store.");
  text.metric("resets_total", "counter", subscriber.resets,
              "Events that told streams of lost history. Worry: outages outlast what the services store.");
  text.metric("nodes", "gauge", subscriber.nodes, "Nodes followed, lingering ones included.");
  text.metric("xmpp_session_up", "gauge", subscriber.session_up ? 1 : 0, "1 while the component session is up.");
  text.metric("xmpp_sessions_total", "counter", subscriber.sessions, "Times that the component session came up.");
  text.metric("nodes_quarantined_total", "counter", subscriber.quarantines,
              "Times that a node was put in quarantine, since the session failed twice while it was asked for. Worry: see the log.");
  text.metric("xmpp_stanzas_passed_over_total", "counter", subscriber.passed_over,
              "Stanzas too large to read. Worry if they come from a service whose nodes are followed (see the log).");
  text.metric("xmpp_unanswered_total", "counter", subscriber.unanswered,
              "IQs of strangers that got no answer, since they ask too much. Nothing to worry about.");
  text.metric("xmpp_pauses_total", "counter", subscriber.pauses,
              "Times that the XMPP session was held back because a shard was full. Worry if it grows all the time.");
  return text.take();
}

}  // namespace xes::app
