// The payments of the stand-in server: offer, go, outcome, end, as
// docs/terminal-protocol.md has them, in memory, and the three calls of the API
// that the tests of the page use.

import { randomInt } from "node:crypto";
import { decide } from "../../web/terminal/payment_application.js";

const DISPLAY_LIMIT_MS = 3000;
const LIMIT_SECONDS = 120;
const FINAL = ["approved", "declined", "cancelled", "expired", "refused"];

const isFinal = (payment) => FINAL.includes(payment.state);

export class Payments {
  constructor() {
    this.all = new Map();
    this.last = 0;
    this.authority = "server";
    this.held = null; // outcomes that are kept back: an array of functions
    this.goHeld = false;
  }

  openOn(device) {
    return [...this.all.values()].find((payment) => payment.device === device && !isFinal(payment)) ?? null;
  }

  // Answers the payment once the terminal shows it, or null.
  start(device, { currency, transactionAmount, invoiceNumber = null }) {
    const payment = {
      number: (this.last += 1), device, amount: Math.round(transactionAmount * 100), currency, invoiceNumber,
      authority: this.authority, state: "offered", reason: null, attempts: [], cancelAsked: null,
    };
    this.all.set(payment.number, payment);
    device.session.send("offer", {
      payment: payment.number, kind: "purchase", amount: payment.amount, currency, invoiceNumber,
      authority: payment.authority, timeLimitSeconds: LIMIT_SECONDS,
    });
    return new Promise((resolve) => {
      const late = setTimeout(() => payment.shown(false), DISPLAY_LIMIT_MS);
      payment.shown = (shown) => {
        clearTimeout(late);
        payment.shown = () => {};
        this.decideOffer(payment, shown);
        resolve(shown ? payment : null);
      };
    });
  }

  decideOffer(payment, shown) {
    payment.state = shown ? "displayed" : "refused";
    if (!shown) {
      payment.device.session?.send("withdraw", { payment: payment.number });
    } else if (!this.goHeld) {
      payment.device.session?.send("go", { payment: payment.number });
    }
  }

  hear(session, message) {
    const payment = this.all.get(message.payment);
    if (payment === undefined || payment.device !== session.device) {
      session.send("payment_ended", { payment: message.payment, state: "refused", reason: null });
      return;
    }
    this[message.type](payment, message, session);
  }

  displayed(payment, message, session) {
    if (payment.state === "offered") {
      payment.shown(true);
    } else {
      session.send("withdraw", { payment: payment.number });
    }
  }

  attempt(payment, message) {
    const known = payment.attempts.find((each) => each.attempt === message.attempt);
    if (known === undefined && !isFinal(payment)) {
      this.decideAttempt(payment, message, decide(payment.amount, payment.number, message.attempt));
    }
    this.tell(payment);
  }

  result(payment, message) {
    const known = payment.attempts.find((each) => each.attempt === message.attempt);
    if (known === undefined && isFinal(payment) && message.approved) {
      payment.device.session.send("result_refused", {
        payment: payment.number, attempt: message.attempt, message: "The payment was ended before.",
      });
      return;
    }
    if (known === undefined) {
      this.decideAttempt(payment, message, message);
    }
    this.tell(payment);
  }

  decideAttempt(payment, { attempt, lastFour, brand, entry }, { approved, approvalCode, reason }) {
    payment.attempts.push({ attempt, lastFour, brand, entry, approved, approvalCode, reason, transaction: randomInt(1e6, 1e8) });
    payment.state = approved ? "approved" : "retry";
  }

  cancel_payment(payment, { by }) {
    this.end(payment, by);
    this.tell(payment);
  }

  end(payment, by, state = "cancelled") {
    if (!isFinal(payment)) {
      payment.state = payment.attempts.length > 0 ? "declined" : state;
      payment.reason = by;
    }
  }

  ask_payment(payment) {
    this.tell(payment);
  }

  progress(payment, { screen }) {
    payment.screen = screen;
  }

  // How it stands: the last outcome, and the end.
  tell(payment) {
    const speak = () => {
      const send = (type, fields) => payment.device.session?.send(type, { payment: payment.number, ...fields });
      const last = payment.attempts.at(-1);
      if (last !== undefined && payment.reason === null) {
        const { attempt, approved, transaction, approvalCode, reason } = last;
        send("outcome", { attempt, approved, transaction, approvalCode, reason, final: isFinal(payment) });
      }
      if (isFinal(payment)) {
        send("payment_ended", { state: payment.state === "displayed" ? payment.screen ?? "displayed" : payment.state, reason: payment.reason });
      } else if (last === undefined) {
        send("resume", { attempt: 0 });
      }
    };
    if (this.held === null) {
      speak();
    } else {
      this.held.push(speak);
    }
  }

  welcome(device) {
    const payment = this.openOn(device);
    if (payment !== null && payment.state !== "offered") {
      device.session.send("resume", { payment: payment.number, attempt: payment.attempts.length });
    }
  }

  cancelByPos(payment) {
    if (payment.authority === "terminal" && !isFinal(payment)) {
      payment.device.session?.send("cancel_requested", { payment: payment.number, by: "pos" });
    } else if (!isFinal(payment)) {
      this.end(payment, "pos");
      this.tell(payment);
    }
  }

  // [status, body, location] of a call below /v2/devices/CODE/payment
  async serve(method, rest, device, body) {
    if (method === "POST" && rest === "/payment/purchase") {
      if (this.openOn(device)) {
        return [409, { errors: [`device with code ${device.code} busy`] }];
      }
      const payment = device.session?.isReady ? await this.start(device, body) : null;
      return payment === null
        ? [409, { errors: [`device with code ${device.code} not listening`] }]
        : [202, undefined, `/v2/devices/${device.code}/payments/${payment.number}`];
    }
    const [, number, cancel] = /^\/payments\/(\d+)(\/cancel)?$/.exec(rest) ?? [];
    const payment = this.all.get(Number(number));
    if (payment === undefined) {
      return [404, { errors: ["payment not found"] }];
    }
    if (cancel) {
      this.cancelByPos(payment);
    }
    return [200, { result: payment.state === "cancelled" ? "cancelled" : "too late", state: payment.state === "displayed" ? payment.screen ?? "displayed" : payment.state, reason: payment.reason }];
  }
}
