// A payment and the power of its terminal: what is left when it is cut at each
// point, and what is said when it is back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { recordOf } from "../../web/terminal/machine/state.js";
import { screenOf } from "../../web/terminal/screens/index.js";
import { CREDENTIAL, Life, declined, ended, outcome, welcome } from "./life.mjs";

const readyLife = () => new Life({ credential: CREDENTIAL }).pair().continue();
const types = (life) => life.sent.map((message) => message.type);
const restart = (life) => Life.after(structuredClone(recordOf(life.state)));
const come = (life) => { life.take("booted"); life.take("link_opened"); life.hear(welcome()); return life; };

test("after a power cut before a card the payment is over: lost, stored before it is said", () => {
  const starting = readyLife().offer();
  starting.hear({ type: "go", payment: 17 });
  const pin = readyLife().go();
  pin.take("card_presented", { card: "visa", entry: "insert" });
  for (const before of [starting, readyLife().go(), pin]) {
    const life = restart(before);
    assert.deepEqual(life.saves[0].record.payment.unanswered, { type: "cancel_payment", payment: 17, by: "lost" });
    const { then } = life.saves[0];
    come(life);
    assert.ok(!types(life).includes("cancel_payment"));
    life.take(then.type, then);
    assert.deepEqual(life.sent, [{ type: "cancel_payment", payment: 17, by: "lost" }]);
    life.hear(ended("cancelled", "lost"));
    assert.equal(recordOf(life.state).payment, null);
  }
});

test("after a power cut with an attempt unanswered it is said again, the same", () => {
  const before = readyLife().go().tap();
  const said = before.sent[0];
  const life = come(restart(before));
  assert.equal(screenOf(life.state).name, "authorising");
  assert.deepEqual(life.sent.at(-1), said);
  life.hear(outcome());
  assert.equal(screenOf(life.state).view(life.state).card.endsWith("9990"), true);
});

test("after a power cut a declined card may be tried again, and a cancel is said again", () => {
  const before = readyLife().go().tap();
  before.hear(declined());
  before.take("try_again_pressed");
  const life = restart(before);
  assert.ok(life.timer("payment"));
  come(life);
  assert.equal(screenOf(life.state).name, "retry");
  assert.deepEqual(life.sent.at(-1), { type: "ask_payment", payment: 17 });
  life.take("try_again_pressed");
  life.tap();
  assert.equal(life.sent[0].attempt, 2);

  const cancelled = readyLife().go();
  cancelled.take("cancel_pressed", { by: "cashier" });
  assert.deepEqual(come(restart(cancelled)).sent.at(-1), { type: "cancel_payment", payment: 17, by: "cashier" });
});

test("the switch of the bench cuts the power as the wall does", () => {
  const life = readyLife().go();
  life.take("power_switched", { on: false });
  assert.equal(life.stage, "cut");
  assert.equal(life.saves[0].record.payment.number, 17);
  life.take("payment_late", { number: 17 });
  assert.equal(life.stage, "cut");
  life.take("power_switched", { on: true });
  assert.deepEqual(life.saves.at(-1).record.payment.unanswered.by, "lost");
  for (const gone of [readyLife().offer(), readyLife().go().tap()]) {
    if (gone.stage === "authorising") {
      gone.hear(outcome());
    }
    gone.take("power_switched", { on: false });
    assert.equal(gone.state.payment, null);
  }
});

test("a record of before payments is read", () => {
  const { payment, ...old } = recordOf(readyLife().state);
  assert.equal(payment, null);
  const life = come(Life.after(old));
  assert.equal(life.state.payment, null);
  life.hear({ type: "ready_confirmed" });
  assert.equal(life.phase, "ready");
});

test("sleep hides a payment and loses nothing", () => {
  const life = readyLife().go().tap();
  life.take("sleep_pressed");
  assert.equal(screenOf(life.state).name, "sleep");
  life.take("woken");
  life.take("link_opened");
  life.hear(welcome());
  assert.deepEqual(types(life), ["ready", "attempt"]);
});
