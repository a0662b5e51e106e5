// Exactly once: each purchase is sent 1 to 5 times with its key, 30 in 100 of
// them all at once, and 20 in 100 calls are cut off after they were sent. Each
// is one payment, one start on the terminal, one approved transaction and one
// message, and the sums agree.
//
//   ONCE_PURCHASES=10000 node --test tests/end/payment_once.test.mjs

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { Fleet } from './support/fleet.mjs';
import { Inbox } from './support/inbox.mjs';
import { compare, read } from './support/ledger.mjs';
import { startFresh } from './support/fresh.mjs';
import { endWatched, makeFolder, removeFolder, until } from './support/server.mjs';

const PURCHASES = Number(process.env.ONCE_PURCHASES ?? 1000);
const TERMINALS = 10;
const BEGIN_MS = 60_000;
const LIMIT_MS = 30_000 + PURCHASES * 100;

let folder;
let server;
let inbox;
let fleet;

before(async () => {
  folder = makeFolder();
  inbox = await Inbox.start();
  server = await startFresh(`${folder}/data`, 0, ['--webhook', inbox.url]);
  inbox.trust(server.facts.verifierToken);
  fleet = new Fleet(folder, 'ONCE', { count: TERMINALS, who: server.facts }).start(server);
  await fleet.ready();
});
after(async () => {
  await server?.stop();
  endWatched();
  await inbox.stop();
  removeFolder(folder);
});

const random = (below) => Math.floor(Math.random() * below);
const chance = (percent) => random(100) < percent;

// One POST; nothing is known of one that is cut off. It was sent whole.
function send(sale, isCut) {
  return new Promise((done, refuse) => {
    const call = http.request(`${server.facts.api}/devices/${sale.code}/payment/purchase`, {
      method: 'POST', agent: false, headers: { 'api-token': server.facts.token, 'idempotency-key': sale.key },
    }, (answer) => {
      const id = Number(/\/payments\/(\d+)$/.exec(answer.headers.location ?? '')?.[1] ?? 0);
      answer.resume().once('end', () => done({ status: answer.statusCode, id }));
      // Cut off after its head had come: no end follows, and the call has no error.
      answer.on('error', () => {}).once('close', () => (isCut ? done(null) : refuse(new Error('cut off by the server'))));
    });
    call.once('error', (error) => (isCut ? done(null) : refuse(error)));
    call.end(JSON.stringify({ currency: 'CAD', transactionAmount: sale.transactionAmount, invoiceNumber: sale.invoiceNumber }), () => {
      if (isCut) setTimeout(() => call.destroy(new Error('cut')), random(10));
    });
  });
}

async function sendAndNote(sale, isCut = chance(20)) {
  const answer = await send(sale, isCut);
  if (answer !== null) sale.answers.push(answer);
  else sale.cut += 1;
  return answer;
}

async function buy(sale) {
  const times = 1 + random(5);
  if (chance(30)) await Promise.all(Array.from({ length: times }, () => sendAndNote(sale)));
  else for (let i = 0; i < times; i++) await sendAndNote(sale);
  let id = sale.answers.find(({ status }) => status === 202)?.id;
  // It does not know; it asks again, and never with another key. The sale before
  // may be on the screen still.
  id ??= await until(() => `${sale.invoiceNumber} is begun: ${JSON.stringify(sale.answers.at(-1))}`, async () => {
    const answer = await sendAndNote(sale, false);
    if (answer.status !== 202) assert.equal(answer.status, 409, sale.invoiceNumber);
    return answer.status === 202 && answer.id;
  }, BEGIN_MS);
  await until(`${sale.invoiceNumber} has ended`, async () => {
    const { state } = (await server.call(`/devices/${sale.code}/payments/${id}`)).body;
    return ['approved', 'declined', 'cancelled'].includes(state);
  });
  await sendAndNote(sale, false); // and long after it
}

test(`${PURCHASES} purchases, each exactly once`, { timeout: LIMIT_MS }, async () => {
  const codes = fleet.codes();
  const sales = [];
  await Promise.all(codes.map(async (code) => {
    while (sales.length < PURCHASES) {
      const number = sales.length + 1;
      const sale = { code, invoiceNumber: `ONCE-${number}`, key: `once-and-only-once-key-${number}`, transactionAmount: (number * 100 + random(50)) / 100,
        answers: [], seen: [], cancels: [], cut: 0 };
      sales.push(sale);
      await buy(sale);
    }
  }));
  await until('every event was delivered', async () => inbox.once().length >= PURCHASES);

  const stored = await read(server, { ...server.facts, codes });
  const { problems, approved, told } = compare(stored, { sales, fleets: [fleet], receiver: inbox, authority: 'server' });
  assert.deepEqual(problems.slice(0, 10), [], `${problems.length} problems`);
  const wanted = sales.reduce((sum, { transactionAmount }) => sum + Math.round(transactionAmount * 100), 0);
  assert.deepEqual([approved, told, stored.transactions.length], [wanted, PURCHASES, PURCHASES]);
  const begun = stored.payments.filter(({ state }) => state !== 'refused');
  assert.deepEqual([begun.length, new Set(begun.map(({ invoiceNumber }) => invoiceNumber)).size], [PURCHASES, PURCHASES]);
  for (const { invoiceNumber, answers } of sales) {
    for (const { status } of answers) assert.ok(status === 202 || status === 409, `${invoiceNumber}: ${status}`);
    assert.equal(answers.at(-1).status, 202); // the repeat after its end
  }
  const sent = sales.reduce((sum, { answers, cut }) => sum + answers.length + cut, 0);
  const cut = sales.reduce((sum, sale) => sum + sale.cut, 0);
  assert.ok(cut > PURCHASES / 10, 'too few were cut off');
  console.log(`# ${PURCHASES} purchases, ${sent} calls, ${cut} cut off, ${approved / 100} approved`);
});
