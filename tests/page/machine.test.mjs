// The rules of a terminal, each a short story without page, socket or clock.

import assert from "node:assert/strict";
import { test } from "node:test";
import { screenOf } from "../../web/terminal/screens/index.js";
import { CREDENTIAL, Life, RENEWED, logInRequired, welcome } from "./life.mjs";

const known = { credential: CREDENTIAL };

test("the first message is hello with serial, version and credential", () => {
  const life = new Life(known);
  life.take("started", { power: true, asleep: false });
  assert.equal(life.phase, "booting");
  assert.ok(life.take("booted").some((effect) => effect.do === "open"));
  life.take("link_opened");
  assert.deepEqual(life.sent, [
    { type: "hello", protocol: 1, serial: "TW-ABCDEFGH23", version: "0.1.0", credential: CREDENTIAL },
  ]);
});

test("a new credential is used only after it is stored", () => {
  const life = new Life(known).connect();
  life.hear(welcome({ credential: RENEWED }));
  assert.equal(life.phase, "storing");
  assert.equal(life.saves[0].record.credential, RENEWED);
  assert.equal(life.state.memory.credential, CREDENTIAL);
  life.take("link_closed", { code: 1006 });
  life.take("retry_due");
  life.take("link_opened");
  assert.equal(life.sent[0].credential, CREDENTIAL);
  life.take("saved", { what: "credential", credential: RENEWED });
  life.take("link_closed", { code: 1006 });
  life.take("retry_due");
  life.take("link_opened");
  assert.equal(life.sent[0].credential, RENEWED);
});

test("no later save puts an old credential over one that is being stored", () => {
  const life = new Life(known).connect();
  life.hear(welcome({ credential: RENEWED }));
  life.take("power_switched", { on: false });
  assert.equal(life.saves[0].record.credential, RENEWED);
});

test("of two credentials in a row only the last becomes ours", () => {
  const life = new Life(known).connect();
  life.hear(welcome({ credential: "e".repeat(43) }));
  life.hear(welcome({ credential: RENEWED }));
  life.take("saved", { what: "credential", credential: "e".repeat(43) });
  assert.equal(life.state.memory.credential, CREDENTIAL);
  life.take("saved", { what: "credential", credential: RENEWED });
  assert.equal(life.state.memory.credential, RENEWED);
  assert.equal(life.phase, "pairing");
});

test("Continue is stored before ready is said, and only the server makes it ready", () => {
  const life = new Life(known).pair();
  life.take("continue_pressed");
  assert.deepEqual(life.sent, []);
  assert.equal(life.saves[0].record.continued, true);
  life.take("saved", { what: "continued" });
  assert.deepEqual(life.sent, [{ type: "ready" }]);
  assert.equal(life.phase, "readying");
  life.hear({ type: "ready_confirmed" });
  assert.equal(life.phase, "ready");
});

test("a terminal that continued before says ready by itself", () => {
  const life = new Life({ ...known, continued: true }).pair();
  assert.deepEqual(life.sent, [{ type: "ready" }]);
  assert.equal(life.phase, "readying");
});

test("a confirmation that nobody asked for makes nothing ready", () => {
  const life = new Life(known).pair();
  life.hear({ type: "ready_confirmed" });
  assert.equal(life.phase, "pairing");
});

test("log-out forgets Continue and asks for a PIN", () => {
  const life = new Life(known).pair().continue();
  life.take("log_out_pressed");
  assert.deepEqual(life.sent, [{ type: "log_out" }]);
  assert.equal(life.saves[0].record.continued, false);
  life.hear({ type: "logged_out" });
  assert.equal(life.phase, "logged_out");
  assert.equal(life.state.form, "pin");
  assert.equal(life.state.memory.credential, CREDENTIAL);
});

test("an unknown credential is forgotten", () => {
  const life = new Life({ ...known, continued: true }).connect();
  life.hear(logInRequired({ reason: "unknown_credential" }));
  assert.equal(life.saves[0].record.credential, null);
  assert.equal(life.saves[0].record.continued, false);
  assert.equal(life.state.form, "email");
  assert.equal(life.state.problem.message, "Please log in.");
});

test("a credential that is forgotten while it is stored stays forgotten", () => {
  const life = new Life().connect();
  life.hear(welcome({ credential: RENEWED }));
  life.take("link_closed", { code: 4002 });
  life.take("saved", { what: "credential", credential: RENEWED });
  assert.equal(life.state.memory.credential, null);
});

test("a refused log-in says why, keeps the e-mail, and may end the PIN", () => {
  const life = new Life().connect();
  life.hear(logInRequired({ pin: true }));
  assert.equal(life.state.form, "pin");
  life.take("log_in_submitted", { pin: "1234" });
  assert.deepEqual(life.sent, [{ type: "log_in", pin: "1234" }]);
  life.hear({ type: "log_in_refused", reason: "wrong", message: "No.", pin: false, waitSeconds: 0 });
  assert.equal(life.state.form, "email");
  assert.equal(life.state.problem.message, "No.");
  life.take("form_chosen", { form: "pin" });
  assert.equal(life.state.form, "email");
  life.take("log_in_submitted", { email: "a@b.c", password: "secret" });
  life.hear({ type: "log_in_refused", reason: "busy", message: "", pin: false, waitSeconds: 0 });
  assert.equal(life.state.email, "a@b.c");
  assert.equal(life.state.problem.key, "busy");
});

test("no secret stays in the state", () => {
  const life = new Life().connect();
  life.hear(logInRequired());
  life.take("log_in_submitted", { email: "a@b.c", password: "hunter22" });
  assert.ok(!JSON.stringify(life.state).includes("hunter22"));
});

test("close 4001 waits for a person, who takes it back", () => {
  const life = new Life(known).pair();
  life.take("link_closed", { code: 4001 });
  assert.equal(life.phase, "replaced");
  assert.ok(!life.does("retry"));
  life.take("network_hint");
  assert.equal(life.phase, "replaced");
  life.take("connect_pressed");
  assert.equal(life.phase, "connecting");
});

test("close 4002 forgets the credential", () => {
  const life = new Life(known).pair().continue();
  life.take("link_closed", { code: 4002 });
  assert.equal(life.phase, "removed");
  assert.equal(life.saves[0].record.credential, null);
  assert.equal(life.saves[0].record.continued, false);
  assert.ok(!life.does("retry"));
});

test("the errors replaced and removed count even when the close code is lost", () => {
  for (const reason of ["replaced", "removed"]) {
    const life = new Life(known).pair();
    life.hear({ type: "error", reason, message: "", retryAfterMs: 0 });
    life.take("link_closed", { code: 1006 });
    assert.equal(life.phase, reason);
  }
});

test("attempts are counted until a connection is steady", () => {
  const life = new Life(known).pair();
  const attempts = [];
  for (let round = 0; round < 3; round += 1) {
    life.take("link_closed", { code: 1006 });
    attempts.push(life.effects.find((effect) => effect.do === "retry").attempt);
    life.take("retry_due");
    life.take("link_opened");
    life.hear(welcome());
  }
  life.take("steady");
  life.take("link_closed", { code: 1006 });
  attempts.push(life.effects.find((effect) => effect.do === "retry").attempt);
  assert.deepEqual(attempts, [0, 1, 2, 0]);
});

test("sleep says bye, closes, and is remembered", () => {
  const life = new Life(known).pair();
  life.take("sleep_pressed");
  assert.deepEqual(life.effects.map((effect) => effect.do), ["send", "close", "save"]);
  assert.deepEqual(life.sent, [{ type: "bye", reason: "sleep" }]);
  assert.equal(life.saves[0].record.asleep, true);
  life.take("woken");
  assert.equal(life.phase, "connecting");
  assert.equal(life.saves[0].record.asleep, false);
});

test("power off says bye, closes, and is remembered", () => {
  const life = new Life(known).pair();
  life.take("power_switched", { on: false });
  assert.deepEqual(life.sent, [{ type: "bye", reason: "power" }]);
  assert.equal(life.saves[0].record.power, false);
  life.take("woken");
  assert.equal(life.phase, "off");
});

test("there is no bye before hello was answered", () => {
  const life = new Life(known);
  life.take("started", { power: true, asleep: false });
  life.take("booted");
  life.take("sleep_pressed");
  assert.deepEqual(life.sent, []);
  assert.ok(life.does("close"));
});

test("a cut network closes without bye, and its return connects", () => {
  const life = new Life(known).pair();
  life.take("network_switched", { on: false });
  assert.deepEqual(life.sent, []);
  assert.ok(life.does("close"));
  assert.equal(life.phase, "offline");
  life.take("retry_due");
  assert.equal(life.phase, "offline");
  life.take("network_switched", { on: true });
  assert.equal(life.phase, "connecting");
});

test("a page that starts asleep or off stays so", () => {
  const asleep = new Life(known);
  asleep.take("started", { power: true, asleep: true });
  assert.equal(asleep.phase, "asleep");
  asleep.take("booted");
  assert.equal(asleep.phase, "asleep");
  const off = new Life(known);
  off.take("started", { power: false, asleep: false });
  assert.equal(off.phase, "off");
});

test("a ping is acknowledged once, when it is painted", () => {
  const life = new Life(known).pair();
  life.hear({ type: "ping", id: 7, message: "hello" });
  assert.deepEqual(life.sent, []);
  life.take("ping_painted", { id: 7 });
  assert.deepEqual(life.sent, [{ type: "ping_shown", id: 7 }]);
  life.take("ping_painted", { id: 7 });
  assert.deepEqual(life.sent, []);
  life.take("ping_expired", { id: 7 });
  assert.deepEqual(life.state.pings, []);
});

test("a ping is not acknowledged after log_out was sent", () => {
  const life = new Life(known).pair();
  life.hear({ type: "ping", id: 7, message: null });
  life.take("log_out_pressed");
  life.take("ping_painted", { id: 7 });
  assert.deepEqual(life.sent, []);
});

test("a tap does not remove a ping that nobody can have seen", () => {
  const life = new Life(known).pair();
  life.hear({ type: "ping", id: 1, message: null });
  life.take("ping_painted", { id: 1 });
  life.hear({ type: "ping", id: 2, message: null });
  life.take("pings_dismissed");
  assert.deepEqual(life.state.pings.map((ping) => ping.id), [2]);
});

test("at most three pings are kept, the oldest goes", () => {
  const life = new Life(known).pair();
  [1, 2, 3, 4].forEach((id) => life.hear({ type: "ping", id, message: null }));
  assert.deepEqual(life.state.pings.map((ping) => ping.id), [2, 3, 4]);
});

test("a ping before the log-in is not shown", () => {
  const life = new Life().connect();
  life.hear(logInRequired());
  life.hear({ type: "ping", id: 1, message: null });
  assert.deepEqual(life.state.pings, []);
});

test("without a code there is nothing to continue", () => {
  const life = new Life(known).pair({ code: null, apiMode: false });
  assert.equal(life.phase, "codeless");
  life.take("continue_pressed");
  assert.equal(life.phase, "codeless");
  life.hear({ type: "api_mode", on: true });
  assert.equal(life.state.session.apiMode, true);
  life.take("log_out_pressed");
  assert.deepEqual(life.sent, [{ type: "log_out" }]);
});

test("an answer that does not come ends the connection", () => {
  for (const act of [
    (life) => life,
    (life) => { life.hear(logInRequired()); life.take("log_in_submitted", { pin: "1234" }); },
    (life) => { life.hear(welcome()); life.take("log_out_pressed"); },
  ]) {
    const life = new Life(known).connect();
    act(life);
    life.take("answer_late");
    assert.equal(life.phase, "waiting");
    assert.ok(life.does("close") && life.does("retry"));
  }
});

test("a late answer timer means nothing once the answer came", () => {
  const life = new Life(known).pair();
  life.take("answer_late");
  assert.equal(life.phase, "pairing");
});

test("a message that cannot be read ends the connection", () => {
  const life = new Life(known).pair();
  life.take("link_unreadable", { problem: "x" });
  assert.equal(life.phase, "waiting");
  assert.equal(life.state.problem.key, "unreadable");
});

test("memory that cannot be written stops the terminal", () => {
  const life = new Life(known).pair();
  life.take("save_failed");
  assert.equal(life.phase, "fault");
  life.take("power_switched", { on: false });
  assert.equal(life.phase, "fault");
});

const locked = (waitSeconds, pin = false) =>
  ({ type: "log_in_refused", reason: "locked", message: "Too many.", pin, waitSeconds });

test("a locked log-in takes the PIN away and says until when", () => {
  const life = new Life(known).connect();
  life.hear(logInRequired({ reason: "logged_out", pin: true }));
  life.take("log_in_submitted", { pin: "0000" });
  life.hear(locked(90));
  assert.equal(life.state.form, "email");
  assert.equal(life.state.pinAllowed, false);
  assert.equal(life.state.problem.message, "Too many.");
  assert.deepEqual(life.effects[0], { do: "lock", seconds: 90 });
  life.take("lock_planned", { until: 12345 });
  assert.equal(life.state.lockedUntil, 12345);
  life.take("log_in_submitted", { email: "a@b.c", password: "secret" });
  assert.equal(life.state.lockedUntil, null);
  life.hear(locked(0));
  assert.ok(!life.does("lock"));
  assert.equal(life.state.lockedUntil, null);
});

test("a lock is not forgotten with the connection", () => {
  const life = new Life(known).connect();
  life.hear(logInRequired({ reason: "logged_out", pin: true }));
  life.take("log_in_submitted", { pin: "0000" });
  life.hear(locked(90, true));
  life.take("lock_planned", { until: 12345 });
  life.take("link_closed", { code: 1006 });
  life.take("retry_due");
  life.take("link_opened");
  life.hear(logInRequired({ reason: "logged_out", pin: true }));
  assert.equal(life.state.lockedUntil, 12345);
});

test("a revoked terminal forgets its credential and says why", () => {
  const life = new Life(known).pair().continue();
  life.hear({ type: "error", reason: "revoked", message: "", retryAfterMs: 0 });
  assert.equal(life.phase, "removed");
  assert.equal(screenOf(life.state).name, "revoked");
  assert.equal(life.saves[0].record.credential, null);
  life.take("link_closed", { code: 4002 });
  assert.equal(screenOf(life.state).name, "revoked");
  const removed = new Life(known).pair();
  removed.hear({ type: "error", reason: "removed", message: "", retryAfterMs: 0 });
  assert.equal(screenOf(removed.state).name, "removed");
});

test("a terminal that was moved comes back and shows its new code", () => {
  const life = new Life({ ...known, code: "JFHP" }).pair().continue();
  life.hear({ type: "error", reason: "moved", message: "Moved.", retryAfterMs: 700 });
  life.take("link_closed", { code: 1012 });
  assert.deepEqual(life.effects, [{ do: "retry", attempt: 0, leastMs: 700 }]);
  assert.equal(life.state.memory.credential, CREDENTIAL);
  life.take("retry_due");
  life.take("link_opened");
  assert.equal(life.sent[0].credential, CREDENTIAL);
  life.hear(welcome({ code: "K3YR" }));
  assert.equal(life.saves[0].record.code, "K3YR");
  assert.deepEqual(life.sent, [{ type: "ready" }]);
});

test("who was asked to wait waits, whatever the browser hints; a person may try at once", () => {
  const life = new Life(known).pair();
  life.hear({ type: "error", reason: "stopping", message: "Stopping.", retryAfterMs: 9000 });
  life.take("link_closed", { code: 1001 });
  assert.equal(life.effects[0].leastMs, 9000);
  life.take("network_hint");
  assert.equal(life.phase, "waiting");
  life.take("retry_pressed");
  assert.equal(life.phase, "connecting");
  life.take("link_closed", { code: 1006 });
  assert.equal(life.effects[0].leastMs, 0);
  life.take("network_hint");
  assert.equal(life.phase, "connecting");
});

test("only a welcome ends the back-off", () => {
  const life = new Life().connect();
  life.take("link_closed", { code: 1006 });
  life.take("retry_due");
  life.take("link_opened");
  life.hear(logInRequired());
  assert.ok(!life.effects.some((effect) => effect.name === "steady"));
  life.take("link_closed", { code: 1006 });
  assert.equal(life.effects[0].attempt, 1);
});

test("a server that says nothing is probed, and left when it does not answer", () => {
  const life = new Life(known).pair({ heartbeatSeconds: 30 });
  const timers = () => life.effects.filter((effect) => effect.name === "quiet").map((effect) => [effect.ms, effect.event.type]);
  assert.deepEqual(timers(), [[30000, "quiet"]]);
  life.take("quiet");
  assert.deepEqual(life.sent, [{ type: "probe" }]);
  assert.deepEqual(timers(), [[15000, "silent"]]);
  life.hear({ type: "probe_answered" });
  assert.deepEqual(timers(), [[30000, "quiet"]]);
  assert.equal(life.phase, "pairing");
  life.take("quiet");
  life.take("silent");
  assert.equal(life.phase, "waiting");
  assert.ok(life.does("close"));
  assert.equal(life.state.problem.key, "no_answer");
});

test("a page that is looked at again probes at once, and only where hello was answered", () => {
  const life = new Life(known);
  life.take("started", { power: true, asleep: false });
  life.take("booted");
  life.take("link_opened");
  assert.deepEqual(life.take("network_hint"), []);
  assert.deepEqual(life.take("quiet"), []);
  assert.deepEqual(life.take("silent"), []);
  life.hear(welcome());
  life.take("network_hint");
  assert.deepEqual(life.sent, [{ type: "probe" }]);
});
