// A scripted terminal for end tests: the protocol by hand over the `ws`
// library, so that it can also break it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import WebSocket from 'ws';

const WAIT_MS = 10_000;

// Of the published test numbers: the first six and the last four digits, and no
// more than a terminal may say of a card.
export const CARDS = {
  visa: { brand: 'visa', card: 'credit', firstSix: '412493', lastFour: '9990', cardHolderName: 'ADA LOVELACE', reference: 'referenceofvisa' },
  mastercard: { brand: 'mastercard', card: 'credit', firstSix: '541333', lastFour: '9130', cardHolderName: 'GRACE HOPPER', reference: 'referenceofmastercard' },
  interac: { brand: 'interac', card: 'debit', firstSix: '450060', lastFour: '0042', cardHolderName: null, reference: 'referenceofinterac' },
};

export class Terminal {
  constructor(server, { serial, credential = null, headers = {}, path = '/device/v1', ca } = {}) {
    this.server = server;
    this.serial = serial ?? `TEST-${randomBytes(5).toString('hex')}`;
    this.credential = credential;
    this.received = [];
    this.waiting = [];
    this.socket = new WebSocket(server.url.replace('http', 'ws') + path, { headers, ca, perMessageDeflate: false });
    this.opened = new Promise((done, refuse) => {
      this.socket.once('open', done);
      this.socket.once('error', refuse);
    });
    this.closed = new Promise((done) => {
      this.socket.once('close', (code, reason) => done({ code, reason: reason.toString() }));
    });
    this.socket.on('message', (bytes) => this.#take(JSON.parse(bytes)));
    this.socket.on('error', () => {});
    this.socket.on('close', () => { for (const waiter of this.waiting.splice(0)) waiter.refuse(new Error('the connection was closed')); });
    this.opened.catch(() => {});
  }

  #take(message) {
    const waiter = this.waiting.shift();
    if (waiter) waiter.done(message);
    else this.received.push(message);
  }

  send(message) {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  // The next message, whatever it is; an error when none comes, or none can come any more.
  next() {
    if (this.received.length > 0) return Promise.resolve(this.received.shift());
    if (this.socket.readyState === WebSocket.CLOSED) return Promise.reject(new Error('the connection is closed'));
    return new Promise((done, refuse) => {
      const timer = setTimeout(() => refuse(new Error(`no message in ${WAIT_MS} ms`)), WAIT_MS);
      const settle = (how) => (value) => { clearTimeout(timer); how(value); };
      this.waiting.push({ done: settle(done), refuse: settle(refuse) });
    });
  }

  async expect(type) {
    const message = await this.next();
    assert.equal(message.type, type, `expected ${type}, got ${JSON.stringify(message)}`);
    return message;
  }

  async hello(fields = {}) {
    await this.opened;
    this.send({ type: 'hello', protocol: 1, serial: this.serial, version: '0.1.0', credential: this.credential, ...fields });
  }

  // hello, log-in with e-mail and password, welcome.
  async logIn({ email, password } = this.server.facts) {
    await this.hello();
    await this.expect('log_in_required');
    this.send({ type: 'log_in', email, password });
    return this.#welcome();
  }

  async logInByPin(pin) {
    this.send({ type: 'log_in', pin });
    return this.#welcome();
  }

  async #welcome() {
    const welcome = await this.expect('welcome');
    this.credential = welcome.credential ?? this.credential;
    this.code = welcome.code;
    return welcome;
  }

  // hello with the credential, welcome.
  async comeBack() {
    await this.hello();
    return this.#welcome();
  }

  async ready() {
    this.send({ type: 'ready' });
    await this.expect('ready_confirmed');
  }

  // Waits for a ping and says that it is shown.
  async showPing() {
    const ping = await this.expect('ping');
    this.send({ type: 'ping_shown', id: ping.id });
    return ping;
  }

  // --- Payments ---

  // Waits for an offer and says that the amount is on the screen; then for the
  // server's go. { payment, amount, ... }: the offer.
  async takeOffer() {
    const offer = await this.showOffer();
    const go = await this.expect('go');
    assert.equal(go.payment, offer.payment);
    return offer;
  }

  // The same, without waiting for what the server decides.
  async showOffer() {
    const offer = await this.expect('offer');
    this.send({ type: 'displayed', payment: offer.payment });
    return offer;
  }

  progress(payment, screen) {
    this.send({ type: 'progress', payment, screen });
  }

  // A card is presented; its outcome, and where that is the last one the end.
  async present(payment, attempt = 1, card = CARDS.visa, entry = 'insert') {
    this.send({ type: 'attempt', payment, attempt, entry, ...card });
    const outcome = await this.expect('outcome');
    assert.deepEqual([outcome.payment, outcome.attempt], [payment, attempt]);
    if (outcome.final) await this.ended(payment);
    return outcome;
  }

  // It ends on the terminal without an approval.
  async cancelPayment(payment, by = 'customer') {
    this.send({ type: 'cancel_payment', payment, by });
    return this.ended(payment);
  }

  async ended(payment) {
    const end = await this.expect('payment_ended');
    assert.equal(end.payment, payment);
    return end;
  }

  // Another connection of the same terminal.
  again(options = {}) {
    return new Terminal(this.server, { serial: this.serial, credential: this.credential, ...options });
  }

  async close() {
    this.socket.close();
    return this.closed;
  }

  // A pulled cable: no goodbye.
  async cut() {
    this.socket.terminate();
    return this.closed;
  }
}
