// The fifth thing that point of sale systems stumble over: a webhook is lost,
// late, doubled, out of order, or there before the sale is stored
// (docs/integrating.md). Each is made on purpose; a naive point of sale, in a few
// lines, goes wrong, and a correct one is right.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Inbox, delivered } from './support/inbox.mjs';
import { Server, endWatched, makeFolder, removeFolder, until } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';
import { isGoodForStandardWebhooks, isGoodForSvix } from './support/verifiers.mjs';

const AGAIN_MS = 5000; // the second attempt of a delivery

let folder;
let server;
let receiver;
let terminal;

before(async () => {
  folder = makeFolder();
  server = await Server.start(folder);
  terminal = new Terminal(server);
  await terminal.logIn();
  await terminal.ready();
});
after(async () => {
  await server?.stop();
  endWatched();
  removeFolder(folder);
});
beforeEach(async () => {
  receiver = await Inbox.start();
  const { verifierToken } = await server.admin('webhook', 'set', '--business', '1', '--url', receiver.url);
  receiver.trust(verifierToken);
});
afterEach(async () => {
  await delivered(server);
  await receiver.stop();
  assert.deepEqual(receiver.problems, []);
});

const show = async (id) => (await server.call(`/card-transactions/${id}`)).body;
const byInvoice = async (invoiceNumber) => (await server.call(`/card-transactions?${new URLSearchParams({ invoiceNumber })}`)).body;
const deliveries = (...more) => server.admin('webhook', 'deliveries', '--business', '1', ...more);
const resend = (id) => server.admin('webhook', 'resend', String(id), '--business', '1');
const messageOf = (transaction, nth = 1) => until(`message ${nth} of transaction ${transaction}`,
  () => receiver.messages.find(({ body, nth: n }) => body.id === String(transaction) && n === nth), 30_000);

let numbers = 0;
const invoice = () => `HOOK-${++numbers}`;

// A whole sale; { transaction, invoiceNumber, payment }.
async function sell(transactionAmount, invoiceNumber = invoice()) {
  const call = server.purchase(terminal.code, { currency: 'CAD', transactionAmount, invoiceNumber });
  const { payment } = await terminal.takeOffer();
  await call;
  const { transaction, final } = await terminal.present(payment);
  if (!final) await terminal.cancelPayment(payment);
  return { transaction, invoiceNumber, payment };
}

describe('a webhook that is lost', () => {
  test('is sent again, under the same id; the sale is known without it', async () => {
    receiver.fault = ({ nth }) => (nth === 1 ? 'reset' : undefined);
    const sale = await sell(10);
    const first = await messageOf(sale.transaction);

    const heard = new Set(receiver.once().map(({ body }) => body.id));
    const naive = () => (heard.has(String(sale.transaction)) ? 'paid' : 'not paid'); // waits for it, and gives up
    const correct = async () => ((await byInvoice(sale.invoiceNumber)).some(({ status }) => status === 'APPROVED') ? 'paid' : 'not paid');
    assert.deepEqual([naive(), await correct()], ['not paid', 'paid']);

    const second = await messageOf(sale.transaction, 2);
    assert.equal(second.id, first.id);
    assert.ok(second.at - first.at >= AGAIN_MS, `it came after ${second.at - first.at} ms`);
    assert.notEqual(second.timestamp, first.timestamp); // of the attempt, and signed anew
  });

  test('because nobody is there waits and comes late, the oldest first', async () => {
    const { port } = receiver;
    await receiver.stop();
    const sales = [await sell(1), await sell(2.52), await sell(3)];
    await until('an attempt has failed', async () => (await deliveries('--state', 'waiting'))[0]?.attempts > 0);
    const [oldest, ...later] = await deliveries('--state', 'waiting');
    assert.deepEqual(later.map(({ attempts }) => attempts), [0, 0]); // an address that fails is not asked for each
    const { answers } = await server.admin('webhook', 'delivery', String(oldest.id), '--business', '1');
    assert.equal(answers[0].status, null);
    assert.match(answers[0].problem, /could not connect/);

    const { verifierToken } = await server.admin('webhook', 'show', '--business', '1');
    receiver = await Inbox.start({ port });
    receiver.trust(verifierToken);
    await delivered(server); // by itself, if the second attempt has not failed as well by now
    const told = receiver.once().map(({ body }) => body.id);
    const sold = sales.map(({ transaction }) => String(transaction));
    assert.equal(told[0], sold[0]);
    assert.deepEqual(told.sort(), sold.sort()); // these went at the same time

    // The naive one takes its arrival for the time of the sale.
    const [message] = receiver.messages;
    const [{ created }] = (await deliveries()).filter(({ id }) => id === oldest.id);
    assert.ok(message.at - Date.parse(created) >= AGAIN_MS - 1000, 'it is late');
  });
});

test('a webhook that comes twice is one event: its id says so', async () => {
  receiver.fault = ({ nth }) => (nth === 1 ? 'unanswered' : undefined); // it was taken, and the server could not know
  const sale = await sell(25);
  await messageOf(sale.transaction, 2);
  await delivered(server);
  const [row] = (await deliveries()).filter(({ transaction }) => transaction === sale.transaction);
  await resend(row.id); // and a person sends it once more
  await messageOf(sale.transaction, 3);

  let naive = 0;
  let correct = 0;
  const known = new Set();
  for (const { id, body } of receiver.messages) {
    const { status, amount } = await show(body.id);
    if (status !== 'APPROVED') continue;
    naive += amount;
    if (!known.has(id)) correct += amount;
    known.add(id);
  }
  assert.deepEqual([naive, correct], [75, 25]);
});

describe('webhooks out of order', () => {
  test('of two sales: the last that came need not be the last that was', async () => {
    let refused = 0;
    receiver.fault = ({ nth }) => (nth === 1 && refused++ === 0 ? 400 : undefined); // the first message is refused once
    const first = await sell(11);
    const second = await sell(12);
    await messageOf(second.transaction);
    await messageOf(first.transaction, 2);
    const taken = receiver.once();
    assert.deepEqual(taken.map(({ body }) => Number(body.id)), [second.transaction, first.transaction]);

    const naive = await show(taken.at(-1).body.id); // "the newest message is about the sale at the till"
    const correct = (await Promise.all(taken.map(({ body }) => show(body.id)))).find(({ invoiceNumber }) => invoiceNumber === second.invoiceNumber);
    assert.deepEqual([naive.amount, correct.amount], [11, 12]);
  });

  test('of one sale they never are', async () => {
    let refused = 0;
    receiver.fault = ({ nth }) => (nth === 1 && refused++ === 0 ? 422 : undefined);
    const number = invoice();
    const call = server.purchase(terminal.code, { currency: 'CAD', transactionAmount: 7.54, invoiceNumber: number });
    const { payment } = await terminal.takeOffer();
    await call;
    const attempts = [await terminal.present(payment, 1), await terminal.present(payment, 2)].map(({ transaction }) => transaction);
    await terminal.cancelPayment(payment);
    const other = await sell(8); // goes ahead meanwhile
    await messageOf(attempts[1]);
    assert.deepEqual(receiver.once().map(({ body }) => Number(body.id)), [other.transaction, ...attempts]);
  });
});

test('a webhook that is there before the sale is stored', async () => {
  const number = invoice();
  const early = new Map(); // of the correct one: stored before it asks the terminal
  const late = new Map(); // of the naive one: stored when the call is over, and the slow printer has printed
  const outcome = { naive: 'unknown sale: thrown away', correct: 'unknown sale: thrown away' };
  let printed = false;
  receiver.fault = async ({ body }) => {
    const { invoiceNumber, status } = await show(body.id); // it is readable by now, always
    if (early.has(invoiceNumber)) outcome.correct = status;
    if (late.has(invoiceNumber)) outcome.naive = status;
    printed = true;
    return undefined;
  };
  early.set(number, 'open');
  const call = server.purchase(terminal.code, { currency: 'CAD', transactionAmount: 9, invoiceNumber: number })
    .then(async () => { await until('it is printed', () => printed); late.set(number, 'open'); });
  const { payment } = await terminal.takeOffer();
  await terminal.present(payment);
  await call;
  assert.deepEqual(outcome, { naive: 'unknown sale: thrown away', correct: 'APPROVED' });
});

describe('a webhook that is not ours', () => {
  test('is told by its signature, over the bytes as they came', async () => {
    const { transaction } = await sell(14);
    const { text, headers } = await messageOf(transaction);
    const { verifierToken } = await server.admin('webhook', 'show', '--business', '1');
    const foreign = Buffer.alloc(32, 7).toString('base64');
    for (const verify of [isGoodForStandardWebhooks, isGoodForSvix]) {
      assert.equal(verify(verifierToken, text, headers), true);
      assert.equal(verify(foreign, text, headers), false);
      assert.equal(verify(verifierToken, text.replace(/\d"/, '0"').replace(String(transaction), '1'), headers), false);
      assert.equal(verify(verifierToken, JSON.stringify(JSON.parse(text), null, 1), headers), false); // parsed and written anew
      assert.equal(verify(verifierToken, text, { ...headers, 'webhook-id': 'msg_other' }), false);
      const old = String(Number(headers['webhook-timestamp']) - 3600);
      assert.equal(verify(verifierToken, text, { ...headers, 'webhook-timestamp': old }), false);
    }
  });

  test('or by either token, while one replaces the other', async () => {
    const old = (await server.admin('webhook', 'show', '--business', '1')).verifierToken;
    const { verifierToken } = await server.admin('webhook', 'rotate', '--business', '1', '--grace', '1');
    assert.notEqual(verifierToken, old);
    const { transaction } = await sell(15);
    const { text, headers } = await messageOf(transaction);
    assert.equal(headers['webhook-signature'].split(' ').length, 2);
    for (const verify of [isGoodForStandardWebhooks, isGoodForSvix]) {
      assert.deepEqual([verify(old, text, headers), verify(verifierToken, text, headers)], [true, true]);
    }
  });
});

test('a terminalCancel has the documented body, and its own kind of id', async () => {
  const number = invoice();
  const call = server.purchase(terminal.code, { currency: 'CAD', transactionAmount: 1, invoiceNumber: number, customerCode: 'CST-7' });
  const { payment } = await terminal.takeOffer();
  await call;
  await terminal.cancelPayment(payment);
  const { body, text, headers } = await until('it is told', () => receiver.messages.find((one) => one.body.type === 'terminalCancel'));
  const { cancelledAt } = body.data;
  assert.equal(text, JSON.stringify({ type: 'terminalCancel', data: { cancelledAt, currency: 'CAD', deviceCode: terminal.code,
    transactionAmount: 1, invoiceNumber: number, customerCode: 'CST-7' } }));
  assert.match(headers['webhook-id'], /^msg_[A-Za-z0-9]+$/);
  assert.match(headers['content-type'], /^application\/json/);
  const { transaction } = await sell(2);
  assert.equal((await messageOf(transaction)).text, `{"id":"${transaction}","type":"cardTransaction"}`);
});
