// SPDX-License-Identifier: MIT
// Purpose: the one wrapper around libfcgi: a request's head → its params. Thread: one decoder per thread.
// Source: FastCGI 1.0 §5.2.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "gateway/params.hpp"

namespace xes::gateway {

class FcgiDecoder {
 public:
  FcgiDecoder();
  FcgiDecoder(const FcgiDecoder&) = delete;
  FcgiDecoder& operator=(const FcgiDecoder&) = delete;
  ~FcgiDecoder();

  /// `head`: what wire::FastcgiHead::clean() gave. Errors: malformed; unavailable (out of descriptors or memory).
  Result<Params> decode(std::string_view head);

 private:
  int memory_ = -1;  ///< a memfd that libfcgi reads the head from
};

}  // namespace xes::gateway
