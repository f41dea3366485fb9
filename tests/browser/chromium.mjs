// SPDX-License-Identifier: MIT
// chromium.mjs URL PROFILE-FOLDER [HOST-RULES]: opens the page in Debian's Chromium and prints a line of JSON for all that
// the page reports, and for all that its console says. Ends with SIGTERM. With CREDENTIALS=NAME:PASSWORD in the
// environment, that is what the browser answers where it is asked for a password.
import { chromium } from "playwright-core";

const [url, profile, rules] = process.argv.slice(2);
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  ignoreHTTPSErrors: true,
  ...(process.env.CREDENTIALS && {
    httpCredentials: { username: process.env.CREDENTIALS.split(":")[0], password: process.env.CREDENTIALS.split(":")[1] },
  }),
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", ...(rules ? [`--host-resolver-rules=${rules}`] : [])],
});
process.on("SIGTERM", async () => {
  await browser.close();
  process.exit(0);
});
const page = browser.pages()[0] ?? (await browser.newPage());
page.on("console", (message) => say({ console: `${message.type()}: ${message.text()}` }));
page.on("pageerror", (error) => say({ console: `uncaught: ${error.message}` }));
page.on("response", async (response) => {
  if (response.url().includes("/eventsource/")) say({ status: response.status(), url: response.url() });
});
await page.exposeFunction("report", say);
await page.goto(url);
say({ loaded: true });
