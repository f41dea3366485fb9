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
  text.metric("streams", "gauge", sum(sources, &hub::ShardCounters::streams), "Open streams.");
  text.metric("streams_opened_total", "counter", sum(sources, &hub::ShardCounters::opened), "Streams opened since the start.");
  text.describe("streams_closed_total", "counter",
                "Ended streams and requests, by reason. too_slow: a reader lagged by max_lag; worry if there are many.");
  for (std::size_t i = 0; i < hub::close_reason_count; ++i) {
    std::uint64_t total = 0;
    for (const hub::ShardCounters* shard : sources.shards) total += shard->closed[i].load(std::memory_order_relaxed);
    text.value("streams_closed_total", total, "{reason=\"" + std::string(hub::close_reasons[i].name) + "\"}");
  }
  text.metric("connections", "gauge", sources.connections, "Connections from the web server, with or without a stream.");
  text.metric("accept_rests_total", "counter", sources.accept_rests,
              "Times the worker had no descriptor left to accept a connection. Worry: raise LimitNOFILE.");
  text.describe("limited_total", "counter",
                "Requests told to come back later, by limit. Worry about streams and nodes: those affect everybody.");
  for (std::size_t i = 0; i < gateway::limit_infos.size(); ++i)
    text.value("limited_total", sources.limits->refused(static_cast<gateway::Limit>(i)),
               "{limit=\"" + std::string(gateway::limit_infos[i].name) + "\"}");
  text.metric("backlog_bytes", "gauge", sources.backlog_bytes,
              "Bytes that wait for slow readers. Worry near [limits] waiting.");
  text.metric("failures_total", "counter", sources.failures + sum(sources, &hub::ShardCounters::failures),
              "Exceptions, such as out of memory, that closed a stream or connection. Worry if it grows: see the log.");
  const gateway::Limits::Counts counts = sources.limits->counts();
  text.metric("client_addresses", "gauge", counts.addresses, "Client addresses with an open stream.");
  text.metric("users", "gauge", counts.users, "Users and token subjects with an open stream.");
  text.metric("deliveries_total", "counter", sum(sources, &hub::ShardCounters::deliveries), "Events sent, counted once for each stream.");
  const xmpp::SubscriberCounters& subscriber = *sources.subscriber;
  text.metric("events_total", "counter", subscriber.events, "Events made from what the services sent or store.");
  text.metric("resets_total", "counter", subscriber.resets,
              "Events that told streams that history was lost. Worry: outages exceed what the services store.");
  text.metric("nodes", "gauge", subscriber.nodes, "Nodes followed, including lingering ones.");
  text.metric("xmpp_session_up", "gauge", subscriber.session_up ? 1 : 0, "1 while the component session is up.");
  text.metric("xmpp_sessions_total", "counter", subscriber.sessions, "Times the component session came up.");
  text.metric("nodes_quarantined_total", "counter", subscriber.quarantines,
              "Times a node was quarantined because the session failed twice while the worker asked for it. Worry: see the log.");
  text.metric("xmpp_stanzas_passed_over_total", "counter", subscriber.passed_over,
              "Stanzas too large to read. Worry if they come from a service whose nodes are followed (see the log).");
  text.metric("xmpp_unanswered_total", "counter", subscriber.unanswered,
              "IQ requests to the worker that it left unanswered because there were too many. Nothing to worry about.");
  text.metric("xmpp_pauses_total", "counter", subscriber.pauses,
              "Times the worker paused the XMPP session because a shard was full. Worry if it grows all the time.");
  return text.take();
}

}  // namespace xes::app
