// What goes wrong around a terminal, and what an administrator does to it. It
// needs a server that does as it is told, so it always runs on the stand-in.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { codeOf, logIn, onScreen, part, ping, startBrowser } from "./browser.mjs";
import { startMock } from "./mock_server.mjs";

let browser;
let server;
let context;
let page;

before(async () => { browser = await startBrowser(); });
after(async () => { await browser?.close(); });

beforeEach(async () => {
  server = await startMock();
  context = await browser.newContext();
  page = await context.newPage();
  await page.goto(server.facts.terminalPage);
});

afterEach(async () => {
  await context.close();
  await server.stop();
});

test("a server that stops and comes back finds the terminal ready again", async () => {
  await logIn(page, server.facts);
  await part(page, "continue").click();
  await onScreen(page, "ready");
  await server.control.goDown();
  await onScreen(page, "not-connected");
  await part(page, "retry").waitFor();
  await server.control.comeUp();
  await onScreen(page, "ready");
});

test("without API mode there is no code, and after it one log-in brings it", async () => {
  server.control.setApiMode(false);
  await logIn(page, server.facts);
  await onScreen(page, "api-mode-off");
  server.control.setApiMode(true);
  await page.getByText("API mode is on now").waitFor();
  await part(page, "log-in-again").click();
  await onScreen(page, "pin-pad");
  await page.keyboard.type(server.facts.pin);
  await page.keyboard.press("Enter");
  await onScreen(page, "pairing");
});

test("API mode switched off is said, and the code stays in sight", async () => {
  await logIn(page, server.facts);
  await onScreen(page, "pairing");
  const code = await codeOf(page);
  server.control.setApiMode(false);
  await onScreen(page, "api-mode-off");
  assert.equal(await codeOf(page), code);
  server.control.setApiMode(true);
  await onScreen(page, "pairing");
});

test("a removed terminal forgets its credential", async () => {
  await logIn(page, server.facts);
  await onScreen(page, "pairing");
  server.control.remove(await codeOf(page));
  await onScreen(page, "removed");
  await part(page, "connect").click();
  await onScreen(page, "log-in");
  assert.equal(server.control.log.findLast((message) => message.type === "hello").credential, null);
});

test("every ping of a burst of three is seen and answered", async () => {
  await logIn(page, server.facts);
  await onScreen(page, "pairing");
  const code = await codeOf(page);
  const all = await Promise.all(["one", "two", "three"].map((text) => ping(server.facts, code, text)));
  assert.deepEqual(all, [202, 202, 202]);
  assert.equal(await part(page, "ping-message").count(), 3);
});

test("sleep and power off say bye, a cut network does not", async () => {
  await logIn(page, server.facts);
  await onScreen(page, "pairing");
  const byes = () => server.control.log.filter((message) => message.type === "bye").map((message) => message.reason);
  await part(page, "bench-network").click();
  await onScreen(page, "not-connected");
  await part(page, "bench-network").click();
  await onScreen(page, "pairing");
  await part(page, "bench-sleep").click();
  await part(page, "bench-sleep").click();
  await onScreen(page, "pairing");
  assert.deepEqual(byes(), ["sleep"]);
  await part(page, "bench-power").click();
  await part(page, "bench-power").click();
  await onScreen(page, "pairing");
  assert.deepEqual(byes(), ["sleep", "power"]);
});
