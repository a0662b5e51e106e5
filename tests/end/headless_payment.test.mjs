// `tillwire terminal` takes payments: the real binary against a scripted server,
// with its journal (the lines it prints), its disk and its messages compared.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Headless } from './support/headless.mjs';
import { PaymentServer } from './support/payment_server.mjs';
import { Server, endWatched, makeFolder, removeFolder, run, until } from './support/server.mjs';

let folder;
let server;
let data;
let names = 0;

before(() => { folder = makeFolder(); });
after(() => {
  endWatched();
  removeFolder(folder);
});
beforeEach(async () => {
  server = await PaymentServer.start();
  data = join(folder, String(++names));
});
afterEach(async () => {
  endWatched();
  await server.stop();
});

// A headless terminal in the folder `data`.
function startTerminal(...args) {
  const { email, password } = server.facts ?? { email: 'ada@example.com', password: 'secret' };
  return new Headless({ url: server.url, data, email, password }, ...args);
}

const sale = () => JSON.parse(readFileSync(join(data, 'sale.json'), 'utf8'));
const nothing = { format: 1, attempt: 0, offer: null, unsent: null };

async function arrive(...args) {
  const terminal = startTerminal(...args);
  const line = await server.accept();
  await line.welcome();
  return { terminal, line };
}

describe('a payment on a headless terminal', () => {
  test('is approved, and every step stands in the journal', async () => {
    const { terminal, line } = await arrive('--card', 'mastercard', '--entry', 'insert');
    await line.start(5);
    const attempt = await line.hear('attempt');
    assert.equal(attempt.attempt, 1);
    assert.equal(attempt.brand, 'mastercard');
    assert.equal(attempt.entry, 'insert');
    assert.deepEqual(sale().unsent, attempt);
    line.outcome(5, 1, true);
    line.end(5, 'approved');
    assert.deepEqual(await terminal.line('payment_ended'), { event: 'payment_ended', payment: 5, attempt: 1, state: 'approved', reason: null });
    assert.deepEqual(terminal.journal(), ['payment_offered', 'payment_go', 'payment_card', 'payment_approved', 'payment_ended']);
    assert.deepEqual(terminal.lines.find((entry) => entry.event === 'payment_offered'), {
      event: 'payment_offered', payment: 5, kind: 'purchase', amount: 12.34, currency: 'CAD', invoiceNumber: 'INV7', authority: 'server',
    });
    await until('it is forgotten on the disk', () => sale().offer === null);
    assert.deepEqual(sale(), nothing);
    await line.start(6);
    assert.equal((await line.hear('attempt')).payment, 6);
    assert.equal(await terminal.stop(), 0);
  });

  test('is declined, tried again and approved; a debit card asks for its PIN', async () => {
    const { terminal, line } = await arrive('--card', 'interac', '--try-again', '2');
    const screens = [];
    line.socket.on('message', (bytes) => { const { type, screen } = JSON.parse(bytes); if (type === 'progress') screens.push(screen); });
    await line.start(5);
    await line.hear('attempt');
    line.outcome(5, 1, false);
    const second = await line.hear('attempt');
    assert.equal(second.attempt, 2);
    assert.equal(second.card, 'debit');
    line.outcome(5, 2, true);
    line.end(5, 'approved');
    await terminal.line('payment_ended');
    assert.deepEqual(screens, ['card', 'pin', 'card', 'pin']);
    assert.deepEqual(terminal.journal(), ['payment_offered', 'payment_go', 'payment_card', 'payment_declined', 'payment_card', 'payment_approved', 'payment_ended']);
  });

  test('is given up after a decline', async () => {
    const { terminal, line } = await arrive();
    await line.start(5);
    await line.hear('attempt');
    line.outcome(5, 1, false);
    assert.deepEqual(await line.hear('cancel_payment'), { type: 'cancel_payment', payment: 5, by: 'customer' });
    line.end(5, 'declined');
    assert.equal((await terminal.line('payment_ended')).state, 'declined');
  });

  test('is cancelled by the customer; nobody comes; the point of sale cancels while the person thinks', async () => {
    let { terminal, line } = await arrive('--pay', 'cancel');
    await line.start(5);
    assert.equal((await line.hear('cancel_payment')).by, 'customer');
    assert.deepEqual(sale().unsent, { type: 'cancel_payment', payment: 5, by: 'customer' });
    line.end(5, 'cancelled', 'customer');
    await terminal.line('payment_ended');
    await terminal.stop();

    for (const [options, state] of [[['--pay', 'ignore'], 'expired'], [['--delay', '3600000'], 'cancelled']]) {
      ({ terminal, line } = await arrive(...options));
      await line.start(6);
      await terminal.line('payment_go');
      line.end(6, state, 'pos');
      assert.equal((await terminal.line('payment_ended')).state, state);
      assert.ok(!terminal.journal().includes('payment_card'));
      await line.offer(7);
      await terminal.stop();
    }
  });

  test('is withdrawn, and a go that comes too late or on another connection starts nothing', async () => {
    const { terminal, line } = await arrive();
    await line.offer(5);
    line.say('withdraw', { payment: 5 });
    assert.equal((await terminal.line('payment_withdrawn')).reason, 'server');
    line.say('go', { payment: 5 });
    assert.equal((await line.hear('cancel_payment')).by, 'lost');
    await line.offer(6);
    await line.cut();
    assert.equal((await terminal.line('payment_withdrawn')).reason, 'connection');
    const next = await server.accept();
    await next.welcome();
    next.say('go', { payment: 6 });
    assert.deepEqual(await next.hear('cancel_payment'), { type: 'cancel_payment', payment: 6, by: 'lost' });
    assert.ok(!terminal.journal().includes('payment_go'));
  });

  test('does what a person types', async () => {
    const { terminal, line } = await arrive('--pay', 'ask');
    terminal.type('approve');
    await until('it says that nothing waits', () => /No payment waits for that now/.test(terminal.stderr));
    terminal.type('dance');
    await until('it says what may be typed', () => /Type approve, card NAME, retry or cancel/.test(terminal.stderr));
    await line.start(5);
    await terminal.line('payment_go');
    terminal.type('card amex');
    assert.equal((await line.hear('attempt')).brand, 'amex');
    line.outcome(5, 1, false);
    await terminal.line('payment_declined');
    terminal.type('retry\napprove');
    assert.equal((await line.hear('attempt')).brand, 'visa');
    line.outcome(5, 2, false);
    await terminal.line('payment_declined');
    terminal.type('cancel');
    assert.equal((await line.hear('cancel_payment')).by, 'customer');
    line.end(5, 'declined');
    await terminal.line('payment_ended');
    terminal.child.stdin.end();
    await line.start(6);
    await terminal.line('payment_go');
    assert.equal(await terminal.stop(), 0);
  });

  test('is decided by the terminal itself, where it is the authority', async () => {
    const { terminal, line } = await arrive();
    await line.start(5, { authority: 'terminal' });
    const result = await line.hear('result');
    assert.equal(result.approved, true);
    assert.match(result.approvalCode, /^[A-Z0-9]{6}$/);
    assert.deepEqual(sale().unsent, result);
    assert.equal((await terminal.line('payment_result')).approvalCode, result.approvalCode);
    line.outcome(5, 1, true);
    line.end(5, 'approved');
    await terminal.line('payment_ended');
    await line.start(6, { authority: 'terminal', amount: 1255 });
    assert.match((await line.hear('result')).reason, /Do Not Honor/);
    line.outcome(6, 1, false);
    assert.equal((await line.hear('cancel_payment')).by, 'customer');
    line.end(6, 'declined');
    await terminal.line('payment_ended');
    await line.start(7, { authority: 'terminal' });
    await line.hear('result');
    line.say('result_refused', { payment: 7, attempt: 1, message: 'Ask your operator.' });
    assert.equal((await terminal.line('payment_result_refused')).message, 'Ask your operator.');
    await line.offer(8);
  });
});

describe('after a power cut', () => {
  test('a payment without a card is over', async () => {
    let { terminal, line } = await arrive('--pay', 'ignore');
    await line.start(5);
    await terminal.line('payment_go');
    await terminal.stop('SIGKILL');
    assert.equal(sale().offer.payment, 5);
    terminal = startTerminal();
    line = await server.accept();
    const [said] = await line.welcome({ before: ['cancel_payment'] });
    assert.deepEqual(said, { type: 'cancel_payment', payment: 5, by: 'lost' });
    line.say('resume', { payment: 5, attempt: 0 });
    line.end(5, 'cancelled', 'lost');
    await terminal.line('payment_ended');
    assert.deepEqual(terminal.journal(), ['payment_cancel', 'payment_unsent', 'payment_resumed', 'payment_ended']);
    await line.start(6);
    assert.equal((await line.hear('attempt')).attempt, 1);
  });

  test('an attempt is repeated with the same card, until it is answered', async () => {
    let { terminal, line } = await arrive('--card', 'discover', '--entry', 'swipe');
    await line.start(5);
    const first = await line.hear('attempt');
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL']) {
      await terminal.stop(signal);
      terminal = startTerminal('--card', 'amex', '--try-again', '1');
      line = await server.accept();
      const [again] = await line.welcome({ before: ['attempt'] });
      assert.deepEqual(again, first);
    }
    await line.cut();
    line = await server.accept();
    assert.deepEqual((await line.welcome({ before: ['attempt'] }))[0], first);
    line.outcome(5, 1, false);
    const second = await line.hear('attempt');
    assert.equal(second.attempt, 2);
    assert.equal(second.brand, 'amex');
    line.outcome(5, 2, true);
    line.end(5, 'approved');
    await terminal.line('payment_ended');
  });

  test('a result of the terminal is repeated, and decided once', async () => {
    let { terminal, line } = await arrive();
    await line.start(5, { authority: 'terminal' });
    const first = await line.hear('result');
    await terminal.stop('SIGKILL');
    terminal = startTerminal();
    line = await server.accept();
    assert.deepEqual((await line.welcome({ before: ['result'] }))[0], first);
    line.end(5, 'cancelled', 'administrator');
    line.say('ping', { id: 1, message: null });
    await line.hear('ping_shown');
    assert.deepEqual(sale().unsent, first);
    line.say('result_refused', { payment: 5, attempt: 1, message: 'No.' });
    await terminal.line('payment_result_refused');
    assert.ok(!terminal.journal().includes('payment_result'));
  });

  test('a damaged record is left as it is, and said', async () => {
    const { terminal } = await arrive();
    await terminal.stop();
    assert.ok(!existsSync(join(data, 'sale.json')));
    for (const text of ['{', '{"format":1,"attempt":1,"offer":null,"unsent":null}', '{"format":2}']) {
      writeFileSync(join(data, 'sale.json'), text);
      const result = await run(['terminal', '--server', server.url, '--data', data]);
      assert.equal(result.code, 4);
      assert.match(result.stderr, /sale\.json/);
      assert.equal(readFileSync(join(data, 'sale.json'), 'utf8'), text);
    }
  });
});

describe('with the real server', () => {
  // Takes the place of the scripted one.
  beforeEach(async () => {
    await server.stop();
    server = await Server.start(join(folder, `${names}-server`));
  });

  async function arriveReady(...args) {
    const terminal = startTerminal(...args);
    const { code } = await terminal.line('registered');
    await terminal.line('ready');
    return { terminal, code };
  }

  async function buy(code, transactionAmount) {
    const answer = await server.purchase(code, { currency: 'CAD', transactionAmount });
    assert.equal(answer.status, 202);
    return `/devices/${code}/payments/${answer.id}`;
  }

  const look = async (location) => (await server.call(location)).body;

  test('sales are approved and declined, and both sides agree', async () => {
    const { terminal, code } = await arriveReady('--try-again', '1');
    for (const [amount, state, attempts] of [[12.34, 'approved', 1], [12.55, 'declined', 2], [7, 'approved', 1]]) {
      const location = await buy(code, amount);
      const ended = await terminal.line('payment_ended');
      assert.equal(ended.state, state);
      assert.equal(ended.attempt, attempts);
      assert.equal(ended.payment, Number(location.split('/').pop()));
      const seen = await look(location);
      assert.equal(seen.state, state);
      const said = terminal.lines.filter((line) => line.payment === ended.payment && line.transaction);
      assert.equal(said.length, attempts);
      for (const { transaction, event } of said) {
        const stored = (await server.call(`/card-transactions/${transaction}`)).body;
        assert.equal(stored.status, event === 'payment_approved' ? 'APPROVED' : 'DECLINED');
        assert.equal(stored.amount, amount);
      }
    }
    assert.equal(await terminal.stop(), 0);
  });

  test('a terminal that is killed at the card screen loses its payment, and the next one works', async () => {
    let { terminal, code } = await arriveReady('--pay', 'ignore');
    const location = await buy(code, 12.34);
    await terminal.line('payment_go');
    await terminal.stop('SIGKILL');
    terminal = startTerminal();
    assert.equal((await terminal.line('payment_ended')).state, 'cancelled');
    assert.equal((await look(location)).state, 'cancelled');
    await until('it is ready', () => terminal.lines.some((line) => line.event === 'ready'));
    await buy(code, 1);
    assert.equal((await terminal.line('payment_ended')).state, 'approved');
  });

  test('a card that is presented while the server is down is authorised once when it is back', async () => {
    const { terminal, code } = await arriveReady('--pay', 'ask');
    const location = await buy(code, 12.34);
    await terminal.line('payment_go');
    await server.stop('SIGKILL');
    await terminal.line('disconnected');
    terminal.type('approve');
    await terminal.line('payment_unsent');
    server = await server.startAgain();
    assert.equal((await terminal.line('payment_ended')).state, 'approved');
    assert.equal((await look(location)).state, 'approved');
    assert.equal((await server.call('/card-transactions')).body.length, 1);
  });

  test('the point of sale cancels while the person thinks', async () => {
    const { terminal, code } = await arriveReady('--delay', '3600000');
    const location = await buy(code, 12.34);
    await terminal.line('payment_go');
    assert.equal((await server.call(`${location}/cancel`, { method: 'POST', body: {} })).status, 200);
    const ended = await terminal.line('payment_ended');
    assert.deepEqual([ended.state, ended.reason], ['cancelled', 'pos']);
    assert.ok(!terminal.journal().includes('payment_card'));
  });
});

describe('its options', () => {
  test('that make no sense are told', async () => {
    for (const [args, words] of [
      [['--pay', 'maybe'], /approve/], [['--card', 'gold'], /visa.*interac/], [['--entry', 'throw'], /tap/],
      [['--try-again', '10'], /0 to 9/], [['--delay', '-1'], /milliseconds/],
    ]) {
      const result = await run(['terminal', '--data', data, ...args]);
      assert.equal(result.code, 2, result.stderr);
      assert.match(result.stderr, words);
    }
  });
});
