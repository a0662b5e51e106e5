// Long random lives: whatever happens in whatever order, the machine makes only
// moves of its table, and what must always hold holds. The walk comes from a
// seed, so a failure can be replayed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MOVES, isLinked, isLive } from "../../web/terminal/machine/state.js";
import { EVENTS } from "../../web/terminal/machine/step.js";
import { screenOf } from "../../web/terminal/screens/index.js";
import { STAGES, keptOf, readerIsOn } from "../../web/terminal/machine/payment.js";
import { recordOf } from "../../web/terminal/machine/state.js";
import { CREDENTIAL, Life, RENEWED, declined, ended, logInRequired, offer, outcome, welcome } from "./life.mjs";

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
  ...[1, 2].flatMap((payment) => [
    offer({ payment }), offer({ payment, authority: "terminal", amount: 1269 }), { type: "go", payment },
    { type: "withdraw", payment }, { type: "resume", payment, attempt: 0 }, ended("cancelled", "pos", payment),
    outcome({ payment }), declined({ payment }), { type: "cancel_requested", payment, by: "pos" },
    { type: "result_refused", payment, attempt: 1, message: "" }, ended("approved", null, payment),
  ]),
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
  ready: ["link_message", { message: offer({ payment: 1 }) }],
  readying: ["link_message", { message: { type: "ready_confirmed" } }],
};

// Likewise for a payment.
function onwardOf({ number, attempt, version }) {
  return {
    offered: [["offer_painted", { number }], ["link_message", { message: { type: "go", payment: number } }]],
    starting: [["payment_stored", { number, version }]],
    card: [["card_presented", { card: "visa", entry: "insert" }], ["card_presented", { card: "visa", entry: "tap" }]],
    pin: [["pin_entered"]],
    authorising: [
      ["payment_stored", { number, version }], ["host_answered", { number, attempt }],
      ["link_message", { message: declined({ payment: number, attempt }) }],
      ["link_message", { message: outcome({ payment: number, attempt }) }],
    ],
    retry: [["try_again_pressed"], ["cancel_pressed", { by: "customer" }]],
    ending: [["payment_stored", { number, version }], ["link_message", { message: ended("cancelled", null, number) }]],
    done: [["receipt_closed"]],
  };
}

function chooseEvent({ phase, payment }, dice) {
  if (payment !== null && payment.stage !== "cut" && dice(2) === 0) {
    const choices = onwardOf(payment)[payment.stage];
    return choices[dice(choices.length)];
  }
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
    number: 1 + dice(2), version: 1 + dice(3), attempt: 1 + dice(2), by: pick("customer", "cashier"),
    card: pick("visa", "interac"), entry: pick("tap", "insert"),
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
  checkPayment(life, before);
  const screen = screenOf(state);
  assert.ok(JSON.stringify(screen.view(state)).length > 0);
}

// What the disk holds, as far as its writes were reported: before that nothing
// of it is said, and no reader is on.
function checkPayment(life, before) {
  const { state, effects } = life;
  const { payment } = state;
  for (const { record } of life.saves) {
    assert.deepEqual(record, recordOf(state), "not the present state was saved last");
  }
  const kept = JSON.stringify(keptOf(payment));
  if (kept !== JSON.stringify(keptOf(before.payment))) {
    assert.ok(life.saves.length > 0, "a payment changed that was not saved");
    assert.ok(keptOf(payment) === null || !payment.kept, "on the disk before it was written");
  }
  for (const { message } of effects.filter((effect) => effect.do === "send")) {
    if (["attempt", "result"].includes(message.type)) {
      assert.deepEqual([message, payment.kept, payment.due], [payment.unanswered, true, true]);
    }
    if (message.type === "cancel_payment" && payment?.number === message.payment && payment.stage === "ending") {
      assert.deepEqual([message, payment.kept], [payment.unanswered, true]);
    }
  }
  if (readerIsOn(state)) {
    assert.ok(payment.unanswered === null, "the reader is on while something is unanswered");
  }
  assert.ok(payment?.stage !== "offered" || state.phase === "ready", "an offer without its connection");
  if (payment !== null && before.payment?.number === payment.number && before.payment.stage !== "offered") {
    assert.ok(payment.attempt >= before.payment.attempt || before.payment.stage === "done", "an attempt's number fell");
  }
}

test("no order of events breaks a terminal", () => {
  const seen = new Set();
  const stages = new Set();
  for (let seed = 1; seed <= 40; seed += 1) {
    const dice = createDice(seed * 7919);
    const life = new Life({ credential: CREDENTIAL }).connect();
    for (let count = 0; count < STEPS; count += 1) {
      const before = life.state;
      const [type, fields] = chooseEvent(before, dice);
      life.closed = type === "link_closed";
      life.take(type, fields);
      checkLife(life, before, type);
      seen.add(life.phase);
      stages.add(life.stage);
    }
  }
  const missed = Object.keys(MOVES).filter((phase) => phase !== "fault" && !seen.has(phase));
  assert.deepEqual(missed, [], "phases that the walk never reached");
  assert.deepEqual(Object.keys(STAGES).filter((stage) => !stages.has(stage)), [], "stages that the walk never reached");
});
