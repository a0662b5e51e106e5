// What the messages of the server do to a terminal. "Ready to take payment" is
// reached by ready_confirmed alone; a new credential is used once it is stored.

import { ready } from "../message.js";
import { beRemoved, beReplaced } from "./link.js";
import { keepsResult } from "./payment.js";
import { paymentAnswers } from "./payment_server.js";
import { GONE, enter, isLinked, isLive, remember, save, send, timer } from "./state.js";

const ANSWER_LIMIT_MS = 15000;
const STEADY_MS = 5000;
const PINGS_MOST = 3;

export const answerDue = () => timer("answer", ANSWER_LIMIT_MS, { type: "answer_late" });
const quietSoon = (state) => timer("quiet", state.heartbeatSeconds * 1000, { type: "quiet" });
const steadySoon = () => timer("steady", STEADY_MS, { type: "steady" });

function requireLogIn(state, message) {
  const unknown = message.reason === "unknown_credential";
  // The server takes a result from a credential that was dropped, and from no other.
  const forget = unknown && !keepsResult(state.payment) ? { credential: null, code: null, businessName: null, user: null } : {};
  const asked = enter(state, "logged_out", {
    ...GONE,
    form: message.pin ? "pin" : "email",
    pinAllowed: message.pin,
    businessName: message.businessName,
    nextCredential: unknown ? null : state.nextCredential,
    problem: unknown ? { message: message.message } : null,
  });
  const next = remember(asked, { continued: false, ...forget });
  return [next, [save(next)]];
}

function refuseLogIn(state, message) {
  if (state.phase !== "registering") {
    return null;
  }
  const problem = message.message ? { message: message.message } : { key: message.reason };
  const form = message.pin ? state.form : "email";
  const next = enter(state, "logged_out", { problem, form, pinAllowed: message.pin });
  return [next, message.waitSeconds > 0 ? [{ do: "lock", seconds: message.waitSeconds }] : []];
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
  const { business, businessName, currency, user, code, apiMode, heartbeatSeconds, credential } = message;
  const session = { business, businessName, currency, user, code, apiMode };
  const known = remember({ ...state, session, businessName, heartbeatSeconds, problem: null }, { code, businessName, user });
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

function takeError(state, { reason, message, retryAfterMs }) {
  if (reason === "replaced") {
    return beReplaced(state);
  }
  if (reason === "removed" || reason === "revoked") {
    return beRemoved(state, reason === "revoked");
  }
  return [{ ...state, problem: { message }, leastMs: retryAfterMs }, []]; // the close that follows does the rest
}

const ANSWERS = {
  log_in_required: requireLogIn,
  log_in_refused: refuseLogIn,
  welcome: beWelcome,
  logged_out: (state) => (isLive(state) ? beLoggedOut(state) : null),
  ready_confirmed: (state) => (state.phase === "readying" ? [enter(state, "ready"), []] : null),
  ping: showPing,
  api_mode: switchApiMode,
  probe_answered: () => null, // that something came is all
  error: takeError,
  ...paymentAnswers,
};

// `at`: milliseconds of a clock that nobody sets.
function hear(state, { message, at }) {
  if (!isLinked(state)) {
    return null;
  }
  const [next, effects] = ANSWERS[message.type](state, message, at) ?? [state, []];
  return [next, isLive(next) ? [...effects, quietSoon(next)] : effects];
}

export const serverHandlers = {
  link_message: hear,
  lock_planned: (state, { until }) => (state.phase === "logged_out" ? [{ ...state, lockedUntil: until }, []] : null),
};
