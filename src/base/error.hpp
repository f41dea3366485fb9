// SPDX-License-Identifier: MIT
// Purpose: what can go wrong at run time, as a value. Thread: any.
// Exceptions are for start-up only (caught in main) and never cross a C callback.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace xes {

enum class Error {
  malformed,    ///< bytes that break their protocol's grammar
  too_large,    ///< more than a documented bound
  unsupported,  ///< well-formed, but a feature that this program does not have
  refused,      ///< the peer said no
  missing,      ///< what was named does not exist
  unavailable,  ///< a peer or the system cannot serve now; trying again may help
  timed_out,    ///< a deadline passed
};

/// An error's kind and one sentence for a person. The sentence may quote a peer only through base/text.hpp's quote().
struct Failure {
  Error error;
  std::string reason;
};

template <class T>
using Result = tl::expected<T, Failure>;

inline tl::unexpected<Failure> fail(Error error, std::string reason) {
  return tl::unexpected<Failure>(Failure{error, std::move(reason)});
}

}  // namespace xes
