// SPDX-License-Identifier: MIT
// FastcgiHead must never crash, must not care how its input is cut, must hold its bounds, and what it hands
// to libfcgi must be a head that it would hand on as it is.
#include <string>

#include "fuzz.hpp"
#include "head_runs.hpp"
#include "wire/fastcgi_tail.hpp"

using namespace xes;
using namespace xes::wire;

namespace {

constexpr std::size_t max_bytes = 2'048;

struct Run : FastcgiHeadRun {
  Run() : FastcgiHeadRun({.max_bytes = max_bytes}) {}
};

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

  const FastcgiHeadOutcome& outcome = whole.outcome;
  check(outcome.consumed <= size);
  check(outcome.answer.size() <= 3 * size);
  if (outcome.state != FastcgiHead::State::complete) return 0;
  check(outcome.consumed <= max_bytes);
  Run again;
  check(again.feed(outcome.clean));
  check(again.outcome.state == FastcgiHead::State::complete);
  check(again.outcome.clean == outcome.clean);
  check(again.outcome.answer.empty());
  check(again.outcome.consumed + record_header_bytes == outcome.clean.size());  // all but the end of STDIN

  const std::string_view rest = input.substr(outcome.consumed);
  FastcgiTail tail(whole.head.request_id());
  FastcgiTail cut_tail(whole.head.request_id());
  const auto at_once = tail.feed(rest);
  auto last = cut_tail.feed({});
  feed_in_pieces(rest, 3, [&](std::string_view piece) {
    last = cut_tail.feed(piece);
    return last.has_value();
  });
  check(at_once.has_value() == last.has_value());
  check(!at_once || *at_once == *last);
  return 0;
}
