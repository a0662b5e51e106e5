// What the messages of the server do to a terminal. Each is one function of the
// state and the message. "Ready to take payment" is reached by ready_confirmed
// alone, and a new credential is used only once it is stored.

import { ready } from "../message.js";
import { beRemoved, beReplaced } from "./link.js";
import { GONE, enter, isLinked, isLive, remember, save, send, timer } from "./state.js";

const ANSWER_LIMIT_MS = 15000;
const STEADY_MS = 5000;
const PINGS_MOST = 3;

export const answerDue = () => timer("answer", ANSWER_LIMIT_MS, { type: "answer_late" });
const steadySoon = () => timer("steady", STEADY_MS, { type: "steady" });

function requireLogIn(state, message) {
  const unknown = message.reason === "unknown_credential";
  const forget = unknown ? { credential: null, code: null, businessName: null, user: null } : {};
  const asked = enter(state, "logged_out", {
    ...GONE,
    form: message.pin ? "pin" : "email",
    pinAllowed: message.pin,
    businessName: message.businessName,
    nextCredential: unknown ? null : state.nextCredential,
    problem: unknown ? { message: message.message } : null,
  });
  const next = remember(asked, { continued: false, ...forget });
  return [next, [steadySoon(), save(next)]];
}

function refuseLogIn(state, message) {
  if (state.phase !== "registering") {
    return null;
  }
  const problem = message.message ? { message: message.message } : { key: message.reason };
  const form = message.pin ? state.form : "email";
  return [enter(state, "logged_out", { problem, form, pinAllowed: message.pin }), []];
}

// After welcome, and after its credential is stored: where the person goes on.
export function settle(state) {
  if (state.session.code === null) {
    return [enter(state, "codeless"), []];
  }
  return state.memory.continued ? beginReady(state) : [enter(state, "pairing"), []];
}

export function beginReady(state) {
  return [enter(state, "readying"), [send(ready()), answerDue()]];
}

function beWelcome(state, message) {
  const { business, businessName, currency, user, code, apiMode, credential } = message;
  const session = { business, businessName, currency, user, code, apiMode };
  const known = remember({ ...state, session, businessName, problem: null }, { code, businessName, user });
  if (credential === null) {
    const [next, effects] = settle(known);
    return [next, [steadySoon(), save(next), ...effects]];
  }
  const next = enter(known, "storing", { nextCredential: credential });
  return [next, [steadySoon(), save(next, { type: "saved", what: "credential", credential })]];
}

function beLoggedOut(state) {
  const pin = state.memory.credential !== null;
  const out = enter(state, "logged_out", {
    ...GONE, problem: null, pinAllowed: pin, form: pin ? "pin" : "email",
  });
  const next = remember(out, { continued: false });
  return [next, [save(next)]];
}

function showPing(state, { id, message }) {
  if (state.session === null) {
    return null;
  }
  const others = state.pings.filter((ping) => ping.id !== id);
  const pings = [...others, { id, message, painted: false }].slice(-PINGS_MOST);
  return [{ ...state, pings }, []];
}

function switchApiMode(state, { on }) {
  if (state.session === null) {
    return null;
  }
  return [{ ...state, session: { ...state.session, apiMode: on } }, []];
}

function takeError(state, { reason, message }) {
  if (reason === "replaced") {
    return beReplaced(state);
  }
  if (reason === "removed") {
    return beRemoved(state);
  }
  return [{ ...state, problem: { message } }, []]; // the close that follows does the rest
}

const ANSWERS = {
  log_in_required: requireLogIn,
  log_in_refused: refuseLogIn,
  welcome: beWelcome,
  logged_out: (state) => (isLive(state) ? beLoggedOut(state) : null),
  ready_confirmed: (state) => (state.phase === "readying" ? [enter(state, "ready"), []] : null),
  ping: showPing,
  api_mode: switchApiMode,
  error: takeError,
};

export const serverHandlers = {
  link_message: (state, { message }) => (isLinked(state) ? ANSWERS[message.type](state, message) : null),
};
