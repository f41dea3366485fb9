// SPDX-License-Identifier: MIT
#include "xmpp/xml/xml_stream.hpp"

#include <expat.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <new>
#include <utility>

namespace xes::xmpp {
namespace {

// Of the token that expat tells of.
#ifdef XES_EXPAT_COUNTS_IN_64_BITS
std::size_t byte_index(XML_Parser parser) { return static_cast<std::size_t>(XML_GetCurrentByteIndex64(parser)); }
std::size_t byte_count(XML_Parser parser) { return static_cast<std::size_t>(XML_GetCurrentByteCount64(parser)); }
#else
std::size_t byte_index(XML_Parser parser) { return static_cast<std::size_t>(XML_GetCurrentByteIndex(parser)); }
std::size_t byte_count(XML_Parser parser) { return static_cast<std::size_t>(XML_GetCurrentByteCount(parser)); }
#endif

/// expat copies what it is given at once, and keeps a buffer for as much.
constexpr std::size_t slice_bytes = 64u << 10;

/// expat asks for memory without saying for which parser: it is the one that is called on this thread.
thread_local XmlStream::Memory* asking = nullptr;

class Asking {
 public:
  explicit Asking(XmlStream::Memory& memory) : before_(std::exchange(asking, &memory)) {}
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() { asking = before_; }

 private:
  XmlStream::Memory* before_;
};

/// Stands before each block.
struct alignas(std::max_align_t) Block {
  XmlStream::Memory* memory;
  std::size_t size;
};

void* resize(Block* old, XmlStream::Memory& memory, std::size_t size) {
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

bool is_about_namespaces(XML_Error error) {
  return error == XML_ERROR_UNBOUND_PREFIX || error == XML_ERROR_UNDECLARING_PREFIX ||
         error == XML_ERROR_RESERVED_PREFIX_XML || error == XML_ERROR_RESERVED_PREFIX_XMLNS ||
         error == XML_ERROR_RESERVED_NAMESPACE_URI;
}

constexpr XML_Memory_Handling_Suite counted_memory = {
    [](std::size_t size) { return resize(nullptr, *asking, size); },
    [](void* given, std::size_t size) { return resize(block_of(given), *asking, size); },
    release,
};

}  // namespace

void XmlStream::FreeParser::operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }

/// expat is C: nothing may be thrown through it.
template <class Body>
void XmlStream::guarded(void* self, Body body) noexcept {
  auto* stream = static_cast<XmlStream*>(self);
  if (stream->failure_) return;
  try {
    body(*stream);
  } catch (const std::exception& e) {
    stream->fail_with(Error::unavailable, std::string("no memory for a stanza: ") + e.what());
  }
}

XmlStream::XmlStream(Handler& handler, std::size_t max_memory) : handler_(handler), memory_{max_memory} {
  make_parser();
}

XmlStream::~XmlStream() = default;

void XmlStream::make_parser() {
  parser_.reset();
  const Asking from(memory_);
  // The encoding is given: XMPP is UTF-8 whatever a declaration says (RFC 6120 §11.6).
  constexpr XML_Char separator[] = {xml_name_separator, 0};
  parser_.reset(XML_ParserCreate_MM("UTF-8", &counted_memory, separator));
  if (!parser_) throw std::bad_alloc();
  parsed_bytes_ = 0;
  XML_Parser p = parser_.get();
  XML_SetUserData(p, this);
  XML_SetReturnNSTriplet(p, 1);
  // Deferral would hold back a stanza until the next one comes. It protects from reading a huge unfinished tag again and
  // again; here a tag ends within few slices. expat before 2.6 never defers.
#ifdef XES_EXPAT_DEFERS
  XML_SetReparseDeferralEnabled(p, XML_FALSE);
#endif
  XML_SetElementHandler(
      p,
      [](void* self, const XML_Char* name, const XML_Char** attributes) {
        guarded(self, [&](XmlStream& s) { s.start_element(name, attributes); });
      },
      [](void* self, const XML_Char*) { guarded(self, [](XmlStream& s) { s.handler_.end_element(); }); });
  XML_SetNamespaceDeclHandler(
      p,
      [](void* self, const XML_Char* prefix, const XML_Char* uri) {
        guarded(self, [&](XmlStream& s) { s.handler_.bind(prefix ? prefix : "", uri ? uri : ""); });
      },
      [](void* self, const XML_Char*) { guarded(self, [](XmlStream& s) { s.handler_.unbind(); }); });
  XML_SetCharacterDataHandler(p, [](void* self, const XML_Char* text, int length) {
    guarded(self, [&](XmlStream& s) { s.handler_.text({text, static_cast<std::size_t>(length)}); });
  });
}

std::size_t XmlStream::token_begin() const {
  return byte_index(parser_.get()) - parsed_bytes_;
}

std::size_t XmlStream::token_end() const {
  return token_begin() + byte_count(parser_.get());
}

void XmlStream::start_element(const char* name, const char** attributes) {
  attributes_.clear();
  for (; *attributes; attributes += 2) attributes_.push_back({XmlName::split(attributes[0]), attributes[1]});
  handler_.start_element(XmlName::split(name), attributes_);
}

XmlStream::Outcome XmlStream::parse(std::string_view bytes) {
  if (failure_) return Outcome::failed;
  const Asking from(memory_);
  XML_Status status = XML_STATUS_OK;
  for (std::string_view rest = bytes; !rest.empty() && status == XML_STATUS_OK;
       rest.remove_prefix(std::min(rest.size(), slice_bytes)))
    status = XML_Parse(parser_.get(), rest.data(), static_cast<int>(std::min(rest.size(), slice_bytes)), 0);
  parsed_bytes_ += bytes.size();
  if (failure_) return Outcome::failed;
  if (status == XML_STATUS_OK) return Outcome::parsed;
  const XML_Error error = XML_GetErrorCode(parser_.get());
  if (error == XML_ERROR_NO_MEMORY) return Outcome::too_large;
  if (is_about_namespaces(error)) return Outcome::misnamed;
  fail_with(Error::malformed, std::string("the stream is not well-formed: ") + XML_ErrorString(error));
  return Outcome::failed;
}

void XmlStream::renew(std::string_view header) {
  make_parser();
  handler_.restart();
  priming_ = true;
  const Outcome outcome = parse(header);
  priming_ = false;
  ++renewals_;
  if (outcome == Outcome::too_large || outcome == Outcome::misnamed)
    fail_with(Error::unavailable, "the stream header cannot be read again");
}

void XmlStream::fail_with(Error error, std::string reason) {
  if (failure_) return;
  failure_ = Failure{error, std::move(reason)};
  XML_StopParser(parser_.get(), XML_FALSE);
}

}  // namespace xes::xmpp
