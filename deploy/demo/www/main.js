// SPDX-License-Identifier: MIT
// The page: which node, what its stream says, and the list of what came.

import { EventStream } from "./stream.js";
import { RatePlot } from "./rate_plot.js";
import { view } from "./views.js";

const KEPT = 200; // events in the list, and as many held back while it is paused
const TELL_EVERY_MS = 10_000; // how often a screen reader hears of new items

const at = (id) => document.getElementById(id);
const radios = [...document.querySelectorAll("input[name=node]")];
const plot = new RatePlot(at("plot"), at("rate-top"), at("rate-text"));

let stream = null;
let events = 0;
let held = null; // what came while paused, oldest first; null: not paused
let untold = 0, told = 0;

// --- the node: in the address, so that a reload or a bookmark finds it again

function node_in_address() {
  return new URLSearchParams(location.hash.slice(1)).get("node");
}

function go_to(node) {
  location.hash = new URLSearchParams({ node }).toString();
}

function open_node(node) {
  stream?.close();
  events = 0;
  resume();
  clear();
  plot.restart();
  const listed = radios.find((radio) => radio.value === node);
  for (const radio of radios) radio.checked = radio === listed;
  at("other").value = listed ? "" : node;
  at("node-name").textContent = node;
  at("events").textContent = at("reconnects").textContent = "0";
  at("last-id").textContent = "none yet";
  stream = new EventStream(node, { on_state: show_state, on_event: take });
  at("address").textContent = stream.url;
}

// --- the stream's state

function show_state(state, reason) {
  at("state").dataset.state = state;
  at("state-text").textContent = state;
  at("reconnects").textContent = String(stream?.reconnects ?? 0);
  at("notice").hidden = state !== "refused";
  at("notice").textContent = reason ? `The server refused this node. ${reason}` : "";
  at("empty").textContent = state === "refused" ? "Pick a node to go on." : "Waiting for the first item.";
}

// --- its events

function take(event) {
  events += 1;
  plot.count();
  at("events").textContent = events.toLocaleString();
  if (event.id) at("last-id").textContent = at("last-id").title = event.id;
  const shown = view(event);
  if (held) {
    held.push(shown.li);
    if (held.length > KEPT) held.shift();
    label_pause();
  } else {
    add(shown.li);
  }
  tell(shown.words);
}

function add(li) {
  const list = at("items");
  list.prepend(li);
  while (list.children.length > KEPT) list.lastElementChild.remove();
  show_list();
}

function show_list() {
  const count = at("items").children.length;
  at("empty").hidden = count > 0;
  at("bound").hidden = count < KEPT;
  at("bound").textContent = `The newest ${KEPT} events are kept.`;
}

/** Polite, and seldom: a reader that speaks every reading of a gauge would never fall silent. */
function tell(words) {
  untold += 1;
  if (performance.now() - told < TELL_EVERY_MS) return;
  at("heard").textContent = `${untold} new ${untold === 1 ? "event" : "events"}${words ? `, newest: ${words}` : ""}`;
  told = performance.now();
  untold = 0;
}

// --- buttons and fields

function label_pause() {
  const waiting = held?.length ? ` (${held.length} new)` : "";
  at("pause").textContent = held ? `Resume${waiting}` : "Pause";
}

function resume() {
  for (const li of held ?? []) add(li);
  held = null;
  label_pause();
}

function clear() {
  at("items").replaceChildren();
  if (held) held = [];
  label_pause();
  show_list();
}

at("pause").addEventListener("click", () => {
  if (held) return resume();
  held = [];
  label_pause();
});
at("clear").addEventListener("click", clear);
at("nodes").addEventListener("change", (event) => go_to(event.target.value));
at("picker").addEventListener("submit", (event) => {
  event.preventDefault();
  const node = at("other").value;
  if (!node) return at("other").focus();
  if (node === node_in_address()) return open_node(node); // once more, after a refusal
  go_to(node);
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the fragment of the address is the node's
  at("items").focus();
});
addEventListener("hashchange", () => open_node(node_in_address() || radios[0].value));

open_node(node_in_address() || radios[0].value);
