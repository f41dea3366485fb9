// SPDX-License-Identifier: MIT
// Purpose: write XML attributes. Thread: any (pure). Source: XML 1.0 §2.4, §3.3.3.
#pragma once

#include <string>
#include <string_view>

namespace xes::wire {

/// ` name='value'`. White space other than the space itself is written as a character reference, so that
/// attribute value normalisation leaves it as it is. `name` is a literal of ours; `value` is UTF-8 that XML
/// can carry.
void append_attribute(std::string& out, std::string_view name, std::string_view value);

}  // namespace xes::wire
