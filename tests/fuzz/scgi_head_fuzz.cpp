// SPDX-License-Identifier: MIT
// ScgiHead must never crash and must not care how its input is cut; a head it takes, written anew from the
// headers that it gives, must be taken again with the same headers.
#include <algorithm>
#include <string>

#include "fuzz.hpp"
#include "head_runs.hpp"

using namespace xes;
using namespace xes::wire;

namespace {

constexpr std::size_t max_bytes = 2'048;

struct Run : ScgiHeadRun {
  Run() : ScgiHeadRun({.max_bytes = max_bytes}) {}
};

std::string written(const std::vector<ScgiHeader>& headers) {
  std::string content;
  for (const ScgiHeader& header : headers) content += header.name + '\0' + header.value + '\0';
  return std::to_string(content.size()) + ':' + content + ',';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(data, size);
  Run whole;
  whole.feed(input);
  for (const std::uint32_t seed : {1u, static_cast<std::uint32_t>(size) + 2u}) {
    Run pieces;
    feed_in_pieces(input, seed, [&](std::string_view piece) { return pieces.feed(piece); });
    check(pieces.outcome == whole.outcome);
  }
  const ScgiHeadOutcome& outcome = whole.outcome;
  check(outcome.consumed <= size);
  if (outcome.state != ScgiHead::State::complete) return 0;

  // Names may come twice, which the request's reader judges; but not how long its content is.
  check(std::count_if(outcome.headers.begin(), outcome.headers.end(),
                      [](const ScgiHeader& header) { return header.name == "CONTENT_LENGTH"; }) == 1);
  Run again;
  check(again.feed(written(outcome.headers)));
  check(again.outcome.state == ScgiHead::State::complete);
  check(again.outcome.headers == outcome.headers);
  check(again.outcome.content_bytes == outcome.content_bytes);
  return 0;
}
