// One payment on this terminal: its stages, the moves between them, and the one
// function that makes a move (docs/terminal-protocol.md, Payments). Pure.

import { cancelPayment } from "../message.js";

// Each stage: what is true in it, and the stages that may follow. The POS, the
// time and the server may end each of them.
export const STAGES = {
  // the power was cut: nobody has looked at it yet
  cut: ["authorising", "retry", "ending", "done"],
  // the amount is on the screen, the reader is off, nothing is stored
  offered: ["starting", "done"],
  // go came and is being stored; the reader is still off
  starting: ["card", "ending", "cut", "done"],
  // the reader is on
  card: ["pin", "authorising", "ending", "cut", "done"],
  // a card waits for its PIN
  pin: ["authorising", "ending", "cut", "done"],
  // a card was presented; not answered yet
  authorising: ["retry", "cut", "done"],
  // the card was declined, another may be tried
  retry: ["card", "ending", "cut", "done"],
  // it was cancelled here; not answered yet
  ending: ["cut", "done"],
  // nothing more happens: what became of it is on the screen
  done: [],
};

// While the terminal waits for a person it may be cancelled.
const WAITING = new Set(["card", "pin", "retry"]);

export const isWaiting = (payment) => payment !== null && WAITING.has(payment.stage);
// Begun and not over: it is on the disk.
export const isOpen = (payment) => payment !== null && !["offered", "done"].includes(payment.stage);

// The terminal has decided, and the server has not confirmed it.
export const keepsResult = (payment) => payment?.unanswered?.type === "result";
// And a card was charged: that stays true, whatever else is said of the payment.
export const keepsApproval = (payment) => keepsResult(payment) && payment.unanswered.approved;

// The phases of a terminal that hide a payment: no screen, or a person has to
// do something else first.
const HIDING = new Set([
  "off", "booting", "asleep", "logged_out", "registering", "leaving", "replaced", "removed", "fault",
]);
export const showsPayment = ({ phase, payment }) =>
  payment !== null && payment.stage !== "cut" && !HIDING.has(phase);
export const readerIsOn = (state) => showsPayment(state) && state.payment.stage === "card";

const NEW = {
  attempt: 0, // the number of the last card presented
  unanswered: null, // what must be said until it is answered
  reason: null, // why the last card was declined
  card: null, // the one presented last: { name, entry }
  shown: false, // the amount was seen, and said to be
  due: true, // what is unanswered may be said: the host has decided
  kept: true, // what is on the disk is what is here
  version: 0, // of what goes to the disk
  result: null, // of the stage done: { state, ... }
};

// `until`: after that a go is not acted on.
export function offered(message, until) {
  const { payment: number, kind, amount, currency, invoiceNumber, authority, timeLimitSeconds } = message;
  return { number, kind, amount, currency, invoiceNumber, authority, timeLimitSeconds, until, ...NEW, stage: "offered" };
}

const KEPT = [
  "number", "kind", "amount", "currency", "invoiceNumber", "authority", "timeLimitSeconds",
  "attempt", "unanswered", "reason", "card",
];

// What goes to the disk: null where nothing was begun, or nothing more happens.
export function keptOf(payment) {
  return isOpen(payment) ? Object.fromEntries(KEPT.map((name) => [name, payment[name]])) : null;
}

// The only function that changes a stage.
export function move(payment, stage, changes = {}) {
  if (!STAGES[payment.stage].includes(stage)) {
    throw new Error(`no move of a payment from ${payment.stage} to ${stage}`);
  }
  return { ...payment, ...changes, stage };
}

export const say = (payment, stage, unanswered, changes = {}) =>
  move(payment, stage, { unanswered, due: true, ...changes });
export const endBy = (payment, by) => say(payment, "ending", cancelPayment(payment.number, by));
export const finish = (payment, result) => move(payment, "done", { unanswered: null, result });

// The power is cut: the disk alone is left. `kept` may be null or missing.
export const cutFrom = (kept) => (kept ? { ...NEW, ...kept, stage: "cut" } : null);
// The power is back. What is unanswered is said again; without a card presented
// it is over.
export function revive(payment) {
  if (payment?.stage !== "cut") {
    return payment;
  }
  if (payment.unanswered !== null) {
    return move(payment, payment.unanswered.type === "cancel_payment" ? "ending" : "authorising");
  }
  return payment.attempt === 0 ? endBy(payment, "lost") : move(payment, "retry");
}
