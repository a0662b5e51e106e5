// Payments that the terminal decides itself (authority `terminal`), and its
// stand-in for a payment application, compared with the program's own table.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DECLINE_TABLE } from "../../web/terminal/decline_table.js";
import { recordOf } from "../../web/terminal/machine/state.js";
import { amountText } from "../../web/terminal/money.js";
import { decide } from "../../web/terminal/payment_application.js";
import { screenOf } from "../../web/terminal/screens/index.js";
import { TEST_CARDS } from "../../web/terminal/test_cards.js";
import { CREDENTIAL, Life, RENEWED, declined, ended, logInRequired, outcome, welcome } from "./life.mjs";

const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));
const TABLE = resolve(CHECKOUT, process.env.BUILD || "build", "tests/tool/processor_table");
const program = () => JSON.parse(execFileSync(TABLE));

const goLife = (amount) =>
  new Life({ credential: CREDENTIAL }).pair().continue().go({ authority: "terminal", amount });
const types = (life) => life.sent.map((message) => message.type);
const asked = (by = "pos") => ({ type: "cancel_requested", payment: 17, by });
const come = (life) => { life.take("booted"); life.take("link_opened"); life.hear(welcome()); return life; };

test("the table of decimals is the program's", () => {
  const told = program().decimals.map(({ from, to, approved, reason, delayMs }) => ({ from, to, approved, reason, delayMs }));
  assert.deepEqual(DECLINE_TABLE, told);
});

test("the test cards are the program's, by the same references", () => {
  assert.deepEqual(TEST_CARDS, program().cards.map((card) => ({ ...card, holder: card.holder || null })));
});

test("the table has an answer for every amount, the same whenever it is asked", () => {
  for (let cents = 0; cents < 100; cents += 1) {
    const verdict = decide(100 + cents, 17, 1);
    assert.equal(verdict.approved, verdict.reason === null);
    assert.equal(verdict.approved, /^[A-Z0-9]{6}$/.test(verdict.approvalCode ?? ""));
    assert.deepEqual(decide(100 + cents, 17, 1), verdict);
  }
  assert.equal(decide(155, 17, 1).reason, "Transaction Declined: DECLINED - Do Not Honor");
  assert.equal(decide(169, 17, 1).delayMs, 10000);
  assert.notEqual(decide(100, 17, 1).approvalCode, decide(100, 17, 2).approvalCode);
  assert.match(decide(100, Number.MAX_SAFE_INTEGER, 10).approvalCode, /^[A-Z0-9]{6}$/);
});

test("amounts are shown with two decimals and thousands apart", () => {
  assert.deepEqual([1, 99, 100, 123456, 100000, 999999999].map(amountText),
    ["0.01", "0.99", "1.00", "1,234.56", "1,000.00", "9,999,999.99"]);
});

test("a result is stored before it is said, and forgotten when the server has stored it", () => {
  const life = goLife(1234);
  life.take("card_presented", { card: "amex", entry: "swipe" });
  assert.deepEqual(life.sent, []);
  const { unanswered } = life.saves[0].record.payment;
  assert.deepEqual([unanswered.type, unanswered.approved, unanswered.reason, unanswered.attempt], ["result", true, null, 1]);
  assert.match(unanswered.approvalCode, /^[A-Z0-9]{6}$/);
  life.store();
  assert.deepEqual(life.sent, [unanswered]);
  assert.equal(life.stage, "authorising");
  life.loseLink().comeBack();
  assert.deepEqual(life.sent.at(-1), unanswered);
  life.hear(outcome());
  assert.equal(life.saves[0].record.payment, null);
  assert.equal(life.state.payment.result.state, "approved");
  life.hear(ended("approved"));
  assert.equal(life.state.payment.result.approvalCode, "AB12CD");
});

test("a declined result may be tried again", () => {
  const life = goLife(1255);
  life.tap();
  const { approved, approvalCode, reason } = life.sent[0];
  assert.deepEqual([approved, approvalCode, reason], [false, null, "Transaction Declined: DECLINED - Do Not Honor"]);
  life.hear(declined());
  assert.equal(life.stage, "retry");
  life.take("try_again_pressed");
  life.tap("interac");
  assert.deepEqual([life.sent[0].attempt, life.sent[0].brand], [2, "interac"]);
});

test("a slow host is waited for, and a power cut meanwhile loses nothing", () => {
  const life = goLife(1269);
  life.take("card_presented", { card: "visa", entry: "tap" });
  assert.equal(life.timer("host").ms, 10000);
  assert.deepEqual(types(life), ["progress"]);
  life.store();
  assert.deepEqual(types(life), []);
  life.loseLink().comeBack();
  assert.deepEqual(types(life), ["ready"]);
  life.hear(asked());
  assert.deepEqual(types(life), []);
  const cut = Life.after(structuredClone(recordOf(life.state)));
  come(cut);
  assert.deepEqual(types(cut), ["ready", "result"].slice(-types(cut).length));
  assert.equal(cut.sent.at(-1).approved, true);
  life.take("host_answered", { number: 17, attempt: 2 });
  assert.deepEqual(types(life), []);
  life.take("host_answered", { number: 17, attempt: 1 });
  assert.deepEqual(types(life), ["result"]);
});

test("asked to cancel it says what is true", () => {
  for (const by of ["pos", "time", "administrator"]) {
    const free = goLife(1234);
    free.hear(asked(by));
    assert.deepEqual(types(free), []);
    free.store();
    assert.deepEqual(free.sent, [{ type: "cancel_payment", payment: 17, by }]);
    free.hear(ended("cancelled", by));
    assert.equal(free.state.payment.result.by, by);
  }
  const retry = goLife(1255).tap();
  retry.hear(declined());
  retry.hear(asked());
  assert.equal(retry.stage, "ending");
  const decided = goLife(1234).tap();
  decided.hear(asked());
  assert.deepEqual(types(decided), ["result"]);
  const none = goLife(1234).tap();
  none.hear(outcome());
  none.hear(asked());
  assert.deepEqual(none.sent, [{ type: "cancel_payment", payment: 17, by: "lost" }]);
});

test("a server that decides itself asks for no cancel", () => {
  const life = new Life({ credential: CREDENTIAL }).pair().continue().go();
  life.hear(asked());
  assert.deepEqual([life.stage, life.sent], ["card", []]);
});

test("a go that is being stored may be cancelled", () => {
  const life = new Life({ credential: CREDENTIAL }).pair().continue().offer({ authority: "terminal" });
  life.hear({ type: "go", payment: 17 });
  const [early] = life.saves;
  life.hear(asked());
  life.take(early.then.type, early.then);
  assert.equal(life.stage, "ending");
  assert.deepEqual(types(life), []);
});

// Approvals that crossed with the end: host still at work, not on the disk, not
// connected, said and unanswered.
const approvals = {
  "at the host": () => goLife(1269).tap(),
  "on its way to the disk": () => {
    const life = goLife(1234);
    life.take("card_presented", { card: "visa", entry: "tap" });
    return life;
  },
  "said": () => goLife(1234).tap(),
};
// What the disk and the host still owe; answers what has been said by then.
function finishSaying(life) {
  const said = types(life).includes("result") ? life.sent : [];
  const { number, version, attempt, kept, due } = life.state.payment;
  for (const [owed, type, fields] of [[!kept, "payment_stored", { number, version }], [!due, "host_answered", { number, attempt }]]) {
    if (owed) {
      life.take(type, fields);
      said.push(...life.sent);
    }
  }
  return said.filter((message) => message.type === "result");
}

for (const [where, make] of Object.entries(approvals)) {
  test(`an approval that is ${where} is said although the payment has ended otherwise`, () => {
    for (const end of [ended("cancelled", "administrator"), ended("declined"), ended("expired", "time"), ended("unknown"),
      ended("refused", "administrator"), declined({ final: true }), declined()]) {
      const life = make();
      const before = types(life).filter((type) => type === "result").length;
      life.hear(end);
      assert.equal(life.stage, "authorising");
      assert.equal(recordOf(life.state).payment.unanswered.approved, true);
      assert.equal(before + finishSaying(life).length, 1);
      life.loseLink().comeBack();
      assert.ok(types(life).includes("result"), "and again");
      life.hear(end);
      assert.equal(life.stage, "authorising");
      life.hear({ type: "result_refused", payment: 17, attempt: 1, message: "The payment was cancelled before." });
      assert.equal(life.state.payment.result.state, "contradicted");
      assert.equal(recordOf(life.state).payment, null);
    }
  });

  test(`an approval that is ${where} is over when the server has it`, () => {
    for (const answer of [outcome(), ended("approved")]) {
      const life = make();
      life.hear(answer);
      assert.equal(life.state.payment.result.state, "approved");
      assert.equal(recordOf(life.state).payment, null);
    }
  });
}

test("a decline that was not said yet ends with the payment", () => {
  const life = goLife(1255);
  life.take("card_presented", { card: "visa", entry: "tap" });
  life.hear(ended("cancelled", "administrator"));
  assert.equal(life.state.payment.result.state, "cancelled");
  assert.deepEqual(finishSaying(life), []);
});

test("an approval that the server decides ends with the server's word", () => {
  const life = new Life({ credential: CREDENTIAL }).pair().continue().go().tap();
  life.hear(ended("cancelled", "pos"));
  assert.equal(life.state.payment.result.state, "cancelled");
});

test("a removed terminal comes back once more for its result, then forgets its credential", () => {
  for (const reason of ["removed", "revoked"]) {
    for (const close of [1006, 4002]) {
      const life = goLife(1234).tap();
      const [said] = life.sent;
      if (close === 1006) {
        life.hear({ type: "error", reason, message: "", retryAfterMs: 0 });
        assert.ok(life.does("close"));
      } else {
        life.take("link_closed", { code: close });
      }
      assert.equal(life.phase, "waiting");
      assert.ok(life.does("retry"));
      assert.equal(recordOf(life.state).credential, CREDENTIAL);
      life.take("retry_due");
      life.take("link_opened");
      life.hear(logInRequired({ reason: "unknown_credential" }));
      assert.deepEqual(life.sent, [said]);
      life.hear(outcome());
      assert.equal(life.phase, "logged_out");
      life.loseLink();
      life.take("retry_due");
      life.take("link_opened");
      life.hear(logInRequired({ reason: "unknown_credential" }));
      assert.equal(recordOf(life.state).credential, null);
    }
  }
});

test("a removed terminal without a result forgets its credential, and its payment waits for a log-in", () => {
  const life = goLife(1234);
  life.hear({ type: "error", reason: "removed", message: "", retryAfterMs: 0 });
  assert.equal(life.phase, "removed");
  assert.equal(recordOf(life.state).credential, null);
  life.take("card_presented", { card: "visa", entry: "tap" });
  assert.equal(life.stage, "card", "nobody can pay on it");
  life.take("connect_pressed");
  life.take("link_opened");
  life.hear(logInRequired());
  life.take("log_in_submitted", { email: "ada@example.com", password: "x" });
  life.hear(welcome({ credential: RENEWED }));
  assert.deepEqual(types(life), ["ask_payment"]);
  life.hear(asked("administrator"));
  life.store();
  assert.deepEqual(life.sent, [{ type: "cancel_payment", payment: 17, by: "administrator" }]);
});

test("a refused result is not repeated, and a person is told", () => {
  const life = goLife(1234).tap();
  const refused = { type: "result_refused", payment: 17, attempt: 1, message: "The payment was cancelled before." };
  life.hear({ ...refused, attempt: 2 });
  assert.equal(life.stage, "authorising");
  life.hear(refused);
  assert.equal(recordOf(life.state).payment, null);
  const screen = screenOf(life.state);
  assert.deepEqual([screen.name, screen.view(life.state).state, screen.view(life.state).reason],
    ["over", "contradicted", "The payment was cancelled before."]);
  const attempt = new Life({ credential: CREDENTIAL }).pair().continue().go().tap();
  attempt.hear(refused);
  assert.equal(attempt.stage, "authorising");
});

test("a result does not wait for a log-in, and keeps the credential that it was made under", () => {
  for (const [reason, answer, end] of [
    ["logged_out", outcome(), "approved"],
    ["unknown_credential", { type: "result_refused", payment: 17, attempt: 1, message: "No." }, "contradicted"],
  ]) {
    const life = goLife(1234).tap();
    const [said] = life.sent;
    life.loseLink();
    life.take("retry_due");
    life.take("link_opened");
    life.hear(logInRequired({ reason }));
    assert.deepEqual(life.sent, [said]);
    assert.equal(recordOf(life.state).credential, CREDENTIAL);
    life.hear(answer);
    assert.equal(recordOf(life.state).payment, null);
    assert.equal(life.state.payment.result.state, end);
  }
});

test("a result that was said before the log-in is not said twice on one connection", () => {
  const life = goLife(1234).tap();
  life.loseLink();
  life.take("retry_due");
  life.take("link_opened");
  life.hear(logInRequired({ reason: "logged_out", pin: true }));
  life.take("log_in_submitted", { pin: "1234" });
  life.hear(welcome({ credential: RENEWED }));
  assert.deepEqual(types(life), []);
  life.loseLink();
  life.take("saved", { what: "credential", credential: RENEWED });
  life.comeBack();
  assert.ok(types(life).includes("result"));
});

test("without a result an unknown credential is forgotten, and nothing else is said before a log-in", () => {
  const life = new Life({ credential: CREDENTIAL }).pair().continue().go().tap();
  life.loseLink();
  life.take("retry_due");
  life.take("link_opened");
  life.hear(logInRequired({ reason: "unknown_credential" }));
  assert.deepEqual(types(life), []);
  assert.equal(recordOf(life.state).credential, null);
});
