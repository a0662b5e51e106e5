// What point of sale systems stumble over, made on purpose (docs/integrating.md
// has a chapter for each): a naive point of sale, in a few lines, goes wrong, and
// a correct one is right. Webhooks are in stumbling_webhooks.test.mjs.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Inbox } from './support/inbox.mjs';
import { Server, endWatched, makeFolder, removeFolder, until } from './support/server.mjs';
import { CARDS, Terminal } from './support/terminal.mjs';

let folder;
let server;
let receiver;
let terminal;
let other; // a second terminal of the same shop

before(async () => {
  folder = makeFolder();
  receiver = await Inbox.start();
  server = await Server.start(folder, 0, ['--webhook', receiver.url]);
  receiver.trust(server.facts.verifierToken);
  [terminal, other] = await Promise.all([arrive(), arrive()]);
});
after(async () => {
  await server?.stop();
  assert.deepEqual(receiver.problems, []);
  await receiver.stop();
  endWatched();
  removeFolder(folder);
});

async function arrive() {
  const one = new Terminal(server);
  await one.logIn();
  await one.ready();
  return one;
}

const show = async (id) => (await server.call(`/card-transactions/${id}`)).body;
const byInvoice = async (invoiceNumber) => (await server.call(`/card-transactions?${new URLSearchParams({ invoiceNumber })}`)).body;
const fails = (code, text) => [409, JSON.stringify({ errors: [`device with code ${code} ${text}`] })];

let numbers = 0;
const invoice = () => `STUMBLE-${++numbers}`;
const buy = (transactionAmount, invoiceNumber, on = terminal, options = {}) => server.purchase(on.code, { currency: 'CAD', transactionAmount, invoiceNumber }, options);

// The sale is begun on the terminal, and the point of sale has its 202.
async function begin(amount, invoiceNumber, on = terminal) {
  const call = buy(amount, invoiceNumber, on);
  const { payment } = await on.takeOffer();
  return { payment, answer: await call };
}

const message = (match) => until('the webhook', () => receiver.messages.find(({ body }) => match(body)));
const messageOf = (transaction) => message((body) => body.id === String(transaction));

test('1: a cardTransaction is not "paid"; it is sent for a decline too', async () => {
  const { payment } = await begin(12.55, invoice());
  const { transaction } = await terminal.present(payment);
  await terminal.cancelPayment(payment);
  const { body } = await messageOf(transaction);

  const naive = (event) => event.type === 'cardTransaction';
  const correct = async (event) => event.type === 'cardTransaction' && (await show(event.id)).status === 'APPROVED';
  assert.deepEqual([naive(body), await correct(body)], [true, false]);
  assert.equal((await show(transaction)).warning, 'Transaction Declined: DECLINED - Do Not Honor');

  const good = await begin(12.34, invoice());
  const approved = await terminal.present(good.payment);
  assert.equal(await correct((await messageOf(approved.transaction)).body), true);
});

test('2: Try again makes several transactions of one invoice', async () => {
  const number = invoice();
  const { payment, answer } = await begin(8.52, number);
  const declined = await terminal.present(payment, 1);
  const { body } = await messageOf(declined.transaction);

  // The first message decides for the naive one, and its cashier sells again.
  const naive = async (event) => ((await show(event.id)).status === 'APPROVED' ? 'paid' : 'sell again');
  // The correct one asks whether the request on the terminal is over.
  const place = answer.headers.get('location').replace('/v2', '');
  const correct = async () => {
    const { state } = (await server.call(place)).body;
    if (!['approved', 'declined', 'cancelled', 'expired'].includes(state)) return 'wait';
    return (await byInvoice(number)).some(({ status }) => status === 'APPROVED') ? 'paid' : 'sell again';
  };
  assert.deepEqual([await naive(body), await correct()], ['sell again', 'wait']);
  const again = await buy(8.52, invoice()); // as the naive one's cashier does
  assert.deepEqual([again.status, again.text], fails(terminal.code, 'busy'));

  const second = await terminal.present(payment, 2);
  await terminal.cancelPayment(payment);
  assert.equal(await correct(), 'sell again');
  const rows = await byInvoice(number);
  assert.deepEqual(rows.map(({ transactionId, status }) => [transactionId, status]),
    [[second.transaction, 'DECLINED'], [declined.transaction, 'DECLINED']]);
});

test('2: and the approved one among them is the sale', async () => {
  const number = invoice();
  const { payment, answer } = await begin(3.52, number); // a wrong PIN: declined
  await terminal.present(payment, 1, CARDS.visa);
  const place = answer.headers.get('location').replace('/v2', '');
  assert.equal((await server.call(place)).body.state, 'retry');
  await terminal.cancelPayment(payment);
  const retried = await begin(4, number); // the cashier sells it again, under the same number
  const { transaction } = await terminal.present(retried.payment);

  const naive = (rows) => rows.at(-1); // the first that there was
  const correct = (rows) => rows.find(({ status }) => status === 'APPROVED');
  const rows = await byInvoice(number);
  assert.deepEqual([naive(rows).status, correct(rows).transactionId], ['DECLINED', transaction]);
});

test('3: the body of the 202 is empty', async () => {
  const number = invoice();
  const post = () => fetch(`${server.facts.api}/devices/${terminal.code}/payment/purchase`, {
    method: 'POST', headers: { 'api-token': server.facts.token }, body: JSON.stringify({ currency: 'CAD', transactionAmount: 5, invoiceNumber: number }),
  });
  const naive = async (answer) => { try { return (await answer.json()) && 'begun'; } catch { return 'failed'; } };
  const correct = async (answer) => (answer.status === 202 ? 'begun' : (await answer.json()).errors);

  const call = post();
  const { payment } = await terminal.takeOffer();
  const answer = await call;
  assert.equal(answer.headers.get('content-length'), '0');
  assert.deepEqual([await naive(answer.clone()), await correct(answer)], ['failed', 'begun']);
  assert.deepEqual(await correct(await post()), [`device with code ${terminal.code} busy`]);
  await terminal.present(payment); // the customer pays what the naive one believes has failed
  assert.equal((await byInvoice(number))[0].status, 'APPROVED');
});

test('4: no id in the 202: a sale is found by its own invoice number', async () => {
  const numbers_ = [invoice(), invoice()]; // the same amount on two terminals at once
  const first = await begin(20, numbers_[0], terminal);
  const second = await begin(20, numbers_[1], other);
  const { transaction } = await other.present(second.payment); // the later one pays first
  const event = (await messageOf(transaction)).body;
  const open = [{ invoiceNumber: numbers_[0], amount: 20 }, { invoiceNumber: numbers_[1], amount: 20 }];

  const found = await show(event.id);
  const naive = open.find(({ amount }) => amount === found.amount);
  const correct = open.find(({ invoiceNumber }) => invoiceNumber === found.invoiceNumber);
  assert.deepEqual([naive.invoiceNumber, correct.invoiceNumber], numbers_);
  await terminal.cancelPayment(first.payment);
  assert.deepEqual(await byInvoice(numbers_[0]), []);
});

describe('6: a 409', () => {
  // The naive one waits for a webhook after any answer; or takes every 409 for "try later".
  const naive = ({ status }) => (status === 202 || status === 409 ? 'wait' : 'failed');
  const correct = ({ status, body }) => {
    if (status === 202) return 'wait';
    return body.errors[0].endsWith('busy') ? 'finish the sale that is on it' : 'wake the terminal';
  };

  async function nothingComes(number) {
    assert.deepEqual(await byInvoice(number), []);
    assert.ok(!receiver.messages.some(({ body }) => body.data?.invoiceNumber === number));
  }

  test('of a terminal that sleeps, or is switched off', async () => {
    const sleepy = await arrive();
    const { code } = sleepy;
    for (const leave of [
      async () => { sleepy.send({ type: 'bye', reason: 'sleep' }); await sleepy.closed; },
      async () => { const back = sleepy.again(); await back.comeBack(); await back.ready(); await back.cut(); },
    ]) {
      await leave();
      const number = invoice();
      const answer = await until('it is not listening', async () => { const each = await buy(1, number, { code }); return each.status === 409 && each; });
      assert.deepEqual([answer.status, answer.text], fails(code, 'not listening'));
      assert.deepEqual([naive(answer), correct(answer)], ['wait', 'wake the terminal']);
      await nothingComes(number);
    }
  });

  test('of one that is connected and shows nothing in three seconds: the sale is taken back', async () => {
    const mute = await arrive();
    const number = invoice();
    const call = buy(1, number, mute);
    const { payment } = await mute.expect('offer');
    const answer = await call;
    assert.deepEqual([answer.status, answer.text], fails(mute.code, 'not listening'));
    assert.equal((await mute.expect('withdraw')).payment, payment);
    assert.deepEqual([naive(answer), correct(answer)], ['wait', 'wake the terminal']);
    await nothingComes(number);
    await mute.cut();
  });

  test('of one on which another sale is open', async () => {
    const { payment } = await begin(1, invoice());
    const number = invoice();
    const answer = await buy(2, number);
    assert.deepEqual([answer.status, answer.text], fails(terminal.code, 'busy'));
    assert.deepEqual([naive(answer), correct(answer)], ['wait', 'finish the sale that is on it']);
    await nothingComes(number);
    const open = (await server.call(`/devices/${terminal.code}/payments?open=true`)).body; // which one it is
    assert.deepEqual(open.map(({ id }) => id), [payment]);
    assert.equal((await server.call(`/devices/${terminal.code}/payments/${payment}/cancel`, { method: 'POST' })).body.result, 'cancelled');
    await terminal.ended(payment);
    const after = buy(2, number);
    await terminal.cancelPayment((await terminal.takeOffer()).payment);
    assert.equal((await after).status, 202);
  });
});

test('8: a client that gives up waiting has sold all the same', async () => {
  const number = invoice();
  const key = 'one-sale-one-idempotency-key';
  const impatient = buy(30, number, terminal, { headers: { 'idempotency-key': key }, signal: AbortSignal.timeout(100) });
  const offer = await terminal.expect('offer');
  await assert.rejects(impatient, { name: 'TimeoutError' }); // and only now the terminal has it on its screen
  terminal.send({ type: 'displayed', payment: offer.payment });
  await terminal.expect('go');

  // The naive one believes that nothing happened, and sells on the other terminal.
  const naive = await begin(30, number, other);
  await other.present(naive.payment);
  // The correct one sends the same again, and is led to the same payment.
  const correct = await buy(30, number, terminal, { headers: { 'idempotency-key': key } });
  assert.deepEqual([correct.status, correct.id], [202, offer.payment]);
  await terminal.present(offer.payment);

  const charged = (await byInvoice(number)).filter(({ status }) => status === 'APPROVED');
  assert.equal(charged.length, 2, 'the naive one has charged the customer twice');
  const onIt = (await server.call(`/devices/${terminal.code}/payments`)).body.filter(({ invoiceNumber }) => invoiceNumber === number);
  assert.equal(onIt.length, 1, 'and the correct one once');
});

describe('9: the same card, the same amount, within five minutes', () => {
  test('is declined under the preset helcim, and the first one stands', async () => {
    const data = makeFolder();
    const strict = await Server.start(data, 0, ['--preset', 'helcim']);
    const strictTerminal = new Terminal(strict);
    await strictTerminal.logIn();
    await strictTerminal.ready();
    const sell = async (invoiceNumber) => {
      const call = strict.purchase(strictTerminal.code, { currency: 'CAD', transactionAmount: 4.5, invoiceNumber });
      const { payment } = await strictTerminal.takeOffer();
      await call;
      const outcome = await strictTerminal.present(payment);
      if (!outcome.final) await strictTerminal.cancelPayment(payment);
      return (await strict.call(`/card-transactions/${outcome.transaction}`)).body;
    };
    const coffee = await sell('COFFEE-1');
    const second = await sell('COFFEE-2'); // another customer's coffee, paid with the same card
    assert.deepEqual([coffee.status, second.status, second.warning],
      ['APPROVED', 'DECLINED', 'Transaction Declined: Suspected duplicate transaction in the last 5 minutes.']);

    const naive = ({ status }) => (status === 'APPROVED' ? 'paid' : 'the bank refuses this card');
    const correct = ({ status, warning }) => {
      if (status === 'APPROVED') return 'paid';
      return warning.includes('Suspected duplicate') ? 'has it been paid already? else wait, or another card' : 'the bank refuses this card';
    };
    assert.deepEqual([naive(second), correct(second)], ['the bank refuses this card', 'has it been paid already? else wait, or another card']);
    const paid = (await strict.call('/card-transactions?invoiceNumber=COFFEE-1')).body; // what it looks up then
    assert.deepEqual(paid.map(({ status }) => status), ['APPROVED']);
    await strictTerminal.close();
    await strict.stop();
    removeFolder(data);
  });

  test('is approved without it', async () => {
    for (let i = 0; i < 2; i++) {
      const { payment } = await begin(4.5, invoice());
      assert.equal((await terminal.present(payment)).approved, true);
    }
  });
});

describe('10: dates are Mountain Time without a zone, and webhooks are UTC', () => {
  const MINUTE = 60_000;
  const naive = (date) => Date.parse(`${date.replace(' ', 'T')}Z`);
  // The hour of Edmonton is seven or six behind: the one that reads back the same is right.
  const correct = (date) => [7, 6].map((hours) => naive(date) + hours * 60 * MINUTE)
    .find((ms) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/Edmonton', dateStyle: 'short', timeStyle: 'medium' }).format(ms) === date);

  test('of a transaction', async () => {
    const { payment } = await begin(6, invoice());
    const { transaction } = await terminal.present(payment);
    const { timestamp } = await messageOf(transaction);
    const { dateCreated } = await show(transaction);
    assert.ok(Math.abs(naive(dateCreated) - timestamp * 1000) > 5 * 60 * MINUTE, 'the naive one is hours away');
    assert.ok(Math.abs(correct(dateCreated) - timestamp * 1000) < MINUTE, 'the correct one is not');
  });

  test('of a cancel, which is told in UTC', async () => {
    const number = invoice();
    const { payment, answer } = await begin(6, number);
    await terminal.cancelPayment(payment);
    const { body } = await message(({ data }) => data?.invoiceNumber === number);
    const { dateEnded } = (await server.call(answer.headers.get('location').replace('/v2', ''))).body;
    assert.match(body.data.cancelledAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(correct(dateEnded), Date.parse(body.data.cancelledAt));
    assert.notEqual(naive(dateEnded), Date.parse(body.data.cancelledAt));
  });

  test('and so are the dates of a filter', async () => {
    const number = invoice();
    const { payment } = await begin(6, number);
    await terminal.present(payment);
    const find = async (dateFrom) => (await server.call(`/card-transactions?${new URLSearchParams({ invoiceNumber: number, dateFrom })}`)).body.length;
    const [ago] = [Date.now() - MINUTE];
    const utc = new Date(ago).toISOString().slice(0, 19).replace('T', ' ');
    const mountain = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/Edmonton', dateStyle: 'short', timeStyle: 'medium' }).format(ago);
    assert.deepEqual([await find(utc), await find(mountain)], [0, 1], 'since a minute ago');
  });
});
