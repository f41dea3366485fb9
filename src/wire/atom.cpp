// SPDX-License-Identifier: MIT
#include "wire/atom.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"
#include "wire/json_text.hpp"
#include "wire/link.hpp"
#include "wire/xml.hpp"
#include "wire/xml_reader.hpp"
#include "wire/xml_text.hpp"

namespace xes::wire {
namespace {

constexpr std::string_view atom_ns = "http://www.w3.org/2005/Atom", xhtml_ns = "http://www.w3.org/1999/xhtml",
                           xml_ns = "http://www.w3.org/XML/1998/namespace";

using Attributes = std::span<const XmlAttribute>;

std::string_view xml_base(Attributes attributes) {
  for (const XmlAttribute& a : attributes)
    if (a.name == XmlName{xml_ns, "base"}) return a.value;
  return {};
}

void trim(std::string& text) {
  constexpr std::string_view space = " \t\r\n";
  text.erase(std::min(text.find_last_not_of(space) + 1, text.size()));
  text.erase(0, text.find_first_not_of(space));
}

/// How a text construct (§3.1) or content (§4.1.3) is to be read.
enum class TextType { text, html, xhtml, other };

TextType text_type(Attributes attributes) {
  std::string type = ascii_lower(attribute(attributes, "type"));
  type.resize(std::min(type.find(';'), type.size()));
  trim(type);
  if (type.empty() || type == "text") return TextType::text;
  if (type == "html" || type == "text/html") return TextType::html;
  if (type == "xhtml" || type == "application/xhtml+xml") return TextType::xhtml;
  return type.starts_with("text/") && type != "text/xml" ? TextType::text : TextType::other;
}

/// HTML §13.1.2: elements that have no end tag.
bool is_void(const XmlName& name) {
  constexpr std::array<std::string_view, 13> names = {"area",  "base", "br",   "col",    "embed", "hr", "img",
                                                      "input", "link", "meta", "source", "track", "wbr"};
  return name.ns == xhtml_ns && std::find(names.begin(), names.end(), name.local) != names.end();
}

/// Markup that both an XML and an HTML parser read. Only xml:lang is known to HTML of the attributes with a namespace.
void append_start_tag(std::string& out, const XmlName& name, Attributes attributes) {
  out += '<';
  out += name.local;
  for (const XmlAttribute& a : attributes) {
    if (a.name.ns.empty()) append_attribute(out, a.name.local, a.value);
    if (a.name == XmlName{xml_ns, "lang"} && attribute(attributes, "lang").empty())
      append_attribute(out, "lang", a.value);
  }
  out += is_void(name) ? "/>" : ">";
}

class EntryReader final : public XmlVisitor {
 public:
  bool start_element(const XmlName& name, Attributes attributes) override;
  void text(std::string_view characters) override;
  void end_element() override;

  AtomEntry take() { return std::move(entry_); }

 private:
  void start_child(const XmlName& name, Attributes attributes);
  void start_text(std::string& field, bool& is_html, Attributes attributes);
  void start_field(std::string& field);
  void start_in_markup(const XmlName& name, Attributes attributes);
  void link(Attributes attributes);

  AtomEntry entry_;
  std::string base_;
  std::size_t depth_ = 0;  ///< the entry is 1
  bool in_author_ = false;
  int link_rank_ = 0;

  std::string* field_ = nullptr;  ///< what is being read
  std::size_t field_depth_ = 0;   ///< of its element
  bool markup_ = false;           ///< its elements are to be written, too
  std::vector<std::string> end_tags_;
};

bool EntryReader::start_element(const XmlName& name, Attributes attributes) {
  ++depth_;
  if (depth_ == 1) {
    base_ = xml_base(attributes);
    return name == XmlName{atom_ns, "entry"};
  }
  if (field_) {
    if (markup_) start_in_markup(name, attributes);
  } else if (depth_ == 2 && name.ns == atom_ns) {
    start_child(name, attributes);
  } else if (depth_ == 3 && in_author_ && name == XmlName{atom_ns, "name"}) {
    start_field(entry_.author);
  }
  return true;
}

void EntryReader::start_child(const XmlName& name, Attributes attributes) {
  if (name.local == "id") start_field(entry_.id);
  if (name.local == "updated") start_field(entry_.updated);
  if (name.local == "published") start_field(entry_.published);
  if (name.local == "title") start_text(entry_.title, entry_.title_is_html, attributes);
  if (name.local == "summary") start_text(entry_.summary, entry_.summary_is_html, attributes);
  if (name.local == "content" && attribute(attributes, "src").empty())
    start_text(entry_.content, entry_.content_is_html, attributes);
  if (name.local == "link") link(attributes);
  if (name.local == "author") in_author_ = true;
}

void EntryReader::start_text(std::string& field, bool& is_html, Attributes attributes) {
  const TextType type = text_type(attributes);
  if (!field.empty() || type == TextType::other) return;
  is_html = type != TextType::text;
  markup_ = type == TextType::xhtml;
  start_field(field);
}

void EntryReader::start_field(std::string& field) {
  if (!field.empty()) return;
  field_ = &field;
  field_depth_ = depth_;
}

/// The <div/> right within the construct is not part of what it says (§3.1.1.3).
void EntryReader::start_in_markup(const XmlName& name, Attributes attributes) {
  if (depth_ == field_depth_ + 1 && name == XmlName{xhtml_ns, "div"}) {
    end_tags_.emplace_back();
    return;
  }
  append_start_tag(*field_, name, attributes);
  end_tags_.push_back(is_void(name) ? std::string() : "</" + std::string(name.local) + ">");
}

void EntryReader::text(std::string_view characters) {
  if (!field_) return;
  if (!markup_) {
    *field_ += characters;
  } else if (depth_ > field_depth_) {
    append_xml_text(*field_, characters);
  }
}

void EntryReader::end_element() {
  if (field_ && depth_ == field_depth_) {
    trim(*field_);
    field_ = nullptr;
    markup_ = false;
  } else if (field_ && markup_) {
    *field_ += end_tags_.back();
    end_tags_.pop_back();
  }
  if (depth_ == 2) in_author_ = false;
  --depth_;
}

void EntryReader::link(Attributes attributes) {
  const std::string_view rel = attribute(attributes, "rel");
  if (!rel.empty() && rel != "alternate" && rel != "http://www.iana.org/assignments/relation/alternate") return;
  if (attribute(attributes, "href").empty()) return;
  std::string url = resolve_link(resolve_link(base_, xml_base(attributes)), attribute(attributes, "href"));
  const std::string scheme = link_scheme(url);
  const int rank = scheme == "http" || scheme == "https" ? 3 : scheme.empty() ? 2 : scheme == "xmpp" ? 1 : 0;
  if (rank <= link_rank_ || url.empty()) return;
  link_rank_ = rank;
  entry_.link = std::move(url);
}

void append_if_any(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) append_json_member(out, name, value);
}

void append_text(std::string& out, std::string_view name, std::string_view value, bool is_html) {
  append_if_any(out, name, value);
  if (!value.empty() && is_html) append_json_member(out, std::string(name) + "_type", "html");
}

}  // namespace

std::optional<AtomEntry> read_atom_entry(std::string_view xml) {
  EntryReader reader;
  if (!read_element(xml, reader)) return std::nullopt;
  return reader.take();
}

bool is_atom_date(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto has_form = [&](std::string_view part, std::string_view as) {
    return part.size() == as.size() && std::equal(part.begin(), part.end(), as.begin(), [&](char c, char f) {
             return f == 'd' ? is_digit(c) : c == f;
           });
  };
  const auto number = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  if (!has_form(text.substr(0, form.size()), form)) return false;
  const int year = number(0) * 100 + number(2), month = number(5), day = number(8);
  if (month < 1 || month > 12) return false;
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (day < 1 || day > days[static_cast<std::size_t>(month) - 1] + (leap && month == 2 ? 1 : 0)) return false;
  if (number(11) > 23 || number(14) > 59 || number(17) > 60) return false;

  text.remove_prefix(form.size());
  if (text.starts_with('.')) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    if (end == 1) return false;
    text.remove_prefix(end);
  }
  if (text == "Z") return true;
  return (has_form(text, "+dd:dd") || has_form(text, "-dd:dd")) && number(1) < 24 && number(4) < 60;
}

void append_atom_json(std::string& out, const ItemView& item, const AtomEntry& entry) {
  out += '{';
  append_item_members(out, item);
  append_if_any(out, "published", entry.published.empty() ? item.published : std::string_view(entry.published));
  append_if_any(out, "updated", entry.updated);
  append_if_any(out, "atom_id", entry.id);
  append_text(out, "title", entry.title, entry.title_is_html);
  append_if_any(out, "link", entry.link);
  append_if_any(out, "author", entry.author);
  append_text(out, "summary", entry.summary, entry.summary_is_html);
  append_text(out, "content", entry.content, entry.content_is_html);
  out += '}';
}

void append_atom_view(std::string& out, const ItemView& item) {
  if (const auto entry = read_atom_entry(item.payload)) return append_atom_json(out, item, *entry);
  append_item_json(out, item);
}

}  // namespace xes::wire
