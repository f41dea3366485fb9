// SPDX-License-Identifier: MIT
// Purpose: the worker's counters as text. Thread: any.
// Source: Prometheus text exposition format 0.0.4.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/limits.hpp"
#include "hub/shard.hpp"
#include "xmpp/subscriber.hpp"

namespace xes::app {

struct MetricSources {
  std::vector<const hub::ShardCounters*> shards;
  std::size_t connections = 0;
  const xmpp::SubscriberCounters* subscriber = nullptr;
  std::uint64_t accept_rests = 0;
  std::size_t backlog_bytes = 0;
  std::uint64_t failures = 0;  ///< beside the shards'
  const gateway::Limits* limits = nullptr;
};

std::string metrics_text(const MetricSources& sources);

}  // namespace xes::app
