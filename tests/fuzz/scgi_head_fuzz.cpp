// SPDX-License-Identifier: MIT
// ScgiHead must never crash and must not care how its input is cut; a head it takes, written anew from the
// headers that it gives, must be taken again with the same headers.
#include <optional>
#include <set>
#include <string>

#include "fuzz.hpp"
#include "wire/scgi.hpp"

using namespace xes;
using namespace xes::wire;

namespace {

constexpr std::size_t max_bytes = 2'048;

struct Run {
  ScgiHead head{{.max_bytes = max_bytes}};
  std::optional<Error> error;
  ScgiHead::State state = ScgiHead::State::need_more;
  std::size_t consumed = 0;

  bool feed(std::string_view piece) {
    const auto fed = head.feed(piece);
    if (!fed) {
      error = fed.error().error;
      state = {};
      consumed = 0;
      return false;
    }
    state = fed->state;
    consumed += fed->consumed;
    return true;
  }

  bool same_as(const Run& other) const {
    return error == other.error && state == other.state && consumed == other.consumed &&
           head.headers() == other.head.headers() && head.content_bytes() == other.head.content_bytes();
  }
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
    check(pieces.same_as(whole));
  }
  check(whole.consumed <= size);
  if (whole.state != ScgiHead::State::complete) return 0;

  std::set<std::string> names;
  for (const ScgiHeader& header : whole.head.headers()) check(names.insert(header.name).second);
  Run again;
  check(again.feed(written(whole.head.headers())));
  check(again.state == ScgiHead::State::complete);
  check(again.head.headers() == whole.head.headers());
  check(again.head.content_bytes() == whole.head.content_bytes());
  return 0;
}
