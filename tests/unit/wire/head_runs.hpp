// SPDX-License-Identifier: MIT
// Purpose: a request's head that is fed piece by piece, and all that can be seen of it. Unit tests and fuzz targets
// compare the outcomes of the same bytes in other pieces.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/fastcgi_head.hpp"
#include "wire/scgi.hpp"

namespace xes::wire {

struct FastcgiHeadOutcome {
  std::optional<Error> error = {};
  FastcgiHead::State state = FastcgiHead::State::need_more;
  std::size_t consumed = 0;
  std::string answer = {};
  std::string clean = {};
  int request_id = 0;

  bool operator==(const FastcgiHeadOutcome&) const = default;
};

struct FastcgiHeadRun {
  explicit FastcgiHeadRun(FastcgiHead::Options options) : head(options) {}

  /// False once the head is refused; of that, the error and the answer alone count.
  bool feed(std::string_view piece) {
    const auto fed = head.feed(piece);
    outcome.answer += head.take_answer();
    if (!fed) {
      outcome = {.error = fed.error().error, .answer = outcome.answer};
      return false;
    }
    outcome.state = fed->state;
    outcome.consumed += fed->consumed;
    if (fed->state == FastcgiHead::State::complete && outcome.clean.empty()) outcome.clean = head.clean();
    outcome.request_id = head.request_id();
    return true;
  }

  FastcgiHead head;
  FastcgiHeadOutcome outcome;
};

struct ScgiHeadOutcome {
  std::optional<Error> error = {};
  ScgiHead::State state = ScgiHead::State::need_more;
  std::size_t consumed = 0;
  std::vector<ScgiHeader> headers = {};
  std::uint64_t content_bytes = 0;

  bool operator==(const ScgiHeadOutcome&) const = default;
};

struct ScgiHeadRun {
  explicit ScgiHeadRun(ScgiHead::Options options) : head(options) {}

  /// False once the head is refused.
  bool feed(std::string_view piece) {
    const auto fed = head.feed(piece);
    outcome.headers = head.headers();
    outcome.content_bytes = head.content_bytes();
    if (!fed) {
      outcome.error = fed.error().error;
      outcome.state = {};
      outcome.consumed = 0;
      return false;
    }
    outcome.state = fed->state;
    outcome.consumed += fed->consumed;
    return true;
  }

  ScgiHead head;
  ScgiHeadOutcome outcome;
};

/// The outcome of these pieces, up to the one that is refused.
template <class Run, class Pieces>
auto outcome_of(const Pieces& pieces, Run run) {
  for (const std::string_view piece : pieces)
    if (!run.feed(piece)) break;
  return run.outcome;
}

}  // namespace xes::wire
