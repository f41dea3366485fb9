// SPDX-License-Identifier: MIT
#include "wire/xml_parser.hpp"

#include <expat.h>

#include <cstdlib>
#include <new>
#include <utility>

namespace xes::wire {
namespace {

/// expat asks for memory without saying for which parser: it is the one that is called on this thread.
thread_local XmlParser::Memory* asking = nullptr;

class Asking {
 public:
  explicit Asking(XmlParser::Memory& memory) : before_(std::exchange(asking, &memory)) {}
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() { asking = before_; }

 private:
  XmlParser::Memory* before_;
};

/// Stands before each block.
struct alignas(std::max_align_t) Block {
  XmlParser::Memory* memory;
  std::size_t size;
};

void* resize(Block* old, XmlParser::Memory& memory, std::size_t size) {
  const std::size_t old_size = old ? old->size : 0;
  if (size > memory.limit || memory.used - old_size > memory.limit - size) return nullptr;
  auto* block = static_cast<Block*>(std::realloc(old, sizeof(Block) + size));
  if (!block) return nullptr;
  memory.used += size - old_size;
  *block = {&memory, size};
  return block + 1;
}

Block* block_of(void* given) { return given ? static_cast<Block*>(given) - 1 : nullptr; }

void release(void* given) {
  Block* block = block_of(given);
  if (block) block->memory->used -= block->size;
  std::free(block);
}

constexpr XML_Memory_Handling_Suite counted_memory = {
    [](std::size_t size) { return resize(nullptr, *asking, size); },
    [](void* given, std::size_t size) { return resize(block_of(given), *asking, size); },
    release,
};

bool is_about_namespaces(XML_Error error) {
  return error == XML_ERROR_UNBOUND_PREFIX || error == XML_ERROR_UNDECLARING_PREFIX ||
         error == XML_ERROR_RESERVED_PREFIX_XML || error == XML_ERROR_RESERVED_PREFIX_XMLNS ||
         error == XML_ERROR_RESERVED_NAMESPACE_URI;
}

}  // namespace

void XmlParser::FreeParser::operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }

/// expat is C: nothing may be thrown through it. It may call on for a little after it was stopped.
template <class Body>
void XmlParser::guarded(void* self, Body body) noexcept {
  auto* parser = static_cast<XmlParser*>(self);
  if (parser->is_stopped_) return;
  try {
    body(*parser);
  } catch (...) {
    parser->thrown_ = std::current_exception();
    parser->stop();
  }
}

XmlParser::XmlParser(Handler& handler, Options options)
    : handler_(handler), takes_xml_declaration_(options.takes_xml_declaration), memory_{options.max_memory_bytes} {
  restart();
}

XmlParser::~XmlParser() = default;

void XmlParser::restart() {
  parser_.reset();
  is_stopped_ = false;
  reason_ = nullptr;
  const Asking from(memory_);
  // The encoding is given: a declaration's does not count.
  constexpr XML_Char separator[] = {xml_name_separator, 0};
  parser_.reset(XML_ParserCreate_MM("UTF-8", &counted_memory, separator));
  if (!parser_) throw std::bad_alloc();
  XML_Parser p = parser_.get();
  XML_SetUserData(p, this);
  XML_SetReturnNSTriplet(p, 1);
  // Deferral would hold back a stanza until the next one comes. It protects from reading a huge unfinished tag again and
  // again; a stream's tag ends within few calls of parse(), and parse_last() leaves none unfinished. expat before 2.6
  // never defers.
#ifdef XES_EXPAT_DEFERS
  XML_SetReparseDeferralEnabled(p, XML_FALSE);
#endif
  XML_SetElementHandler(
      p,
      [](void* self, const XML_Char* name, const XML_Char** attributes) {
        guarded(self, [&](XmlParser& x) { x.start_element(name, attributes); });
      },
      [](void* self, const XML_Char*) { guarded(self, [](XmlParser& x) { x.handler_.end_element(); }); });
  XML_SetNamespaceDeclHandler(
      p,
      [](void* self, const XML_Char* prefix, const XML_Char* uri) {
        guarded(self, [&](XmlParser& x) { x.handler_.bind(prefix ? prefix : "", uri ? uri : ""); });
      },
      [](void* self, const XML_Char*) { guarded(self, [](XmlParser& x) { x.handler_.unbind(); }); });
  XML_SetCharacterDataHandler(p, [](void* self, const XML_Char* text, int length) {
    guarded(self, [&](XmlParser& x) { x.handler_.text({text, static_cast<std::size_t>(length)}); });
  });
  XML_SetStartDoctypeDeclHandler(p, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    guarded(self, [](XmlParser& x) { x.refuse("it has a DTD"); });
  });
  if (takes_xml_declaration_) return;
  XML_SetXmlDeclHandler(p, [](void* self, const XML_Char*, const XML_Char*, int) {
    guarded(self, [](XmlParser& x) { x.refuse("it has an XML declaration"); });
  });
}

void XmlParser::stop() {
  is_stopped_ = true;
  XML_StopParser(parser_.get(), XML_FALSE);
}

void XmlParser::refuse(const char* reason) {
  reason_ = reason;
  stop();
}

void XmlParser::start_element(const char* name, const char** attributes) {
  attributes_.clear();
  for (; *attributes; attributes += 2) attributes_.push_back({XmlName::split(attributes[0]), attributes[1]});
  handler_.start_element(XmlName::split(name), attributes_);
}

XmlParser::Outcome XmlParser::parse(std::string_view bytes, bool is_last) {
  if (!is_stopped_) {
    const Asking from(memory_);
    const XML_Status status = XML_Parse(parser_.get(), bytes.data(), static_cast<int>(bytes.size()), is_last ? 1 : 0);
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (!is_stopped_ && status == XML_STATUS_OK) return Outcome::parsed;
  }
  if (reason_) return Outcome::malformed;
  if (is_stopped_) return Outcome::stopped;
  const XML_Error error = XML_GetErrorCode(parser_.get());
  reason_ = XML_ErrorString(error);
  return error == XML_ERROR_NO_MEMORY ? Outcome::no_memory
         : is_about_namespaces(error) ? Outcome::misnamed
                                      : Outcome::malformed;
}

#ifdef XES_EXPAT_COUNTS_IN_64_BITS
std::size_t XmlParser::token_begin() const { return static_cast<std::size_t>(XML_GetCurrentByteIndex64(parser_.get())); }
std::size_t XmlParser::token_size() const { return static_cast<std::size_t>(XML_GetCurrentByteCount64(parser_.get())); }
#else
std::size_t XmlParser::token_begin() const { return static_cast<std::size_t>(XML_GetCurrentByteIndex(parser_.get())); }
std::size_t XmlParser::token_size() const { return static_cast<std::size_t>(XML_GetCurrentByteCount(parser_.get())); }
#endif

}  // namespace xes::wire
