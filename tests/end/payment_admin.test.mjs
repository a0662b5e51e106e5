// Payments as an administrator sees them, and says what became of one that
// nobody else can tell.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Inbox } from './support/inbox.mjs';
import { endWatched, makeFolder, removeFolder, run, Server, until } from './support/server.mjs';
import { CARDS, Terminal } from './support/terminal.mjs';

const folder = makeFolder();
const data = join(folder, 'data');
let receiver;
let server;

const admin = (...words) => run(['admin', ...words, '--data', data]);
const payment = (...words) => server.admin('payment', ...words);

async function connect() {
  const terminal = new Terminal(server);
  const { code } = await terminal.logIn();
  await terminal.ready();
  return { terminal, code };
}

// A payment that got its go; its number.
async function begin({ terminal, code }, fields = {}) {
  const call = server.purchase(code, { currency: 'CAD', transactionAmount: 10, ...fields });
  const offer = await terminal.takeOffer();
  assert.equal((await call).status, 202);
  return offer.payment;
}

const told = (what) => until('the webhook is told', () => receiver.messages.map(({ body }) => body).find(what));

before(async () => {
  receiver = await Inbox.start();
  server = await Server.start(data, 0, ['--webhook', receiver.url]);
});
after(async () => {
  await server.stop();
  await receiver.stop();
  endWatched();
  removeFolder(folder);
});

describe('admin payment', () => {
  test('list and show tell how a payment went, its attempts and its events', async () => {
    const shop = await connect();
    const id = await begin(shop, { transactionAmount: 10.55, invoiceNumber: 'INV-7' });
    assert.deepEqual((await payment('list', '--open')).map((row) => [row.id, row.state]), [[id, 'displayed']]);
    const first = await shop.terminal.present(id, 1);
    assert.equal(first.approved, false);
    assert.deepEqual((await payment('list', '--open')).map((row) => [row.id, row.state]), [[id, 'retry']]);
    await shop.terminal.cancelPayment(id);
    const second = await begin(shop, { transactionAmount: 20 });
    const { transaction } = await shop.terminal.present(second, 1, CARDS.interac);
    assert.deepEqual(await payment('list', '--open'), []);
    assert.deepEqual((await payment('list')).map((row) => [row.id, row.code, row.amount, row.state, row.invoiceNumber, row.transaction]),
      [[id, shop.code, '10.55', 'declined', 'INV-7', null], [second, shop.code, '20.00', 'approved', null, transaction]]);
    assert.deepEqual((await payment('list', '--limit', '1')).map((row) => row.id), [second]);
    const shown = await payment('show', String(id));
    assert.equal(shown.kind, 'purchase');
    assert.equal(shown.attempts.length, 1);
    assert.deepEqual([shown.attempts[0].number, shown.attempts[0].card, shown.attempts[0].lastFour, shown.attempts[0].outcome, shown.attempts[0].transaction],
      [1, 'visa', '9990', 'declined', first.transaction]);
    assert.match(shown.attempts[0].reason, /^Transaction Declined: /);
    await until('it is delivered', async () => (await payment('show', String(id))).events[0].deliveryState === 'delivered');
    const [event] = (await payment('show', String(id))).events;
    assert.deepEqual([event.type, event.transaction], ['cardTransaction', first.transaction]);
    const words = (await admin('payment', 'show', String(id))).stdout;
    assert.match(words, /^Invoice number: +INV-7$[^]*^Attempts:$[^]*visa[^]*^Events:$[^]*cardTransaction/m);
    await shop.terminal.close();
  });

  test('only one that is unknown is resolved, and other slips are refused', async () => {
    const [row] = await payment('list', '--limit', '1');
    for (const [words, exit, sentence] of [
      [['resolve', String(row.id), '--as', 'declined'], 1, new RegExp(`payment ${row.id} is approved; only one that is unknown`)],
      [['resolve', String(row.id)], 2, /--as is missing/],
      [['resolve', String(row.id), '--as', 'lost'], 2, /--as must be approved, declined or cancelled/],
      [['resolve', '999', '--as', 'cancelled'], 1, /business 1 has no payment 999/],
      [['show', '999'], 1, /business 1 has no payment 999/],
      [['show', 'INV-7'], 2, /an ID is a number/],
      [['list', '--limit', '0'], 1, /--limit is a number from 1 to 1000/],
    ]) {
      const result = await admin('payment', ...words);
      assert.equal(result.code, exit, words.join(' '));
      assert.match(result.stderr, sentence);
    }
  });
});

describe('a terminal with a payment under way', () => {
  test('is not removed; by force it is, and the payment is unknown until a person resolves it', async () => {
    const shop = await connect();
    const id = await begin(shop, { transactionAmount: 30, invoiceNumber: 'INV-30' });
    const refused = await admin('device', 'remove', shop.code);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`${shop.code} has a payment of 30.00 CAD that is not final \\(number ${id}, displayed\\); let it end first, or say --force`));
    const business = await admin('business', 'remove', '1', '--force');
    assert.equal(business.code, 1);
    assert.match(business.stderr, /has payments that are not final.*'payment list --open --business 1' shows them/);
    assert.deepEqual(await server.admin('device', 'remove', shop.code, '--force'), { code: shop.code, unknownPayment: id });
    assert.equal((await shop.terminal.closed).code, 4002);
    assert.deepEqual((await payment('list', '--open')).map((row) => [row.id, row.state]), [[id, 'unknown']]);
    for (const as of ['approved', 'declined']) {
      assert.match((await admin('payment', 'resolve', String(id), '--as', as)).stderr, /resolve it as cancelled/);
    }
    const resolved = await payment('resolve', String(id), '--as', 'cancelled');
    assert.deepEqual([resolved.state, resolved.reason], ['cancelled', 'administrator']);
    assert.match(resolved.means, /no card was charged/);
    const message = await told((body) => body.type === 'terminalCancel');
    assert.deepEqual([message.data.invoiceNumber, message.data.transactionAmount], ['INV-30', 30]);
    const audit = await server.admin('audit', 'list');
    assert.deepEqual(audit.slice(-2).map(({ action, subject, detail }) => [action, subject, detail]), [
      ['device.remove', `device ${shop.code}`, `force, payment ${id} stays unknown`],
      ['payment.resolve', `payment ${id}`, 'as cancelled'],
    ]);
  });

  test('a person may say that the card was charged: there is a transaction, and the webhook is told', async () => {
    await server.admin('business', 'set', '1', '--processor', 'test');
    const shop = await connect();
    const id = await begin(shop, { transactionAmount: 12.69 }); // approved after ten seconds
    shop.terminal.send({ type: 'attempt', payment: id, attempt: 1, entry: 'tap', ...CARDS.mastercard });
    await until('the card is presented', async () => (await payment('show', String(id))).state === 'authorising');
    await server.admin('device', 'remove', shop.code, '--force');
    const done = await admin('payment', 'resolve', String(id), '--as', 'approved');
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, new RegExp(`^Resolved payment ${id}\\.\\n[^]*Means: +the card was charged`));
    const shown = await payment('show', String(id));
    assert.deepEqual([shown.state, shown.attempts[0].outcome], ['approved', 'approved']);
    const { body } = await server.call(`/card-transactions/${shown.transaction}`);
    assert.deepEqual([body.status, body.amount, body.cardType], ['APPROVED', 12.69, 'MC']);
    await told((each) => each.id === String(shown.transaction));
    assert.match((await admin('payment', 'resolve', String(id), '--as', 'declined')).stderr, /is approved; only one/);
  });
});

describe('who approves', () => {
  test('is shown and set, and holds for new payments', async () => {
    assert.equal((await server.admin('business', 'show', '1')).processor, 'test');
    const shop = await connect();
    await server.admin('business', 'set', '1', '--processor', 'device');
    const call = server.purchase(shop.code, { currency: 'CAD', transactionAmount: 5 });
    const offer = await shop.terminal.takeOffer();
    await call;
    assert.equal(offer.authority, 'terminal');
    await shop.terminal.cancelPayment(offer.payment);
    assert.equal((await server.admin('business', 'set', '1', '--processor', 'test')).processor, 'test');
    assert.match((await admin('business', 'set', '1', '--processor', 'helcim')).stderr, /--processor must be test or device/);
    const { business } = await server.admin('business', 'add', '--name', 'Two', '--currency', 'USD', '--processor', 'device');
    assert.equal((await server.admin('business', 'show', String(business))).processor, 'device');
    await server.admin('business', 'remove', String(business));
    await shop.terminal.close();
  });
});
