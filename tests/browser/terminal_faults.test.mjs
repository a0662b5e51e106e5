// What goes wrong around a terminal, and what an administrator does to it. It
// needs a server that does as it is told, so it always runs on the stand-in.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { codeOf, fits, logIn, onScreen, part, picture, ping, startBrowser, typePin } from "./browser.mjs";
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

const heard = (type) => server.control.log.filter((message) => message.type === type).length;

// Moves the page's clock, second by second, until what is awaited has come.
async function secondsUntil(what, most) {
  for (let seconds = 0; seconds <= most; seconds += 1) {
    if (await what()) {
      return seconds;
    }
    await page.clock.runFor(1000);
  }
  throw new Error(`not within ${most} s`);
}

async function openWithClock() {
  await page.clock.install();
  await page.goto(server.facts.terminalPage);
  await page.clock.runFor(2000);
}

test("a locked log-in takes the PIN pad away, counts down in silence, and says when it is over", async () => {
  await openWithClock();
  await logIn(page, server.facts);
  await page.clock.runFor(500);
  await onScreen(page, "pairing");
  await part(page, "options").click();
  await part(page, "log-out").click();
  await onScreen(page, "pin-pad");
  server.control.setLock({ waitSeconds: 75, pin: false });
  await typePin(page, "0000");
  await onScreen(page, "log-in");
  assert.equal(await part(page, "use-pin").count(), 0);
  await page.getByRole("alert").waitFor();
  const line = part(page, "lock");
  await page.clock.runFor(250);
  assert.match(await line.textContent(), /^Try again in 7[45] s$/);
  assert.equal(await line.getAttribute("aria-live"), "off");
  await part(page, "email").fill("someone@example.com");
  await page.clock.runFor(60_000);
  assert.match(await line.textContent(), /^Try again in 1[45] s$/);
  await page.clock.runFor(15_000);
  assert.equal(await line.textContent(), "You can try again now.");
  assert.equal(await line.getAttribute("aria-live"), null);
  assert.equal(await part(page, "email").inputValue(), "someone@example.com", "what was typed is gone");
  server.control.setLock(null);
  await logIn(page, server.facts);
  await onScreen(page, "pairing");
});

test("a PIN that may be tried again keeps its pad, with the countdown", async () => {
  await logIn(page, server.facts);
  await onScreen(page, "pairing");
  await part(page, "options").click();
  await part(page, "log-out").click();
  server.control.setLock({ waitSeconds: 7200, pin: true });
  await typePin(page, "0000");
  await part(page, "lock").waitFor();
  assert.equal(await part(page, "lock").textContent(), "Try again in 120 min");
  assert.equal(await part(page, "pin-key-5").count(), 1);
});

test("a server that says nothing is probed, left, and found again", async () => {
  await openWithClock();
  await logIn(page, server.facts);
  await page.clock.runFor(500);
  await onScreen(page, "pairing");
  await part(page, "continue").click();
  await onScreen(page, "ready");
  await page.clock.runFor(21_000);
  await secondsUntil(() => heard("probe") === 1, 3);
  await page.clock.runFor(16_000);
  await onScreen(page, "ready"); // it was answered
  server.control.setMute(true);
  const seconds = await secondsUntil(async () => (await page.locator('[data-screen="ready"]').count()) === 0, 40);
  assert.ok(seconds >= 15, `left after ${seconds} s`);
  server.control.setMute(false);
  await secondsUntil(async () => (await page.locator('[data-screen="ready"]').count()) === 1, 40);
});

test("a revoked terminal says so and asks for e-mail and password", async () => {
  await logIn(page, server.facts);
  await onScreen(page, "pairing");
  server.control.remove(await codeOf(page), "revoked");
  await onScreen(page, "revoked");
  await page.getByText("ended this terminal's registration").waitFor();
  await part(page, "connect").click();
  await onScreen(page, "log-in");
  assert.equal(server.control.log.findLast((message) => message.type === "hello").credential, null);
});

test("a terminal that was moved waits, comes back, and shows its new code", async () => {
  await openWithClock();
  await logIn(page, server.facts);
  await page.clock.runFor(500);
  await onScreen(page, "pairing");
  server.control.move(await codeOf(page), "ZZ23", 30_000);
  await onScreen(page, "not-connected");
  await page.getByText("This terminal has another code now.").waitFor();
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await page.clock.runFor(29_000);
  await onScreen(page, "not-connected");
  await page.clock.runFor(2000);
  await onScreen(page, "pairing");
  assert.equal(await codeOf(page), "ZZ23");
});

test("a locked log-in fits a screen of 800, with a long message and the way to the PIN", async () => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await logIn(page, server.facts);
  await onScreen(page, "pairing");
  await part(page, "options").click();
  await part(page, "log-out").click();
  await part(page, "use-email").click();
  const message = "Too many wrong log-ins for this e-mail. Wait until the time below is over.";
  server.control.setLock({ waitSeconds: 300, pin: true, message });
  await logIn(page, server.facts);
  await part(page, "lock").waitFor();
  await part(page, "use-pin").waitFor();
  await fits(page);
  await picture(page, "locked");
});
