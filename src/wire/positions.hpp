// SPDX-License-Identifier: MIT
// Purpose: the event ID of a stream of several nodes: where it stands in each of them. Thread: any (pure).
//
//   RUN.ENTRIES     e.g. kQ3x_.AAAB1c…   RUN: 5, ENTRIES: the same number for each node, in the nodes' order; at most
//                   128 bytes of the alphabet of RFC 4648 §5 (base64url), 6 bits each
//
// An entry is that node's EventId without its epoch, cut to the bits that there are: with up to 4 nodes all of it
// (168 bits), with 8 nodes 90, with 16 nodes 42 (sequence 8, content 15, stored 10, before 9). RUN stands for all
// epochs. Where an ID is of another run, content and `before` (or `stored`) decide: with 16 nodes a position that is gone
// is taken for a wrong one with a chance of 2^-24 for each event that it is compared with.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/event_id.hpp"

namespace xes::wire {

/// More would leave an entry too few bits to be told from another.
inline constexpr std::size_t max_positions = 20;

/// How many bits of an EventId's parts an entry holds.
struct EntryBits {
  unsigned sequence = 60, content = 50, stored = 40;
  unsigned before_slot = before_slot_bits;  ///< of each of its slots

  bool operator==(const EntryBits&) const = default;
};
/// All of them: of an ID that stands for one node.
inline constexpr EntryBits whole_id{};
/// Of one of `nodes` nodes, up to max_positions.
EntryBits entry_bits(std::size_t nodes);

/// A client's place in one node, as far as its ID tells. Compares equal to the EventIds that it may stand for.
struct Position {
  EventId id;               ///< each part cut to its bits; the epoch is 0
  EntryBits bits = whole_id;
  bool this_run = false;    ///< the sequence counts

  bool has_sequence(std::uint64_t sequence) const;
  bool has_content(std::uint64_t content) const;
  bool has_stored(std::uint64_t stored) const;
  bool has_before(std::uint64_t before) const;
  /// True if what preceded an item here (`here`) preceded it for the client, too; an empty slot here is where the list
  /// begins.
  bool follows(std::uint64_t here) const;
};

/// Of an ID that stands for one node, read by a feed of `epoch`.
Position position_of(const EventId& id, std::uint64_t epoch);

/// What several nodes' positions are written as and read back from. An entry that is nothing: the client has no position
/// in that node, and gets a reset.
using Entries = std::vector<std::optional<EventId>>;

/// `epochs`: of the nodes' feeds, in their order. As many entries as epochs, up to max_positions.
std::string to_string(const Entries& entries, std::span<const std::uint64_t> epochs);

/// Nothing for what to_string() cannot have written for so many nodes.
std::optional<std::vector<std::optional<Position>>> parse_positions(std::string_view text,
                                                                    std::span<const std::uint64_t> epochs);

}  // namespace xes::wire
