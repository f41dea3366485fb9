// SPDX-License-Identifier: MIT
// XML to a small tree. Not DOMParser: what it makes of a malformed text, or of a style attribute in somebody's XHTML,
// carries inline styles, which the page's Content-Security-Policy then reports in the console.
//
// An element is {name, local, namespace, attributes: [[name, value]…], children: [element or string…]}.

const TOKEN = new RegExp([
  /<!--[^]*?-->|<\?[^]*?\?>/, // comments and processing instructions: passed over
  /<!\[CDATA\[(?<cdata>[^]*?)\]\]>/,
  /<\/(?<end>[^\s<>/]+)\s*>/,
  /<(?<start>[^\s<>/!?=]+)(?<attributes>(?:\s+[^\s<>/=]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/?)>/,
  /(?<text>[^<]+)/,
].map((part) => part.source).join("|"), "gy");
const ATTRIBUTE = /([^\s<>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'" };

const DEEPEST = 100; // elements within each other; deeper ones would need more stack than a browser has

/** The root element, or null where the text is not well-formed, or too deep. */
export function parse(text) {
  const top = { children: [], scope: { xml: "http://www.w3.org/XML/1998/namespace", "": null } };
  const open = [top];
  let read = 0;
  for (const { 0: whole, groups } of text.matchAll(TOKEN)) {
    read += whole.length;
    const parent = open.at(-1);
    if (groups.start) {
      const element = begin(groups, parent);
      parent.children.push(element);
      if (!groups.empty && open.push(element) > DEEPEST) return null;
    } else if (groups.end) {
      if (parent.name !== groups.end) return null;
      open.pop();
    } else if (groups.text || groups.cdata) {
      parent.children.push(groups.cdata ?? decoded(groups.text));
    }
  }
  const roots = top.children.filter((child) => typeof child !== "string" || child.trim());
  return read === text.length && open.length === 1 && roots.length === 1 && roots[0].name ? roots[0] : null;
}

function begin({ start, attributes }, parent) {
  const pairs = [...attributes.matchAll(ATTRIBUTE)].map(([, name, double, single]) => [name, decoded(double ?? single)]);
  const scope = { ...parent.scope };
  for (const [name, value] of pairs) {
    if (name === "xmlns") scope[""] = value || null;
    else if (name.startsWith("xmlns:")) scope[name.slice(6)] = value;
  }
  const colon = start.indexOf(":");
  const namespace = scope[start.slice(0, Math.max(colon, 0))] ?? null;
  return { name: start, local: start.slice(colon + 1), namespace, attributes: pairs, children: [], scope };
}

export function decoded(text) {
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : hex ? parseInt(hex, 16) : 0;
    if (code) return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    return ENTITIES[name] ?? whole;
  });
}

export const elements = (element) => element.children.filter((child) => typeof child !== "string");
export const attribute = (element, name) => element.attributes.find(([key]) => key === name)?.[1];
export const words = (node) => (typeof node === "string" ? node : node.children.map(words).join(""));

/** As text, an element a line; where text and elements are mixed, spaces mean something and none is added. */
export function indented(element, depth = 0) {
  const pad = "  ".repeat(depth);
  const inner = elements(element);
  const mixed = element.children.some((child) => typeof child === "string" && child.trim());
  if (mixed || inner.length === 0) return pad + written(element);
  return [`${pad}<${start(element)}>`, ...inner.map((one) => indented(one, depth + 1)), `${pad}</${element.name}>`].join("\n");
}

function written(node) {
  if (typeof node === "string") return escaped(node);
  if (node.children.length === 0) return `<${start(node)}/>`;
  return `<${start(node)}>${node.children.map(written).join("")}</${node.name}>`;
}

const start = ({ name, attributes }) => [name, ...attributes.map(([key, value]) => `${key}="${escaped(value).replaceAll("\"", "&quot;")}"`)].join(" ");
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
