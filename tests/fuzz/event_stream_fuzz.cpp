// SPDX-License-Identifier: MIT
// What is written as a block must be read, by the standard's rules, as that and nothing else, whatever is in it.
#include "wire/event_stream.hpp"

#include <string>

#include "event_stream_reader.hpp"
#include "fuzz.hpp"

using namespace xes::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Pieces pieces(text_of(data, size));
  const std::string_view event = pieces.next(), id = pieces.next(), comment = pieces.next(), content = pieces.rest();

  std::string stream;
  append_comment(stream, comment);
  check(read_event_stream(stream).events.empty());
  check(stream.starts_with(':') && stream.find_first_of("\r\n") == stream.size() - 1);
  const std::string before = stream;
  const auto written = append_block(
      stream, {.event = event, .id = id, .data = content, .retry = std::chrono::milliseconds(static_cast<long>(size) * 7 - 9)});
  const bool sound = (event.empty() || is_event_name(event)) && (id.empty() || is_event_id(id));
  check(written.has_value() == sound);
  if (!written) {
    check(stream == before);
    return 0;
  }
  const ReadStream read = read_event_stream(stream);
  check(read.events.size() == 1);
  check(read.events[0] == Dispatched{event.empty() ? "message" : std::string(event), with_plain_line_ends(content), std::string(id)});
  check(read.last_event_id == id);
  check(read.retry == std::to_string(std::max<long>(0, static_cast<long>(size) * 7 - 9)));

  // Two blocks stay two, and an ID alone fires nothing.
  const std::size_t one = stream.size();
  check(append_block(stream, {.id = "a.b-c_d"}).has_value());
  stream += stream.substr(before.size(), one - before.size());
  const ReadStream again = read_event_stream(stream);
  check(again.events.size() == 2 && again.events[1].data == again.events[0].data);
  return 0;
}
