// SPDX-License-Identifier: MIT
// node.mjs CLIENT URL: reads the stream with that client and prints a line of JSON for all that it fires.
const [client, url] = process.argv.slice(2);
const report = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const types = ["message", "reset", "status", "retract", "purge", "delete", "node"];

function listen(source) {
  source.onopen = () => report({ opened: 0 });
  source.onerror = () => report({ error: 0, closed: source.readyState === 2 });
  for (const type of types)
    source.addEventListener(type, (event) => report({ type, data: event.data, id: event.lastEventId }));
}

const clients = {
  async "eventsource 2"() {
    const { default: EventSource } = await import("eventsource-2");
    listen(new EventSource(url));
  },
  async "eventsource 3"() {
    const { EventSource } = await import("eventsource");
    listen(new EventSource(url));
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
