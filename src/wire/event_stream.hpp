// SPDX-License-Identifier: MIT
// Purpose: write the fields and blocks of an event stream. Thread: any (pure).
// Source: WHATWG HTML §9.2 "Server-sent events".
// Only data may hold line ends. Every other value is checked, so that none of them can add a line of its own.
// A refused value leaves `out` as it was.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace xes::wire {

/// Bytes an event ID may have: it comes back as the Last-Event-ID header of every reconnect.
inline constexpr std::size_t max_event_id_bytes = 128;

/// True for 1 to max_event_id_bytes of [A-Za-z0-9._-].
bool is_event_id(std::string_view text);

/// True for [a-z-]+ other than `open` and `error`, which an EventSource fires itself.
bool is_event_name(std::string_view text);

/// `data: ` once per line of `text`; LF, CR and CRLF each end a line. The page reads the same text with every
/// line end as LF, a last one included; empty text is one empty data line, which does fire an event.
void append_data(std::string& out, std::string_view text);

/// `: text`, ignored by the page. Line ends in `text` become spaces. With no text, the shortest heartbeat:
/// `:`.
void append_comment(std::string& out, std::string_view text = {});

/// How long the page waits before it reconnects; a negative time counts as 0.
void append_retry(std::string& out, std::chrono::milliseconds retry);

/// Moves the page's last event ID. Error::malformed unless is_event_id(id).
[[nodiscard]] Result<void> append_id(std::string& out, std::string_view id);

/// The event's type, `message` where none is written. Error::malformed unless is_event_name(name).
[[nodiscard]] Result<void> append_event_name(std::string& out, std::string_view name);

/// The empty line that ends a block and lets the page act on it.
inline void append_block_end(std::string& out) { out += '\n'; }

/// One block. Empty views and nullopt are left out; an ID without data moves the page's cursor and fires
/// nothing.
struct EventBlock {
  std::string_view event = {};
  std::string_view id = {};
  std::optional<std::string_view> data = {};
  std::optional<std::chrono::milliseconds> retry = {};
};

/// The block in one piece, its empty line included. Errors as append_id and append_event_name.
[[nodiscard]] Result<void> append_block(std::string& out, const EventBlock& block);

}  // namespace xes::wire
