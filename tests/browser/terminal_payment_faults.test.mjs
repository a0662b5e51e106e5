// Sales on the Smart Terminal page that need a hand on the server: one that
// leaves the decision to the terminal, keeps answers back, or changes its mind.
// They always run on the stand-in.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fits, onScreen, part, picture, startBrowser, stored, typePin, watch } from "./browser.mjs";
import { startMock } from "./mock_server.mjs";
import { openShop } from "./shop.mjs";

let browser;
let server;
let context;
let page;
let complaints;
let shop;

before(async () => { browser = await startBrowser(); });
after(async () => { await browser?.close(); });

beforeEach(async () => {
  complaints = [];
  server = await startMock();
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  page = await context.newPage();
  watch(page, complaints);
  shop = await openShop(page, server.facts);
});

afterEach(async () => {
  await context.close();
  await server.stop();
  assert.deepEqual(complaints.filter((text) => !text.includes("ERR_CONNECTION_REFUSED")), [], "the console has errors");
});

test("a terminal that decides itself says what it decided", async () => {
  const { payments } = server.control;
  payments.authority = "terminal";
  const said = () => server.control.log.filter((message) => message.type === "result").at(-1);
  const path = await shop.begin(2.53);
  await shop.present("tap");
  await onScreen(page, "retry");
  assert.equal(said().reason, "Transaction Declined: AMOUNT ERROR - Tran Amount Error");
  await part(page, "try-again").click();
  await shop.cancel(path);
  await shop.over("declined");
  const taken = await shop.begin(2.5);
  payments.held = [];
  await shop.present("tap");
  await onScreen(page, "authorising");
  await stored(page);
  await server.restart();
  payments.held = null;
  await shop.over("approved");
  assert.equal((await shop.standing(taken)).state, "approved");
  assert.equal(payments.all.get(Number(taken.split("/").at(-1))).attempts.length, 1);
  const late = await shop.begin(2.5);
  await part(page, "bench-network").click();
  await shop.present("tap");
  await onScreen(page, "authorising");
  const payment = payments.all.get(Number(late.split("/").at(-1)));
  payments.end(payment, "administrator");
  await part(page, "bench-network").click();
  await shop.over("contradicted");
  await fits(page);
  await picture(page, "contradicted");
});

test("a second card is approved after the first was declined", async () => {
  const path = await shop.begin(5.55);
  await shop.present("tap");
  await onScreen(page, "retry");
  server.control.payments.all.get(Number(path.split("/").at(-1))).amount = 550;
  await part(page, "try-again").click();
  await shop.choose("amex");
  await shop.present("tap");
  await shop.over("approved");
  assert.match(await part(page, "receipt-card").textContent(), /Amex/);
});

test("an offer that is not begun leaves the screen, and one whose connection is cut is not acted on", async () => {
  const { payments } = server.control;
  payments.goHeld = true;
  assert.equal((await shop.purchase(2)).status, 202);
  await onScreen(page, "offer");
  await fits(page);
  await picture(page, "offer");
  const payment = [...payments.all.values()].at(-1);
  payment.device.session.send("withdraw", { payment: payment.number });
  await shop.over("withdrawn");
  await part(page, "done").click();
  payment.state = "refused";
  assert.equal((await shop.purchase(2)).status, 202);
  await onScreen(page, "offer");
  await part(page, "bench-network").click();
  await onScreen(page, "not-connected");
  await part(page, "bench-network").click();
  await onScreen(page, "ready");
  const lost = [...payments.all.values()].at(-1);
  assert.deepEqual([lost.state, lost.reason], ["cancelled", "lost"]);
});

test("on a phone every screen of a sale fits the device", async () => {
  await page.setViewportSize({ width: 360, height: 640 });
  await shop.begin(99999.99, { invoiceNumber: "W".repeat(64) });
  await fits(page, ".page, .test-card");
  await picture(page, "phone-card");
  await shop.present("insert"); // which scrolls to the bench
  await onScreen(page, "card-pin");
  await fits(page, ".page");
  await picture(page, "phone-bench");
  await part(page, "pin-enter").scrollIntoViewIfNeeded();
  await picture(page, "phone-pin");
  await typePin(page, "1234");
  await onScreen(page, "over");
  await fits(page, ".page");
  await picture(page, "phone-over");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "too wide");
});
