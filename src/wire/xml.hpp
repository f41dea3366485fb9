// SPDX-License-Identifier: MIT
// Purpose: write XML. Thread: any (pure). Source: XML 1.0 §2.4, §2.7, §2.11, §3.3.3.
#pragma once

#include <string>
#include <string_view>

namespace xes::wire {

/// The reference that must stand for `c` in an attribute's value, whichever quotes it has, so that a parser reads it back
/// as it was; empty where it stands for itself. In text, only those of & < > and CR are needed.
std::string_view xml_reference(char c);

/// ` name='value'`. White space other than the space itself is written as a character reference, so that
/// attribute value normalisation leaves it as it is. `name` is a literal of ours; `value` is UTF-8 that XML
/// can carry.
void append_attribute(std::string& out, std::string_view name, std::string_view value);

/// A well-formed element (no comments or processing instructions: XMPP has none) on one line, equal to it for every
/// parser: a line end in text becomes a character reference, one in a tag a space.
void append_one_line(std::string& out, std::string_view xml);

}  // namespace xes::wire
