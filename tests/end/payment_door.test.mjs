// The terminal door: what terminals say of payments, in the wrong place or with
// what must not travel (docs/terminal-protocol.md, Payments).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Server, makeFolder, removeFolder, until } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';

const CARD = {
  entry: 'tap', brand: 'visa', card: 'credit', firstSix: '412493', lastFour: '9990',
  cardHolderName: null, reference: 'VisaOfTheTray',
};
const attempt = (fields) => ({ type: 'attempt', payment: 77, attempt: 1, ...CARD, ...fields });
const result = (fields) => ({
  ...attempt(), type: 'result', approved: true, approvalCode: 'T00042', reason: null, ...fields,
});

let folder;
let server;

before(async () => {
  folder = makeFolder();
  server = await Server.start(folder);
});

after(async () => {
  await server.stop();
  removeFolder(folder);
});

// The first line of the log that has all of these.
const logged = (...parts) => until(() => `${parts} in ${server.log}`,
  () => server.log.split('\n').find((entry) => parts.every((part) => entry.includes(part))));

async function readyTerminal() {
  const terminal = new Terminal(server);
  await terminal.logIn();
  await terminal.ready();
  return terminal;
}

describe('a payment that this terminal does not have here', () => {
  test('an offer that was never made is void', async () => {
    const terminal = await readyTerminal();
    terminal.send({ type: 'displayed', payment: 77 });
    assert.equal((await terminal.expect('withdraw')).payment, 77);
    await terminal.close();
  });

  for (const message of [
    { type: 'ask_payment', payment: 77 },
    { type: 'cancel_payment', payment: 77, by: 'lost' },
    attempt(),
  ]) {
    test(`${message.type}: nothing is known of it, and the terminal need not ask again`, async () => {
      const terminal = await readyTerminal();
      terminal.send(message);
      const { payment, state, reason } = await terminal.expect('payment_ended');
      assert.deepEqual([payment, state, reason], [77, 'unknown', null]);
      await terminal.close();
    });
  }

  test('result: it is refused in words', async () => {
    const terminal = await readyTerminal();
    terminal.send(result());
    const refused = await terminal.expect('result_refused');
    assert.deepEqual([refused.payment, refused.attempt], [77, 1]);
    assert.match(refused.message, /not known/);
    await terminal.close();
  });

  test('progress is for people, and changes nothing', async () => {
    const terminal = await readyTerminal();
    terminal.send({ type: 'progress', payment: 77, screen: 'pin' });
    terminal.send({ type: 'probe' });
    await terminal.expect('probe_answered');
    await terminal.close();
  });
});

describe('card data', () => {
  test('is left out of a result with an alarm that does not repeat it', async () => {
    const terminal = await readyTerminal();
    terminal.send(result({ pan: '4124930000009990', cardHolderName: '4124 9300 0000 9990', reason: '4124930000009990' }));
    await terminal.expect('result_refused');
    const line = await logged('terminal.card_data_dropped', terminal.code);
    assert.match(line, /level=error/);
    assert.match(line, /fields=3/);
    assert.doesNotMatch(line, /pan|9990|4124/);
    await terminal.close();
  });

  test('ends the connection anywhere else', async () => {
    for (const message of [
      { type: 'cancel_payment', payment: 77, by: 'lost', pan: '4124930000009990' },
      { type: 'ask_payment', payment: 4124930000009990 },
      { type: 'displayed', payment: 77, track: ';4124930000009990=2912?' },
      result({ firstSix: '4124930000009990' }),
      attempt({ reference: '4124930000009990' }),
    ]) {
      const terminal = await readyTerminal();
      terminal.send(message);
      const error = await terminal.expect('error');
      assert.equal(error.reason, 'protocol');
      assert.doesNotMatch(error.message, /9990/);
      assert.equal((await terminal.closed).code, 1008);
    }
  });
});

describe('who may speak of payments', () => {
  test('nobody before welcome', async () => {
    for (const message of [{ type: 'displayed', payment: 77 }, { type: 'ask_payment', payment: 77 }, attempt(), result()]) {
      const terminal = new Terminal(server);
      await terminal.opened;
      terminal.send(message);
      assert.equal((await terminal.expect('error')).reason, 'protocol');
      assert.equal((await terminal.closed).code, 1008);
    }
  });

  test('an offer is shown by a terminal that is ready, and by no other', async () => {
    const terminal = new Terminal(server);
    await terminal.logIn();
    terminal.send({ type: 'displayed', payment: 77 });
    assert.equal((await terminal.expect('error')).reason, 'protocol');
  });

  test('a terminal on which nobody is logged in says its results, and nothing else is answered', async () => {
    const terminal = await readyTerminal();
    terminal.send({ type: 'log_out' });
    await terminal.expect('logged_out');
    terminal.send({ type: 'ask_payment', payment: 77 });
    terminal.send(attempt());
    terminal.send(result());
    await terminal.expect('result_refused');
    await terminal.close();
    const again = terminal.again();
    await again.hello();
    assert.equal((await again.expect('log_in_required')).reason, 'logged_out');
    again.send(result());
    await again.expect('result_refused');
    await again.close();
  });

  test('a stranger says nothing that is answered', async () => {
    const terminal = new Terminal(server);
    await terminal.hello();
    await terminal.expect('log_in_required');
    terminal.send(result());
    terminal.send({ type: 'probe' });
    await terminal.expect('probe_answered');
    await terminal.close();
  });
});
