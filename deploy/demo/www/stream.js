// SPDX-License-Identifier: MIT
// One EventSource and what a person wants to know about it.

/** Events of the worker that have a name, and so never reach `onmessage`. */
const NAMED = ["retract", "purge", "delete", "reset", "status"];

/** The address of a node's stream: slashes stay readable, everything else is percent-encoded once. */
export function address(node) {
  const whole = encodeURIComponent(node);
  // A browser resolves dot segments before it asks; hidden in %2F they are part of one segment and stay.
  return "/eventsource/" + (/(^|\/)\.{1,2}(\/|$)/.test(node) ? whole : whole.replaceAll("%2F", "/"));
}

export class EventStream {
  /** Calls `on_state(state, reason)` (connecting, open, reconnecting, refused) and `on_event({name, data, id})`. */
  constructor(node, { on_state, on_event }) {
    this.url = address(node);
    this.reconnects = 0;
    this.on_state = on_state;
    this.abort = new AbortController();
    this.source = new EventSource(this.url);
    on_state("connecting");
    this.source.onopen = () => on_state("open");
    this.source.onerror = () => this.failed();
    const pass = (event) => on_event({ name: event.type, data: event.data, id: event.lastEventId });
    for (const name of ["message", ...NAMED]) this.source.addEventListener(name, pass);
  }

  close() {
    this.source.close();
    this.abort.abort();
  }

  failed() {
    if (this.source.readyState === EventSource.CONNECTING) {
      this.reconnects += 1; // the browser does it by itself, with the last event ID
      this.on_state("reconnecting");
    } else {
      this.explain();
    }
  }

  /** A status other than 200 ends an EventSource for good, and it does not tell which. So ask once more. */
  async explain() {
    let reason = "this is not an event stream";
    try {
      const answer = await fetch(this.url, { signal: this.abort.signal });
      if (!answer.ok) reason = `${answer.status}: ${(await answer.text()).trim().slice(0, 300)}`;
    } catch {
      if (this.abort.signal.aborted) return; // closed meanwhile: nobody asks any more
    }
    this.close(); // of a stream that is fine this time
    this.on_state("refused", reason);
  }
}
