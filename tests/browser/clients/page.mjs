// SPDX-License-Identifier: MIT
// Each client as a page would use it; all that it fires is reported. What old browsers lack is taken away before a
// polyfill is loaded, so that it does what it would do there.
import { listen } from "./listen.mjs";
import { make_x_domain_request } from "./x_domain_request.mjs";

const modules = "/node_modules/";

const load = (path) => new Promise((loaded, failed) => {
  document.head.append(Object.assign(document.createElement("script"), { src: modules + path, onload: loaded, onerror: failed }));
});

const clients = {
  "EventSource": (url) => listen(new EventSource(url), report),

  async "event-source-polyfill"(url) {
    delete window.EventSource;
    await load("event-source-polyfill/src/eventsource.js");
    listen(new EventSource(url), report);
  },

  async "event-source-polyfill without fetch"(url) {
    delete window.EventSource;
    delete window.fetch;
    delete XMLHttpRequestEventTarget.prototype.ontimeout;  // what it tells browsers by that hold back the first 2 KiB
    await load("event-source-polyfill/src/eventsource.js");
    listen(new EventSource(url), report);
  },

  async "eventsource-polyfill"(url) {
    delete window.EventSource;
    await load("eventsource-polyfill/dist/eventsource.js");
    listen(new EventSource(url), report);
  },

  async "eventsource-polyfill in IE 9"(url) {
    delete window.EventSource;
    delete XMLHttpRequest.prototype.responseType;
    window.XDomainRequest = make_x_domain_request(window.fetch.bind(window));
    await load("eventsource-polyfill/dist/eventsource.js");
    listen(new EventSource(url), report);
  },

  async "reader of responseText"(url) {
    const { ResponseTextReader } = await import("./response_text_reader.mjs");
    listen(new ResponseTextReader(url), report);
  },

  async "reconnecting-eventsource"(url) {
    const { default: ReconnectingEventSource } =
      await import(modules + "reconnecting-eventsource/build/esm/reconnecting-eventsource.js");
    listen(new ReconnectingEventSource(url, { max_retry_time: 1000 }), report);
  },

  async "fetch-event-source"(url) {
    const { fetchEventSource } = await import(modules + "@microsoft/fetch-event-source/lib/esm/index.js");
    const { read } = await import("./fetch_event_source.mjs");
    read(fetchEventSource, url, report);
  },
};

const asked = new URL(location).searchParams;
await clients[asked.get("client")](asked.get("url"));
