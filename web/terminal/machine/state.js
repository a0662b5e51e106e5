// The state of a terminal: one phase, a payment if there is one, the moves between
// phases, and the one function that makes a move. Pure, so that whole lives run
// as tests in Node.

import { cutFrom, keptOf } from "./payment.js";

// A switch of the bench or the disk, from every phase that is on.
const AWAY = ["off", "asleep", "fault"];
// The ways a connection ends.
const LOST = ["waiting", "offline", "replaced", "removed"];
// Where else a connection leads: the answers of the server.
const LINKED = ["logged_out", "storing", "pairing", "codeless", "readying", ...LOST, ...AWAY];

// Each phase: what is true in it, and the phases that may follow.
export const MOVES = {
  // no power
  off: ["booting", "fault"],
  // power is on, the software starts
  booting: ["connecting", "offline", ...AWAY],
  // power is on, the screen is dark, no connection
  asleep: ["connecting", "offline", "off", "fault"],
  // the network is switched off: no connection, none is tried
  offline: ["connecting", ...AWAY],
  // a connection is being opened, or hello is not answered yet
  connecting: LINKED,
  // no connection; the next attempt has a time
  waiting: ["connecting", "offline", ...AWAY],
  // connected; a person must log in
  logged_out: ["registering", ...LINKED],
  // log_in is sent and not answered
  registering: LINKED,
  // welcome came; its credential is not stored yet
  storing: LINKED,
  // registered; the code is shown; Continue was not pressed
  pairing: ["continuing", "leaving", ...LINKED],
  // Continue was pressed and is not stored yet
  continuing: LINKED,
  // registered without a code, because API mode was off
  codeless: ["leaving", ...LINKED],
  // ready is sent and not confirmed
  readying: ["ready", "leaving", ...LINKED],
  // the server has confirmed: payments may come
  ready: ["leaving", ...LINKED],
  // log_out is sent and not answered
  leaving: LINKED,
  // another connection took over; not reconnecting
  replaced: ["connecting", "offline", ...AWAY],
  // an administrator removed the device or its credential; not reconnecting
  removed: ["connecting", "offline", ...AWAY],
  // no memory or no slot: it needs a reload
  fault: [],
};

// The phases in which the server has answered hello.
const LIVE = new Set([
  "logged_out", "registering", "storing", "pairing", "continuing", "codeless", "readying", "ready", "leaving",
]);
// The phases in which an answer of the server is due within a time limit.
const AWAITING = new Set(["connecting", "registering", "readying", "leaving"]);

export const isLive = (state) => LIVE.has(state.phase);
export const isLinked = (state) => isLive(state) || state.phase === "connecting";
export const isAwaiting = (state) => AWAITING.has(state.phase);
export const isOn = (state) => !["off", "booting", "asleep", "fault"].includes(state.phase);

// The state before anything happened to a terminal with this memory.
export function newState(record, slot) {
  const { power, asleep, payment, ...memory } = record;
  return {
    phase: "off",
    slot,
    network: true, // the switch of the bench
    failures: 0, // attempts without a steady connection
    retryAt: null, // wall time of the next attempt, in ms
    leastMs: 0, // what the server asked to be left alone for
    heartbeatSeconds: 20, // of silence, until the server is probed
    problem: null, // for people: { key } into the texts, or { message } of the server
    form: "email", // which log-in form: "email" or "pin"
    pinAllowed: false,
    lockedUntil: null, // wall time from which a log-in is looked at, in ms
    email: "", // typed before, kept for the next try
    businessName: record.businessName,
    session: null, // what welcome said, while logged in
    pings: [], // { id, message, painted }, newest last
    menu: null, // null, "options" or "hardware"
    revoked: false, // in the phase removed: its credential, not the device
    fault: null, // "slot" or "memory", in the phase fault
    nextCredential: null, // being stored: not to be used yet
    payment: cutFrom(payment), // machine/payment.js; it goes on without a connection
    memory, // what the disk holds
  };
}

// What a terminal drops when it is not logged in, or not connected, any more.
export const GONE = { session: null, pings: [], menu: null };

// What goes to the disk: the memory, and what the phase says about the power.
export function recordOf(state) {
  return {
    ...state.memory,
    credential: state.nextCredential ?? state.memory.credential,
    power: state.phase !== "off",
    asleep: state.phase === "asleep",
    payment: keptOf(state.payment),
  };
}

// The only function that changes a phase.
export function enter(state, phase, changes = {}) {
  if (phase !== state.phase && !MOVES[state.phase].includes(phase)) {
    throw new Error(`no move from ${state.phase} to ${phase}`);
  }
  return { ...state, retryAt: null, ...changes, phase };
}

export const remember = (state, changes) => ({ ...state, memory: { ...state.memory, ...changes } });
export const save = (state, then = null) => ({ do: "save", record: recordOf(state), then });
export const send = (message) => ({ do: "send", message });
export const timer = (name, ms, event) => ({ do: "timer", name, ms, event });
