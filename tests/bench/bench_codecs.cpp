// SPDX-License-Identifier: MIT
// Purpose: what the worker does to an event and to a request, without any socket. Google Benchmark.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "hub/feed.hpp"
#include "hub/history.hpp"
#include "hub/shard.hpp"
#include "wire/event_stream.hpp"
#include "wire/fastcgi_head.hpp"
#include "xmpp/pubsub/pubsub.hpp"
#include "xmpp/xml/stanza_reader.hpp"
#include "xmpp/xml/xml_stream.hpp"

namespace {

using namespace xes;

const hub::NodeName name{"pubsub.example", "harbour/tide"};

enum Writing { text, json, references };

/// A notification of 500 bytes, most of them the payload: plain text; JSON with its quotes as references; or text with a
/// character reference near its end.
std::string stanza(std::string_view item_id = "0123456789", Writing writing = text) {
  std::string out =
      "<message from='pubsub.example' to='eventsource.example' type='headline'><event "
      "xmlns='http://jabber.org/protocol/pubsub#event'><items node='harbour/tide'><item id='" +
      std::string(item_id) + "'>";
  std::string end = "</item></items></event></message>";
  if (writing == json) {
    out += "<json xmlns='urn:xmpp:json:0'>{";
    end = "&quot;:0}</json>" + end;
    while (out.size() + end.size() < 470) out += "&quot;tide&quot;:1.25,";
    out += "&quot;";
  } else {
    out += "<entry xmlns='http://www.w3.org/2005/Atom'><title>Tide</title><summary>";
    end = "</summary></entry>" + end;
    if (writing == references) end = "&#33;" + end;
  }
  out.append(500 - out.size() - end.size(), 'x');
  return out + end;
}

const std::string stream_head =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
    "xmlns:stream='http://etherx.jabber.org/streams' id='1' from='eventsource.example'>";

/// What a recv() of the session brings, about: 100 notifications.
constexpr int batch = 100;

/// `count` batches in which every item ID is another.
std::vector<std::string> batches(int count, Writing writing = text) {
  std::vector<std::string> out(static_cast<std::size_t>(count));
  std::uint64_t number = 1'000'000'000;
  for (std::string& bytes : out)
    for (int i = 0; i < batch; ++i) bytes += stanza(std::to_string(number++), writing);
  return out;
}

void read_stanzas(benchmark::State& state, Writing writing) {
  const std::string bytes = batches(1, writing).front();
  xmpp::StanzaReader reader;
  (void)reader.feed(stream_head);
  while (reader.next()) {
  }
  for (auto _ : state) {
    if (!reader.feed(bytes)) state.SkipWithError("not read");
    while (auto event = reader.next()) {
      benchmark::DoNotOptimize(event);
      reader.recycle(std::move(*event));
    }
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK_CAPTURE(read_stanzas, text, text);
BENCHMARK_CAPTURE(read_stanzas, json, json);
BENCHMARK_CAPTURE(read_stanzas, references, references);

/// Of the above, what is expat's own: calls that do nothing, on the same bytes.
void expat_reads_stanzas(benchmark::State& state) {
  struct Nothing final : xmpp::XmlStream::Handler {
    void start_element(const wire::XmlName&, std::span<const wire::XmlAttribute>) override { ++elements; }
    void end_element() override {}
    void text(std::string_view) override {}
    void bind(std::string_view, std::string_view) override {}
    void unbind() override {}
    void restart() override {}
    std::size_t elements = 0;
  } nothing;
  const std::string bytes = batches(1).front();
  xmpp::XmlStream stream(nothing, 32u << 20);
  stream.parse(stream_head);
  for (auto _ : state) stream.parse(bytes);
  if (stream.failure() || nothing.elements < batch) state.SkipWithError("not read");
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(expat_reads_stanzas);

/// All that the XMPP thread does between the socket and the shards' mailboxes.
void stanza_to_event(benchmark::State& state) {
  const std::vector<std::string> all = batches(100);
  xmpp::StanzaReader reader;
  (void)reader.feed(stream_head);
  while (reader.next()) {
  }
  hub::Feed feed(name, {});
  std::size_t number = 0;
  for (auto _ : state) {
    (void)reader.feed(all[number++ % all.size()]);
    while (auto event = reader.next()) {
      auto notification = xmpp::pubsub::read_notification(event->element);
      for (hub::Change& change : std::get<std::vector<hub::Change>>(notification->what))
        benchmark::DoNotOptimize(feed.change(std::move(change), {}));
      reader.recycle(std::move(*event));
    }
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(stanza_to_event);

const auto shared_name = std::make_shared<const hub::NodeName>(name);

hub::EventRef event(const wire::EventId& id, std::size_t bytes) {
  hub::Item item;
  item.id = "0123456789";
  item.payload.assign(bytes, 'x');
  return std::make_shared<const hub::Event>(hub::Happening::item, hub::Origin::live, id, shared_name, std::move(item));
}
hub::EventRef event(std::uint64_t sequence, std::size_t bytes) { return event(wire::EventId{1, sequence, 5, 7}, bytes); }

void encode_event(benchmark::State& state) {
  std::uint64_t sequence = 0;
  for (auto _ : state) {
    const hub::EventRef one = event(++sequence, static_cast<std::size_t>(state.range(0)));
    benchmark::DoNotOptimize(hub::frame_of(one, hub::View::payload));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode_event)->Arg(200)->Arg(4096);

void history_append(benchmark::State& state) {
  hub::History history;
  const hub::EventRef one = event(1, 200);
  for (auto _ : state) history.append(one);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(history_append);

void history_resume_by_content(benchmark::State& state) {
  hub::History history;
  for (std::uint64_t i = 1; i <= 256; ++i) {
    const wire::EventId id{1, i, 1000 + i, 2000 + i};
    history.append(event(id, 200));
  }
  const wire::Position last = wire::position_of({2, 77, 1128, 2128}, 1);
  for (auto _ : state) benchmark::DoNotOptimize(history.after(last, {1, 256, 1256, 2256}, true));
}
BENCHMARK(history_resume_by_content);

std::string fastcgi_request() {
  std::string out, params;
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"REQUEST_METHOD", "GET"}, {"REQUEST_URI", "/eventsource/harbour/tide"}, {"QUERY_STRING", ""},
           {"HTTP_HOST", "push.example.org"}, {"PUBSUB_SERVICE", "pubsub.example"},
           {"HTTP_LAST_EVENT_ID", "7k2f9a0c-3e8.5v1m0qk2tb.0c4r8n2q"}, {"HTTP_ACCEPT", "text/event-stream"},
           {"REMOTE_ADDR", "192.0.2.1"}})
    wire::append_pair(params, key, value);
  wire::append_stream(out, wire::RecordType::begin_request, 1, std::string_view("\0\1\0\0\0\0\0\0", 8));
  wire::append_stream(out, wire::RecordType::params, 1, params);
  wire::append_stream_end(out, wire::RecordType::params, 1);
  wire::append_stream_end(out, wire::RecordType::stdin_, 1);
  return out;
}

void check_fastcgi_head(benchmark::State& state) {
  const std::string request = fastcgi_request();
  for (auto _ : state) {
    wire::FastcgiHead head;
    const auto fed = head.feed(request);
    if (!fed || fed->state != wire::FastcgiHead::State::complete) state.SkipWithError("not complete");
    benchmark::DoNotOptimize(head.clean());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(check_fastcgi_head);

class NullStream final : public hub::Stream {
 public:
  using Stream::Stream;
  ~NullStream() override { end(hub::CloseReason::client_left); }

 protected:
  ssize_t write(std::span<const iovec> parts) override {
    ssize_t all = 0;
    for (const iovec& part : parts) all += static_cast<ssize_t>(part.iov_len);
    return all;
  }
  void wait_writable() override {}
  hub::FrameRef response_head() const override { return head_; }
  bool head_only() const override { return false; }
  void on_refused(hub::Refusal) override {}
  void on_ended(hub::CloseReason, bool) override {}

 private:
  static inline const hub::FrameRef head_ = hub::make_frame("head\n\n");
};

/// Items: deliveries. What the hub adds to a send().
void fan_out(benchmark::State& state) {
  hub::ShardOptions options;
  options.pace = std::chrono::milliseconds(0);
  hub::Shard shard(options, [](hub::Want) {});
  std::vector<std::unique_ptr<NullStream>> streams;
  for (int i = 0; i < state.range(0); ++i) {
    streams.push_back(std::make_unique<NullStream>(shard, hub::Framing::fastcgi));
    shard.open(*streams.back(), hub::only(name, hub::View::payload), {});
  }
  shard.read(hub::Opened{name, {}, {1, 1, 1, 1}, true});
  std::uint64_t sequence = 1;
  for (auto _ : state) {
    shard.read(hub::Happened{shared_name, {event(++sequence, 200)}});
    shard.flush({});
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(fan_out)->Arg(1'000)->Arg(10'000)->Arg(19'000);

}  // namespace
