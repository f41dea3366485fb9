// SPDX-License-Identifier: MIT
#include "app/application.hpp"

#include <pthread.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "app/loop_watch.hpp"
#include "app/metrics.hpp"
#include "app/service_manager.hpp"
#include "app/token_keys.hpp"
#include "gateway/listener.hpp"
#include "gateway/shard_thread.hpp"
#include "xmpp/subscriber.hpp"

namespace xes::app {
namespace {

/// From the first signal on, in seconds: the end comes at the latest then, whatever hangs.
constexpr unsigned stop_within = 2;
constexpr std::size_t want_letters = 65'536;
/// After an exception on the XMPP thread: memory that is short may be there again by then.
constexpr std::chrono::milliseconds begin_again_after{200};

void start_logging(const Config::Log& log) {
  auto logger = spdlog::stderr_logger_mt("xmpp-eventsource");
  logger->set_level(spdlog::level::from_str(log.level));
  logger->flush_on(spdlog::level::trace);
  // The journal has its own clock.
  logger->set_pattern(std::getenv("JOURNAL_STREAM") ? "%l: %v" : "%Y-%m-%dT%H:%M:%S.%e%z %l: %v");
  spdlog::set_default_logger(std::move(logger));
}

/// Only SIGTERM, SIGINT and SIGHUP mean something here, and SIGQUIT, which leaves a core dump. What other programs take for
/// "open your logs again" or "print your state" must not end every stream.
void ignore_signals() {
  // SIGPIPE: a peer that leaves in the middle of a write is an error of that write alone. SIGALRM: until stop().
  for (const int number : {SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPOLL, SIGPWR, SIGSTKFLT, SIGXFSZ})
    std::signal(number, SIG_IGN);
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) std::signal(number, SIG_IGN);
}

/// Every stream is a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  constexpr rlim_t others = 150;  // listeners, sessions, loops, and what the listener keeps free
  spdlog::info("limit: {} open files, enough for about {} streams", limit.rlim_max,
               limit.rlim_max > others ? limit.rlim_max - others : 0);
}

std::vector<gateway::ListenAddress> listen_addresses(const Config::Listen& listen) {
  std::vector<gateway::ListenAddress> all;
  auto add = [&](const std::vector<Endpoint>& endpoints, hub::Framing framing) {
    for (const Endpoint& endpoint : endpoints) {
      gateway::ListenAddress address;
      address.framing = framing;
      address.group = listen.group;
      if (const auto* local = std::get_if<UnixEndpoint>(&endpoint)) {
        address.path = local->path;
      } else {
        const auto& tcp = std::get<TcpEndpoint>(endpoint);
        address.address = tcp.address;
        address.port = tcp.port;
      }
      all.push_back(std::move(address));
    }
  };
  add(listen.fastcgi, hub::Framing::fastcgi);
  add(listen.scgi, hub::Framing::plain);
  return all;
}

hub::HistoryOptions history_options(const Config::Stream& stream) { return {stream.history, stream.history_bytes}; }

gateway::ShardThreadOptions shard_options(const Config& config) {
  gateway::ShardThreadOptions options;
  options.shard.max_lag_bytes = config.stream.max_lag_bytes;
  options.shard.retry = config.stream.retry;
  options.shard.heartbeat = config.stream.heartbeat;
  options.shard.history = history_options(config.stream);
  options.shard.max_nodes = config.limits.nodes_per_stream;
  options.route.max_nodes = config.limits.nodes_per_stream;
  options.route.path = config.stream.path;
  for (const Config::Service& service : config.services)
    options.route.services.push_back({service.jid, service.hosts, service.view, service.rule});
  for (const Config::RoomService& service : config.room_services)
    options.route.room_services.push_back({.jid = service.jid, .hosts = {}, .rule = service.rule});
  options.head_timeout = config.listen.head_timeout;
  options.max_document_bytes = config.limits.document_bytes;
  return options;
}

gateway::GateOptions gate_options(const Config& config) {
  gateway::GateOptions options;
  options.found_in = config.token.found_in;
  options.component = config.xmpp.jid;
  options.limits = config.limits.most;
  options.retry = config.limits.retry;
  return options;
}

xmpp::SessionOptions session_options(const Config::Xmpp& config) {
  xmpp::SessionOptions options;
  options.host = config.server.host;
  options.port = config.server.port;
  options.jid = config.jid;
  options.secret = config.secret.reveal();
  options.backoff_max = config.max_backoff;
  return options;
}

xmpp::SubscriberOptions subscriber_options(const Config& config) {
  xmpp::SubscriberOptions options;
  for (const Config::Service& service : config.services) options.services.push_back({service.jid});
  for (const Config::RoomService& service : config.room_services)
    options.rooms.push_back({service.jid, service.rule.nodes, service.nick, service.history});
  options.history = history_options(config.stream);
  options.linger = config.stream.linger;
  options.recheck = config.stream.recheck;
  options.directory.every = config.stream.discover;
  options.max_nodes = config.limits.most.nodes;
  return options;
}

class Application {
 public:
  explicit Application(const Config& config)
      : config_(config),
        gate_(gate_options(config)),
        backlogs_(config.limits.waiting),
        listener_(io_, shards_),
        signals_(io_),
        reloads_(io_, SIGHUP),
        watchdog_(io_) {}

  int run() {
    if (!load_token_keys()) return EXIT_FAILURE;
    make_shards();
    for (const gateway::ListenAddress& address : listen_addresses(config_.listen)) {
      const auto opened = listener_.open(address);
      if (!opened) {
        spdlog::error("listen: {}", opened.error().reason);
        return EXIT_FAILURE;
      }
    }
    loops_.add(xmpp_io_);
    for (auto& shard : shards_) loops_.add(shard->io());
    for (auto& shard : shards_) shard->start();
    start_xmpp();
    listener_.start();
    wait_for_signals();
    wait_for_reloads();
    ping_service_manager();
    service_manager::ready("streaming");
    run_guarded(io_, [] {});
    stop();
    return EXIT_SUCCESS;
  }

 private:
  using Wants = Mailbox<hub::Want>;

  void make_shards() {
    std::size_t count = config_.listen.threads;
    if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i < count; ++i) {
      wants_.push_back(std::make_unique<Wants>(xmpp_io_, want_letters));
      gateway::ShardThreadOptions options = shard_options(config_);
      options.metrics = [this] { return metrics(); };
      options.shard.backlogs = &backlogs_;
      shards_.push_back(std::make_unique<gateway::ShardThread>(std::move(options), gate_, *wants_.back()));
    }
  }

  std::unique_ptr<xmpp::Subscriber> make_subscriber() {
    std::vector<xmpp::ShardDoors> doors;
    for (std::size_t i = 0; i < shards_.size(); ++i) doors.push_back({&shards_[i]->news(), wants_[i].get()});
    return std::make_unique<xmpp::Subscriber>(xmpp_io_, session_options(config_.xmpp), subscriber_options(config_),
                                              std::move(doors), xmpp_counters_);
  }

  /// On any thread: what it reads are atomics, and the parts live as long as the shards do.
  std::string metrics() const {
    MetricSources sources;
    for (const auto& shard : shards_) {
      sources.shards.push_back(&shard->counters());
      sources.connections += shard->connections();
    }
    sources.subscriber = xmpp_counters_.get();
    sources.accept_rests = listener_.rests();
    sources.limits = &gate_.limits();
    sources.backlog_bytes = backlogs_.bytes();
    sources.failures = failures_.load();
    return metrics_text(sources);
  }

  void start_xmpp() {
    subscriber_ = make_subscriber();
    subscriber_->start();
    xmpp_thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "xmpp");
      const auto work = boost::asio::make_work_guard(xmpp_io_);
      run_guarded(xmpp_io_, [this] { begin_again(); });
    });
  }

  /// No exception in a handler, such as for want of memory, ends the process. The shards' threads do the same.
  template <class Then>
  void run_guarded(boost::asio::io_context& io, Then then) {
    for (bool failed = false;;) {
      try {
        if (std::exchange(failed, false)) then();
        io.run();
        return;
      } catch (const std::exception& why) {
        failed = true;
        failures_.fetch_add(1, std::memory_order_relaxed);
        spdlog::error("a handler failed: {}", why.what());
      }
    }
  }

  /// Something on the XMPP thread got only so far, and nobody knows how far. So what that thread knew is given up, every
  /// stream ends, and those that come back resume from what the services store, as after a restart of the worker.
  void begin_again() {
    std::this_thread::sleep_for(begin_again_after);
    subscriber_.reset();
    for (auto& shard : shards_) {
      shard->news().push(hub::FeedsLost{});
      shard->news().wake();
    }
    subscriber_ = make_subscriber();
    subscriber_->start();
  }

  void wait_for_signals() {
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      spdlog::info("signal {}: stopping", number);
      signals_.clear();  // so a second signal ends the process at once
      io_.stop();
    });
  }

  /// False, and a line that says why, if one of the files is no key.
  bool load_token_keys() {
    auto loaded = load_keys(config_.token.keys);
    if (!loaded) {
      spdlog::error("token: {}", loaded.error().reason);
      return false;
    }
    for (const std::string& warning : loaded->warnings) spdlog::warn("token: {}", warning);
    gate_.set_keys(loaded->keys);
    for (auto& shard : shards_) shard->end_withdrawn(loaded->keys);
    return true;
  }

  /// Logs are rotated, a terminal closes: whoever sends the signal, no stream ends by it.
  void wait_for_reloads() {
    reloads_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      service_manager::reloading();
      if (load_token_keys()) {
        spdlog::info("token: keys from {} files", config_.token.keys.size());
      } else {
        spdlog::error("token: keeping the old keys");
      }
      service_manager::ready("streaming");
      wait_for_reloads();
    });
  }

  /// Says "alive" only if every thread's loop has turned since the last time.
  void ping_service_manager() {
    const auto period = service_manager::watchdog_period();
    if (period.count() == 0) return;
    if (loops_.all_have_turned()) service_manager::alive();
    watchdog_.expires_after(period / 3);
    watchdog_.async_wait([this](const boost::system::error_code& error) {
      if (!error) ping_service_manager();
    });
  }

  /// Nothing new comes in, then every stream ends with its retry:, then the session, then the threads.
  void stop() {
    std::signal(SIGALRM, SIG_DFL);
    alarm(stop_within);
    service_manager::stopping();
    listener_.close();
    for (auto& shard : shards_) shard->stop(hub::CloseReason::shutting_down);
    boost::asio::post(xmpp_io_, [this] {
      subscriber_->stop();
      xmpp_io_.stop();
    });
    xmpp_thread_.join();
    alarm(0);
    spdlog::info("stopped");
  }

  const Config& config_;
  // In the order of use: what comes later refers to what comes before, and is destroyed first.
  gateway::Gate gate_;
  LoopWatch loops_;
  hub::BacklogBudget backlogs_;
  boost::asio::io_context xmpp_io_{1};
  boost::asio::io_context io_{1};
  std::vector<std::unique_ptr<Wants>> wants_;
  std::vector<std::unique_ptr<gateway::ShardThread>> shards_;
  std::shared_ptr<xmpp::SubscriberCounters> xmpp_counters_ = std::make_shared<xmpp::SubscriberCounters>();
  std::unique_ptr<xmpp::Subscriber> subscriber_;  ///< the XMPP thread's, once that runs
  std::thread xmpp_thread_;
  gateway::Listener listener_;
  boost::asio::signal_set signals_;
  boost::asio::signal_set reloads_;
  boost::asio::steady_timer watchdog_;
  std::atomic<std::uint64_t> failures_{0};
};

}  // namespace

int run(Config config) {
  start_logging(config.log);
  ignore_signals();
  raise_descriptor_limit();
  spdlog::info("xmpp-eventsource {} as {}", XES_VERSION, config.xmpp.jid);
  return Application(config).run();
}

}  // namespace xes::app
