// SPDX-License-Identifier: MIT
// libstrophe, the only file that knows strophe.h: its tree of stanzas, which escapes, and its SHA-1.
//
// Its connection object is not used: 0.12 crashes in component mode and 0.14 refuses what makes 0.12 work; both resolve
// names while they block, wait in select(), and parse inner text in quadratic time. What is used here behaves the same in
// both, by documented functions alone.
#include <spdlog/spdlog.h>
#include <strophe.h>

#include <memory>
#include <new>

#include "base/text.hpp"
#include "xmpp/session/component_stream.hpp"
#include "xmpp/session/out_stanza.hpp"
#include "xmpp/xml/stanza_reader.hpp"

namespace xes::xmpp {
namespace {

/// libstrophe's messages, at debug. Its own debug level is left out: that is whole stanzas.
void log_message(void*, xmpp_log_level_t level, const char* area, const char* message) {
  if (level == XMPP_LEVEL_DEBUG) return;
  try {
    spdlog::debug("libstrophe {}: {}", area, quote(message));
  } catch (...) {  // nothing is thrown through C
  }
}

struct FreeContext {
  void operator()(xmpp_ctx_t* context) const { xmpp_ctx_free(context); }
};

xmpp_ctx_t* library() {
  static const std::unique_ptr<xmpp_ctx_t, FreeContext> context = [] {
    static const xmpp_log_t log{log_message, nullptr};
    xmpp_initialize();
    return std::unique_ptr<xmpp_ctx_t, FreeContext>(xmpp_ctx_new(nullptr, &log));
  }();
  if (!context) throw std::bad_alloc();
  return context.get();
}

struct FreeText {
  void operator()(char* text) const { xmpp_free(library(), text); }
};
using Text = std::unique_ptr<char, FreeText>;

struct ReleaseStanza {
  void operator()(xmpp_stanza_t* stanza) const { xmpp_stanza_release(stanza); }
};
using StanzaPointer = std::unique_ptr<xmpp_stanza_t, ReleaseStanza>;

/// Every call that changes a stanza can only fail for want of memory; without the part it would be another stanza.
void done(int result) {
  if (result != XMPP_EOK) throw std::bad_alloc();
}

StanzaPointer make_stanza() {
  StanzaPointer stanza(xmpp_stanza_new(library()));
  if (!stanza) throw std::bad_alloc();
  return stanza;
}

}  // namespace

struct OutStanza::Tree {
  StanzaPointer root = make_stanza();
  bool has_nul = false;  ///< libstrophe's strings are C strings: a NUL would cut the value short
};

OutStanza::OutStanza(std::string_view name, std::string_view ns) : tree_(std::make_unique<Tree>()) {
  done(xmpp_stanza_set_name(tree_->root.get(), std::string(name).c_str()));
  if (!ns.empty()) done(xmpp_stanza_set_ns(tree_->root.get(), std::string(ns).c_str()));
}

OutStanza::OutStanza(OutStanza&&) noexcept = default;
OutStanza& OutStanza::operator=(OutStanza&&) noexcept = default;
OutStanza::~OutStanza() = default;

OutStanza& OutStanza::attribute(std::string_view name, std::string_view value) & {
  tree_->has_nul |= value.find('\0') != std::string_view::npos;
  done(xmpp_stanza_set_attribute(tree_->root.get(), std::string(name).c_str(), std::string(value).c_str()));
  return *this;
}

OutStanza&& OutStanza::attribute(std::string_view name, std::string_view value) && {
  return std::move(attribute(name, value));
}

OutStanza& OutStanza::child(OutStanza element) & {
  tree_->has_nul |= element.tree_->has_nul;
  done(xmpp_stanza_add_child(tree_->root.get(), element.tree_->root.get()));
  return *this;
}

OutStanza&& OutStanza::child(OutStanza element) && { return std::move(child(std::move(element))); }

OutStanza& OutStanza::text(std::string_view characters) & {
  tree_->has_nul |= characters.find('\0') != std::string_view::npos;
  StanzaPointer piece = make_stanza();
  done(xmpp_stanza_set_text(piece.get(), std::string(characters).c_str()));
  done(xmpp_stanza_add_child(tree_->root.get(), piece.get()));
  return *this;
}

OutStanza&& OutStanza::text(std::string_view characters) && { return std::move(text(characters)); }

bool OutStanza::has_attribute(std::string_view name) const {
  return xmpp_stanza_get_attribute(tree_->root.get(), std::string(name).c_str()) != nullptr;
}

Result<std::string> OutStanza::xml() const {
  char* bytes = nullptr;
  std::size_t size = 0;
  const int written = tree_->has_nul ? XMPP_EINVOP : xmpp_stanza_to_text(tree_->root.get(), &bytes, &size);
  if (written == XMPP_EMEM) throw std::bad_alloc();
  if (written != XMPP_EOK) return fail(Error::malformed, "a stanza cannot be written as XML");
  const Text owner(bytes);
  const std::string_view rendered(bytes, size);
  if (!is_xml_text(rendered))
    return fail(Error::malformed, "a stanza would hold characters that XML does not allow");
  std::string out;
  out.reserve(size);
  // libstrophe leaves white space in values as it is, where a parser turns it into blanks. It writes none of its own
  // but blanks, so every TAB, LF and CR here is somebody's data.
  for (char c : rendered) {
    switch (c) {
      case '\t': out += "&#9;"; break;
      case '\n': out += "&#10;"; break;
      case '\r': out += "&#13;"; break;
      default: out += c;
    }
  }
  return out;
}

Result<std::string> stream_header(std::string_view jid) {
  Result<std::string> header = OutStanza("stream:stream", component_ns)
                                   .attribute("xmlns:stream", streams_ns)
                                   .attribute("to", jid)
                                   .xml();
  // The element stays open for as long as the stream lasts: "/>" becomes ">".
  if (header) header->replace(header->size() - 2, 2, ">").insert(0, "<?xml version='1.0'?>");
  return header;
}

std::string handshake(std::string_view stream_id, std::string_view secret) {
  std::string hashed(stream_id);
  hashed += secret;
  const Text hash(xmpp_sha1(library(), reinterpret_cast<const unsigned char*>(hashed.data()), hashed.size()));
  if (!hash) throw std::bad_alloc();
  return std::string("<handshake>") + hash.get() + "</handshake>";
}

}  // namespace xes::xmpp
