// SPDX-License-Identifier: MIT
#include "xmpp/pubsub/directory.hpp"

#include <algorithm>
#include <utility>

#include "base/log_limited.hpp"
#include "base/text.hpp"
#include "wire/jid.hpp"

namespace xes::xmpp {
namespace {

constexpr std::string_view items_ns = "http://jabber.org/protocol/disco#items";

std::vector<std::string> read_nodes(const Element& iq, std::size_t max) {
  std::vector<std::string> nodes;
  const Element* query = iq.child("query", items_ns);
  if (!query) return nodes;
  for (const Element& item : query->children)
    if (const std::string_view* node = item.find_attribute("node"); item.is("item", items_ns) && node && !node->empty())
      nodes.emplace_back(*node);
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  if (nodes.size() > max) nodes.resize(max);
  return nodes;
}

}  // namespace

Directory::Directory(boost::asio::io_context& io, Session& session, DirectoryOptions options,
                     std::function<void(Shard, hub::Listed)> tell)
    : session_(session), options_(options), tell_(std::move(tell)), queue_(io, options.asking), timer_(io) {}

void Directory::want(Shard shard, const std::string& service) {
  Service& wanted = services_[service];
  wanted.shards.insert(shard);
  if (wanted.nodes || !session_.ready()) return tell_(shard, {service, wanted.nodes});
  ask(service);
  if (services_.size() == 1) schedule();
}

void Directory::leave(Shard shard, const std::string& service) {
  const auto found = services_.find(service);
  if (found == services_.end()) return;
  found->second.shards.erase(shard);
  if (found->second.shards.empty()) services_.erase(found);
}

void Directory::forget(const hub::NodeName& name) {
  const auto found = services_.find(name.service);
  if (found == services_.end() || !found->second.nodes) return;
  const std::vector<std::string>& told = *found->second.nodes;
  if (std::binary_search(told.begin(), told.end(), name.node)) found->second.stale = true;
}

void Directory::on_ready() {
  for (const auto& [name, service] : services_) ask(name);
  schedule();
}

void Directory::on_down() {
  timer_.cancel();
  queue_.clear();
  for (auto& [name, service] : services_) service.asking = false;
}

void Directory::stop() {
  timer_.cancel();
  services_.clear();
}

void Directory::schedule() {
  timer_.after(options_.every, [this] {
    if (!session_.ready()) return;
    for (const auto& [name, service] : services_) ask(name);
    if (!services_.empty()) schedule();
  });
}

void Directory::ask(const std::string& service) {
  if (std::exchange(services_[service].asking, true)) return;
  queue_.push(std::string(wire::domain_of(service)), [this, service](const LimitedQueue::Turn& turn) {
    if (services_.count(service) == 0) return;  // nobody wants to know any more
    session_.send_iq(IqType::get, service, OutStanza("query", items_ns), options_.deadline,
                     [this, service, turn](const IqResult& result) { take(service, result); });
  });
}

void Directory::take(const std::string& name, const IqResult& result) {
  const auto found = services_.find(name);
  if (found == services_.end()) return;
  Service& service = found->second;
  service.asking = false;
  if (!result) {
    if (session_.ready()) log_limited::warn("directory: {} does not list its nodes: {}", quote(name), result.error().reason);
    if (service.nodes) return;  // what was known is the best guess
    for (const Shard shard : service.shards) tell_(shard, {name, nullptr});
    return;
  }
  auto nodes = std::make_shared<const std::vector<std::string>>(read_nodes(*result, options_.max_nodes));
  const bool stale = std::exchange(service.stale, false);
  if (service.nodes && *service.nodes == *nodes && !stale) return;
  service.nodes = std::move(nodes);
  for (const Shard shard : service.shards) tell_(shard, {name, service.nodes});
}

}  // namespace xes::xmpp
