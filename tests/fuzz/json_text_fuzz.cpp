// SPDX-License-Identifier: MIT
// What a publisher's JSON container and a visitor's pattern reach.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "fuzz.hpp"
#include "wire/glob.hpp"
#include "wire/item_view.hpp"
#include "wire/json_text.hpp"

using namespace xes::wire;

namespace {

void check_json(std::string_view input) {
  std::string once;
  const bool valid = append_json_text(once, input);
  check(valid || once.empty());
  if (!valid) {
    const auto brackets = std::count_if(input.begin(), input.end(), [](char c) { return c == '[' || c == '{'; });
    // The other parser takes a byte order mark, and a NUL for the end.
    const bool odd = input.starts_with("\xEF\xBB\xBF") || input.find('\0') != input.npos;
    check(odd || brackets > static_cast<int>(max_json_depth) || !nlohmann::json::accept(input));
    return;
  }
  check(once.size() <= input.size());
  check(once.find_first_of("\r\n\t") == once.npos);
  std::string twice;
  check(append_json_text(twice, once) && twice == once);
  // The other parser refuses numbers beyond a double.
  const bool has_huge_numbers = input.find_first_of("eE") != input.npos || input.size() > 300;
  if (!has_huge_numbers) check(nlohmann::json::parse(once) == nlohmann::json::parse(input));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(data, size);
  check_json(input);

  std::string json;
  append_item_json(json, {.service = input, .node = input, .id = input, .payload = "<json/>", .text = input});
  check(json.find_first_of("\r\n") == json.npos);
  std::string again;
  // A text of full depth stands one deeper within the item.
  check(append_json_text(again, json) || std::count(json.begin(), json.end(), '[') + std::count(json.begin(), json.end(), '{') > 64);

  const std::size_t half = size / 2;
  const std::string_view pattern = input.substr(0, half), text = input.substr(half);
  const bool matches = glob_matches(pattern, text);
  if (!is_glob(pattern) && pattern.find('\\') == pattern.npos) check(matches == (pattern == text));
  check(glob_matches("*", input));
  return 0;
}
