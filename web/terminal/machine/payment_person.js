// What a person does to a payment, what the clock does, and what the terminal
// reports of itself: the amount that was painted, the disk, the host.

import { attempt, displayed, result } from "../message.js";
import { decide } from "../payment_application.js";
import { asksPin, findCard } from "../test_cards.js";
import { endBy, isWaiting, move, readerIsOn, say, showsPayment } from "./payment.js";
import { speak } from "./payment_follow.js";
import { send, timer } from "./state.js";

const isAt = ({ payment }, { number }, ...stages) =>
  payment !== null && payment.number === number && stages.includes(payment.stage);

// An offer counts as displayed when it is painted, once.
function painted(state, event) {
  if (!isAt(state, event, "offered") || state.payment.shown) {
    return null;
  }
  return [{ ...state, payment: { ...state.payment, shown: true } }, [send(displayed(event.number))]];
}

function authorise(state, card, entry) {
  const { payment } = state;
  const number = payment.attempt + 1;
  const changes = { attempt: number, card: { name: card.name, entry } };
  if (payment.authority === "server") {
    const asked = attempt(payment.number, number, card, entry);
    return [{ ...state, payment: say(payment, "authorising", asked, changes) }, []];
  }
  const verdict = decide(payment.amount, payment.number, number);
  const told = result(payment.number, number, card, entry, verdict);
  const due = verdict.delayMs === 0;
  const next = { ...state, payment: say(payment, "authorising", told, { ...changes, due }) };
  return [next, due ? [] : [timer("host", verdict.delayMs, { type: "host_answered", number: payment.number, attempt: number })]];
}

function present(state, { card: name, entry }) {
  const card = findCard(name);
  if (!readerIsOn(state) || card === undefined) {
    return null;
  }
  if (asksPin(card, entry)) {
    return [{ ...state, payment: move(state.payment, "pin", { card: { name, entry } }) }, []];
  }
  return authorise(state, card, entry);
}

// The digits stay on the pad: the machine never sees them.
function enterPin(state) {
  if (!showsPayment(state) || state.payment.stage !== "pin") {
    return null;
  }
  const { name, entry } = state.payment.card;
  return authorise(state, findCard(name), entry);
}

function cancel(state, { by }) {
  if (!showsPayment(state) || !isWaiting(state.payment)) {
    return null;
  }
  return [{ ...state, payment: endBy(state.payment, by), menu: null }, []];
}

function tryAgain(state) {
  return showsPayment(state) && state.payment.stage === "retry"
    ? [{ ...state, payment: move(state.payment, "card", { card: null }) }, []]
    : null;
}

// On the disk: the reader goes on, or what is unanswered may leave.
function stored(state, event) {
  const { payment } = state;
  if (payment === null || payment.number !== event.number || payment.version !== event.version) {
    return null;
  }
  const kept = { ...payment, kept: true };
  if (payment.stage === "starting") {
    return [{ ...state, payment: move(kept, "card") }, []];
  }
  return speak({ ...state, payment: kept });
}

function hostAnswered(state, event) {
  if (!isAt(state, event, "authorising") || state.payment.attempt !== event.attempt) {
    return null;
  }
  return speak({ ...state, payment: { ...state.payment, due: true } });
}

function late(state, event) {
  return isAt(state, event, "card", "pin", "retry")
    ? [{ ...state, payment: endBy(state.payment, "time") }, []]
    : null;
}

const clear = (...stages) => (state, event) => (isAt(state, event, ...stages) ? [{ ...state, payment: null }, []] : null);

export const paymentHandlers = {
  offer_painted: painted,
  offer_expired: clear("offered"),
  card_presented: present,
  pin_entered: enterPin,
  cancel_pressed: cancel,
  try_again_pressed: tryAgain,
  receipt_closed: (state) => (state.payment?.stage === "done" ? [{ ...state, payment: null }, []] : null),
  payment_stored: stored,
  payment_repeat: (state, event) => (isAt(state, event, "authorising", "ending") ? speak(state) : null),
  payment_late: late,
  payment_over: clear("done"),
  host_answered: hostAnswered,
};
