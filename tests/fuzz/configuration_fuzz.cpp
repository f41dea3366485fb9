// SPDX-License-Identifier: MIT
// A configuration is loaded or refused with reasons, one line each, none of which tells a secret.
#include "app/config.hpp"

#include <string>

#include "fuzz.hpp"

using namespace xes::app;

namespace {

constexpr std::string_view secret = "s3cr3tOfThisTest";

void check_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    check(line.starts_with("file:"));
    check(line.find_first_of("\r\n") == line.npos);
    check(line.find(secret) == line.npos);
  }
}

void parse(std::string text) {
  const auto loaded = parse_config({.path = "file", .text = std::move(text)});
  if (!loaded) {
    check(!loaded.error().empty());
    check_lines(loaded.error());
    return;
  }
  check_lines(loaded->warnings);
  const Config& config = loaded->config;
  check(!config.services.empty() || !config.room_services.empty());
  check(!config.listen.fastcgi.empty() || !config.listen.scgi.empty());
  check(!config.xmpp.jid.empty());
  check(config.stream.path.starts_with('/') && config.stream.path.ends_with('/'));
  check(config.stream.heartbeat.count() >= 1'000 && config.stream.heartbeat.count() <= 600'000);
  check(config.limits.nodes_per_stream >= 1 && config.limits.nodes_per_stream <= 20);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(text_of(data, size));
  // libFuzzer reads along what is compared, and tries that, too.
  if (input.find(secret.substr(0, 6)) != input.npos) return 0;
  parse(input);
  // Behind a good beginning, as one more of what is there, and as one value.
  const std::string start = "[xmpp]\njid = \"eventsource.example\"\nsecret = \"" + std::string(secret) +
                            "\"\n[listen]\nscgi = [\"127.0.0.1:9\"]\n[[service]]\njid = \"pubsub.example\"\n";
  parse(start + input);
  parse(start + "nodes = [\"" + input + "\"]\n");
  parse(start + "hosts = [\"" + input + "\"]\n[stream]\nheartbeat = \"" + input.substr(0, input.find('"')) + "\"\n");
  return 0;
}
