// SPDX-License-Identifier: MIT
// Purpose: the namespace declarations in scope, the innermost last. Thread: one owner.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xes::xmpp {

class NamespaceScope {
 public:
  struct Binding {
    std::string prefix;     ///< empty: the default namespace
    std::string uri;        ///< empty: none any more
    std::size_t depth = 0;  ///< of the element that makes the declaration, the stream's being 1
  };

  std::size_t size() const { return size_; }
  const Binding& operator[](std::size_t i) const { return bindings_[i]; }

  void bind(std::string_view prefix, std::string_view uri, std::size_t depth) {
    if (size_ == bindings_.size()) bindings_.emplace_back();
    Binding& binding = bindings_[size_++];
    binding.prefix = prefix;
    binding.uri = uri;
    binding.depth = depth;
  }
  /// Forgets the last ones.
  void shrink(std::size_t size) { size_ = size; }

  /// The one that counts for `prefix`.
  std::optional<std::size_t> find(std::string_view prefix) const {
    for (std::size_t i = size_; i-- > 0;)
      if (bindings_[i].prefix == prefix) return i;
    return std::nullopt;
  }

 private:
  std::vector<Binding> bindings_;
  std::size_t size_ = 0;  ///< of bindings_; the rest is kept for its memory
};

}  // namespace xes::xmpp
