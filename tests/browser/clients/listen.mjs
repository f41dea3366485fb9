// SPDX-License-Identifier: MIT
/** Events that the worker sends; an EventSource fires only those that somebody listens to. */
const types = ["message", "reset", "status", "retract", "purge", "delete", "node"];

/** Reports all that an EventSource fires, in a page and in Node.js. */
export function listen(source, report) {
  source.onopen = () => report({ opened: 0 });
  source.onerror = () => report({ error: 0, closed: source.readyState === 2 });
  for (const type of types)
    source.addEventListener(type, (event) => report({ type, data: event.data, id: event.lastEventId }));
}
