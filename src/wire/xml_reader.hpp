// SPDX-License-Identifier: MIT
// Purpose: read one XML element that stands alone, such as a payload. Thread: any (no shared state).
// Bounds: max_element_bytes and max_element_depth; time linear. A DTD is refused, so that no entity can be declared
// (nothing grows beyond the bytes that are there), and so is an XML declaration, as the element is to fit into another
// document. Sources: XML 1.0, Namespaces in XML 1.0.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "wire/xml_name.hpp"

namespace xes::wire {

/// As much as a stanza may have.
inline constexpr std::size_t max_element_bytes = 16u << 20;
inline constexpr std::size_t max_element_depth = 128;  ///< the element itself is 1

/// The value of the attribute without namespace; empty if there is none.
std::string_view attribute(std::span<const XmlAttribute> attributes, std::string_view local_name);

/// Is told what stands there, in order; all views last for the call only.
class XmlVisitor {
 public:
  virtual ~XmlVisitor() = default;

  /// False: there is no need to read on.
  virtual bool start_element(const XmlName& name, std::span<const XmlAttribute> attributes) = 0;
  /// Character data, in pieces of any length.
  virtual void text(std::string_view characters) = 0;
  virtual void end_element() = 0;
};

/// Error::malformed: not one well-formed element in UTF-8, or one with a DTD or an XML declaration; Error::too_large;
/// Error::refused: the visitor did not want more; Error::unavailable: no memory. What came before has been visited.
[[nodiscard]] Result<void> read_element(std::string_view xml, XmlVisitor& visitor);

/// True if read_element() can read all of it.
bool is_element(std::string_view xml);

}  // namespace xes::wire
