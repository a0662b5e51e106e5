// The small pure parts of the page: back-off, serial numbers, messages, texts.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { BACKOFF_MOST_MS, backoffDelay } from "../../web/terminal/backoff.js";
import { readMessage } from "../../web/terminal/message.js";
import { makeSerial } from "../../web/terminal/serial.js";
import { declined, ended, offer, outcome, welcome } from "./life.mjs";

const TERMINAL = fileURLToPath(new URL("../../web/terminal/", import.meta.url));
const read = (message) => readMessage(JSON.stringify(message));

test("back-off doubles from a quarter of a second to fifteen, with full jitter", () => {
  const most = (attempt) => backoffDelay(attempt, () => 0.999999999);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map(most), [250, 500, 1000, 2000, 4000, 8000, 15000, 15000]);
  assert.equal(most(5000), BACKOFF_MOST_MS);
  assert.equal(backoffDelay(6, () => 0), 0);
  assert.equal(backoffDelay(6, () => 0.5), 7500);
});

test("a serial number is TW- and ten fair characters", () => {
  const serial = makeSerial((count) => Uint8Array.from({ length: count }, (_, index) => index));
  assert.equal(serial, "TW-ABCDEFGHIJ");
  let calls = 0;
  const unfair = makeSerial((count) => { calls += 1; return new Uint8Array(count).fill(calls === 1 ? 255 : 33); });
  assert.equal(unfair, "TW-9999999999");
});

test("each message of the server is read", () => {
  for (const message of [
    welcome(), welcome({ code: null, credential: "a".repeat(43) }),
    { type: "log_in_required", reason: "new", businessName: null, pin: false, message: "" },
    { type: "log_in_refused", reason: "no_codes_left", message: "x", pin: true, waitSeconds: 0 },
    { type: "log_in_refused", reason: "locked", message: "x", pin: false, waitSeconds: 86400 },
    { type: "probe_answered" }, welcome({ businessName: "\u{1F600}".repeat(80) }),
    { type: "logged_out" }, { type: "ready_confirmed" }, { type: "ping", id: 0, message: null },
    { type: "ping", id: 9, message: "\u{1F600}".repeat(80) }, { type: "api_mode", on: false },
    { type: "error", reason: "protocol", message: "x", retryAfterMs: 0 },
    { type: "error", reason: "stopping", message: "x", retryAfterMs: 3600000 },
    offer(), offer({ invoiceNumber: null, kind: "refund", currency: "USD", authority: "terminal", amount: 999999999 }),
    { type: "withdraw", payment: 1 }, { type: "go", payment: 1 }, outcome(), declined({ attempt: 1000 }),
    ended("approved"), ended("expired", "time"), { type: "resume", payment: 1, attempt: 0 },
    { type: "cancel_requested", payment: 1, by: "administrator" },
    { type: "result_refused", payment: 1, attempt: 1, message: "x" },
  ]) {
    assert.deepEqual(read(message), { message });
  }
});

test("the schema is closed", () => {
  for (const message of [
    null, [], "ping", 7, {}, { type: "hello" }, { type: "toString" }, { type: "__proto__" },
    { type: "ping", id: 1 }, { type: "ping", id: -1, message: null }, { type: "ping", id: 1.5, message: null },
    { type: "ping", id: 2 ** 53, message: null }, { type: "ping", id: "1", message: null },
    { type: "ping", id: 1, message: null, pan: "4111" }, { type: "ping", id: 1, message: "x".repeat(321) },
    { type: "log_in_refused", reason: "locked", message: "x", pin: false },
    { type: "log_in_refused", reason: "locked", message: "x", pin: false, waitSeconds: 86401 },
    { type: "log_in_refused", reason: "locked", message: "x", pin: false, waitSeconds: -1 },
    { type: "log_in_refused", reason: "bored", message: "x", pin: false, waitSeconds: 0 },
    { type: "error", reason: "moved", message: "x" }, { type: "error", reason: "moved", message: "x", retryAfterMs: 3600001 },
    { type: "error", reason: "moved", message: "x", retryAfterMs: "1" }, { type: "probe" }, { type: "probe_answered", id: 1 },
    welcome({ heartbeatSeconds: 0 }), welcome({ heartbeatSeconds: 3601 }),
    { type: "logged_out", why: 1 }, { type: "api_mode", on: "true" },
    welcome({ code: "jfhp" }), welcome({ code: "ABCDE" }), welcome({ credential: "short" }), welcome({ track: 2 }),
    offer({ amount: 0 }), offer({ amount: 12.5 }), offer({ amount: 1000000000 }), offer({ currency: "EUR" }),
    offer({ kind: "gift" }), offer({ authority: "card" }), offer({ invoiceNumber: "x".repeat(257) }),
    offer({ timeLimitSeconds: 0 }), offer({ track: "1" }), { type: "go" }, { type: "go", payment: -1 },
    outcome({ attempt: 0 }), outcome({ approvalCode: "ab12cd" }), outcome({ reason: "x".repeat(161) }), outcome({ approved: 1 }),
    ended("open"), { type: "resume", payment: 1, attempt: 1001 }, { type: "cancel_requested", payment: 1, by: "customer" },
    { type: "withdraw", payment: null }, { type: "result_refused", payment: 1, attempt: 1 },
    welcome({ businessName: "x".repeat(81) }), welcome({ businessName: null }),
  ]) {
    assert.ok(read(message).problem, JSON.stringify(message));
  }
});

test("a message longer than 4,096 bytes, or no JSON, is refused", () => {
  const logInRequired = { type: "log_in_required", reason: "new", businessName: null, pin: false, message: "" };
  const text = JSON.stringify(logInRequired);
  assert.ok(readMessage(text.padEnd(4096)).message);
  assert.ok(readMessage(text.padEnd(4097)).problem);
  assert.ok(readMessage("{").problem);
  assert.ok(readMessage(new ArrayBuffer(4)).problem);
});

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]);
}

test("the page is under 144 KB, and has no outside address and no inline script or style", () => {
  const files = filesBelow(TERMINAL);
  const size = files.reduce((sum, file) => sum + statSync(file).size, 0);
  assert.ok(size < 144 * 1024, `${size} bytes`);
  for (const file of files) {
    const text = readFileSync(file, "utf8").replaceAll("http://www.w3.org/2000/svg", "");
    assert.doesNotMatch(text, /https?:\/\//, file);
    assert.doesNotMatch(text, /innerHTML|insertAdjacentHTML|document\.write|\beval\(|style="/, file);
  }
  const html = readFileSync(join(TERMINAL, "index.html"), "utf8");
  assert.doesNotMatch(html, /<script(?![^>]* src=)|<style| on\w+=/);
});
