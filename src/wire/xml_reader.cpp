// SPDX-License-Identifier: MIT
#include "wire/xml_reader.hpp"

#include <expat.h>

#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "base/text.hpp"

namespace xes::wire {
namespace {

constexpr XML_Char separator = '\x1F';  // cannot stand in XML, so in no name or namespace either

XmlName split(const XML_Char* name) {
  const XML_Char* end = std::strchr(name, separator);
  if (!end) return {{}, name};
  return {{name, static_cast<std::size_t>(end - name)}, end + 1};
}

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

class Reader {
 public:
  explicit Reader(XmlVisitor& visitor) : visitor_(visitor), parser_(XML_ParserCreateNS("UTF-8", separator)) {}

  Result<void> run(std::string_view xml);

 private:
  void set_handlers();
  void start(const XML_Char* name, const XML_Char** attributes);
  void stop(Error error, std::string reason);

  /// expat is C: nothing may be thrown through it. It may call on for a little after it was stopped.
  template <class Body>
  static void guarded(void* self, Body body) noexcept {
    auto& reader = *static_cast<Reader*>(self);
    if (reader.failure_) return;
    try {
      body(reader);
    } catch (const std::exception&) {
      reader.stop(Error::unavailable, "no memory");  // short enough to need none
    }
  }

  XmlVisitor& visitor_;
  std::unique_ptr<XML_ParserStruct, FreeParser> parser_;
  std::vector<XmlAttribute> attributes_;
  std::size_t depth_ = 0;
  std::optional<Failure> failure_;
};

Result<void> Reader::run(std::string_view xml) {
  if (!parser_) return fail(Error::unavailable, "no memory");
  set_handlers();
  // The bound keeps the length within an int.
  const XML_Status status = XML_Parse(parser_.get(), xml.data(), static_cast<int>(xml.size()), 1);
  if (failure_) return tl::unexpected<Failure>(*failure_);
  if (status != XML_STATUS_OK) return fail(Error::malformed, XML_ErrorString(XML_GetErrorCode(parser_.get())));
  return {};
}

void Reader::set_handlers() {
  XML_Parser p = parser_.get();
  XML_SetUserData(p, this);
  XML_SetElementHandler(
      p,
      [](void* self, const XML_Char* name, const XML_Char** attributes) {
        guarded(self, [&](Reader& r) { r.start(name, attributes); });
      },
      [](void* self, const XML_Char*) {
        guarded(self, [](Reader& r) {
          --r.depth_;
          r.visitor_.end_element();
        });
      });
  XML_SetCharacterDataHandler(p, [](void* self, const XML_Char* text, int length) {
    guarded(self, [&](Reader& r) { r.visitor_.text({text, static_cast<std::size_t>(length)}); });
  });
  XML_SetStartDoctypeDeclHandler(p, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    guarded(self, [](Reader& r) { r.stop(Error::malformed, "it has a DTD"); });
  });
  XML_SetXmlDeclHandler(p, [](void* self, const XML_Char*, const XML_Char*, int) {
    guarded(self, [](Reader& r) { r.stop(Error::malformed, "it has an XML declaration"); });
  });
}

void Reader::start(const XML_Char* name, const XML_Char** attributes) {
  if (++depth_ > max_element_depth) return stop(Error::too_large, "its elements are nested too deep");
  attributes_.clear();
  for (; *attributes; attributes += 2) attributes_.push_back({split(attributes[0]), attributes[1]});
  if (!visitor_.start_element(split(name), attributes_)) stop(Error::refused, "it is not what was wanted");
}

void Reader::stop(Error error, std::string reason) {
  failure_ = Failure{error, std::move(reason)};
  XML_StopParser(parser_.get(), XML_FALSE);
}

}  // namespace

std::string_view attribute(std::span<const XmlAttribute> attributes, std::string_view local_name) {
  for (const XmlAttribute& a : attributes)
    if (a.name == XmlName{{}, local_name}) return a.value;
  return {};
}

Result<void> read_element(std::string_view xml, XmlVisitor& visitor) {
  if (xml.size() > max_element_bytes) return fail(Error::too_large, "it is too long");
  // expat would also take UTF-16, as it shows in the first bytes.
  if (!is_xml_text(xml)) return fail(Error::malformed, "it is not XML in UTF-8");
  return Reader(visitor).run(xml);
}

bool is_element(std::string_view xml) {
  class : public XmlVisitor {
    bool start_element(const XmlName&, std::span<const XmlAttribute>) override { return true; }
    void text(std::string_view) override {}
    void end_element() override {}
  } all;
  return read_element(xml, all).has_value();
}

}  // namespace xes::wire
