// SPDX-License-Identifier: MIT
/** What a user of @microsoft/fetch-event-source has to write, in a page and in Node.js, to get what EventSource does. */
export const read = (fetchEventSource, url, report) => fetchEventSource(url, {
  openWhenHidden: true,
  async onopen(response) {
    const good = response.status === 200 && response.headers.get("content-type").startsWith("text/event-stream");
    report({ opened: 0, closed: !good });
    if (!good) throw new Error(`${response.status}`);
  },
  onmessage(event) {
    if (event.event === "position") return;
    if (event.data) report({ type: event.event || "message", data: event.data, id: event.id });  // empty for a lone retry:
  },
  onclose() {
    throw new Error("it takes a stream's end for good otherwise");
  },
  onerror() {
    report({ error: 0 });  // returning nothing makes it come back after what `retry:` said
  },
});
