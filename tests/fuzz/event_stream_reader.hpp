// SPDX-License-Identifier: MIT
// Purpose: what an EventSource makes of a whole event stream, written from the standard and not from our encoder.
// Source: WHATWG HTML §9.2.6 "Interpreting an event stream".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct Dispatched {
  std::string type = "message";
  std::string data;
  std::string last_event_id;

  bool operator==(const Dispatched&) const = default;
};

struct ReadStream {
  std::vector<Dispatched> events;
  std::string last_event_id;
  std::optional<std::string> retry;
};

inline ReadStream read_event_stream(std::string_view stream) {
  ReadStream out;
  if (stream.starts_with("\xEF\xBB\xBF")) stream.remove_prefix(3);
  std::string type, data, id;
  const auto dispatch = [&] {
    out.last_event_id = id;
    if (!data.empty()) {
      data.pop_back();
      out.events.push_back({type.empty() ? "message" : type, data, id});
    }
    type.clear();
    data.clear();
  };
  const auto field = [&](std::string_view name, std::string_view value) {
    if (name == "event") type = value;
    if (name == "data") (data += value) += '\n';
    if (name == "id" && value.find('\0') == value.npos) id = value;
    if (name == "retry" && !value.empty() && value.find_first_not_of("0123456789") == value.npos) out.retry = value;
  };
  // A line that no line end ends is not read at all.
  for (std::size_t end; (end = stream.find_first_of("\r\n")) != stream.npos;) {
    const std::string_view line = stream.substr(0, end);
    stream.remove_prefix(end + (stream.substr(end).starts_with("\r\n") ? 2 : 1));
    const std::size_t colon = line.find(':');
    if (line.empty()) {
      dispatch();
    } else if (colon == line.npos) {
      field(line, {});
    } else if (colon > 0) {
      std::string_view value = line.substr(colon + 1);
      if (value.starts_with(' ')) value.remove_prefix(1);
      field(line.substr(0, colon), value);
    }
  }
  return out;
}

/// What a page reads of a text that was sent as data: each LF, CR and CRLF is one LF.
inline std::string with_plain_line_ends(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r') {
      if (text.substr(at + 1).starts_with('\n')) continue;
      out += '\n';
    } else {
      out += text[at];
    }
  }
  return out;
}
