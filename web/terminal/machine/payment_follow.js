// What follows from any step for the payment: an offer dies with its connection,
// what changed goes to the disk, and what is unanswered is said after that, once
// on each connection and again when no answer comes.

import { askPayment, progress } from "../message.js";
import { isWaiting, keepsResult, keptOf } from "./payment.js";
import { isLive, save, send, timer } from "./state.js";

const BACKSTOP_MS = 30000; // beyond the server's own time limit
const REPEAT_MS = 15000;

const backstop = ({ number, timeLimitSeconds }) =>
  timer("payment", timeLimitSeconds * 1000 + BACKSTOP_MS, { type: "payment_late", number });

const withPayment = (state, changes) => ({ ...state, payment: { ...state.payment, ...changes } });

// A result does not wait for a log-in.
const isHeard = (state) => state.session !== null || (isLive(state) && keepsResult(state.payment));

// Says what is unanswered, where it may be said: [state, effects].
export function speak(state) {
  const { payment } = state;
  if (!isHeard(state) || payment === null || payment.unanswered === null || !payment.kept || !payment.due) {
    return [state, []];
  }
  const again = timer("payment_repeat", REPEAT_MS, { type: "payment_repeat", number: payment.number });
  return [state, [send(payment.unanswered), again]];
}

function dropOffer(state) {
  return state.payment?.stage === "offered" && state.phase !== "ready" ? { ...state, payment: null } : state;
}

function keep(before, state) {
  const kept = keptOf(state.payment);
  if (JSON.stringify(keptOf(before.payment)) === JSON.stringify(kept)) {
    return [state, []];
  }
  if (kept === null) {
    return [state, [save(state)]];
  }
  const { number, version } = state.payment;
  const next = withPayment(state, { kept: false, version: version + 1 });
  return [next, [save(next, { type: "payment_stored", number, version: version + 1 })]];
}

// Where the person is, for the people at the point of sale.
function tellProgress(before, { payment, session }) {
  if (session === null || payment === null || payment.stage === before.payment?.stage) {
    return [];
  }
  const told = ["card", "pin"].includes(payment.stage) || (payment.stage === "authorising" && !payment.due);
  return told ? [send(progress(payment.number, payment.stage))] : [];
}

// After welcome, and a result sooner: what is unanswered, or how it stands.
function greet(state) {
  const { payment } = state;
  if (payment === null || payment.stage === "done" || payment.stage === "offered") {
    return [state, []];
  }
  if (payment.unanswered === null) {
    return [state, [send(askPayment(payment.number)), backstop(payment)]];
  }
  return speak(state);
}

export function follow(before, [stepped, effects]) {
  const [kept, saving] = keep(before, dropOffer(stepped));
  const timing = isWaiting(kept.payment) && !isWaiting(before.payment) ? [backstop(kept.payment)] : [];
  const [next, saying] = !isHeard(before) && isHeard(kept) ? greet(kept) : [kept, []];
  return [next, [...effects, ...saving, ...timing, ...tellProgress(before, next), ...saying]];
}
