// SPDX-License-Identifier: MIT
#include "wire/feed_document.hpp"

#include <initializer_list>
#include <optional>

#include "wire/atom.hpp"
#include "wire/html_text.hpp"
#include "wire/json_text.hpp"
#include "wire/link.hpp"
#include "wire/xml.hpp"
#include "wire/xml_reader.hpp"
#include "wire/xml_text.hpp"

namespace xes::wire {
namespace {

/// The first that is a date.
std::string_view first_date(std::initializer_list<std::string_view> candidates) {
  for (const std::string_view date : candidates)
    if (is_atom_date(date)) return date;
  return {};
}

/// For a time that the caller should have given.
constexpr std::string_view unknown_time = "1970-01-01T00:00:00Z";

bool is_absolute(const std::string& url) { return !link_scheme(url).empty(); }

// --- JSON Feed

void append_if_any(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) append_json_member(out, name, value);
}

void append_authors(std::string& out, std::string_view name) {
  if (name.empty()) return;
  append_json_name(out, "authors");
  out += "[{";
  append_json_member(out, "name", name);
  out += "}]";
}

std::string plain(const std::string& text, bool is_html) { return is_html ? text_of_html(text) : text; }

void append_content(std::string& out, const AtomEntry& entry) {
  const bool from_content = !entry.content.empty(), from_summary = !from_content && !entry.summary.empty();
  const std::string& text = from_content ? entry.content : from_summary ? entry.summary : entry.title;
  const bool is_html = from_content   ? entry.content_is_html
                       : from_summary ? entry.summary_is_html
                                      : entry.title_is_html;
  append_json_member(out, is_html ? "content_html" : "content_text", text);
}

void append_json_feed_entry(std::string& out, const ItemView& item, const AtomEntry& entry) {
  append_json_member(out, "id", entry.id.empty() ? item_uri(item) : entry.id);
  if (is_absolute(entry.link)) append_json_member(out, "url", entry.link);
  append_if_any(out, "title", plain(entry.title, entry.title_is_html));
  append_content(out, entry);
  append_if_any(out, "summary", plain(entry.summary, entry.summary_is_html));
  append_if_any(out, "date_published", first_date({entry.published, item.published}));
  append_if_any(out, "date_modified", first_date({entry.updated}));
  append_authors(out, entry.author.empty() ? item.publisher : std::string_view(entry.author));
}

void append_json_feed_item(std::string& out, const ItemView& item) {
  if (const auto entry = read_atom_entry(item.payload)) return append_json_feed_entry(out, item, *entry);
  append_json_member(out, "id", item_uri(item));
  append_json_member(out, "content_text", item.text.value_or(item.payload));
  append_if_any(out, "date_published", first_date({item.published}));
  append_authors(out, item.publisher);
}

// --- Atom

/// Values are anybody's, names ours.
void append_safe_attribute(std::string& out, std::string_view name, std::string_view value) {
  append_attribute(out, name, as_xml_text(value));
}

void append_text_element(std::string& out, std::string_view name, std::string_view text) {
  out += '<';
  out += name;
  out += '>';
  append_xml_text(out, text);
  out += "</";
  out += name;
  out += '>';
}

void append_text_construct(std::string& out, std::string_view name, std::string_view text, bool is_html) {
  out += '<';
  out += name;
  append_attribute(out, "type", is_html ? "html" : "text");
  out += '>';
  append_xml_text(out, text);
  out += "</";
  out += name;
  out += '>';
}

void append_author(std::string& out, std::string_view name) {
  if (name.empty()) return;
  out += "<author>";
  append_text_element(out, "name", name);
  out += "</author>";
}

void append_link(std::string& out, std::string_view rel, std::string_view url) {
  out += "<link";
  append_attribute(out, "rel", rel);
  append_safe_attribute(out, "href", url);
  out += "/>";
}

std::string_view entry_time(const FeedHead& head, std::initializer_list<std::string_view> candidates) {
  const std::string_view own = first_date(candidates);
  return own.empty() ? first_date({head.time, unknown_time}) : own;
}

bool may_be_embedded(const ItemView& item, const AtomEntry& entry) {
  constexpr std::string_view start = "<entry";
  if (entry.id.empty() || entry.title.empty() || !is_atom_date(entry.updated)) return false;
  // Without a prefix it is in Atom's namespace only by declaring that for all within it.
  return item.payload.starts_with(start) && item.payload.size() > start.size() &&
         std::string_view(" \t\r\n").find(item.payload[start.size()]) != std::string_view::npos;
}

void append_written_entry(std::string& out, const FeedHead& head, const ItemView& item, const AtomEntry& entry) {
  out += "<entry>";
  append_text_element(out, "id", entry.id.empty() ? item_uri(item) : entry.id);
  const bool has_title = !entry.title.empty();
  append_text_construct(out, "title", has_title ? std::string_view(entry.title) : item.id, has_title && entry.title_is_html);
  append_text_element(out, "updated", entry_time(head, {entry.updated, entry.published, item.published}));
  if (is_atom_date(entry.published)) append_text_element(out, "published", entry.published);
  append_author(out, entry.author.empty() ? item.publisher : std::string_view(entry.author));
  if (is_absolute(entry.link)) append_link(out, "alternate", entry.link);
  if (!entry.summary.empty()) append_text_construct(out, "summary", entry.summary, entry.summary_is_html);
  // Required of an entry without a link (§4.1.2).
  append_text_construct(out, "content", entry.content, entry.content_is_html);
  out += "</entry>";
}

void append_payload_entry(std::string& out, const FeedHead& head, const ItemView& item) {
  out += "<entry>";
  append_text_element(out, "id", item_uri(item));
  append_text_construct(out, "title", item.id, false);
  append_text_element(out, "updated", entry_time(head, {item.published}));
  append_author(out, item.publisher);
  if (!item.text && is_element(item.payload)) {
    // Element by element as it is: without the feed's default namespace around it.
    out += "<atom:content xmlns='' type='application/xml'>";
    out += item.payload;
    out += "</atom:content>";
  } else {
    append_text_construct(out, "content", item.text.value_or(item.payload), false);
  }
  out += "</entry>";
}

}  // namespace

void append_json_feed(std::string& out, const FeedHead& head, std::span<const ItemView> items) {
  out += '{';
  append_json_member(out, "version", "https://jsonfeed.org/version/1.1");
  append_json_member(out, "title", head.title);
  append_if_any(out, "home_page_url", head.page_url);
  append_if_any(out, "feed_url", head.feed_url);
  append_authors(out, head.author);
  append_json_name(out, "items");
  out += '[';
  bool first = true;
  for (const ItemView& item : items) {
    out += first ? "{" : ",{";
    first = false;
    append_json_feed_item(out, item);
    out += '}';
  }
  out += "]}";
}

void append_atom_feed(std::string& out, const FeedHead& head, std::span<const ItemView> items) {
  std::string entries, newest;
  for (const ItemView& item : items) {
    const auto entry = read_atom_entry(item.payload);
    if (&item == &items.front()) newest = std::string(first_date({item.published, entry ? std::string_view(entry->updated) : std::string_view()}));
    if (!entry) {
      append_payload_entry(entries, head, item);
    } else if (may_be_embedded(item, *entry)) {
      entries += item.payload;
    } else {
      append_written_entry(entries, head, item, *entry);
    }
  }

  out += "<?xml version='1.0' encoding='UTF-8'?>\n"
         "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:atom='http://www.w3.org/2005/Atom'>";
  append_text_element(out, "id", head.feed_url);
  append_text_construct(out, "title", head.title, false);
  append_text_element(out, "updated", entry_time(head, {newest}));
  append_author(out, head.author.empty() ? head.title : head.author);
  append_link(out, "self", head.feed_url);
  if (!head.page_url.empty()) append_link(out, "alternate", head.page_url);
  out += entries;
  out += "</feed>";
}

}  // namespace xes::wire
