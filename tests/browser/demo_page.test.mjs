// SPDX-License-Identifier: MIT
// The demo's page in a real Chromium, against a demo that runs: DEMO_URL=https://127.0.0.1:8443/ node --test demo_page.test.mjs
// What depends on chance or malice (a retraction, a hostile entry, a refusal) is put into the stream by the browser's
// own request routing; what shows that items arrive comes from the demo itself.

import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, it } from "node:test";
import { chromium } from "playwright-core";

const url = process.env.DEMO_URL;
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const patience = { timeout: 30_000 };

let browser, context, page, said;

/** Opens the page; with an `answer`, that is what the node's stream gets instead of the demo's, from then on. */
async function open(node, { answer, ...options } = {}) {
  context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  page = await context.newPage();
  said = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(String(error)));
  if (answer) {
    await page.route(`**/eventsource/${node}`, (route) =>
      route.fulfill({ status: 200, contentType: "text/event-stream", ...answer }));
  }
  await page.goto(node ? `${url}#${new URLSearchParams({ node })}` : url);
}

const state_is = (state) => page.locator(`#state[data-state=${state}]`).waitFor(patience);
const first_item = () => page.locator("#items > li.item").first().waitFor(patience);

describe("the demo's page", { skip: url ? false : "DEMO_URL is not set" }, () => {
  before(async () => {
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  });
  after(() => browser?.close());
  beforeEach(() => { context = page = null; });
  afterEach(() => context?.close());

  it("opens its first node, shows readings as they come, and says nothing in the console", async () => {
    await open();
    await state_is("open");
    await page.locator("#items > li.item").nth(2).waitFor(patience);
    assert.match(await page.locator("#items pre").first().innerText(), /^\{\n {2}"/);
    assert.notEqual(await page.locator("#last-id").innerText(), "none yet");
    assert.equal(await page.locator("#reconnects").innerText(), "0");
    assert.ok(Number(await page.locator("#events").innerText()) >= 3);
    await page.locator("#rate-text", { hasText: /^[0-9.]+ a second/ }).waitFor(patience);
    assert.deepEqual(said, []);
  });

  it("shows an Atom entry as title, link, author, time and summary", async () => {
    await open("harbour/news");
    const article = page.locator("#items article").first();
    await article.waitFor(patience);
    assert.match(await article.locator("h3 a").getAttribute("href"), /^https:\/\/.*\/movements\/\d+$/);
    assert.ok(await article.locator("time[datetime]").innerText());
    assert.ok((await article.innerText()).split("\n").filter(Boolean).length >= 3);
    assert.deepEqual(said, []);
  });

  it("shows XML as indented text", async () => {
    await open("harbour/berths");
    await page.locator("#items pre").first().waitFor(patience);
    assert.match(await page.locator("#items pre").first().innerText(), /^<berth( quay="\d"| xmlns="[^"]+"){2}>\n {2}<vessel /);
    assert.deepEqual(said, []);
  });

  it("lets the keyboard pick a node, from the list and by name", async () => {
    await open();
    await state_is("open");
    await page.keyboard.press("Tab"); // the skip link
    await page.keyboard.press("Tab"); // the chosen node
    assert.equal(await page.evaluate(() => document.activeElement.value), "harbour/tide");
    const outline = await page.locator(".node:has(:focus-visible)").evaluate((label) => getComputedStyle(label).outlineStyle);
    assert.equal(outline, "solid");
    await page.keyboard.press("ArrowDown");
    await page.locator("#node-name", { hasText: "harbour/berths" }).waitFor(patience);
    await first_item();
    await page.keyboard.press("Tab");
    await page.keyboard.type("harbour/tide");
    await page.keyboard.press("Enter");
    await page.locator("#node-name", { hasText: "harbour/tide" }).waitFor(patience);
    await first_item();
    assert.deepEqual(said, []);
  });

  it("holds new events back while paused, and clears", async () => {
    await open();
    await first_item();
    await page.locator("#pause").click();
    const shown = await page.locator("#items > li").count();
    await page.locator("#pause", { hasText: "(2 new)" }).waitFor(patience);
    assert.equal(await page.locator("#items > li").count(), shown);
    await page.locator("#pause").click();
    assert.ok(await page.locator("#items > li").count() >= shown + 2);
    await page.locator("#pause").click();
    await page.locator("#clear").click();
    assert.equal(await page.locator("#items > li").count(), 0);
  });

  it("shows events that have a name, and that the stream is being opened again", async () => {
    await open("names", { answer: { body: [
      "retry: 60000\n\n",
      "id: r1\nevent: retract\ndata: {\"node\":\"names\",\"id\":\"quay-<b>1\"}\n\n",
      "event: purge\ndata: {\"node\":\"names\"}\n\n", "event: delete\ndata: {\"node\":\"names\"}\n\n",
      "event: reset\ndata: {}\n\n", "id: r5\nevent: status\ndata: away\n\n",
    ].join("") } });
    await state_is("reconnecting");
    const tags = await page.locator("#items .tag").allInnerTexts();
    assert.deepEqual(tags, ["status", "reset", "delete", "purge", "retract"]);
    assert.match(await page.locator("#items > li").last().innerText(), /quay-<b>1/);
    assert.equal(await page.locator("#last-id").innerText(), "r5");
    assert.equal(await page.locator("#reconnects").innerText(), "1");
  });

  it("takes nothing that is published for markup or for a script's address", async () => {
    const entry = (link, title) => "data: <entry xmlns='http://www.w3.org/2005/Atom'><id>x</id>" +
      `<title type='html'>${title}</title><link href="${link}"/></entry>\n\n`;
    await open("hostile", { answer: { body: "retry: 60000\n\n" +
      entry("javascript:document.title='taken'", "&lt;img src=x onerror=\"document.title='taken'\"&gt;Fish &amp;amp; ships") +
      "data: <img src='x' onerror='document.title=1'/>\n\n" +
      "data: {\"a\":\"<img src=x onerror=alert(1)>\"}\n\n" + "data: <b>not closed\n\n" } });
    await state_is("reconnecting");
    assert.equal(await page.locator("#items > li").count(), 4);
    assert.equal(await page.locator("#items img, #items b, #items a").count(), 0);
    assert.equal(await page.locator("#items h3").innerText(), "Fish & ships");
    assert.equal(await page.title(), "xmpp-eventsource: live items");
    assert.deepEqual(said, []);
  });

  it("keeps two hundred events", async () => {
    const body = Array.from({ length: 250 }, (_, i) => `id: n${i}\ndata: ${i}\n\n`).join("");
    await open("many", { answer: { body: `retry: 60000\n\n${body}` } });
    await state_is("reconnecting");
    assert.equal(await page.locator("#items > li").count(), 200);
    assert.equal(await page.locator("#items pre").first().innerText(), "249");
  });

  it("says why the server refuses a node", async () => {
    await open("closed", { answer: { status: 403, contentType: "text/plain", body: "the service does not let us read this node\n" } });
    await state_is("refused");
    assert.match(await page.locator("#notice").innerText(), /403: the service does not let us read this node/);
  });

  for (const scheme of ["light", "dark"]) {
    it(`fits a phone, and is readable in ${scheme}`, async () => {
      await open(null, { viewport: { width: 390, height: 844 }, colorScheme: scheme });
      await first_item();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
      const box = await page.locator("#items > li").first().boundingBox();
      assert.ok(box.y < 480, `the first item begins at ${box.y}`);
      const contrast = await page.evaluate(() => {
        const light = (color) => {
          const [r, g, b] = color.match(/[\d.]+/g).map((part) => part / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const panel = light(getComputedStyle(document.querySelector(".panel")).backgroundColor);
        return ["body", "h2", "#state", "#pause", ".kind", "#items .at", "#items .tag"].map((what) => {
          const text = light(getComputedStyle(document.querySelector(what)).color);
          return { what, ratio: (Math.max(text, panel) + 0.05) / (Math.min(text, panel) + 0.05) };
        });
      });
      for (const { what, ratio } of contrast) assert.ok(ratio >= 4.5, `${what} has a contrast of ${ratio.toFixed(1)}`);
    });
  }
});
