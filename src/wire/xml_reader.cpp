// SPDX-License-Identifier: MIT
#include "wire/xml_reader.hpp"

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "wire/xml_parser.hpp"

namespace xes::wire {
namespace {

class Reader final : XmlParser::Handler {
 public:
  /// What is read is bounded, and so what expat holds of it.
  explicit Reader(XmlVisitor& visitor)
      : visitor_(visitor),
        parser_(*this, {.max_memory_bytes = XmlParser::no_memory_bound, .takes_xml_declaration = false}) {}

  Result<void> run(std::string_view xml);

 private:
  void start_element(const XmlName& name, std::span<const XmlAttribute> attributes) override;
  void end_element() override;
  void text(std::string_view characters) override { visitor_.text(characters); }
  void stop(Error error, std::string reason);

  XmlVisitor& visitor_;
  XmlParser parser_;
  std::size_t depth_ = 0;
  std::optional<Failure> failure_;
};

Result<void> Reader::run(std::string_view xml) {
  switch (parser_.parse_last(xml)) {
    case XmlParser::Outcome::parsed: return {};
    case XmlParser::Outcome::stopped: return tl::unexpected<Failure>(*failure_);
    case XmlParser::Outcome::no_memory: return fail(Error::unavailable, "no memory");
    case XmlParser::Outcome::misnamed:
    case XmlParser::Outcome::malformed: break;
  }
  return fail(Error::malformed, parser_.reason());
}

void Reader::start_element(const XmlName& name, std::span<const XmlAttribute> attributes) {
  if (++depth_ > max_element_depth) return stop(Error::too_large, "its elements are nested too deeply");
  if (!visitor_.start_element(name, attributes)) stop(Error::refused, "it is not the expected element");
}

void Reader::end_element() {
  --depth_;
  visitor_.end_element();
}

void Reader::stop(Error error, std::string reason) {
  failure_ = Failure{error, std::move(reason)};
  parser_.stop();
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
  try {
    return Reader(visitor).run(xml);
  } catch (const std::exception&) {
    return fail(Error::unavailable, "no memory");  // short enough to need none
  }
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
