// What a person does at the terminal, and what the terminal reports of itself:
// pings that were painted, saves that are complete.

import { logInByPassword, logInByPin, logOut, pingShown } from "../message.js";
import { connect } from "./link.js";
import { isOpen } from "./payment.js";
import { answerDue, beginReady, settle } from "./server.js";
import { GONE, enter, isOn, remember, save, send, timer } from "./state.js";

const PING_SHOWN_MS = 6000;

function logIn(state, { email, password, pin }) {
  if (state.phase !== "logged_out") {
    return null;
  }
  const message = pin === undefined ? logInByPassword(email, password) : logInByPin(pin);
  const next = enter(state, "registering", { problem: null, lockedUntil: null, email: email ?? state.email });
  return [next, [send(message), answerDue()]];
}

function chooseForm(state, { form }) {
  const allowed = form === "email" || state.pinAllowed;
  return state.phase === "logged_out" && allowed ? [{ ...state, form, problem: null }, []] : null;
}

// Continue is stored first: a terminal that says ready must still say so after
// its power was cut.
function pressContinue(state) {
  if (state.phase !== "pairing" || !state.session.apiMode) {
    return null;
  }
  const next = remember(enter(state, "continuing"), { continued: true });
  return [next, [save(next, { type: "saved", what: "continued" })]];
}

// Who has begun a payment stays until it is over.
function pressLogOut(state) {
  if (!["pairing", "codeless", "readying", "ready"].includes(state.phase) || isOpen(state.payment)) {
    return null;
  }
  const next = remember(enter(state, "leaving", { menu: null, payment: null }), { continued: false });
  return [next, [save(next), send(logOut()), answerDue()]];
}

function saved(state, { what, credential }) {
  if (what === "continued") {
    return state.phase === "continuing" ? beginReady(state) : null;
  }
  if (state.nextCredential !== credential) {
    return null; // forgotten, or renewed again, in the meantime
  }
  const next = remember({ ...state, nextCredential: null }, { credential });
  return next.phase === "storing" ? settle(next) : [next, []];
}

function painted(state, { id }) {
  const ping = state.pings.find((each) => each.id === id);
  if (!ping || ping.painted) {
    return null;
  }
  const pings = state.pings.map((each) => (each.id === id ? { ...each, painted: true } : each));
  const gone = timer(`ping ${id}`, PING_SHOWN_MS, { type: "ping_expired", id });
  const shown = state.phase === "leaving" ? [] : [send(pingShown(id))]; // log_out came first
  return [{ ...state, pings }, [...shown, gone]];
}

const openMenu = (menu) => (state) => (isOn(state) ? [{ ...state, menu }, []] : null);
const reconnect = (state) => (["replaced", "removed"].includes(state.phase) ? connect(state) : null);

export const personHandlers = {
  log_in_submitted: logIn,
  form_chosen: chooseForm,
  continue_pressed: pressContinue,
  log_out_pressed: pressLogOut,
  connect_pressed: reconnect,
  options_opened: openMenu("options"),
  hardware_opened: openMenu("hardware"),
  menu_closed: openMenu(null),
  ping_painted: painted,
  ping_expired: (state, { id }) => [{ ...state, pings: state.pings.filter((ping) => ping.id !== id) }, []],
  // A ping that is not painted yet stays: nobody can have read it.
  pings_dismissed: (state) => [{ ...state, pings: state.pings.filter((ping) => !ping.painted) }, []],
  saved,
  save_failed: (state) => [enter(state, "fault", { fault: "memory", ...GONE }), [{ do: "close" }]],
};
