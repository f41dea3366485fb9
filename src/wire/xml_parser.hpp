// SPDX-License-Identifier: MIT
// Purpose: the one wrapper of expat: bytes → names, attributes, character data, in a bounded amount of memory.
// Thread: one owner. No I/O. A handler may parse something else with another XmlParser.
// It reads UTF-8, whatever an XML declaration says. A DTD is malformed, so that no entity can be declared and nothing
// grows beyond the bytes that are there. Sources: XML 1.0, Namespaces in XML 1.0.
#pragma once

#include <cstddef>
#include <exception>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "wire/xml_name.hpp"

struct XML_ParserStruct;

namespace xes::wire {

class XmlParser {
 public:
  /// What expat calls. Views hold for the call. What a call throws comes out of parse(): expat is C, and sees none of it.
  class Handler {
   public:
    virtual void start_element(const XmlName& name, std::span<const XmlAttribute> attributes) = 0;
    virtual void end_element() = 0;
    /// Character data, in pieces of any length.
    virtual void text(std::string_view characters) = 0;
    /// A namespace declaration of the element that starts next.
    virtual void bind(std::string_view /*prefix*/, std::string_view /*uri*/) {}
    virtual void unbind() {}

   protected:
    ~Handler() = default;
  };

  enum class Outcome : unsigned char {
    parsed,
    stopped,    ///< by stop()
    no_memory,  ///< it does not fit into max_memory_bytes, or the system has none
    misnamed,   ///< well-formed, but not by Namespaces in XML 1.0 (§4 to §6.3); see reason()
    malformed,  ///< see reason()
  };

  static constexpr std::size_t no_memory_bound = std::numeric_limits<std::size_t>::max() / 2;

  struct Options {
    std::size_t max_memory_bytes;       ///< of expat
    bool takes_xml_declaration = true;  ///< false: one is malformed
  };

  /// Throws std::bad_alloc.
  XmlParser(Handler& handler, Options options);
  ~XmlParser();
  XmlParser(const XmlParser&) = delete;
  XmlParser& operator=(const XmlParser&) = delete;

  /// Has the handler called for all of `bytes`, of which there are INT_MAX at most. expat copies a tag that they end in,
  /// and reads it anew when more comes. Every outcome but `parsed` is final until restart().
  Outcome parse(std::string_view bytes) { return parse(bytes, false); }
  /// The same for the end of a document, or for all of one: time linear.
  Outcome parse_last(std::string_view bytes) { return parse(bytes, true); }
  /// Within a call of the handler: it is called no more.
  void stop();
  /// Another document begins, with another expat.
  void restart();

  /// Of what is malformed: expat's words.
  const char* reason() const { return reason_; }

  // Within a call of the handler: where the token begins that it tells of, counted from the document's first byte, and
  // how long it is.
  std::size_t token_begin() const;
  std::size_t token_size() const;

  /// What expat holds now, in bytes. It keeps every distinct name that it has read.
  std::size_t memory() const { return memory_.used; }

  /// What expat may hold, and does.
  struct Memory {
    std::size_t limit;
    std::size_t used = 0;
  };

 private:
  struct FreeParser {
    void operator()(XML_ParserStruct* parser) const;
  };

  Outcome parse(std::string_view bytes, bool is_last);
  void start_element(const char* name, const char** attributes);
  void refuse(const char* reason);
  template <class Body>
  static void guarded(void* self, Body body) noexcept;

  Handler& handler_;
  const bool takes_xml_declaration_;
  Memory memory_;  ///< outlives the parser, which gives back to it
  std::unique_ptr<XML_ParserStruct, FreeParser> parser_;
  std::vector<XmlAttribute> attributes_;  ///< kept for its memory
  bool is_stopped_ = false;
  const char* reason_ = nullptr;
  std::exception_ptr thrown_;
};

}  // namespace xes::wire
