// The processor `device`: the terminal's own payment application decides, its
// disk is the truth, and everybody else learns of it, once.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { join } from 'node:path';
import { Cable } from './support/cable.mjs';
import { Headless } from './support/headless.mjs';
import { Inbox } from './support/inbox.mjs';
import { endWatched, makeFolder, removeFolder, run, Server, until } from './support/server.mjs';
import { CARDS, Terminal } from './support/terminal.mjs';

const folder = makeFolder();
let receiver;
let server;
let cable;
let data;
let names = 0;

before(async () => {
  receiver = await Inbox.start();
  server = await Server.start(join(folder, 'server'), 0, ['--webhook', receiver.url]);
  await server.admin('business', 'set', '1', '--processor', 'device');
});
after(async () => {
  assert.equal((await server.stop()).code, 0);
  await receiver.stop();
  endWatched();
  removeFolder(folder);
});
beforeEach(async () => {
  data = join(folder, String(++names));
  cable = await Cable.start(() => server.port);
});
afterEach(async () => {
  await cable.stop();
});

const tried = (...words) => run(['admin', ...words, '--data', server.data]);
const payment = (...words) => server.admin('payment', ...words);

// A terminal at the end of the cable; the same one again when it was there before.
async function switchOn(...args) {
  const { email, password } = server.facts;
  return new Headless({ url: cable.url, data, email, password }, ...args);
}

async function arrive(...args) {
  const terminal = await switchOn(...args);
  const { code } = await terminal.line('registered');
  await terminal.line('ready');
  return { terminal, code };
}

// A sale of which the go has arrived.
async function begin({ terminal, code }, transactionAmount = 10) {
  const answer = await server.purchase(code, { currency: 'CAD', transactionAmount, invoiceNumber: `INV-${names}` });
  assert.equal(answer.status, 202, answer.text);
  const line = await terminal.line('payment_go');
  assert.equal(line.payment, answer.id);
  return { id: answer.id, path: `/devices/${code}/payments/${answer.id}` };
}

const look = async ({ path }) => (await server.call(path)).body;
const cancel = async ({ path }, body = {}) => (await server.call(`${path}/cancel`, { method: 'POST', body })).body;
const isIn = (sale, state) => until(`payment ${sale.id} is ${state}`, async () => (await payment('show', String(sale.id))).state === state);

// What the webhook was told of this payment: all of it is delivered, each in one
// message (which a server that was killed may have sent again, by the same id).
async function told(sale) {
  const { events } = await until('all is delivered', async () => {
    const shown = await payment('show', String(sale.id));
    return shown.events.length > 0 && shown.events.every((each) => each.deliveryState === 'delivered') && shown;
  });
  const own = receiver.once().map(({ body }) => body).filter(({ type, id, data: cancelled }) =>
    (type === 'terminalCancel' ? cancelled.invoiceNumber === `INV-${names}` : events.some(({ transaction }) => String(transaction) === id)));
  assert.equal(own.length, events.length);
  return events.map(({ type }) => type);
}

const resultOf = (id, attempt = 1, fields = {}) => ({
  type: 'result', payment: id, attempt, entry: 'tap', ...CARDS.visa, approved: true, approvalCode: 'T00042', reason: null, ...fields,
});

// Agreed on both sides: `state`, with so many transactions, all told once.
async function agreed(sale, state, ...outcomes) {
  await isIn(sale, state);
  const { attempts } = await payment('show', String(sale.id));
  assert.deepEqual(attempts.map(({ outcome }) => outcome), outcomes);
  assert.deepEqual(await told(sale), outcomes.length > 0 ? outcomes.map(() => 'cardTransaction') : ['terminalCancel']);
}

describe('the terminal decides', () => {
  test('approved: its own approval code stands in the transaction', async () => {
    const shop = await arrive('--card', 'interac');
    const sale = await begin(shop, 12.34);
    const said = await shop.terminal.line('payment_result');
    assert.equal(said.approved, true);
    const { transaction, approvalCode } = await shop.terminal.line('payment_approved');
    assert.equal(approvalCode, said.approvalCode);
    assert.equal((await shop.terminal.line('payment_ended')).state, 'approved');
    const { body } = await server.call(`/card-transactions/${transaction}`);
    assert.deepEqual([body.status, body.amount, body.approvalCode, body.cardType, body.invoiceNumber],
      ['APPROVED', 12.34, said.approvalCode, 'IN', `INV-${names}`]);
    await agreed(sale, 'approved', 'approved');
    await until('it is forgotten on the disk', () => shop.terminal.sale().offer === null);
    assert.equal(await shop.terminal.stop(), 0);
  });

  test('declined, tried again, given up: each card is a transaction, and no terminalCancel', async () => {
    const shop = await arrive('--try-again', '2');
    const sale = await begin(shop, 12.55);
    assert.equal((await shop.terminal.line('payment_ended')).state, 'declined');
    assert.equal(shop.terminal.journal().filter((name) => name === 'payment_result').length, 3);
    assert.match(shop.terminal.lines.find(({ event }) => event === 'payment_declined').reason, /Do Not Honor/);
    await agreed(sale, 'declined', 'declined', 'declined', 'declined');
    await shop.terminal.stop();
  });

  test('cancelled by the customer: a terminalCancel', async () => {
    const shop = await arrive('--pay', 'cancel');
    const sale = await begin(shop);
    assert.equal((await shop.terminal.line('payment_ended')).state, 'cancelled');
    await agreed(sale, 'cancelled');
    await shop.terminal.stop();
  });
});

describe('a result is said until it is acknowledged', () => {
  for (const [what, way] of [['the result', 'up'], ['its acknowledgement', 'down']]) {
    test(`power lost before ${what} arrived: decided once, told once`, async () => {
      const shop = await arrive('--pay', 'ask');
      const sale = await begin(shop);
      cable.mute(way);
      shop.terminal.type('approve');
      const said = await shop.terminal.line('payment_result');
      if (way === 'down') await isIn(sale, 'approved');
      await until('it is lost on its way', () => cable.lost[way] > 0);
      await shop.terminal.stop('SIGKILL');
      assert.equal((await look(sale)).state, way === 'down' ? 'approved' : 'displayed');
      assert.equal(shop.terminal.sale().unsent.approvalCode, said.approvalCode);
      cable.plug();
      const again = await switchOn('--card', 'amex');
      assert.equal((await again.line('payment_approved')).approvalCode, said.approvalCode);
      assert.equal((await again.line('payment_ended')).state, 'approved');
      assert.deepEqual(again.journal(), ['payment_unsent', 'payment_resumed', 'payment_approved', 'payment_ended']);
      await agreed(sale, 'approved', 'approved');
      await again.stop();
    });
  }

  test('the server killed before it heard the result, and again after it', async () => {
    const shop = await arrive('--pay', 'ask', '--delay', '0');
    const sale = await begin(shop, 12.69); // the application takes ten seconds
    shop.terminal.type('approve');
    await shop.terminal.line('payment_card');
    await server.stop('SIGKILL');
    await shop.terminal.line('payment_result', 20_000);
    await shop.terminal.line('payment_unsent');
    cable.mute('down');
    server = await server.startAgain();
    cable.plug();
    assert.equal((await shop.terminal.line('payment_ended', 30_000)).state, 'approved');
    await server.stop('SIGKILL');
    server = await server.startAgain();
    await agreed(sale, 'approved', 'approved');
    await shop.terminal.stop();
  });

  test('an acknowledgement that is lost again and again: the same answer each time', async () => {
    const shop = await arrive('--pay', 'ask');
    const sale = await begin(shop);
    cable.muteFrom('outcome');
    shop.terminal.type('approve');
    for (let round = 0; round < 3; round += 1) {
      await until('the answer is lost', () => cable.lost.down > 0);
      await isIn(sale, 'approved');
      await server.stop('SIGKILL');
      await shop.terminal.line('payment_unsent');
      cable.plug();
      if (round < 2) cable.muteFrom('outcome');
      server = await server.startAgain();
      assert.equal((await shop.terminal.line('payment_resumed', 20_000)).message, 'result');
    }
    assert.equal((await shop.terminal.line('payment_ended')).state, 'approved');
    assert.equal(shop.terminal.journal().filter((name) => name === 'payment_result').length, 1);
    await agreed(sale, 'approved', 'approved');
    await shop.terminal.stop();
  });
});

describe('a cancel of the point of sale is answered with what is true', () => {
  test('cancelled: the terminal was waiting for a card, or for another one', async () => {
    for (const [amount, state, outcomes] of [[10, 'cancelled', []], [10.55, 'declined', ['declined']]]) {
      names += 1;
      const shop = await arrive('--pay', 'ask');
      const sale = await begin(shop, amount);
      if (outcomes.length > 0) {
        shop.terminal.type('approve');
        await shop.terminal.line('payment_declined');
      }
      assert.equal((await cancel(sale)).result, 'cancelled');
      const ended = await shop.terminal.line('payment_ended');
      assert.deepEqual([ended.state, ended.reason], [state, 'pos']);
      await agreed(sale, state, ...outcomes);
      assert.equal((await cancel(sale)).result, 'cancelled', 'asked again');
      await shop.terminal.stop();
    }
  });

  test('too late: it is approved', async () => {
    const shop = await arrive();
    const sale = await begin(shop);
    const { transaction } = await shop.terminal.line('payment_approved');
    assert.deepEqual(await cancel(sale), { result: 'too late', state: 'approved', transactionId: transaction });
    await agreed(sale, 'approved', 'approved');
    await shop.terminal.stop();
  });

  test('device unreachable: it is off; and back it says what was true', async () => {
    const shop = await arrive('--pay', 'ask');
    const sale = await begin(shop);
    cable.pull();
    await shop.terminal.line('disconnected');
    const answer = await cancel(sale);
    assert.deepEqual([answer.result, answer.transactionId], ['device unreachable', null]);
    shop.terminal.type('approve');
    await shop.terminal.line('payment_unsent');
    cable.plug();
    assert.equal((await shop.terminal.line('payment_ended', 20_000)).state, 'approved');
    assert.equal((await cancel(sale)).result, 'too late');
    await agreed(sale, 'approved', 'approved');

    const next = await begin(shop, 11);
    cable.pull();
    await shop.terminal.line('disconnected');
    assert.equal((await cancel(next)).result, 'device unreachable');
    cable.plug();
    const ended = await shop.terminal.line('payment_ended', 20_000);
    assert.deepEqual([ended.state, ended.reason], ['cancelled', 'pos']);
    await isIn(next, 'cancelled');
    await shop.terminal.stop();
  });

  test('the result and the cancel cross: the card is charged, and with reverseIfApproved taken back', async () => {
    for (const [body, result, state, types] of [
      [{}, 'too late', 'approved', ['cardTransaction']],
      [{ reverseIfApproved: true }, 'cancelled', 'cancelled', ['cardTransaction', 'cardTransaction']],
    ]) {
      names += 1;
      const terminal = new Terminal(server);
      const { code } = await terminal.logIn();
      await terminal.ready();
      const call = server.purchase(code, { currency: 'CAD', transactionAmount: 10, invoiceNumber: `INV-${names}` });
      const { payment: id, authority } = await terminal.takeOffer();
      await call;
      assert.equal(authority, 'terminal');
      const sale = { id, path: `/devices/${code}/payments/${id}` };
      const answer = cancel(sale, body);
      assert.deepEqual(await terminal.expect('cancel_requested'), { type: 'cancel_requested', payment: id, by: 'pos' });
      terminal.send(resultOf(id));
      const outcome = await terminal.expect('outcome');
      assert.deepEqual([outcome.approved, outcome.final], [true, true]);
      assert.equal((await terminal.expect('payment_ended')).state, state);
      const { result: said, transactionId } = await answer;
      assert.deepEqual([said, transactionId], [result, outcome.transaction]);
      assert.equal((await look(sale)).state, state);
      assert.deepEqual(await told(sale), types);
      await terminal.close();
    }
  });
});

describe('a device that is removed by force while its result is on its way', () => {
  // Its result stands on its disk, and the server has not heard it.
  async function removedWithResult() {
    const shop = await arrive('--pay', 'ask');
    const sale = await begin(shop);
    cable.pull();
    await shop.terminal.line('disconnected');
    shop.terminal.type('approve');
    const said = await shop.terminal.line('payment_result');
    await shop.terminal.stop('SIGKILL');
    const refused = await tried('device', 'remove', shop.code);
    assert.match(refused.stderr, new RegExp(`has a payment of 10.00 CAD that is not final \\(number ${sale.id}`));
    assert.deepEqual(await server.admin('device', 'remove', shop.code, '--force'), { code: shop.code, unknownPayment: sale.id });
    await isIn(sale, 'unknown');
    cable.plug();
    return { ...shop, sale, said };
  }

  // Switched on again, without anybody who could log in on it.
  const comeBack = () => new Headless({ url: cable.url, data });

  test('is unknown until the terminal is back, which delivers by its retired credential', async () => {
    const { sale, said, code } = await removedWithResult();
    const terminal = comeBack();
    assert.equal((await terminal.line('payment_approved')).approvalCode, said.approvalCode);
    assert.equal((await terminal.line('payment_ended')).state, 'approved');
    assert.equal(await terminal.ended, 3, 'nobody is logged in on it');
    assert.match(terminal.stderr, /not logged in: start it again with --email and --password/);
    assert.equal(terminal.sale().offer, null);
    await agreed(sale, 'approved', 'approved');
    const again = await switchOn();
    assert.equal((await again.line('registered')).code, code, 'it keeps its code for life');
    await again.line('ready');
    await again.stop();
  });

  test('a person says that it was cancelled, and the terminal says otherwise: both are kept, a person is told', async () => {
    const { sale } = await removedWithResult();
    assert.equal((await payment('resolve', String(sale.id), '--as', 'cancelled')).state, 'cancelled');
    const terminal = comeBack();
    assert.match((await terminal.line('payment_result_refused')).message, /^The card was approved here, but that is stored as cancelled for good/);
    assert.equal(await terminal.ended, 3);
    assert.equal(terminal.sale().offer, null);
    await agreed(sale, 'cancelled');
    const { subject, detail } = (await server.admin('audit', 'list')).filter(({ action }) => action === 'payment.contradicted').at(-1);
    assert.equal(subject, `payment ${sale.id}`);
    assert.match(detail, /attempt 1 was approved .* kept: cancelled/);
  });

  test('a person says that it was charged, and the terminal says the same: one transaction, of an unknown card', async () => {
    const { sale } = await removedWithResult();
    const { state, transaction } = await payment('resolve', String(sale.id), '--as', 'approved');
    assert.equal(state, 'approved');
    const { body } = await server.call(`/card-transactions/${transaction}`);
    assert.deepEqual([body.status, body.amount, body.cardType, body.cardToken, body.cardNumber, body.approvalCode, body.invoiceNumber],
      ['APPROVED', 10, '', '', '', '', `INV-${names}`]);
    const terminal = comeBack();
    assert.equal((await terminal.line('payment_approved')).transaction, transaction);
    assert.equal((await terminal.line('payment_ended')).state, 'approved');
    assert.equal(await terminal.ended, 3);
    assert.equal(terminal.sale().offer, null);
    await agreed(sale, 'approved', 'approved');
    const [{ card, lastFour }] = (await payment('show', String(sale.id))).attempts;
    assert.deepEqual([card, lastFour], [null, null]);
  });

  test('while it is connected: it comes back once more by itself, delivers, and ends', async () => {
    const shop = await arrive('--pay', 'ask');
    const sale = await begin(shop);
    cable.mute('up');
    shop.terminal.type('approve');
    await shop.terminal.line('payment_result');
    await until('the result is lost', () => cable.lost.up > 0);
    await server.admin('device', 'remove', shop.code, '--force');
    await shop.terminal.line('removed');
    await isIn(sale, 'unknown');
    cable.plug();
    assert.equal((await shop.terminal.line('payment_ended', 20_000)).state, 'approved');
    assert.equal(await shop.terminal.ended, 3);
    await agreed(sale, 'approved', 'approved');
  });
});
