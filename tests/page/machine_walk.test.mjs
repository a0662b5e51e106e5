// Long random lives: whatever happens in whatever order, the machine makes only
// moves of its table, and what must always hold holds. The walk comes from a
// seed, so a failure can be replayed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MOVES, isLinked, isLive } from "../../web/terminal/machine/state.js";
import { EVENTS } from "../../web/terminal/machine/step.js";
import { screenOf } from "../../web/terminal/screens/index.js";
import { CREDENTIAL, Life, RENEWED, logInRequired, welcome } from "./life.mjs";

const STEPS = 4000;

// A small generator (xorshift), the same for every run of a seed.
function createDice(seed) {
  let value = seed;
  return (sides) => {
    value ^= value << 13;
    value ^= value >>> 17;
    value ^= value << 5;
    return (value >>> 0) % sides;
  };
}

const MESSAGES = [
  logInRequired(), logInRequired({ reason: "logged_out", pin: true }), logInRequired({ reason: "unknown_credential" }),
  welcome(), welcome({ credential: RENEWED }), welcome({ code: null, apiMode: false }), welcome({ apiMode: false }),
  { type: "log_in_refused", reason: "wrong", message: "", pin: true, waitSeconds: 0 }, { type: "logged_out" }, { type: "ready_confirmed" },
  { type: "ping", id: 1, message: null }, { type: "ping", id: 2, message: "hi" }, { type: "api_mode", on: true },
  { type: "api_mode", on: false }, { type: "error", reason: "protocol", message: "x", retryAfterMs: 0 },
  { type: "error", reason: "replaced", message: "", retryAfterMs: 0 }, { type: "error", reason: "revoked", message: "", retryAfterMs: 0 },
  { type: "error", reason: "moved", message: "", retryAfterMs: 900 }, { type: "probe_answered" },
  { type: "log_in_refused", reason: "locked", message: "", pin: false, waitSeconds: 9 },
];

// The ends of a terminal are left out: after them nothing happens.
const ALL = EVENTS.filter((type) => !["save_failed", "start_failed", "started"].includes(type));

// What usually comes next, so that the walk also gets far.
const ONWARD = {
  off: ["power_switched", { on: true }],
  booting: ["booted"],
  asleep: ["woken"],
  offline: ["network_switched", { on: true }],
  waiting: ["retry_due"],
  connecting: ["link_message", { message: welcome() }],
  pairing: ["continue_pressed"],
  continuing: ["saved", { what: "continued" }],
  readying: ["link_message", { message: { type: "ready_confirmed" } }],
};

function chooseEvent(phase, dice) {
  if (ONWARD[phase] !== undefined && dice(3) === 0) {
    return ONWARD[phase];
  }
  const type = dice(3) === 0 ? "link_message" : ALL[dice(ALL.length)];
  return [type, fieldsOf(type, dice)];
}

function fieldsOf(type, dice) {
  const pick = (...choices) => choices[dice(choices.length)];
  return {
    on: dice(2) === 0, id: dice(3), at: 5, until: 7, form: pick("pin", "email"),
    code: pick(1001, 1006, 1006, 4001, 4002), message: MESSAGES[dice(MESSAGES.length)],
    what: pick("credential", "continued"), credential: pick(RENEWED, CREDENTIAL), pin: "1234", problem: "x",
  };
}

function checkLife(life, before, type) {
  const { state, effects } = life;
  if (state.session !== null) {
    assert.ok(isLive(state), `a session in ${state.phase}`);
  }
  if (effects.some((effect) => effect.do === "send")) {
    assert.ok(isLinked(before), `sent in ${before.phase}`);
  }
  assert.ok(state.leastMs === 0 || before.leastMs === state.leastMs || type === "link_message", "asked to wait by nobody");
  if (before.leastMs > 0 && type === "network_hint") {
    assert.deepEqual(effects, [], "a hint cut a wait short");
  }
  assert.ok(state.pings.length === 0 || state.session !== null, "a ping without a session");
  if (isLinked(before) && !isLinked(state) && effects.length > 0) {
    assert.ok(effects.some((effect) => effect.do === "close") || life.closed, `${before.phase} left open`);
  }
  const screen = screenOf(state);
  assert.ok(JSON.stringify(screen.view(state)).length > 0);
}

test("no order of events breaks a terminal", () => {
  const seen = new Set();
  for (let seed = 1; seed <= 40; seed += 1) {
    const dice = createDice(seed * 7919);
    const life = new Life({ credential: CREDENTIAL }).connect();
    for (let count = 0; count < STEPS; count += 1) {
      const before = life.state;
      const [type, fields] = chooseEvent(before.phase, dice);
      life.closed = type === "link_closed";
      life.take(type, fields);
      checkLife(life, before, type);
      seen.add(life.phase);
    }
  }
  const missed = Object.keys(MOVES).filter((phase) => phase !== "fault" && !seen.has(phase));
  assert.deepEqual(missed, [], "phases that the walk never reached");
});
