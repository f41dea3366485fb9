// SPDX-License-Identifier: MIT
// Purpose: a stanza to send, built element by element; libstrophe holds the tree and escapes it.
// Thread: the xmpp thread only (libstrophe has no locks).
//
//   OutStanza("pubsub", ns).child(OutStanza("subscribe").attribute("node", node).attribute("jid", jid))
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace xes::xmpp {

class OutStanza {
 public:
  /// A child without `ns` of its own is in its parent's namespace; a stanza without is in the stream's.
  explicit OutStanza(std::string_view name, std::string_view ns = {});
  OutStanza(OutStanza&&) noexcept;
  OutStanza& operator=(OutStanza&&) noexcept;
  ~OutStanza();

  /// Sets (or replaces) an attribute without namespace.
  OutStanza& attribute(std::string_view name, std::string_view value) &;
  OutStanza&& attribute(std::string_view name, std::string_view value) &&;
  /// Appends a child element.
  OutStanza& child(OutStanza element) &;
  OutStanza&& child(OutStanza element) &&;
  /// Appends character data.
  OutStanza& text(std::string_view characters) &;
  OutStanza&& text(std::string_view characters) &&;

  /// True if an attribute of that name was set.
  bool has_attribute(std::string_view name) const;

  /// The bytes to send. Error::malformed if some name or value cannot stand in XML 1.0 (such bytes would make the
  /// server close the stream). TAB, LF and CR survive attribute-value normalisation (XML 1.0 §3.3.3).
  Result<std::string> xml() const;

 private:
  struct Tree;
  std::unique_ptr<Tree> tree_;
};

}  // namespace xes::xmpp
