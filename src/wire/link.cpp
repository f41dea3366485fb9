// SPDX-License-Identifier: MIT
#include "wire/link.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace xes::wire {
namespace {

std::string cleaned(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  std::string out(text);
  std::erase_if(out, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
  return out;
}

}  // namespace

std::string link_scheme(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == 0 || colon == url.npos) return {};
  std::string scheme = ascii_lower(url.substr(0, colon));
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto allowed = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  if (!letter(scheme.front()) || !std::all_of(scheme.begin(), scheme.end(), allowed)) return {};
  return scheme;
}

std::string resolve_link(std::string_view given_base, std::string_view given_reference) {
  std::string base = cleaned(given_base);
  std::string reference = cleaned(given_reference);
  if (base.empty() || !link_scheme(reference).empty()) return reference;

  base.resize(std::min(base.find('#'), base.size()));
  const std::string scheme = link_scheme(base);
  const std::size_t scheme_end = scheme.empty() ? 0 : scheme.size() + 1;
  const bool has_authority = base.compare(scheme_end, 2, "//") == 0;
  const std::size_t path = has_authority ? std::min(base.find_first_of("/?", scheme_end + 2), base.size()) : scheme_end;
  const std::size_t query = std::min(base.find('?', path), base.size());

  if (reference.empty() || reference[0] == '#') return base + reference;
  if (reference[0] == '?') return base.substr(0, query) + reference;
  if (reference.starts_with("//")) return base.substr(0, scheme_end) + reference;
  if (reference[0] == '/') return base.substr(0, path) + reference;
  const std::size_t folder_end = base.substr(0, query).rfind('/');
  if (folder_end != base.npos && folder_end >= path) return base.substr(0, folder_end + 1) + reference;
  return base.substr(0, path) + (has_authority ? "/" : "") + reference;
}

}  // namespace xes::wire
