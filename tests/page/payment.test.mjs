// The rules of a payment on the terminal (docs/terminal-protocol.md, Payments):
// each a short story without page, socket or clock.

import assert from "node:assert/strict";
import { test } from "node:test";
import { recordOf } from "../../web/terminal/machine/state.js";
import { readerIsOn } from "../../web/terminal/machine/payment.js";
import { screenOf } from "../../web/terminal/screens/index.js";
import { CREDENTIAL, Life, declined, ended, logInRequired, offer, outcome, welcome } from "./life.mjs";

const known = { credential: CREDENTIAL };
const readyLife = () => new Life(known).pair().continue();
const types = (life) => life.sent.map((message) => message.type);

test("an offer shows the amount with the reader off, and is displayed once it is painted", () => {
  const life = readyLife();
  life.hear(offer());
  assert.equal(screenOf(life.state).name, "offer");
  assert.equal(readerIsOn(life.state), false);
  assert.deepEqual([life.sent, life.saves], [[], []]);
  assert.deepEqual(life.timer("offer"), { do: "timer", name: "offer", ms: 10000, event: { type: "offer_expired", number: 17 } });
  life.take("offer_painted", { number: 17 });
  assert.deepEqual(life.sent, [{ type: "displayed", payment: 17 }]);
  life.take("offer_painted", { number: 17 });
  assert.deepEqual(life.sent, []);
});

test("a go is stored before the reader is on", () => {
  const life = readyLife().offer();
  life.hear({ type: "go", payment: 17 });
  assert.equal(screenOf(life.state).name, "offer");
  assert.equal(readerIsOn(life.state), false);
  assert.deepEqual(life.saves[0].record.payment, {
    number: 17, kind: "purchase", amount: 1234, currency: "CAD", invoiceNumber: "INV7", authority: "server",
    timeLimitSeconds: 120, attempt: 0, unanswered: null, reason: null, card: null,
  });
  assert.equal(life.take("card_presented", { card: "visa", entry: "tap" }).length, 0);
  life.hear({ type: "go", payment: 17 });
  assert.deepEqual(life.sent, []);
  life.take("payment_stored", { number: 17, version: 1 });
  assert.equal(readerIsOn(life.state), true);
  assert.deepEqual(life.sent, [{ type: "progress", payment: 17, screen: "card" }]);
  assert.equal(life.timer("payment").ms, 150000);
});

test("an offer dies with its connection, after ten seconds, and when it is withdrawn", () => {
  const lost = readyLife().offer();
  lost.loseLink();
  assert.equal(lost.stage, null);
  assert.equal(recordOf(lost.state).payment, null);
  lost.comeBack();
  lost.hear({ type: "ready_confirmed" });
  lost.hear({ type: "go", payment: 17 });
  assert.deepEqual(lost.sent, [{ type: "cancel_payment", payment: 17, by: "lost" }]);
  assert.equal(lost.stage, null);

  const late = readyLife().offer();
  late.take("offer_expired", { number: 16 });
  assert.equal(late.stage, "offered");
  late.take("offer_expired", { number: 17 });
  assert.equal(late.stage, null);
  late.hear({ type: "go", payment: 17 });
  const slow = readyLife().offer();
  slow.hear({ type: "go", payment: 17 }, 10000);
  assert.deepEqual(slow.sent, [{ type: "cancel_payment", payment: 17, by: "lost" }], "its timer is late");
  assert.deepEqual(late.sent, [{ type: "cancel_payment", payment: 17, by: "lost" }]);

  const withdrawn = readyLife().offer();
  withdrawn.hear({ type: "withdraw", payment: 16 });
  assert.equal(withdrawn.stage, "offered");
  withdrawn.hear({ type: "withdraw", payment: 17 });
  assert.equal(withdrawn.state.payment.result.state, "withdrawn");
  withdrawn.hear({ type: "go", payment: 17 });
  assert.deepEqual(types(withdrawn), ["cancel_payment"]);
  assert.notEqual(withdrawn.stage, "card");
});

test("only a go for the offer on the screen, and seen there, starts a sale", () => {
  const other = readyLife().offer();
  other.hear({ type: "go", payment: 18 });
  assert.deepEqual(other.sent, [{ type: "cancel_payment", payment: 18, by: "lost" }]);
  assert.equal(other.stage, "offered");
  const early = readyLife();
  early.hear(offer());
  early.hear({ type: "go", payment: 17 });
  assert.deepEqual(types(early), ["cancel_payment"]);
  assert.deepEqual(early.saves, []);
});

test("a terminal answers no offer unless it is ready and free; a receipt makes room", () => {
  const pairing = new Life(known).pair();
  pairing.hear(offer());
  assert.equal(pairing.stage, null);
  const busy = readyLife().go();
  busy.hear(offer({ payment: 18 }));
  assert.equal(busy.state.payment.number, 17);
  assert.deepEqual(busy.sent, []);
  busy.tap();
  busy.hear(outcome());
  assert.equal(busy.stage, "done");
  busy.hear(offer({ payment: 18 }));
  assert.equal(busy.state.payment.number, 18);
  assert.equal(busy.stage, "offered");
  const coming = readyLife().go().tap();
  coming.hear(outcome());
  coming.loseLink().comeBack();
  coming.hear(offer({ payment: 18 }));
  assert.equal(coming.stage, "done", "not ready yet");
  const offered = readyLife().offer();
  offered.hear(offer({ payment: 18 }));
  assert.equal(offered.state.payment.number, 17);
});

test("an offer closes the menu, so that the amount is seen", () => {
  const life = readyLife();
  life.take("hardware_opened");
  life.hear(offer());
  assert.equal(life.state.menu, null);
});

test("an attempt is stored before it leaves, and approved it leaves a receipt and nothing on the disk", () => {
  const life = readyLife().go();
  life.take("card_presented", { card: "visa", entry: "tap" });
  assert.equal(life.stage, "authorising");
  assert.deepEqual(life.sent, []);
  const said = {
    type: "attempt", payment: 17, attempt: 1, entry: "tap", brand: "visa", card: "credit", firstSix: "412493",
    lastFour: "9990", cardHolderName: "TESSA TESTCARD", reference: "VisaTestCardOne",
  };
  assert.deepEqual(life.saves[0].record.payment.unanswered, said);
  life.store();
  assert.deepEqual(life.sent, [said]);
  life.hear(outcome());
  assert.deepEqual(life.saves[0].record.payment, null);
  assert.deepEqual(life.state.payment.result, { state: "approved", approvalCode: "AB12CD", transaction: 25764674, reason: null });
  assert.equal(screenOf(life.state).name, "over");
  assert.equal(life.timer("payment_over").ms, 60000);
  life.hear(ended("approved"));
  assert.equal(life.state.payment.result.approvalCode, "AB12CD");
  life.take("receipt_closed");
  assert.equal(screenOf(life.state).name, "ready");
});

test("a PIN is asked for by a chip, and by the stripe of a debit card; its digits are nowhere", () => {
  const asks = (card, entry) => {
    const life = readyLife().go();
    life.take("card_presented", { card, entry });
    return life;
  };
  assert.deepEqual(
    [["visa", "tap"], ["visa", "swipe"], ["interac", "tap"]].map((each) => asks(...each).stage),
    ["authorising", "authorising", "authorising"]);
  assert.deepEqual([["visa", "insert"], ["interac", "insert"], ["interac", "swipe"]].map((each) => asks(...each).stage), ["pin", "pin", "pin"]);
  const life = asks("interac", "insert");
  assert.deepEqual(life.sent, [{ type: "progress", payment: 17, screen: "pin" }]);
  assert.deepEqual(life.take("card_presented", { card: "visa", entry: "tap" }), []);
  life.take("pin_entered");
  const { unanswered } = life.state.payment;
  assert.deepEqual([unanswered.entry, unanswered.card, unanswered.cardHolderName], ["insert", "debit", null]);
  life.store();
  assert.deepEqual(types(life), ["attempt"]);
});

test("no card is read while the reader is off, and none that is not in the tray", () => {
  for (const life of [readyLife(), readyLife().offer(), readyLife().go().tap()]) {
    assert.deepEqual(life.take("card_presented", { card: "visa", entry: "tap" }), []);
  }
  assert.deepEqual(readyLife().go().take("card_presented", { card: "gold", entry: "tap" }), []);
  const asleep = readyLife().go();
  asleep.take("sleep_pressed");
  assert.deepEqual(asleep.take("card_presented", { card: "visa", entry: "tap" }), []);
});

test("a decline offers another try, which is an attempt of its own", () => {
  const life = readyLife().go().tap();
  life.hear(declined());
  assert.equal(life.stage, "retry");
  assert.equal(life.saves[0].record.payment.unanswered, null);
  assert.equal(screenOf(life.state).view(life.state).reason, "Transaction Declined: INCORRECT PIN");
  assert.equal(life.timer("payment").ms, 150000);
  life.take("try_again_pressed");
  assert.equal(readerIsOn(life.state), true);
  assert.equal(life.timer("payment"), undefined);
  life.hear(declined());
  assert.equal(life.stage, "card");
  life.tap("mastercard");
  assert.equal(life.sent[0].attempt, 2);
  life.hear(outcome());
  assert.equal(life.stage, "authorising", "an outcome of an attempt before");
  life.hear(outcome({ attempt: 2 }));
  assert.equal(life.state.payment.result.state, "approved");
});

test("Done after a decline is a cancel, and the end is declined", () => {
  const life = readyLife().go().tap();
  life.hear(declined());
  life.take("cancel_pressed", { by: "customer" });
  assert.deepEqual(life.sent, []);
  life.store();
  assert.deepEqual(life.sent, [{ type: "cancel_payment", payment: 17, by: "customer" }]);
  life.hear(ended("declined", "customer"));
  assert.deepEqual(life.state.payment.result, {
    state: "declined", by: "customer", reason: "Transaction Declined: INCORRECT PIN",
  });
});

test("the last decline is final", () => {
  const life = readyLife().go().tap();
  life.hear(declined({ final: true }));
  assert.equal(life.state.payment.result.state, "declined");
  life.hear(ended("declined"));
  assert.equal(life.state.payment.result.reason, "Transaction Declined: INCORRECT PIN");
  assert.equal(recordOf(life.state).payment, null);
});

test("customer and cashier may cancel before a card is presented, and not while it is authorised", () => {
  for (const by of ["customer", "cashier"]) {
    const life = readyLife().go();
    life.take("cancel_pressed", { by });
    assert.equal(screenOf(life.state).name, "cancelling");
    assert.deepEqual(life.saves[0].record.payment.unanswered, { type: "cancel_payment", payment: 17, by });
    assert.deepEqual(life.sent, []);
    life.store();
    assert.deepEqual(life.sent, [{ type: "cancel_payment", payment: 17, by }]);
    life.hear(ended("cancelled", by));
    assert.deepEqual(life.state.payment.result, { state: "cancelled", by, reason: null });
  }
  const atPin = readyLife().go();
  atPin.take("card_presented", { card: "visa", entry: "insert" });
  atPin.take("cancel_pressed", { by: "customer" });
  assert.equal(atPin.stage, "ending");
  for (const life of [readyLife().offer(), readyLife().go().tap()]) {
    assert.deepEqual(life.take("cancel_pressed", { by: "cashier" }), []);
  }
});

test("a card approved meanwhile wins over a cancel", () => {
  const life = readyLife().go();
  life.take("cancel_pressed", { by: "customer" });
  life.store();
  life.hear(outcome({ attempt: 1 }));
  assert.equal(life.state.payment.result.state, "approved");
});

test("a declined outcome does not stop a cancel that is on its way", () => {
  const life = readyLife().go().tap();
  life.hear(declined());
  life.take("cancel_pressed", { by: "customer" });
  life.hear(declined());
  assert.equal(life.stage, "ending");
});

test("the server ends a payment at any step, and the screen says why", () => {
  const steps = {
    card: (life) => life.go(),
    pin: (life) => { life.go(); life.take("card_presented", { card: "visa", entry: "insert" }); },
    authorising: (life) => life.go().tap(),
    retry: (life) => { life.go().tap(); life.hear(declined()); },
    ending: (life) => { life.go(); life.take("cancel_pressed", { by: "customer" }); },
  };
  for (const [stage, reach] of Object.entries(steps)) {
    for (const [state, reason] of [["cancelled", "pos"], ["expired", "time"], ["unknown", "administrator"], ["refused", null]]) {
      const life = readyLife();
      reach(life);
      assert.equal(life.stage, stage);
      life.hear(ended(state, reason, 16));
      assert.equal(life.stage, stage);
      life.hear(ended(state, reason));
      assert.deepEqual(life.state.payment.result, { state, by: reason, reason: null });
      assert.equal(life.saves[0].record.payment, null);
    }
  }
});

test("a card presented as the server ends the payment is not said", () => {
  const life = readyLife().go();
  life.take("card_presented", { card: "visa", entry: "tap" });
  const { then } = life.saves[0];
  life.hear(ended("cancelled", "pos"));
  life.take(then.type, then);
  assert.deepEqual(life.sent, []);
  assert.equal(life.stage, "done");
});

test("an approval that the point of sale took back is shown as cancelled", () => {
  const life = readyLife().go().tap();
  life.hear(outcome());
  life.hear(ended("unknown"));
  assert.equal(life.state.payment.result.state, "approved");
  life.hear(ended("cancelled", "pos"));
  assert.deepEqual(life.state.payment.result, { state: "reversed", by: "pos", reason: null });
});

test("time without a word ends a payment that waits for a person, and no other", () => {
  for (const stage of ["card", "pin", "retry"]) {
    const life = readyLife().go();
    if (stage === "pin") {
      life.take("card_presented", { card: "visa", entry: "insert" });
    } else if (stage === "retry") {
      life.tap();
      life.hear(declined());
    }
    life.take("payment_late", { number: 16 });
    assert.equal(life.stage, stage);
    life.take("payment_late", { number: 17 });
    life.store();
    assert.deepEqual(life.sent, [{ type: "cancel_payment", payment: 17, by: "time" }]);
  }
  const authorising = readyLife().go().tap();
  authorising.take("payment_late", { number: 17 });
  assert.equal(authorising.stage, "authorising");
});

test("a payment goes on without a connection, and says after welcome what was not answered", () => {
  const life = readyLife().go();
  life.loseLink();
  assert.equal(screenOf(life.state).name, "card");
  life.tap();
  assert.deepEqual(life.sent, []);
  life.comeBack();
  assert.deepEqual(types(life), ["ready", "attempt"]);
  life.loseLink().comeBack();
  assert.deepEqual(types(life), ["ready", "attempt"]);
  assert.equal(life.sent[1].attempt, 1);
  life.hear(outcome());
  assert.equal(life.state.payment.result.state, "approved");
  life.loseLink().comeBack();
  assert.deepEqual(types(life), ["ready"]);
});

test("where nothing is unanswered it asks how the payment stands", () => {
  const life = readyLife().go();
  life.loseLink().comeBack();
  assert.deepEqual(life.sent[1], { type: "ask_payment", payment: 17 });
  life.tap();
  life.hear(declined());
  life.loseLink().comeBack();
  assert.deepEqual(life.sent[1], { type: "ask_payment", payment: 17 });
});

test("what the disk is still writing is said when it is written, once", () => {
  const life = readyLife().go();
  life.loseLink();
  life.take("cancel_pressed", { by: "customer" });
  const { then } = life.saves[0];
  life.comeBack();
  assert.deepEqual(types(life), ["ready"]);
  life.take(then.type, then);
  assert.deepEqual(types(life), ["cancel_payment"]);
});

test("a server that does not answer is told again", () => {
  const life = readyLife().go().tap();
  assert.equal(life.timer("payment_repeat").ms, 15000);
  life.take("payment_repeat", { number: 16 });
  assert.deepEqual(types(life), []);
  life.take("payment_repeat", { number: 17 });
  assert.deepEqual(types(life), ["attempt"]);
  assert.equal(life.timer("payment_repeat").ms, 15000);
  life.loseLink();
  life.take("payment_repeat", { number: 17 });
  assert.deepEqual(types(life), []);
  life.comeBack();
  life.hear(outcome());
  life.take("payment_repeat", { number: 17 });
  assert.deepEqual(life.effects, []);
});

test("resume is answered with what is unanswered, once a connection, or with lost", () => {
  const life = readyLife().go().tap();
  life.loseLink().comeBack();
  life.hear({ type: "resume", payment: 17, attempt: 1 });
  assert.deepEqual(life.sent, []);
  life.hear({ type: "resume", payment: 18, attempt: 0 });
  assert.deepEqual(life.sent, [{ type: "cancel_payment", payment: 18, by: "lost" }]);
  const none = readyLife();
  none.hear({ type: "resume", payment: 17, attempt: 3 });
  assert.deepEqual(types(none), ["cancel_payment"]);
});

test("a begun payment keeps the log-in, and outlives one that the server asks for", () => {
  const life = readyLife().go();
  assert.deepEqual(life.take("log_out_pressed"), []);
  life.hear(logInRequired({ reason: "logged_out", pin: true }));
  assert.equal(screenOf(life.state).name, "pin-pad");
  assert.deepEqual(life.take("cancel_pressed", { by: "customer" }), []);
  life.take("log_in_submitted", { pin: "1234" });
  life.hear(welcome());
  assert.deepEqual(types(life), ["ask_payment"]);
  assert.equal(screenOf(life.state).name, "card");
  life.hear(ended("cancelled", "pos"));
  life.take("log_out_pressed");
  assert.equal(life.phase, "leaving");
  assert.equal(life.state.payment, null);
});

test("a receipt leaves by itself, by its own timer alone", () => {
  const life = readyLife().go().tap();
  life.hear(outcome());
  life.take("payment_over", { number: 16 });
  assert.equal(life.stage, "done");
  life.take("payment_over", { number: 17 });
  assert.equal(life.stage, null);
  const busy = readyLife().go();
  busy.take("payment_over", { number: 17 });
  assert.equal(busy.stage, "card");
});

test("nobody who is not logged in is offered a payment or asked about one", () => {
  const life = new Life(known).connect();
  life.hear(logInRequired());
  for (const message of [offer(), { type: "go", payment: 17 }, { type: "resume", payment: 17, attempt: 0 }]) {
    life.hear(message);
    assert.deepEqual(life.sent, []);
    assert.equal(life.stage, null);
  }
});
