// SPDX-License-Identifier: MIT
// node.mjs CLIENT URL: reads the stream with that client and prints a line of JSON for all that it fires.
import { listen } from "./listen.mjs";

const [client, url] = process.argv.slice(2);
const report = (line) => process.stdout.write(JSON.stringify(line) + "\n");

const clients = {
  async "eventsource 2"() {
    const { default: EventSource } = await import("eventsource-2");
    listen(new EventSource(url), report);
  },
  async "eventsource 3"() {
    const { EventSource } = await import("eventsource");
    listen(new EventSource(url), report);
  },
  async "fetch-event-source in Node.js"() {
    globalThis.window = globalThis;  // it is made for pages; this much of one is enough for it
    globalThis.document = { addEventListener() {}, removeEventListener() {}, hidden: false };
    const { default: { fetchEventSource } } = await import("@microsoft/fetch-event-source");
    const { read } = await import("./fetch_event_source.mjs");
    await read(fetchEventSource, url, report);
  },
};

await clients[client]();
