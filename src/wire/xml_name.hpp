// SPDX-License-Identifier: MIT
// Purpose: names and attributes with their namespaces resolved. Thread: any. Source: Namespaces in XML 1.0.
#pragma once

#include <cstring>
#include <string_view>

namespace xes::wire {

/// Between the parts of a name as expat gives it; cannot stand in XML, so in no name or namespace either.
inline constexpr char xml_name_separator = '\x1F';

/// Views into what the caller holds, for as long as a call lasts.
struct XmlName {
  std::string_view ns;  ///< the namespace's name; empty for none
  std::string_view local;
  std::string_view prefix = {};

  /// A prefix is no part of the name (Namespaces in XML 1.0 §2.1).
  bool operator==(const XmlName& other) const { return ns == other.ns && local == other.local; }

  /// "namespace SEP local SEP prefix", "namespace SEP local" or "local" (XML_SetReturnNSTriplet).
  static XmlName split(const char* text) {
    const char* first = std::strchr(text, xml_name_separator);
    if (!first) return {{}, text};
    const std::string_view ns(text, static_cast<std::size_t>(first - text));
    const char* local = first + 1;
    const char* second = std::strchr(local, xml_name_separator);
    if (!second) return {ns, local};
    return {ns, {local, static_cast<std::size_t>(second - local)}, second + 1};
  }
};

/// Namespace declarations (xmlns) are not among them.
struct XmlAttribute {
  XmlName name;
  std::string_view value;
};

}  // namespace xes::wire
