// A terminal without a page: the machine, a record and the effects it asked
// for, so that a test reads like the story of a terminal.

import { newState } from "../../web/terminal/machine/state.js";
import { step } from "../../web/terminal/machine/step.js";

export const CREDENTIAL = "c".repeat(43);
export const RENEWED = "d".repeat(43);

export const newRecord = (changes) => ({
  serial: "TW-ABCDEFGH23", credential: null, continued: false, power: true, asleep: false,
  code: null, businessName: null, user: null, ...changes,
});

export const welcome = (changes) => ({
  type: "welcome", business: 1, businessName: "Corner Bakery", currency: "CAD", user: "Alex", code: "JFHP",
  apiMode: true, heartbeatSeconds: 20, credential: null, ...changes,
});

export const logInRequired = (changes) => ({
  type: "log_in_required", reason: "new", businessName: null, pin: false, message: "Please log in.", ...changes,
});

export const offer = (changes) => ({
  type: "offer", payment: 17, kind: "purchase", amount: 1234, currency: "CAD", invoiceNumber: "INV7",
  authority: "server", timeLimitSeconds: 120, ...changes,
});

export const outcome = (changes) => ({
  type: "outcome", payment: 17, attempt: 1, approved: true, transaction: 25764674, approvalCode: "AB12CD",
  reason: null, final: true, ...changes,
});

export const declined = (changes) =>
  outcome({ approved: false, approvalCode: null, reason: "Transaction Declined: INCORRECT PIN", final: false, ...changes });

export const ended = (state, reason = null, payment = 17) => ({ type: "payment_ended", payment, state, reason });

export class Life {
  // `changes` to a new record.
  constructor(changes) {
    this.record = newRecord(changes);
    this.state = newState(this.record, 0);
    this.effects = [];
  }

  // Takes an event; answers the effects it had.
  take(type, fields = {}) {
    const [state, effects] = step(this.state, { type, ...fields });
    this.state = state;
    this.effects = effects;
    return effects;
  }

  hear(message, at = 0) {
    return this.take("link_message", { message, at });
  }

  get phase() {
    return this.state.phase;
  }

  // What the last event sent, saved, or asked for.
  get sent() {
    return this.effects.filter((effect) => effect.do === "send").map((effect) => effect.message);
  }

  get saves() {
    return this.effects.filter((effect) => effect.do === "save");
  }

  does(name) {
    return this.effects.some((effect) => effect.do === name);
  }

  // From no power to an open connection on which hello was said.
  connect() {
    this.take("started", { power: true, asleep: false });
    this.take("booted");
    this.take("link_opened");
    return this;
  }

  // From no power to the device code on the screen.
  pair(changes) {
    this.connect();
    this.hear(welcome(changes));
    return this;
  }

  get stage() {
    return this.state.payment?.stage ?? null;
  }

  timer(name) {
    return this.effects.find((effect) => effect.do === "timer" && effect.name === name);
  }

  // The disk has written what the last event saved.
  store() {
    const [then] = this.saves.map((each) => each.then).filter((each) => each?.type === "payment_stored");
    return this.take(then.type, then);
  }

  // The amount is on the screen and acknowledged.
  offer(changes) {
    this.hear(offer(changes));
    this.take("offer_painted", { number: this.state.payment.number });
    return this;
  }

  // The reader is on.
  go(changes) {
    this.offer(changes);
    this.hear({ type: "go", payment: this.state.payment.number });
    this.store();
    return this;
  }

  // A card is presented, and what is said of it is on the disk.
  tap(card = "visa") {
    this.take("card_presented", { card, entry: "tap" });
    this.store();
    return this;
  }

  loseLink() {
    this.take("link_closed", { code: 1006 });
    return this;
  }

  comeBack() {
    this.take("retry_due");
    this.take("link_opened");
    this.hear(welcome());
    return this;
  }

  // The power is cut at the wall: a new page, with what the disk holds.
  static after(record) {
    const life = new Life(record);
    life.take("started", { power: true, asleep: false });
    return life;
  }

  continue() {
    this.take("continue_pressed");
    this.take("saved", { what: "continued" });
    this.hear({ type: "ready_confirmed" });
    return this;
  }
}
