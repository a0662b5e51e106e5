// A payment as a point of sale sees it: purchase, follow, list, cancel (the
// contract: Devices, and What no vendor offers), with two businesses.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { DEVIATIONS, PURCHASE, PURCHASE_STATUSES } from './support/documented.mjs';
import { Server, endWatched, makeFolder, removeFolder, until } from './support/server.mjs';
import { CARDS, Terminal } from './support/terminal.mjs';

let folder;
let server;
let other; // the second business
let ours; // terminals of the first
let theirs;
let lazy; // logged in, but Continue was not pressed
const given = new Set(); // statuses of purchases

before(async () => {
  folder = makeFolder();
  server = await Server.start(folder);
  const { call } = server;
  server.call = async (path, options) => {
    const answer = await call.call(server, path, options);
    if (path.endsWith('/payment/purchase')) given.add(answer.status);
    return answer;
  };
  other = await server.addBusiness('Other Shop');
  ours = [];
  for (let i = 0; i < 2; i++) {
    const terminal = new Terminal(server);
    await terminal.logIn();
    await terminal.ready();
    ours.push(terminal);
  }
  lazy = new Terminal(server);
  await lazy.logIn();
  theirs = new Terminal(server);
  await theirs.logIn(other);
  await theirs.ready();
});

after(async () => {
  await Promise.all([...ours, theirs, lazy].map((terminal) => terminal.close()));
  await server.stop();
  endWatched();
  removeFolder(folder);
});

afterEach(() => {
  for (const terminal of [...ours, theirs, lazy]) {
    assert.deepEqual(terminal.received, [], 'a terminal was told what no test expected');
  }
});

const buy = (amount, more = {}) => ({ currency: 'CAD', transactionAmount: amount, ...more });
const errors = (...sentences) => JSON.stringify({ errors: sentences });
const post = (path, body, options = {}) => server.call(path, { method: 'POST', body, ...options });
const shown = async (id, terminal = ours[0]) => (await server.call(`/devices/${terminal.code}/payments/${id}`)).body;

// A purchase that the terminal shows: { id, offer }.
async function begin(body, terminal = ours[0], options = {}) {
  const call = server.purchase(terminal.code, body, options);
  const offer = await terminal.takeOffer();
  const answer = await call;
  assert.deepEqual([answer.status, answer.text], [202, '']);
  return { id: answer.id, offer };
}

// Ends what a test leaves open.
async function walkAway(id, terminal = ours[0]) {
  await terminal.cancelPayment(id);
}

describe('a purchase', () => {
  test('as it is documented is a 202 without a body, once the terminal shows the amount', async () => {
    const call = server.purchase(ours[0].code, { ...PURCHASE.required, ...PURCHASE.optional });
    const offer = await ours[0].expect('offer');
    assert.deepEqual([offer.amount, offer.currency, offer.invoiceNumber], [10099, 'CAD', 'INV1000']);
    const early = await Promise.race([call, new Promise((done) => { setTimeout(done, 200, 'waiting'); })]);
    assert.equal(early, 'waiting', 'answered before the terminal has shown it');
    ours[0].send({ type: 'displayed', payment: offer.payment });
    await ours[0].expect('go');
    const answer = await call;
    assert.deepEqual([answer.status, answer.text, answer.headers.get('content-length')], [202, '', '0']);
    assert.equal(answer.headers.get('location'), `/v2/devices/${ours[0].code}/payments/${offer.payment}`);
    assert.equal(answer.headers.get('content-type'), null);
    await walkAway(offer.payment);
  });

  test('needs no more than its two fields, and no Content-Type', async () => {
    const { id } = await begin(PURCHASE.required);
    await walkAway(id);
    const plain = await begin(JSON.stringify(buy(1)), ours[0], { headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    await walkAway(plain.id);
  });

  test('takes the amount as it is written, to the cent', async () => {
    for (const [text, cents] of [['10.99', 1099], ['0.01', 1], ['1e2', 10000], ['9999999.99', 999999999], ['10.990', 1099], ['0.29', 29]]) {
      const { id, offer } = await begin(`{"currency":"CAD","transactionAmount":${text}}`);
      assert.equal(offer.amount, cents, text);
      assert.equal((await shown(id)).transactionAmount, cents / 100);
      await walkAway(id);
    }
  });

  test('names everything that is wrong at once', async () => {
    const path = `/devices/${ours[0].code}/payment/purchase`;
    const cases = [
      ['{}', errors('currency is missing: CAD or USD', 'transactionAmount is missing: a number greater than 0, such as 10.99')],
      [buy('1'), errors('transactionAmount must be a number, not a text: 10.99 without quotation marks')],
      [buy(0.001), errors('transactionAmount must be a number with at most two decimals')],
      [buy(-1, { currency: 'cad', invoiceNumber: 7 }), errors('currency must be CAD or USD, in upper case',
        'transactionAmount must be a number greater than 0',
        'invoiceNumber must be a text of at most 64 characters without control characters')],
      [buy(1, { currency: 'USD' }), errors('currency must be CAD, the currency of this business')],
      ['{"currency":"CAD","currency":"CAD"}', errors('The body is not valid JSON: a name stands twice in one object, at byte 18.')],
      ['', errors('The body is empty. It must be a JSON object such as {"currency":"CAD","transactionAmount":10.99}')],
    ];
    for (const [body, text] of cases) {
      const answer = await post(path, body);
      assert.deepEqual([answer.status, JSON.stringify(answer.body)], [400, text], JSON.stringify(body));
    }
    const large = await post(path, JSON.stringify(buy(1, { extra: 'x'.repeat(64 * 1024) })));
    assert.equal(large.status, 413);
  });

  test('of an unknown or foreign device is not found, to the byte, whatever its body', async () => {
    for (const body of [buy(1), '{}', 'nonsense', '']) {
      const foreign = await post(`/devices/${theirs.code}/payment/purchase`, body);
      const unknown = await post('/devices/2222/payment/purchase', body);
      assert.deepEqual([foreign.status, foreign.text], [404, errors(`device with code ${theirs.code} not found`)]);
      assert.deepEqual([unknown.status, unknown.text], [404, foreign.text.replace(theirs.code, '2222')]);
    }
  });

  test('where Continue was not pressed, or nobody is connected, is not listening at once', async () => {
    const began = Date.now();
    assert.deepEqual((({ status, text }) => [status, text])(await server.purchase(lazy.code, buy(1))),
      [409, errors(`device with code ${lazy.code} not listening`)]);
    const gone = new Terminal(server);
    await gone.logIn();
    await gone.ready();
    await gone.close();
    await until('it is gone', async () => (await server.purchase(gone.code, buy(1))).status === 409);
    assert.ok(Date.now() - began < 2500);
  });

  test('that the terminal does not show in 3 seconds is not listening, and the offer is withdrawn', async () => {
    const began = Date.now();
    const call = server.purchase(ours[0].code, buy(1), { headers: { 'idempotency-key': 'slow-1' } });
    const offer = await ours[0].expect('offer');
    const answer = await call;
    const took = Date.now() - began;
    assert.deepEqual([answer.status, answer.text], [409, errors(`device with code ${ours[0].code} not listening`)]);
    assert.ok(took > 2800 && took < 5000, `${took} ms`);
    assert.equal((await ours[0].expect('withdraw')).payment, offer.payment);
    const payment = await shown(offer.payment);
    assert.deepEqual([payment.state, payment.reason], ['refused', 'not_shown']);
    const again = await begin(buy(1), ours[0], { headers: { 'idempotency-key': 'slow-1' } }); // the key is free again
    assert.notEqual(again.id, offer.payment);
    await walkAway(again.id);
  });

  test('while another is open is busy, and a ping is still shown', async () => {
    const { id } = await begin(buy(1));
    const busy = await server.purchase(ours[0].code, buy(2));
    assert.deepEqual([busy.status, busy.text], [409, errors(`device with code ${ours[0].code} busy`)]);
    const ping = server.call(`/devices/${ours[0].code}/ping`);
    await ours[0].showPing();
    assert.equal((await ping).status, 202);
    const elsewhere = await begin(buy(3), ours[1]);
    await walkAway(elsewhere.id, ours[1]);
    await walkAway(id);
  });
});

describe('an idempotency-key', () => {
  test('makes one payment of all the same requests, also those at once', async () => {
    const headers = { 'idempotency-key': 'once-and-only-once-000001' };
    const calls = Array.from({ length: 5 }, () => server.purchase(ours[0].code, buy(5, { invoiceNumber: 'KEY1' }), { headers }));
    const offer = await ours[0].takeOffer();
    const answers = await Promise.all(calls);
    assert.deepEqual(answers.map(({ status, id }) => [status, id]), Array(5).fill([202, offer.payment]));
    await ours[0].present(offer.payment);
    const late = await server.purchase(ours[0].code, buy(5, { invoiceNumber: 'KEY1' }), { headers });
    assert.deepEqual([late.status, late.id], [202, offer.payment]);
  });

  test('of another request is a conflict; of another business it is its own', async () => {
    const headers = { 'idempotency-key': 'shared' };
    const { id } = await begin(buy(6), ours[0], { headers });
    await walkAway(id);
    for (const [terminal, body] of [[ours[0], buy(7)], [ours[1], buy(6)], [ours[0], buy(6, { invoiceNumber: 'X' })]]) {
      const answer = await server.purchase(terminal.code, body, { headers });
      assert.deepEqual([answer.status, answer.text],
        [409, errors('This idempotency-key belongs to another request. A new payment needs a new key.')]);
    }
    const same = await server.purchase(ours[0].code, buy(6.0, { customerCode: '' }), { headers });
    assert.deepEqual([same.status, same.id], [202, id]);
    const foreign = await begin(buy(6), theirs, { headers, token: other.token });
    assert.notEqual(foreign.id, id);
    await walkAway(foreign.id, theirs);
  });

  test('is 1 to 255 visible characters', async () => {
    for (const key of ['a b', 'é', 'k'.repeat(256)]) {
      const answer = await server.purchase(ours[0].code, buy(1), { headers: { 'idempotency-key': key } });
      assert.deepEqual([answer.status, answer.text], [400, errors('idempotency-key must have 1 to 255 visible ASCII characters')]);
    }
    const { id } = await begin(buy(1), ours[0], { headers: { 'idempotency-key': '~'.repeat(255) } });
    await walkAway(id);
  });
});

describe('following a payment', () => {
  test('shows each step, and at the end its transaction', async () => {
    const { id, offer } = await begin(buy(12.34, { invoiceNumber: 'FOLLOW', customerCode: 'CST9' }));
    const payment = await shown(id);
    assert.deepEqual(Object.keys(payment), ['id', 'deviceCode', 'type', 'state', 'reason', 'currency', 'transactionAmount',
      'invoiceNumber', 'customerCode', 'transactionId', 'reversed', 'attempts', 'dateCreated', 'dateEnded']);
    assert.deepEqual({ ...payment, dateCreated: '' }, { id, deviceCode: ours[0].code, type: 'purchase', state: 'displayed',
      reason: null, currency: 'CAD', transactionAmount: 12.34, invoiceNumber: 'FOLLOW', customerCode: 'CST9',
      transactionId: null, reversed: false, attempts: [], dateCreated: '', dateEnded: null });
    assert.match(payment.dateCreated, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    for (const screen of ['tip', 'card', 'pin']) {
      ours[0].progress(offer.payment, screen);
      await until(screen, async () => (await shown(id)).state === screen);
    }
    const outcome = await ours[0].present(id, 1, CARDS.mastercard);
    const end = await shown(id);
    assert.deepEqual([end.state, end.reason, end.transactionId], ['approved', null, outcome.transaction]);
    assert.deepEqual(end.attempts.map(({ dateCreated, ...attempt }) => attempt),
      [{ number: 1, state: 'approved', transactionId: outcome.transaction, warning: null }]);
    assert.match(end.dateEnded, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  });

  test('shows a decline with its reason, and the next attempt beside it', async () => {
    const { id } = await begin(buy(1.54));
    const first = await ours[0].present(id);
    assert.equal((await shown(id)).state, 'retry');
    const second = await ours[0].present(id, 2, CARDS.interac, 'tap');
    await walkAway(id);
    const end = await shown(id);
    assert.deepEqual([end.state, end.reason, end.transactionId], ['declined', 'customer', null]);
    const warning = 'Transaction Declined: EXPIRED CARD - Expired Card';
    assert.deepEqual(end.attempts.map(({ dateCreated, ...attempt }) => attempt), [
      { number: 1, state: 'declined', transactionId: first.transaction, warning },
      { number: 2, state: 'declined', transactionId: second.transaction, warning }]);
  });

  test('of another device or business is not found, as an unknown one', async () => {
    const { id } = await begin(buy(1));
    await walkAway(id);
    const path = `/devices/${ours[1].code}/payments/`;
    for (const given of [id, 7, 'abc', '99999999999999999999', '-1']) {
      for (const [method, suffix] of [['GET', ''], ['POST', '/cancel']]) {
        const answer = await server.call(`${path}${given}${suffix}`, { method });
        assert.deepEqual([answer.status, answer.text],
          [404, errors(`payment ${String(given).slice(0, 16)} of device ${ours[1].code} not found`)]);
      }
    }
    const foreign = await server.call(`/devices/${theirs.code}/payments/${id}`);
    assert.deepEqual([foreign.status, foreign.text], [404, errors(`device with code ${theirs.code} not found`)]);
    const theirPath = await server.call(`/devices/${theirs.code}/payments/${id}`, { token: other.token });
    assert.deepEqual([theirPath.status, theirPath.text], [404, errors(`payment ${id} of device ${theirs.code} not found`)]);
  });
});

describe('the list', () => {
  test('has the payments of one device, newest first, in pages', async () => {
    const terminal = new Terminal(server);
    await terminal.logIn();
    await terminal.ready();
    const list = async (query = '') => (await server.call(`/devices/${terminal.code}/payments${query}`)).body.map(({ id }) => id);
    assert.deepEqual(await list(), []);
    const ids = [];
    for (let i = 0; i < 3; i++) {
      const { id } = await begin(buy(i + 1), terminal);
      if (i < 2) await walkAway(id, terminal);
      ids.unshift(id);
    }
    assert.deepEqual(await list(), ids);
    assert.deepEqual(await list('/?limit=2'), ids.slice(0, 2));
    assert.deepEqual(await list(`?before=${ids[0]}`), ids.slice(1));
    assert.deepEqual(await list('?open=true'), ids.slice(0, 1));
    const [payment] = (await server.call(`/devices/${terminal.code}/payments`)).body;
    const { attempts, ...rest } = await shown(ids[0], terminal);
    assert.deepEqual([payment, attempts], [rest, []]);
    const bad = await server.call(`/devices/${terminal.code}/payments?limit=0&open=1`);
    assert.deepEqual([bad.status, bad.text], [400, errors('limit must be a whole number from 1 to 100', 'open must be true or false')]);
    await walkAway(ids[0], terminal);
    await terminal.close();
  });
});

describe('a cancel', () => {
  const cancel = (id, body, terminal = ours[0]) => post(`/devices/${terminal.code}/payments/${id}/cancel`, body);

  test('before a card ends it on the terminal, and again says the same', async () => {
    for (const body of [undefined, '{}', { reverseIfApproved: false }, { reverseIfApproved: true }]) {
      const { id } = await begin(buy(1));
      const answer = await cancel(id, body);
      assert.deepEqual([answer.status, answer.body], [200, { result: 'cancelled', state: 'cancelled', transactionId: null }]);
      const end = await ours[0].ended(id);
      assert.deepEqual([end.state, end.reason], ['cancelled', 'pos']);
      assert.deepEqual((await cancel(id, body)).body, answer.body);
      assert.equal((await shown(id)).reason, 'pos');
    }
  });

  test('after the approval is too late and names the transaction', async () => {
    const { id } = await begin(buy(1));
    const { transaction } = await ours[0].present(id);
    assert.deepEqual((await cancel(id)).body, { result: 'too late', state: 'approved', transactionId: transaction });
  });

  test('after a decline ends it as declined', async () => {
    const { id } = await begin(buy(1.52));
    await ours[0].present(id);
    assert.deepEqual((await cancel(id)).body, { result: 'cancelled', state: 'declined', transactionId: null });
    await ours[0].ended(id);
  });

  test('says what is wrong with its body, and ends nothing then', async () => {
    const { id } = await begin(buy(1));
    const answer = await cancel(id, { reverseIfApproved: 'yes' });
    assert.deepEqual([answer.status, answer.text], [400, errors('reverseIfApproved must be true or false')]);
    assert.equal((await cancel(id, '[')).status, 400);
    assert.equal((await shown(id)).state, 'displayed');
    await walkAway(id);
  });

  test('needs a token that may begin payments', async () => {
    const { token } = await server.admin('token', 'add', '--business', String(server.facts.business), '--name', 'look',
      '--general', 'write', '--settings', 'write', '--processing', 'auth');
    const { id } = await begin(buy(1));
    const answer = await post(`/devices/${ours[0].code}/payments/${id}/cancel`, '{}', { token });
    assert.deepEqual([answer.status, answer.text], [403, errors('No access permission')]);
    assert.equal((await server.call(`/devices/${ours[0].code}/payments/${id}`, { token })).status, 200);
    await walkAway(id);
  });
});

test('every status of a purchase is documented, or listed among the deviations', async () => {
  const path = `/devices/${ours[0].code}/payment/purchase`;
  assert.equal((await server.call(path, { method: 'POST', token: null })).status, 401);
  assert.equal((await server.call(path, { method: 'POST', token: 'unknown' })).status, 403);
  const allowed = await server.call(path);
  assert.deepEqual([allowed.status, allowed.headers.get('allow')], [405, 'POST']);
  const undescribed = [...given].filter((status) => !PURCHASE_STATUSES.includes(status)).sort();
  assert.deepEqual(undescribed, [400, 401, 405, 413]);
  for (const status of undescribed) assert.match(DEVIATIONS.statuses, new RegExp(`\\b${status}\\b`));
});
