// SPDX-License-Identifier: MIT
// Purpose: put JSON together on one line: members of an object, and JSON texts that somebody else wrote.
// Thread: any (pure). Bounds: linear in the input, no recursion. Source: RFC 8259 §2 to §8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace xes::wire {

/// Arrays and objects within each other; `[]` is 1.
inline constexpr std::size_t max_json_depth = 64;

/// Appends `text` without the white space between its tokens, all else byte for byte: numbers keep their spelling and
/// digits, strings their escapes, objects the order of their members and doubled ones.
/// False, with `out` as it was, for what is no JSON text (RFC 8259 §2), nests deeper than max_json_depth, is no UTF-8,
/// begins with a byte order mark (§8.1), or has half a surrogate pair as an escape, which many parsers refuse (§8.2).
bool append_json_text(std::string& out, std::string_view text);

/// `"name":"value"`, after a comma unless `out` ends in `{`. `name` is a literal of ours.
void append_json_member(std::string& out, std::string_view name, std::string_view value);

/// `"name":`, after a comma unless `out` ends in `{`; the value is the caller's to append.
void append_json_name(std::string& out, std::string_view name);

}  // namespace xes::wire
