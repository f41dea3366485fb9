// SPDX-License-Identifier: MIT
// Purpose: one stanza's tree, payloads apart, from the parser's calls. Thread: one owner. Knows neither the stream nor
// its bytes: StanzaReader does, and cuts.
//
// The hot path of all that comes in: what it keeps from one stanza to the next (arenas, buffers) is there to spare
// malloc(), and bounded.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/xml_name.hpp"
#include "xmpp/xml/element.hpp"
#include "xmpp/xml/payload_reader.hpp"

namespace xes::xmpp {

class StanzaBuilder {
 public:
  /// `max_nodes`: elements and attributes in the tree; payloads do not count.
  /// `scope`: the declarations in scope, kept up to date by the caller.
  StanzaBuilder(const NamespaceScope& scope, std::size_t max_nodes) : max_nodes_(max_nodes), payload_(scope) {}

  /// The last element was one too many, or its attributes were, which are left out: drop_content() must follow.
  bool too_many_nodes() const { return nodes_ > max_nodes_; }

  /// The stanza itself: forgets the one before, finished or not.
  void begin(const wire::XmlName& name, std::span<const wire::XmlAttribute> attributes);
  /// Within it; `depth` counts from the stream's 1. True if a payload begins here.
  bool start_element(const wire::XmlName& name, std::span<const wire::XmlAttribute> attributes, std::size_t depth);
  void text(std::string_view characters);
  /// `depth` is that of the element that ends. True if a payload does: end_payload() takes its bytes.
  bool end_element(std::size_t depth);
  /// The first one in its item counts (XEP-0060 §7.1.1: an item has one).
  void end_payload(std::string_view bytes);
  /// What an item held is left out, or a whole <item/>. False if it was not in a pubsub item: its stanza is not to be read.
  bool leave_out();

  /// Lets go of all but the stanza's own name and attributes. Until the next begin() only take() may follow.
  void drop_content();
  Stanza take() { return std::move(stanza_); }

  /// A stanza that nobody reads any more: its memory serves another. Not calling this costs a malloc() a stanza, no more.
  void recycle(Stanza&& stanza);

 private:
  /// An element of the tree that has not ended, and its text so far.
  struct Open {
    Element* element = nullptr;
    std::string text;
  };

  void open(Element& element, const wire::XmlName& name, std::span<const wire::XmlAttribute> attributes);
  void drop_open();
  Open& innermost() { return open_[open_count_ - 1]; }

  std::size_t max_nodes_;
  std::size_t nodes_ = 0;
  Stanza stanza_;
  std::vector<Open> open_;       ///< from the stanza to the innermost
  std::size_t open_count_ = 0;  ///< of open_; the rest is kept for its memory
  PayloadReader payload_;
  std::vector<std::unique_ptr<Arena>> spare_;
};

}  // namespace xes::xmpp
