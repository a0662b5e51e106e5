// What the tests of the page share: Chromium, a page that collects its own
// complaints, and the few things a person does again and again.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { chromium } from "playwright-core";

const PICTURES = process.env.TILLWIRE_PICTURES ?? null; // a folder for screenshots

const QUIET = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export const startBrowser = () => chromium.launch({ executablePath: "/usr/bin/chromium", args: QUIET });

// Console errors (a violated Content-Security-Policy is one) and exceptions.
export function watch(page, complaints) {
  page.on("console", (message) => {
    if (message.type() === "error") {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
}

export const part = (page, name) => page.locator(`[data-testid="${name}"]`);
export const onScreen = (page, name) => page.locator(`[data-screen="${name}"]`).waitFor({ timeout: 8000 });
// Until what was pressed is on the disk: then the page may be pulled away.
export const stored = (page) => page.locator('body[data-memory="saved"]').waitFor();

export async function logIn(page, facts) {
  await onScreen(page, "log-in");
  await part(page, "email").fill(facts.email);
  await part(page, "password").fill(facts.password);
  await part(page, "log-in").click();
}

export async function typePin(page, pin) {
  for (const digit of pin) {
    await part(page, `pin-key-${digit}`).click();
  }
  await part(page, "pin-enter").click();
}

// Until it holds, looked at once a frame of the page.
const HOLDS_MS = 20_000;
export async function until(page, what, holds) {
  const end = Date.now() + HOLDS_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `not within ${HOLDS_MS} ms: ${typeof what === "function" ? what() : what}`);
    await page.evaluate(() => new Promise((done) => { requestAnimationFrame(done); }));
  }
}

export async function openHardware(page) {
  await part(page, "options").click();
  await part(page, "hardware-settings").click();
}

export async function codeOf(page) {
  return (await part(page, "code").textContent()).trim();
}

// The status of a ping by HTTP, as a point of sale would send it.
export async function ping(facts, code, message) {
  const query = message === undefined ? "" : `?message=${encodeURIComponent(message)}`;
  const response = await fetch(`${facts.api}/devices/${code}/ping${query}`, { headers: { "api-token": facts.token } });
  await response.arrayBuffer();
  return response.status;
}

// Nothing needs scrolling: neither the page, nor the screen of the device.
export async function fits(page, parts = "html, .page") {
  const cut = await page.evaluate((selector) => {
    const tall = (each) => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1;
    const sizes = (each) => `${each.scrollWidth}x${each.scrollHeight} in ${each.clientWidth}x${each.clientHeight}`;
    return [...document.querySelectorAll(selector)].filter(tall).map((each) => `${each.className || each.tagName} ${sizes(each)}`);
  }, parts);
  assert.deepEqual(cut, [], "cut off");
}

// For people who want to look at it.
export async function picture(page, name) {
  if (PICTURES !== null) {
    await mkdir(PICTURES, { recursive: true });
    await page.screenshot({ path: `${PICTURES}/${name}.png` });
  }
}
