// The Smart Terminal page in Chromium, against a server: what a person sees
// and what a point of sale is told. Each test is a terminal of its own.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { codeOf, logIn, onScreen, openHardware, part, ping, startBrowser, stored, typePin, watch } from "./browser.mjs";
import { startServer } from "./server.mjs";

let server;
let facts;
let browser;
let context;
let page;
let complaints;

before(async () => {
  server = await startServer();
  facts = server.facts;
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  complaints = [];
  context = await browser.newContext();
  page = await context.newPage();
  watch(page, complaints);
  await page.goto(facts.terminalPage);
});

afterEach(async () => {
  await context.close();
  assert.deepEqual(complaints, [], "the console has errors");
});

async function pair() {
  await logIn(page, facts);
  await onScreen(page, "pairing");
  return codeOf(page);
}

async function pairAndContinue() {
  const code = await pair();
  await part(page, "continue").click();
  await onScreen(page, "ready");
  return code;
}

test("a log-in by e-mail shows a device code", async () => {
  assert.match(await pair(), /^[A-Z0-9]{4}$/);
  assert.match(await part(page, "code").getAttribute("aria-label"), /: [A-Z0-9], [A-Z0-9], [A-Z0-9], [A-Z0-9]$/);
});

test("a wrong password says so and keeps the e-mail", async () => {
  await logIn(page, { ...facts, password: "wrong" });
  await page.getByRole("alert").waitFor();
  assert.equal(await part(page, "email").inputValue(), facts.email);
  assert.equal(await part(page, "password").inputValue(), "");
});

test("a ping is 202 and visible while the code is shown", async () => {
  const code = await pair();
  assert.equal(await ping(facts, code, "Hello till 3"), 202);
  assert.ok(await part(page, "ping").isVisible());
  assert.equal(await part(page, "ping-message").textContent(), "Hello till 3");
  await part(page, "ping").waitFor({ state: "detached", timeout: 9000 });
});

test("Continue leads to ready, and a ping without a message is shown there", async () => {
  const code = await pairAndContinue();
  assert.equal(await ping(facts, code), 202);
  assert.ok(await part(page, "ping").isVisible());
  await part(page, "ping").click();
  await part(page, "ping").waitFor({ state: "detached" });
});

test("a ping is shown over the Hardware Settings", async () => {
  const code = await pairAndContinue();
  await openHardware(page);
  assert.equal(await ping(facts, code, "Over the settings"), 202);
  assert.ok(await part(page, "ping-message").isVisible());
});

test("a ping counts in a tab that is hidden", async () => {
  const code = await pair();
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { get: () => true });
    window.requestAnimationFrame = () => 0;
  });
  assert.equal(await ping(facts, code), 202);
});

test("asleep it does not listen, awake it has the same code", async () => {
  const code = await pairAndContinue();
  await part(page, "bench-sleep").click();
  await onScreen(page, "sleep");
  assert.equal(await ping(facts, code), 409);
  await page.locator(".sleep").click();
  await onScreen(page, "ready");
  assert.equal(await codeOf(page), code);
  assert.equal(await ping(facts, code), 202);
});

test("power off and on keeps the log-in, and a reload while off stays off", async () => {
  const code = await pairAndContinue();
  await part(page, "bench-power").click();
  await onScreen(page, "off");
  assert.equal(await ping(facts, code), 409);
  await stored(page);
  await page.reload();
  await part(page, "bench-power").waitFor();
  await onScreen(page, "off");
  await part(page, "bench-power").click();
  await onScreen(page, "ready");
  assert.equal(await codeOf(page), code);
});

test("a reload while asleep stays asleep", async () => {
  await pair();
  await part(page, "bench-sleep").click();
  await stored(page);
  await page.reload();
  await onScreen(page, "sleep");
  await page.keyboard.press("a");
  await onScreen(page, "pairing");
});

test("without network it is not listening; with network it comes back by itself", async () => {
  const code = await pairAndContinue();
  await part(page, "bench-network").click();
  await onScreen(page, "not-connected");
  assert.equal(await part(page, "network-state").getAttribute("data-state"), "network_off");
  assert.equal(await ping(facts, code), 409);
  await part(page, "bench-network").click();
  await onScreen(page, "ready");
  assert.equal(await part(page, "network-state").getAttribute("data-state"), "connected");
  assert.equal(await ping(facts, code), 202);
});

test("a reload keeps serial number, code, log-in and Continue", async () => {
  const code = await pairAndContinue();
  await openHardware(page);
  const serial = await part(page, "hw-serial").textContent();
  assert.match(serial, /^TW-[A-Z2-9]{10}$/);
  await page.reload();
  await onScreen(page, "ready");
  await openHardware(page);
  assert.equal(await part(page, "hw-serial").textContent(), serial);
  assert.equal(await part(page, "hw-code").textContent(), code);
  assert.equal(await part(page, "hw-connection").textContent(), "Connected");
  assert.equal(await part(page, "hw-version").textContent(), "0.1.0");
});

test("after log-out the PIN is enough, and Continue is asked again", async () => {
  const code = await pairAndContinue();
  await part(page, "options").click();
  await part(page, "log-out").click();
  await onScreen(page, "pin-pad");
  assert.equal(await ping(facts, code), 409);
  await typePin(page, facts.pin);
  await onScreen(page, "pairing");
  assert.equal(await codeOf(page), code);
});

test("a wrong PIN says so, and the e-mail log-in is one tap away", async () => {
  await pair();
  await part(page, "options").click();
  await part(page, "log-out").click();
  await onScreen(page, "pin-pad");
  await typePin(page, facts.pin === "00000000" ? "11111111" : "00000000");
  await page.getByRole("alert").waitFor();
  await part(page, "use-email").click();
  await logIn(page, facts);
  await onScreen(page, "pairing");
});

test("two tabs are two terminals with two codes", async () => {
  const first = await pair();
  const other = await context.newPage();
  watch(other, complaints);
  await other.goto(facts.terminalPage);
  await logIn(other, facts);
  await onScreen(other, "pairing");
  const second = await codeOf(other);
  assert.notEqual(second, first);
  assert.equal(await ping(facts, first), 202);
  assert.equal(await ping(facts, second), 202);
});

test("a slot that is open in another tab is refused in words", async () => {
  await onScreen(page, "log-in");
  const other = await context.newPage();
  await other.goto(`${facts.terminalPage}?slot=0`);
  await onScreen(other, "fault");
  await other.goto(`${facts.terminalPage}?slot=7`);
  await onScreen(other, "log-in");
});

test("markup in a message is text", async () => {
  const code = await pair();
  const attack = "<img src=x onerror=\"document.title='x'\"><script>1</script>";
  assert.equal(await ping(facts, code, attack), 202);
  assert.equal(await part(page, "ping-message").textContent(), attack);
  assert.equal(await page.locator("main img, main script").count(), 0);
  assert.notEqual(await page.title(), "x");
});

test("another connection takes over, and a button takes it back", async () => {
  await pairAndContinue();
  const copy = await context.newPage();
  watch(copy, complaints);
  await copy.goto(`${facts.terminalPage}?slot=5`);
  await onScreen(copy, "log-in");
  await copyMemory(copy, 0, 5);
  await copy.reload();
  await onScreen(copy, "ready");
  await onScreen(page, "replaced");
  await part(page, "take-back").click();
  await onScreen(page, "ready");
  await onScreen(copy, "replaced");
});

// Makes one slot of the browser's database a copy of another.
function copyMemory(where, from, to) {
  return where.evaluate(([source, target]) => new Promise((done, refuse) => {
    const opening = indexedDB.open("tillwire-terminal", 1);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("slots", "readwrite");
      const slots = transaction.objectStore("slots");
      const reading = slots.get(source);
      reading.onsuccess = () => slots.put(reading.result, target);
      transaction.oncomplete = done;
      transaction.onabort = refuse;
    };
  }), [from, to]);
}

test("the keyboard alone is enough", async () => {
  await onScreen(page, "log-in");
  await page.keyboard.type(facts.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(facts.password);
  await page.keyboard.press("Enter");
  await onScreen(page, "pairing");
  await page.keyboard.press("Enter");
  await onScreen(page, "ready");
  await part(page, "options").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.ok(await part(page, "options").evaluate((element) => element === document.activeElement));
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await onScreen(page, "pin-pad");
  await page.keyboard.type(`9${facts.pin}`.slice(0, 1));
  await page.keyboard.press("Backspace");
  await page.keyboard.type(facts.pin);
  await page.keyboard.press("Enter");
  await onScreen(page, "pairing");
});

test("the journal names what was sent, and no secret", async () => {
  await pairAndContinue();
  const journal = await part(page, "journal").textContent();
  for (const type of ["hello", "log_in_required", "log_in", "welcome", "ready", "ready_confirmed"]) {
    assert.ok(journal.includes(type), `${type} is missing`);
  }
  assert.ok(!journal.includes(facts.password) && !journal.includes(facts.email));
  assert.doesNotMatch(journal, /[A-Za-z0-9_-]{43}/);
});
