// A point of sale's webhook address: takes messages, verifies each with two
// libraries that are not ours, keeps them all, and can be told to misbehave.

import http from 'node:http';
import { until } from './server.mjs';
import { isGoodForStandardWebhooks, isGoodForSvix } from './verifiers.mjs';

// Until nothing waits for the webhook of a business any more. An endpoint is not
// asked for minutes once it has failed twice: with a slow machine, or a short
// trouble, that is soon, and then a person resends. `patience`: failures that
// are waited for.
export async function delivered(server, { business = 1, patience = 1, limitMs = 30_000 } = {}) {
  const verb = (name, ...words) => server.admin('webhook', name, ...words, '--business', String(business));
  let rows = [];
  await until(() => `every event was delivered; ${rows.length} wait, first ${JSON.stringify(rows[0])}`, async () => {
    rows = await verb('deliveries', '--state', 'waiting', '--limit', '1000');
    const failed = rows.find(({ attempts }) => attempts > patience);
    if (failed) await verb('resend', String(failed.id));
    return rows.length === 0;
  }, limitMs);
}

export class Inbox {
  // `fault(message)` says what to do with a message: a status to answer, 'reset'
  // (the connection breaks before the message counts), 'unanswered' (it is taken,
  // and its answer is lost) or undefined (200).
  static async start({ port = 0, fault = () => undefined } = {}) {
    const inbox = new Inbox();
    inbox.fault = fault;
    inbox.messages = []; // in the order of their arrival, also those that were refused
    inbox.problems = [];
    inbox.tokens = [];
    inbox.server = http.createServer((call, answer) => inbox.#take(call, answer));
    await new Promise((done, refuse) => { inbox.server.once('error', refuse).listen(port, '127.0.0.1', done); });
    inbox.port = inbox.server.address().port;
    inbox.url = `http://127.0.0.1:${inbox.port}/hook`;
    return inbox;
  }

  // Messages are good when signed with this token (and with any given before).
  trust(verifierToken) {
    this.tokens.push(verifierToken);
  }

  #verify(text, headers) {
    for (const isGood of [isGoodForStandardWebhooks, isGoodForSvix]) {
      if (this.tokens.some((token) => isGood(token, text, headers))) continue;
      this.problems.push(`not signed by a token that we know: ${text} ${JSON.stringify(headers)}`);
    }
  }

  async #take(call, answer) {
    let text = '';
    for await (const piece of call) text += piece;
    const { 'webhook-id': id, 'webhook-timestamp': timestamp } = call.headers;
    const body = JSON.parse(text);
    const message = { id, timestamp: Number(timestamp), at: Date.now(), text, body, headers: call.headers, taken: true };
    if (this.tokens.length > 0) this.#verify(text, call.headers);
    message.nth = this.messages.filter((other) => other.id === id).length + 1;
    const what = await this.fault(message);
    message.taken = what === undefined || what === 'unanswered' || (what >= 200 && what < 300);
    message.answered = typeof what === 'number' ? what : (what ?? 200);
    this.messages.push(message);
    if (typeof what === 'string') call.socket.destroy();
    else answer.writeHead(what ?? 200).end();
  }

  // The messages that a point of sale has taken, each once, as a correct one does.
  once() {
    const known = new Set();
    return this.messages.filter(({ id, taken }) => taken && !known.has(id) && known.add(id));
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => { this.server.close(done); });
  }
}
