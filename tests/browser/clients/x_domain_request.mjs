// SPDX-License-Identifier: MIT
/** Internet Explorer's XDomainRequest as far as streams go: no headers of the page's, and no progress before 2 KiB came. */
export const make_x_domain_request = (fetch) => class XDomainRequest {
  responseText = "";
  #abort = new AbortController();
  #url;

  open(_, url) { this.#url = url; }
  abort() { this.#abort.abort(); }

  async send() {
    try {
      const response = await fetch(this.#url, { signal: this.#abort.signal, cache: "no-store" });
      if (!response.ok) throw new Error();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        this.responseText += part.value;
        if (this.responseText.length >= 2048) this.onprogress();
      }
      this.onload();
    } catch {
      if (!this.#abort.signal.aborted) this.onerror();
    }
  }
};
