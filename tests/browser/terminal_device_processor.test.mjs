// Sales on the page that the terminal decides itself, with the real server: what
// a person sees, and what the administrator and the point of sale are told.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fits, onScreen, part, picture, startBrowser, stored, until, watch } from "./browser.mjs";
import { isMock, startServer } from "./server.mjs";
import { openShop } from "./shop.mjs";

const options = { skip: isMock && "needs the real server" };

let server;
let browser;
let context;
let page;
let shop;
let complaints;
let heard; // the types of what the server says

before(async () => {
  if (!isMock) {
    server = await startServer();
    await server.admin("business", "set", "1", "--processor", "device");
    browser = await startBrowser();
  }
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  if (isMock) {
    return;
  }
  complaints = [];
  heard = [];
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  page = await context.newPage();
  watch(page, complaints);
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => heard.push(JSON.parse(payload).type)));
  shop = await openShop(page, server.facts);
});

afterEach(async () => {
  await context?.close();
  assert.deepEqual((complaints ?? []).filter((text) => !/ERR_CONNECTION_REFUSED|ERR_INTERNET/.test(text)), [], "the console has errors");
});

const seen = (name) => part(page, name).textContent();
const numberOf = (path) => path.split("/").at(-1);
const show = (path) => server.admin("payment", "show", numberOf(path));

// A sale whose result stands on the disk and has not left it.
async function keepResult(amount = 6.5) {
  const path = await shop.begin(amount);
  await part(page, "bench-network").click();
  await part(page, "no-connection").waitFor();
  await shop.present("tap");
  await onScreen(page, "authorising");
  await stored(page);
  assert.equal((await show(path)).state, "displayed");
  return path;
}

async function reload() {
  await stored(page);
  await page.reload();
}

test("approved: the terminal's own code stands on the receipt and in the transaction", options, async () => {
  const path = await shop.begin(12.34);
  await shop.present("tap");
  await shop.over("approved");
  const code = await seen("receipt-code");
  const { transaction, attempts } = await show(path);
  assert.equal(attempts.length, 1);
  const row = await (await fetch(`${server.facts.api}/card-transactions/${transaction}`, { headers: { "api-token": server.facts.token } })).json();
  assert.deepEqual([row.approvalCode, row.status], [code, "APPROVED"]);
});

test("declined, tried again, then Done", options, async () => {
  const path = await shop.begin(5.54);
  await shop.present("tap");
  await onScreen(page, "retry");
  assert.equal(await seen("reason"), "EXPIRED CARD - Expired Card");
  await part(page, "try-again").click();
  await onScreen(page, "card");
  await shop.choose("amex");
  await shop.present("swipe");
  await onScreen(page, "retry");
  await part(page, "done").click();
  await shop.over("declined");
  const { state, attempts } = await show(path);
  assert.deepEqual([state, attempts.map(({ outcome }) => outcome)], ["declined", ["declined", "declined"]]);
});

test("the point of sale cancels: the terminal is asked, and says what is true", options, async () => {
  const path = await shop.begin(3);
  assert.equal((await shop.cancel(path)).result, "cancelled");
  await shop.over("cancelled");
  assert.ok(heard.includes("cancel_requested"));
  assert.ok(await page.getByText("The point of sale cancelled it.").isVisible());
  const late = await shop.begin(4);
  await shop.present("tap");
  await shop.over("approved");
  assert.equal((await shop.cancel(late)).result, "too late");
  const away = await keepResult(5);
  assert.equal((await shop.cancel(away)).result, "device unreachable");
  await part(page, "bench-network").click();
  await shop.over("approved");
  assert.equal((await shop.cancel(away)).result, "too late");
});

test("a result that was not sent survives a reload, a power cut and a killed server", options, async () => {
  for (const cut of [reload, server?.restart, async () => {
    await part(page, "bench-power").click();
    await onScreen(page, "off");
    await part(page, "bench-power").click();
  }]) {
    const path = await keepResult();
    await cut();
    if (cut !== reload) {
      await part(page, "bench-network").click();
    }
    await shop.over("approved");
    const { state, attempts } = await show(path);
    assert.deepEqual([state, attempts.length], ["approved", 1]);
    await part(page, "done").click();
    await onScreen(page, "ready");
  }
});

test("removed by force with a result: it is delivered under the old credential, then a person logs in", options, async () => {
  const path = await keepResult();
  const { unknownPayment } = await server.admin("device", "remove", shop.code, "--force");
  assert.equal(String(unknownPayment), numberOf(path));
  await part(page, "bench-network").click();
  await onScreen(page, "log-in");
  await picture(page, "removed-with-result");
  await until(page, "the payment is approved", async () => (await show(path)).state === "approved");
  await reload();
  await onScreen(page, "log-in");
});

test("a person says that it was cancelled: the terminal's approval is said all the same, and both are shown", options, async () => {
  const path = await keepResult();
  await server.admin("device", "remove", shop.code, "--force");
  await server.admin("payment", "resolve", numberOf(path), "--as", "cancelled");
  await part(page, "bench-network").click();
  await onScreen(page, "log-in");
  await until(page, () => `the result is refused; heard were ${heard}`, () => heard.includes("result_refused"));
  await part(page, "email").fill(server.facts.email);
  await part(page, "password").fill(server.facts.password);
  await part(page, "log-in").click();
  await shop.over("contradicted");
  await fits(page);
  await picture(page, "contradicted-by-a-person");
  const audit = await server.admin("audit", "list");
  assert.ok(audit.some(({ action, subject }) => action === "payment.contradicted" && subject === `payment ${numberOf(path)}`));
});
