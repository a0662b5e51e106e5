// Sales on the Smart Terminal page in Chromium: what a person sees, what the
// point of sale is told, and what is left after a reload, a power cut and a
// server that was killed, at each step.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fits, onScreen, part, picture, ping, startBrowser, stored, typePin, until, watch } from "./browser.mjs";
import { startServer } from "./server.mjs";
import { openShop } from "./shop.mjs";

let server;
let facts;
let browser;
let context;
let page;
let shop;
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
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  page = await context.newPage();
  watch(page, complaints);
  shop = await openShop(page, facts);
});

afterEach(async () => {
  await context.close();
  assert.deepEqual(complaints.filter((text) => !text.includes("ERR_CONNECTION_REFUSED")), [], "the console has errors");
});

const seen = (name) => part(page, name).textContent();

async function readMemory() {
  return page.evaluate(() => new Promise((done) => {
    const opening = indexedDB.open("tillwire-terminal", 1);
    opening.onsuccess = () => {
      const reading = opening.result.transaction("slots").objectStore("slots").get(0);
      reading.onsuccess = () => { opening.result.close(); done(reading.result); };
    };
  }));
}

test("a card is tapped, approved, and a receipt is shown", async () => {
  const path = await shop.begin(12.34);
  assert.equal(await seen("amount"), "12.34");
  assert.equal(await seen("currency"), "CAD");
  assert.equal(await seen("invoice"), "Invoice INV7");
  await fits(page);
  await picture(page, "card");
  await shop.present("tap");
  await shop.over("approved");
  assert.match(await seen("receipt-card"), /Visa .*9990/);
  assert.match(await seen("receipt-code"), /^[A-Z0-9]{6}$/);
  await fits(page);
  await picture(page, "approved");
  assert.equal((await shop.standing(path)).state, "approved");
  await stored(page);
  assert.equal((await readMemory()).payment, null);
  await part(page, "done").click();
  await onScreen(page, "ready");
});

test("the amount shows with the reader off until the sale is begun", async () => {
  for (const entry of ["tap", "insert", "swipe"]) {
    assert.ok(await part(page, `bench-${entry}`).isDisabled());
  }
  await shop.begin(1);
  for (const entry of ["tap", "insert", "swipe"]) {
    assert.ok(await part(page, `bench-${entry}`).isEnabled());
  }
  assert.equal((await shop.purchase(2)).status, 409);
  await shop.present("tap");
  await shop.over("approved");
  assert.equal((await shop.purchase(2)).status, 202, "a receipt is not busy");
  await onScreen(page, "card");
});

test("an inserted card asks for its PIN, which goes nowhere", async () => {
  await page.evaluate(() => {
    window.said = [];
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function sendNoted(text) { window.said.push(text); send.call(this, text); };
  });
  const path = await shop.begin(7);
  await shop.choose("interac");
  await shop.present("insert");
  await onScreen(page, "card-pin");
  await fits(page);
  await picture(page, "pin");
  await until(page, "the payment stands at pin", async () => (await shop.standing(path)).state === "pin");
  await part(page, "pin-key-9").click();
  await part(page, "pin-enter").click();
  await page.getByRole("alert").waitFor();
  await typePin(page, "4680");
  await shop.over("approved");
  assert.match(await seen("receipt-card"), /Interac/);
  const frames = await page.evaluate(() => window.said);
  assert.ok(frames.some((text) => text.includes('"attempt"')));
  for (const text of [...frames, JSON.stringify(await readMemory()), await part(page, "journal").textContent()]) {
    assert.ok(!text.includes("94680"), "the PIN left its pad");
  }
});

test("a declined card may be tried again, and Done ends it declined; the next sale is approved", async () => {
  const path = await shop.begin(5.55);
  await shop.present("tap");
  await onScreen(page, "retry");
  assert.equal(await seen("reason"), "DECLINED - Do Not Honor");
  await fits(page);
  await picture(page, "declined");
  await part(page, "try-again").click();
  await onScreen(page, "card");
  await shop.choose("mastercard");
  await shop.present("swipe");
  await onScreen(page, "retry");
  await part(page, "done").click();
  await shop.over("declined");
  assert.equal((await shop.standing(path)).state, "declined");
  await shop.begin(5.5);
  await shop.present("tap");
  await shop.over("approved");
});

test("customer, cashier and point of sale can cancel", async () => {
  const customer = await shop.begin(3);
  await part(page, "cancel").click();
  await shop.over("cancelled");
  await fits(page);
  await picture(page, "cancelled");
  assert.equal((await shop.standing(customer)).state, "cancelled");
  const cashier = await shop.begin(3);
  await shop.present("insert");
  await onScreen(page, "card-pin");
  await part(page, "options").click();
  assert.equal(await part(page, "log-out").count(), 0);
  await part(page, "cancel-payment").click();
  await shop.over("cancelled");
  assert.equal((await shop.standing(cashier)).reason, "cashier");
  const pos = await shop.begin(3);
  assert.equal((await shop.cancel(pos)).result, "cancelled");
  await shop.over("cancelled");
  assert.ok(await page.getByText("The point of sale cancelled it.").isVisible());
  await picture(page, "cancelled-by-pos");
});

const reload = async () => {
  await stored(page);
  await page.reload();
};

test("a reload while the reader is on ends the sale: lost", async () => {
  for (const entry of [null, "insert"]) {
    const path = await shop.begin(4);
    if (entry !== null) {
      await shop.present(entry);
      await onScreen(page, "card-pin");
    }
    await reload();
    await shop.over("cancelled");
    const { state, reason } = await shop.standing(path);
    assert.deepEqual([state, reason], ["cancelled", "lost"]);
    await part(page, "done").click();
    await onScreen(page, "ready");
  }
});

test("a reload after a decline leaves Try again, after a receipt nothing", async () => {
  await shop.begin(5.52);
  await shop.present("tap");
  await onScreen(page, "retry");
  await reload();
  await onScreen(page, "retry");
  assert.equal(await seen("reason"), "INCORRECT PIN");
  await part(page, "try-again").click();
  await shop.present("tap");
  await onScreen(page, "retry");
  await part(page, "done").click();
  await shop.over("declined");
  await reload();
  await onScreen(page, "ready");
});

test("a result that was not answered is said again after a reload and a power cut", async () => {
  for (const cut of [reload, async () => {
    await part(page, "bench-power").click();
    await onScreen(page, "off");
    await part(page, "bench-power").click();
  }]) {
    const path = await shop.begin(6.5);
    await part(page, "bench-network").click();
    await part(page, "no-connection").waitFor();
    await shop.present("tap");
    await onScreen(page, "authorising");
    await picture(page, "not-connected");
    await fits(page);
    assert.notEqual((await shop.standing(path)).state, "approved");
    await stored(page);
    await cut();
    if (cut !== reload) {
      await part(page, "bench-network").click();
    }
    await shop.over("approved");
    assert.equal((await shop.standing(path)).state, "approved");
    await part(page, "done").click();
  }
});

test("a server that is killed in the middle of a sale is told when it is back", async () => {
  const path = await shop.begin(8);
  await server.restart();
  await shop.present("tap");
  await shop.over("approved");
  assert.equal((await shop.standing(path)).state, "approved");
  await onScreen(page, "over");
  await part(page, "done").click();
  await onScreen(page, "ready");
  const declined = await shop.begin(8.51);
  await shop.present("tap");
  await onScreen(page, "retry");
  await server.restart();
  await part(page, "done").click();
  await shop.over("declined");
  assert.equal((await shop.standing(declined)).state, "declined");
});

test("a ping during a sale is a note that leaves the amount and the reader alone", async () => {
  await shop.begin(9);
  assert.equal(await ping(facts, shop.code, "Hello till 3"), 202);
  const note = await part(page, "ping").boundingBox();
  const amount = await part(page, "amount").boundingBox();
  assert.ok(note.y + note.height < amount.y, "the note hides the amount");
  assert.ok(await part(page, "bench-tap").isEnabled());
});

test("the keyboard alone makes a sale", async () => {
  await shop.begin(10);
  await part(page, "card-visa").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await onScreen(page, "card-pin");
  await page.keyboard.type("1234");
  await part(page, "pin-enter").focus();
  await page.keyboard.press("Enter");
  await shop.over("approved");
  assert.match(await seen("receipt-card"), /0028/);
  await part(page, "done").focus();
  await page.keyboard.press("Enter");
  await onScreen(page, "ready");
});

test("markup in an invoice number is text, and long amounts fit", async () => {
  const attack = "<img src=x onerror=\"document.title='x'\"><b>INV</b>";
  await shop.begin(9999999.99, { invoiceNumber: attack });
  assert.equal(await seen("invoice"), `Invoice ${attack}`);
  assert.equal(await seen("amount"), "9,999,999.99");
  await fits(page);
  await picture(page, "long");
  await shop.present("tap");
  await shop.over("approved");
  assert.equal(await seen("receipt-invoice"), attack);
  await fits(page);
  assert.equal(await page.locator("main img, main .page b b").count(), 0);
  await part(page, "done").click();
  await shop.begin(12345.67, { invoiceNumber: "W".repeat(64) });
  await fits(page);
});

test("the page as the README shows it: ready again after a sale", async () => {
  await page.setViewportSize({ width: 910, height: 870 });
  await shop.begin(12.34);
  await shop.present("tap");
  await shop.over("approved");
  await part(page, "done").click();
  await onScreen(page, "ready");
  await fits(page);
  await picture(page, "terminal");
});
