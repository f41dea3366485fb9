// SPDX-License-Identifier: MIT
// Reads a stream the way remy/polyfills' EventSource.js (2013) does, which is not on npm: at every
// readystatechange what is new in responseText is split into lines, and nothing is kept for the next one. So an event
// that comes in two reads is lost, and white space around a line is.
export class ResponseTextReader {
  readyState = 0;
  #listeners = {};
  #last_event_id = null;
  #wait = 500;

  constructor(url) {
    this.url = url;
    this.#poll();
  }

  addEventListener(type, listener) { (this.#listeners[type] ??= []).push(listener); }

  #fire(type, event) {
    for (const listener of this.#listeners[type] ?? []) listener(event);
    this[`on${type}`]?.(event);
  }

  #poll() {
    const request = new XMLHttpRequest();
    request.open("GET", this.url);
    request.setRequestHeader("Accept", "text/event-stream");
    request.setRequestHeader("Cache-Control", "no-cache");
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    if (this.#last_event_id !== null) request.setRequestHeader("Last-Event-ID", this.#last_event_id);
    let seen = 0;
    request.onreadystatechange = () => {
      if (request.readyState === 3 || (request.readyState === 4 && request.status === 200)) {
        if (this.readyState === 0) {
          this.readyState = 1;
          this.#fire("open", { type: "open" });
        }
        const text = request.responseText;
        this.#read(text.slice(seen));
        seen = text.length;
      } else if (request.readyState === 4) {
        this.readyState = 0;
        this.#fire("error", { type: "error" });
      }
      if (request.readyState === 4) setTimeout(() => this.#poll(), this.#wait);
    };
    request.send();
  }

  #read(text) {
    let type = "message", data = [];
    for (const line of text.split("\n").map((one) => one.trim())) {
      const value = (field) => line.slice(field.length).replace(/^:?\s*/, "");
      if (line.startsWith("event")) type = value("event");
      else if (line.startsWith("retry")) this.#wait = Number.parseInt(value("retry")) || this.#wait;
      else if (line.startsWith("data")) data.push(value("data"));
      else if (line.startsWith("id")) this.#last_event_id = value("id") || null;
      else if (line === "" && data.length) {
        this.#fire(type, { type, data: data.join("\n"), lastEventId: this.#last_event_id ?? "" });
        type = "message", data = [];
      }
    }
  }
}
