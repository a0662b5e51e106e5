// What the messages of the server do to a payment.

import { cancelPayment } from "../message.js";
import { endBy, finish, isOpen, isWaiting, keepsApproval, keepsResult, move, offered } from "./payment.js";
import { speak } from "./payment_follow.js";
import { send, timer } from "./state.js";

const OFFER_MS = 10000;
const APPROVED_SHOWN_MS = 60000;
const OTHER_SHOWN_MS = 20000;

const isOf = (state, message) => state.payment?.number === message.payment;
const isOpenOf = (state, message) => isOf(state, message) && isOpen(state.payment);
const lost = (state, { payment }) => [state, [send(cancelPayment(payment, "lost"))]];

// The result of the stage done stays on the screen for a while.
export function conclude(state, result) {
  const payment = finish(state.payment, result);
  const ms = result.state === "approved" ? APPROVED_SHOWN_MS : OTHER_SHOWN_MS;
  return [{ ...state, payment }, [timer("payment_over", ms, { type: "payment_over", number: payment.number })]];
}

// A terminal that is at another payment does not answer.
function takeOffer(state, message, at) {
  if (state.phase !== "ready" || (state.payment !== null && state.payment.stage !== "done")) {
    return null;
  }
  const payment = offered(message, at + OFFER_MS);
  const dies = timer("offer", OFFER_MS, { type: "offer_expired", number: payment.number });
  return [{ ...state, payment, menu: null }, [dies]];
}

function withdraw(state, message) {
  return isOf(state, message) && state.payment.stage === "offered" ? conclude(state, { state: "withdrawn" }) : null;
}

// Only a go for the offer on the screen, in its time, starts a sale. The timers
// of a tab that nobody looks at are late, so the time is looked at too.
function go(state, message, at) {
  if (isOpenOf(state, message)) {
    return null;
  }
  if (isOf(state, message) && state.payment.stage === "offered" && state.payment.shown && at < state.payment.until) {
    return [{ ...state, payment: move(state.payment, "starting") }, []];
  }
  return lost(state, message);
}

function takeOutcome(state, message) {
  const { payment } = state;
  if (!isOpenOf(state, message) || message.attempt < payment.attempt) {
    return null;
  }
  const { approved, approvalCode, transaction, reason, attempt } = message;
  if (keepsApproval(payment) && !approved) {
    return null;
  }
  if (approved || message.final) {
    return conclude(state, { state: approved ? "approved" : "declined", approvalCode, transaction, reason });
  }
  if (payment.stage !== "authorising") {
    return null; // told again, or crossed with a cancel that is on its way
  }
  return [{ ...state, payment: move(payment, "retry", { unanswered: null, reason, attempt }) }, []];
}

// An approval that this terminal has decided is said all the same: the end has
// crossed with it. What is on the screen already changes only where the end is
// another one: an approval that the point of sale had taken back at once.
function takeEnd(state, message) {
  const { state: end, reason } = message;
  const { payment } = state;
  if (isOpenOf(state, message)) {
    if (keepsApproval(payment) && end !== "approved") {
      return null;
    }
    return conclude(state, { state: end, by: reason, reason: end === "declined" ? payment.reason : null });
  }
  if (isOf(state, message) && payment.stage === "done" && payment.result.state === "approved" && end === "cancelled") {
    return [{ ...state, payment: { ...payment, result: { state: "reversed", by: reason, reason: null } } }, []];
  }
  return null;
}

// What is unanswered was said after welcome, or will be once it is stored.
const resume = (state, message) => (isOpenOf(state, message) ? null : lost(state, message));

// Of a terminal that decides: what is true, as soon as it is.
function cancelRequested(state, message) {
  if (!isOpenOf(state, message)) {
    return lost(state, message);
  }
  const { payment } = state;
  if (payment.authority !== "terminal") {
    return null;
  }
  const free = isWaiting(payment) || payment.stage === "starting";
  return free ? [{ ...state, payment: endBy(payment, message.by) }, []] : speak(state);
}

function refuseResult(state, message) {
  const { payment } = state;
  const meant = isOpenOf(state, message) && keepsResult(payment) && payment.attempt === message.attempt;
  return meant ? conclude(state, { state: "contradicted", reason: message.message }) : null;
}

const whenLoggedIn = (answer) => (state, message, at) => (state.session === null ? null : answer(state, message, at));

export const paymentAnswers = Object.fromEntries(Object.entries({
  offer: takeOffer, withdraw, go, resume, cancel_requested: cancelRequested,
}).map(([type, answer]) => [type, whenLoggedIn(answer)]));
// What a result is answered with, also where nobody is logged in.
Object.assign(paymentAnswers, { outcome: takeOutcome, payment_ended: takeEnd, result_refused: refuseResult });
