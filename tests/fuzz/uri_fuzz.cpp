// SPDX-License-Identifier: MIT
// What a browser's bytes reach in a request: its target, its query and its Host header.
#include <string>

#include "fuzz.hpp"
#include "wire/host.hpp"
#include "wire/uri.hpp"

using namespace xes;
using namespace xes::wire;

namespace {

/// Every byte escaped, which must decode to the same again.
std::string escaped(std::string_view text) {
  constexpr char hex[] = "0123456789aBcDEf";
  std::string out;
  for (const char c : text) out += {'%', hex[static_cast<unsigned char>(c) >> 4], hex[c & 15]};
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(data, size);

  check(percent_decode(escaped(input)).value() == input);
  if (const auto decoded = percent_decode(input)) {
    check(decoded->size() <= size);
    if (input.find('%') == input.npos) check(*decoded == input);
  }

  if (const auto uri = split_uri(input)) {
    check(uri->path.starts_with('/'));
    check(uri->path.find('?') == uri->path.npos);
    check(split_uri(uri->path)->path == uri->path);
    check(uri->path.size() + uri->query.size() <= size + 1);
  }

  if (const auto pairs = parse_query(input)) {
    check(pairs->size() <= 64);
    std::string again;
    for (const QueryPair& pair : *pairs) again += escaped(pair.name) + '=' + escaped(pair.value) + '&';
    check(parse_query(again).value() == *pairs);
  }

  if (const auto name = host_name(input)) {
    check(!name->empty() && name->size() <= 253);
    check(host_name(*name).value() == *name);
  }
  return 0;
}
