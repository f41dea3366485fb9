// SPDX-License-Identifier: MIT
// What a publisher's payload reaches: the Atom reader, and every document that is made of it.
#include <nlohmann/json.hpp>
#include <string>

#include "fuzz.hpp"
#include "wire/atom.hpp"
#include "wire/feed_document.hpp"
#include "wire/link.hpp"
#include "wire/xml_reader.hpp"

using namespace xes;
using namespace xes::wire;

namespace {

void check_line(const std::string& json) {
  check(json.find_first_of("\r\n") == json.npos);
  check(nlohmann::json::accept(json));
}

void check_documents(const ItemView& item) {
  std::string view;
  append_atom_view(view, item);
  check_line(view);

  const ItemView items[] = {item, item};
  const FeedHead head{.title = item.payload, .page_url = item.id, .feed_url = item.id, .author = item.node, .time = item.id};
  std::string json;
  append_json_feed(json, head, items);
  check_line(json);

  std::string atom;
  append_atom_feed(atom, head, items);
  const Result<void> read = [&] {
    class : public XmlVisitor {
      bool start_element(const XmlName&, std::span<const XmlAttribute>) override { return true; }
      void text(std::string_view) override {}
      void end_element() override {}
    } all;
    return read_element(std::string_view(atom).substr(atom.find('\n') + 1), all);
  }();
  // An embedded payload stands a few elements deeper than alone.
  check(read || read.error().error == Error::too_large);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = text_of(data, size);
  check_documents({.service = "s", .node = "n", .id = "i", .payload = input});
  check_documents({.service = input, .node = input, .id = input, .publisher = input, .published = input, .payload = input});

  // Most inputs are no entry: let them be its content.
  const std::string entry = "<entry xmlns='http://www.w3.org/2005/Atom'>" + std::string(input) + "</entry>";
  check_documents({.service = "s", .node = "n", .id = "i", .payload = entry});
  if (const auto read = read_atom_entry(entry)) {
    const std::string scheme = link_scheme(read->link);
    check(scheme.empty() || scheme == "http" || scheme == "https" || scheme == "xmpp");
    check(link_scheme(resolve_link("", read->link)) == scheme);  // what a browser makes of it
  }
  return 0;
}
