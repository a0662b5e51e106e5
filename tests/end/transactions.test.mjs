// Card transactions as a point of sale reads them (the contract: Results):
// compared with the documented shapes, found by every filter, and of nobody else.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DEVIATIONS, FILTERS, assertTransaction } from './support/documented.mjs';
import { Server, endWatched, makeFolder, removeFolder } from './support/server.mjs';
import { CARDS, Terminal } from './support/terminal.mjs';

let folder;
let server;
let other; // the second business
let terminal;
let theirs;
const sales = {}; // transaction ids by a name of ours
const shownDeviations = new Set();
const deviation = (name) => { assert.ok(name in DEVIATIONS, name); shownDeviations.add(name); };

// A whole sale on a terminal; the transaction of its last attempt.
async function sale(on, token, body, cards) {
  const call = server.purchase(on.code, { currency: 'CAD', ...body }, { token });
  const { payment } = await on.takeOffer();
  const location = await call;
  if (location.headers.get('location')) deviation('Location');
  let outcome;
  for (const [i, card] of cards.entries()) outcome = await on.present(payment, i + 1, card);
  if (!outcome.final) await on.cancelPayment(payment);
  return outcome.transaction;
}

before(async () => {
  folder = makeFolder();
  server = await Server.start(folder);
  other = await server.addBusiness('Other Shop');
  terminal = new Terminal(server);
  await terminal.logIn();
  await terminal.ready();
  theirs = new Terminal(server);
  await theirs.logIn(other);
  await theirs.ready();
  const { token } = server.facts;
  sales.visa = await sale(terminal, token, { transactionAmount: 52.5, invoiceNumber: 'INV-A', customerCode: 'CST-A' }, [CARDS.visa]);
  sales.declined = await sale(terminal, token, { transactionAmount: 3.54, invoiceNumber: 'INV-B', customerCode: 'CST-A' }, [CARDS.mastercard]);
  sales.debit = await sale(terminal, token, { transactionAmount: 100, invoiceNumber: 'é "<b>&' }, [CARDS.interac]);
  sales.nameless = await sale(terminal, token, { transactionAmount: 0.07 }, [CARDS.visa]);
  sales.foreign = await sale(theirs, other.token, { transactionAmount: 52.5, invoiceNumber: 'INV-A', customerCode: 'CST-A' }, [CARDS.visa]);
});

after(async () => {
  await Promise.all([terminal.close(), theirs.close()]);
  await server.stop();
  endWatched();
  removeFolder(folder);
});

const show = async (id, options) => server.call(`/card-transactions/${id}`, options);
const list = async (query, options) => {
  const answer = await server.call(`/card-transactions?${new URLSearchParams(query)}`, options);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};
const names = (rows) => rows.map(({ transactionId }) => Object.keys(sales).find((name) => sales[name] === transactionId));

describe('one transaction', () => {
  test('has the documented fields, types and values, approved or declined', async () => {
    for (const name of ['visa', 'declined', 'debit', 'nameless']) {
      const answer = await show(sales[name]);
      assert.equal(answer.status, 200);
      assertTransaction(answer.body);
      assert.equal(answer.body.transactionId, sales[name]);
    }
    deviation('approvalCode');
    deviation('type');
  });

  test('says of the sale what was sent and what the card was', async () => {
    const { dateCreated, cardBatchId, approvalCode, cardToken, ...visa } = (await show(sales.visa)).body;
    assert.deepEqual(visa, {
      transactionId: sales.visa, status: 'APPROVED', user: 'Alex Demo', type: 'purchase', amount: 52.5, currency: 'CAD',
      avsResponse: '', cvvResponse: '', cardType: 'VI', cardNumber: '4124939990', cardHolderName: 'ADA LOVELACE',
      customerCode: 'CST-A', invoiceNumber: 'INV-A', warning: '' });
    for (const name of ['cardType', 'cardNumber', 'user', 'avsResponse and cvvResponse']) deviation(name);
    const debit = (await show(sales.debit)).body;
    assert.deepEqual([debit.cardType, debit.cardNumber, debit.cardHolderName, debit.invoiceNumber, debit.amount],
      ['IN', '4500600042', '', 'é "<b>&', 100]);
  });

  test('that was declined says why', async () => {
    const { status, warning, approvalCode } = (await show(sales.declined)).body;
    assert.deepEqual([status, warning, approvalCode], ['DECLINED', 'Transaction Declined: EXPIRED CARD - Expired Card', '']);
    deviation('warning');
  });

  test('gets an invoice number and a customer where the sale had none', async () => {
    const { invoiceNumber, customerCode } = (await show(sales.nameless)).body;
    assert.match(invoiceNumber, /^INV\d+$/);
    assert.match(customerCode, /^CST\d+$/);
  });

  test('has its fields in the order that integrations see', async () => {
    const { text } = await show(sales.visa);
    assert.deepEqual(Object.keys(JSON.parse(text)).slice(0, 3), ['transactionId', 'dateCreated', 'cardBatchId']);
    assert.match(text, /"amount":52\.5,/);
    assert.match((await show(sales.debit)).text, /"amount":100,/);
    deviation('the order of the fields');
  });

  test('unknown, foreign and impossible ones are answered alike', async () => {
    for (const id of [sales.foreign, 7, 0, -1, 'abc', '99999999999999999999', '%20']) {
      const answer = await show(id);
      const quoted = decodeURIComponent(String(id)).slice(0, 16);
      assert.deepEqual([answer.status, answer.text], [400, `{"errors":"Failed to retrieve card transaction #${quoted}."}`]);
    }
    deviation('an unknown transaction');
    deviation('errors');
    const own = await show(sales.foreign, { token: other.token });
    assert.deepEqual([own.status, own.body.transactionId], [200, sales.foreign]);
    assert.equal((await show(sales.visa, { token: other.token })).status, 400);
  });

  test('is there as soon as the terminal knows its outcome, and in the payment', async () => {
    const id = await sale(terminal, server.facts.token, { transactionAmount: 1, invoiceNumber: 'LATER' }, [CARDS.visa]);
    assert.deepEqual((await list({ invoiceNumber: 'LATER' })).map(({ transactionId }) => transactionId), [id]);
  });
});

describe('the list', () => {
  test('has all of this business alone, newest first, each as it is shown', async () => {
    const rows = (await list({ customerCode: '' })).filter(({ invoiceNumber }) => invoiceNumber !== 'LATER');
    assert.deepEqual(names(rows), ['nameless', 'debit', 'declined', 'visa']);
    for (const row of rows) assert.deepEqual(row, (await show(row.transactionId)).body);
    assert.deepEqual(names(await list({}, { token: other.token })), ['foreign']);
  });

  test('is narrowed by every documented filter', async () => {
    const visa = (await show(sales.visa)).body;
    const day = visa.dateCreated.slice(0, 10);
    const cases = [
      [{ invoiceNumber: 'INV-A' }, ['visa']],
      [{ invoiceNumber: 'é "<b>&' }, ['debit']],
      [{ customerCode: 'CST-A' }, ['declined', 'visa']],
      [{ customerCode: 'CST-A', invoiceNumber: 'INV-B' }, ['declined']],
      [{ cardToken: visa.cardToken, invoiceNumber: 'INV-A' }, ['visa']],
      [{ cardToken: visa.cardToken, invoiceNumber: 'INV-B' }, []],
      [{ cardToken: 'unknown' }, []],
      [{ cardBatchId: visa.cardBatchId, invoiceNumber: 'INV-A' }, ['visa']],
      [{ cardBatchId: 1_000_000 }, []],
      [{ search: '52.5' }, ['visa']],
      [{ search: '5413339130' }, ['declined']],
      [{ search: 'hopper' }, ['declined']],
      [{ search: visa.approvalCode.toLowerCase(), invoiceNumber: 'INV-A' }, ['visa']],
      [{ dateFrom: visa.dateCreated, dateTo: visa.dateCreated, invoiceNumber: 'INV-A' }, ['visa']],
      [{ dateFrom: day, dateTo: day, invoiceNumber: 'INV-A' }, ['visa']],
      [{ dateFrom: '2001-01-01', dateTo: '2001-12-31' }, []],
      [{ dateFrom: '2999-01-01' }, []],
      [{ limit: 1, page: 1, customerCode: 'CST-A' }, ['declined']],
      [{ limit: 1, page: 2, customerCode: 'CST-A' }, ['visa']],
      [{ limit: 1, page: 3, customerCode: 'CST-A' }, []],
    ];
    for (const [query, expected] of cases) assert.deepEqual(names(await list(query)), expected, JSON.stringify(query));
    const used = new Set(cases.flatMap(([query]) => Object.keys(query)));
    assert.deepEqual([...used].sort(), [...FILTERS].sort());
  });

  test('names every slip by its parameter', async () => {
    for (const [query, fields] of [['limit=0', ['limit']], ['limit=1001', ['limit']], ['page=x', ['page']],
      ['dateFrom=22.01.2026', ['dateFrom']], ['dateTo=2026-02-30', ['dateTo']], ['cardBatchId=-1', ['cardBatchId']],
      ['search=a&search=b', ['search']], ['limit=&page=&dateTo=soon', ['dateTo', 'limit', 'page']]]) {
      const answer = await server.call(`/card-transactions?${query}`);
      assert.equal(answer.status, 400, query);
      assert.deepEqual(Object.keys(answer.body.errors), fields, query);
      for (const sentence of Object.values(answer.body.errors)) assert.match(sentence, /must be|stands twice/);
    }
  });
});

// The last one: `statuses` is shown by the tests of payments.
test('every deviation from the documented shapes is shown by a test', () => {
  assert.deepEqual([...shownDeviations, 'statuses'].sort(), Object.keys(DEVIATIONS).sort());
});
