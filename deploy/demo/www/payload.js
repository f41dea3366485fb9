// SPDX-License-Identifier: MIT
// From an event's data to a value that a view can show: {kind: "atom" | "json" | "xml" | "text", …}.

import { attribute, decoded, elements, parse, words } from "./xml.js";

const ATOM = "http://www.w3.org/2005/Atom";

export function read(data) {
  const text = data.trim();
  if (text.startsWith("<")) {
    const root = parse(text);
    if (root) return atom(root) ?? { kind: "xml", root };
  }
  if (/^[[{"]/.test(text)) {
    try {
      return { kind: "json", value: JSON.parse(text) };
    } catch { /* it only looks like it */ }
  }
  return { kind: "text", text: data };
}

/** An Atom entry (RFC 4287), bare or within the <item> that `view = "item"` sends; null if it is none. */
function atom(root) {
  const entry = root.local === "item" ? elements(root)[0] : root;
  if (entry?.local !== "entry" || entry.namespace !== ATOM) return null;
  return {
    kind: "atom",
    title: construct(child(entry, "title")) || "(no title)",
    link: link(entry),
    author: construct(child(child(entry, "author"), "name")),
    time: time(construct(child(entry, "updated")) || construct(child(entry, "published"))),
    summary: construct(child(entry, "summary")) || construct(child(entry, "content")),
  };
}

const children = (element, name) => elements(element).filter((one) => one.local === name && one.namespace === ATOM);
const child = (element, name) => element && children(element, name)[0];

/** The words of an Atom text construct: plain, XHTML (its text), or escaped HTML (without its tags). */
function construct(element) {
  if (!element) return "";
  const text = words(element);
  return (attribute(element, "type") === "html" ? without_tags(text) : text).replace(/\s+/g, " ").trim();
}

function without_tags(html) {
  return decoded(html.replace(/<[^>]*>/g, " ").replaceAll("&nbsp;", " "));
}

/** The entry's page, if it is one: a javascript: address from a feed must not become a link. */
function link(entry) {
  const page = children(entry, "link").find((one) => (attribute(one, "rel") ?? "alternate") === "alternate");
  const href = page && attribute(page, "href");
  return href && URL.canParse(href) && /^https?:$/.test(new URL(href).protocol) ? href : null;
}

function time(text) {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at;
}
