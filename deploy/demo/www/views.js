// SPDX-License-Identifier: MIT
// Events as elements. Text is only ever set as text, never parsed as HTML.

import { read } from "./payload.js";
import { indented } from "./xml.js";

const LONGEST = 20_000; // characters of one payload that are shown

const CONTROL = {
  retract: (what) => `Item ${what.id ?? ""} was retracted`,
  purge: () => "All items of the node were removed",
  delete: () => "The node was deleted",
  reset: () => "Some events are lost; what follows starts anew",
  status: () => "The stream’s state has changed",
};

/** The <li> of one event, and a short text for people who listen. */
export function view({ name, data, id }) {
  const li = make("li", { class: name === "message" ? "item" : `control ${name}` });
  const head = li.appendChild(make("div", { class: "head" }));
  head.append(make("time", { class: "at", datetime: new Date().toISOString() }, new Date().toLocaleTimeString()));
  if (name !== "message") {
    head.append(make("span", { class: "tag" }, name));
    const words = control(name, data);
    li.append(make("p", {}, words));
    return { li, words };
  }
  const payload = read(data);
  head.append(make("span", { class: "tag" }, payload.kind === "atom" ? "Atom" : payload.kind.toUpperCase()));
  if (id) head.append(make("span", { class: "id", title: `Event ID ${id}` }, id));
  li.append(payload.kind === "atom" ? entry(payload) : make("pre", {}, ...source(payload)));
  return { li, words: payload.title ?? "" };
}

function control(name, data) {
  let what = {};
  try {
    what = JSON.parse(data) ?? {};
  } catch { /* an event of its own making; its name says enough */ }
  const words = CONTROL[name](what);
  return name === "status" || name === "reset" ? `${words}${data ? `: ${data.slice(0, 300)}` : ""}` : words;
}

function entry({ title, link, author, time, summary }) {
  const article = make("article", {});
  const name = link ? make("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, title) : title;
  article.append(make("h3", {}, name));
  if (summary) article.append(make("p", {}, summary));
  const by = make("p", { class: "by" });
  if (author) by.append(make("span", {}, author));
  if (time) by.append(make("time", { datetime: time.toISOString() }, time.toLocaleString([], { dateStyle: "medium", timeStyle: "medium" })));
  if (by.childNodes.length) article.append(by);
  return article;
}

/** The nodes of a <pre>: coloured, or plain where it is long. */
function source(payload) {
  if (payload.kind === "json") return coloured(JSON.stringify(payload.value, null, 2), JSON_PARTS);
  if (payload.kind === "xml") return coloured(indented(payload.root), XML_PARTS);
  return shortened(payload.text);
}

const JSON_PARTS = [
  ["key", /"(?:[^"\\]|\\.)*"(?=:)/], ["string", /"(?:[^"\\]|\\.)*"/], ["number", /-?\d[\d.eE+-]*/], ["word", /\b(?:true|false|null)\b/],
];
const XML_PARTS = [["tag", /<\/?[^\s<>/]+|\/?>/], ["key", /[^\s=<>"]+(?==")/], ["string", /"[^"<]*"(?=[\s/>])/]];

function coloured(text, parts) {
  if (text.length > LONGEST) return shortened(text);
  const pattern = new RegExp(parts.map(([, part]) => `(${part.source})`).join("|"), "g");
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    nodes.push(text.slice(end, match.index));
    nodes.push(make("span", { class: parts[match.slice(1).findIndex((part) => part !== undefined)][0] }, match[0]));
    end = match.index + match[0].length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

function shortened(text) {
  return text.length > LONGEST ? [text.slice(0, LONGEST), `\n… and ${text.length - LONGEST} characters more`] : [text];
}

/** An element with attributes and children; strings become text. */
export function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
