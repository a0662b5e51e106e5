// A scripted terminal door: what the server would say about payments, by hand
// over the `ws` library, so that it can also fall silent, lose a connection, or
// break the rules.

import { WebSocketServer } from 'ws';

const WAIT_MS = 10_000;

// One connection of a terminal; its messages are taken in order.
class Line {
  constructor(socket) {
    this.socket = socket;
    this.received = [];
    this.waiting = [];
    this.closed = new Promise((done) => socket.once('close', done));
    socket.on('message', (bytes) => {
      this.received.push(JSON.parse(bytes));
      this.#hand();
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#hand());
  }

  #hand() {
    while (this.waiting.length > 0 && this.received.length > 0) this.waiting.shift().done(this.received.shift());
    if (this.socket.readyState >= 2) for (const waiter of this.waiting.splice(0)) waiter.refuse(new Error('the terminal has gone'));
  }

  say(type, fields = {}) {
    this.socket.send(JSON.stringify({ type, ...fields }));
  }

  // The next message but progress; an error when it is of another type.
  async hear(type) {
    for (;;) {
      const message = await new Promise((done, refuse) => {
        const timer = setTimeout(() => refuse(new Error(`no ${type} in ${WAIT_MS} ms`)), WAIT_MS);
        const settle = (how) => (value) => { clearTimeout(timer); how(value); };
        this.waiting.push({ done: settle(done), refuse: settle(refuse) });
        this.#hand();
      });
      if (message.type === type) return message;
      if (message.type !== 'progress') throw new Error(`expected ${type}, heard ${JSON.stringify(message)}`);
    }
  }

  // hello, welcome; `continued` terminals are ready afterwards.
  async welcome({ ready = true, before = [] } = {}) {
    const hello = await this.hear('hello');
    const first = hello.credential === null;
    if (first) {
      this.say('log_in_required', { reason: 'new', businessName: null, pin: false, message: 'Log in.' });
      await this.hear('log_in');
    }
    this.say('welcome', {
      business: 7, businessName: 'Demo Shop', currency: 'CAD', user: 'Ada', code: 'JSV5', apiMode: true,
      heartbeatSeconds: 20, credential: first ? 'c'.repeat(43) : null,
    });
    const said = [];
    for (const type of before) said.push(await this.hear(type));
    if (ready) {
      await this.hear('ready');
      this.say('ready_confirmed');
    }
    return said;
  }

  // An offer, shown.
  async offer(payment, fields = {}) {
    this.say('offer', {
      payment, kind: 'purchase', amount: 1234, currency: 'CAD', invoiceNumber: 'INV7', authority: 'server',
      timeLimitSeconds: 120, ...fields,
    });
    return this.hear('displayed');
  }

  async start(payment, fields = {}) {
    await this.offer(payment, fields);
    this.say('go', { payment });
  }

  outcome(payment, attempt, approved, final = approved) {
    this.say('outcome', {
      payment, attempt, approved, transaction: 1000 + attempt, approvalCode: approved ? 'ABC123' : null,
      reason: approved ? null : 'Transaction Declined: DECLINED - Do Not Honor', final,
    });
  }

  end(payment, state, reason = null) {
    this.say('payment_ended', { payment, state, reason });
  }

  // A pulled cable.
  cut() {
    this.socket.terminate();
    return this.closed;
  }
}

export class PaymentServer {
  static async start() {
    const server = new PaymentServer();
    server.lines = [];
    server.waiting = [];
    server.door = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/device/v1', perMessageDeflate: false });
    server.door.on('connection', (socket) => {
      const line = new Line(socket);
      const waiter = server.waiting.shift();
      if (waiter) waiter(line);
      else server.lines.push(line);
    });
    await new Promise((done) => server.door.once('listening', done));
    server.url = `http://127.0.0.1:${server.door.address().port}`;
    return server;
  }

  // The next connection.
  accept() {
    if (this.lines.length > 0) return Promise.resolve(this.lines.shift());
    return new Promise((done, refuse) => {
      const timer = setTimeout(() => refuse(new Error(`no connection in ${WAIT_MS} ms`)), WAIT_MS);
      this.waiting.push((line) => { clearTimeout(timer); done(line); });
    });
  }

  async stop() {
    for (const socket of this.door.clients) socket.terminate();
    await new Promise((done) => this.door.close(done));
  }
}
