// Trouble at each step of a sale: the point of sale is gone, the terminal is
// gone, the receiver of webhooks is gone, the server is killed, or stands still,
// or the disk is full. Then the trouble is over, everybody goes on as they
// should, and all sides agree (support/ledger.mjs).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Fleet } from './support/fleet.mjs';
import { startFresh, startFreshAgain } from './support/fresh.mjs';
import { Inbox, delivered } from './support/inbox.mjs';
import { compare, read } from './support/ledger.mjs';
import { endWatched, makeFolder, removeFolder, until } from './support/server.mjs';

const IS_ROOT = process.getuid() === 0;
const FINAL = ['approved', 'declined', 'cancelled', 'expired'];
const INSIST_MS = 90_000;
const FROZEN_MS = 4000; // longer than a terminal has to show an amount

let folder;
let disk;
let server;
let inbox;
const world = { sales: [], fleets: [], codes: [] };

before(async () => {
  folder = makeFolder();
  disk = join(folder, 'disk');
  mkdirSync(disk);
  if (IS_ROOT) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', disk]);
  inbox = await Inbox.start();
  server = await startFresh(join(disk, 'data'), 0, ['--webhook', inbox.url]);
  inbox.trust(server.facts.verifierToken);
});
after(async () => {
  server?.child.kill('SIGCONT');
  await server?.stop();
  endWatched();
  await inbox.stop();
  if (IS_ROOT) execFileSync('umount', [disk]);
  removeFolder(folder);
});

// How often something found no room on the disk.
const notStored = () => server.log.split('event=store.commit_failed').length - 1;
const rest = (ms) => new Promise((wake) => { setTimeout(wake, ms); });

// What the terminal has printed when a step is reached, the amount that leads to
// it, and what the customer does next, whatever is broken.
const STEPS = {
  'when the amount is on the screen': { line: 'payment_offered', amount: 12.34, early: true },
  'when the reader is on': { line: 'payment_go', amount: 12.34, next: 'approve' },
  'when a card was presented': { line: 'payment_card', amount: 12.34, typed: 'approve', early: true },
  'when it was declined': { line: 'payment_declined', amount: 12.55, typed: 'approve', next: 'cancel' },
  'when it is approved': { line: 'payment_approved', amount: 12.34, typed: 'approve' },
};

// A point of sale that asks with one key until it is told that the sale is begun.
// `shop.away`: it is gone just now, and its call with it.
async function insist(shop, sale) {
  const end = Date.now() + INSIST_MS;
  let last = 'nothing';
  while (Date.now() < end) {
    await until('the point of sale is there', () => !shop.away, 60_000);
    shop.call = new AbortController();
    try {
      const answer = await server.purchase(sale.code, { currency: 'CAD', transactionAmount: sale.transactionAmount, invoiceNumber: sale.invoiceNumber },
        { headers: { 'idempotency-key': sale.key }, signal: shop.call.signal });
      sale.answers.push({ status: answer.status, id: answer.id, text: answer.text });
      if (answer.status === 202) return answer.id;
      last = `${answer.status} ${answer.text}`;
      assert.ok([409, 503].includes(answer.status), last);
    } catch (error) {
      if (error.name === 'AssertionError') throw error; // else the server, or the point of sale, has gone
      last = error;
    }
    await rest(20);
  }
  throw new Error(`${sale.invoiceNumber} was not begun within ${INSIST_MS} ms, last: ${last}`);
}

// Whoever stands in front of the terminal does what its payment waits for.
async function finish(fleet, sale, id) {
  return until(`${sale.invoiceNumber} has ended`, async () => {
    const answer = await server.call(`/devices/${sale.code}/payments/${id}`).catch(() => null);
    if (answer?.status !== 200) return false;
    sale.seen.push(answer.body);
    if (['displayed', 'card'].includes(answer.body.state)) fleet.type('approve');
    if (answer.body.state === 'retry') fleet.type('cancel');
    if (FINAL.includes(answer.body.state)) return answer.body;
    await rest(100);
    return false;
  }, 60_000);
}

function fill() {
  const file = openSync(join(disk, 'ballast'), 'a');
  const piece = Buffer.alloc(4096, 1);
  try {
    for (;;) writeSync(file, piece);
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  } finally {
    closeSync(file);
  }
}

// Each begins its trouble and returns what ends it.
const TROUBLES = {
  'the point of sale is gone': async ({ shop }) => {
    shop.away = true;
    shop.call?.abort();
    return async () => { shop.away = false; };
  },
  'the terminal is gone': async ({ fleet }) => {
    await fleet.stop('SIGKILL');
    return async () => {
      fleet.start(server);
      await fleet.ready();
    };
  },
  'the receiver is gone': async () => {
    inbox.fault = () => 'reset';
    return async () => { inbox.fault = () => undefined; };
  },
  'the server is killed': async () => {
    await server.stop('SIGKILL');
    return async () => { server = await startFreshAgain(server); };
  },
  'the server stands still': async () => {
    server.child.kill('SIGSTOP');
    await rest(FROZEN_MS);
    return async () => { server.child.kill('SIGCONT'); };
  },
  'the disk is full': async () => {
    fill();
    return async () => { rmSync(join(disk, 'ballast')); };
  },
};

let cells = 0;

async function cell(step, trouble) {
  const name = `CELL-${++cells}`;
  const fleet = new Fleet(folder, name, { who: server.facts, options: ['--pay', 'ask'] }).start(server);
  const [code] = await fleet.ready();
  const sale = { code, invoiceNumber: name, key: `key-of-${name}`, transactionAmount: step.amount, answers: [], seen: [], cancels: [], isCut: true };
  const shop = { away: false, call: null };
  const before = notStored();
  world.sales.push(sale);
  world.fleets.push(fleet);
  world.codes.push(code);

  const is = (event) => () => fleet.journal().some((line) => line.event === event);
  const begin = () => TROUBLES[trouble]({ fleet, shop });
  // What is stored on the way to a step is tried on a full disk, too.
  const isEarly = trouble === 'the disk is full' && step.early;
  let heal = isEarly && !step.typed ? await begin() : null;
  const selling = insist(shop, sale);
  selling.catch(() => {});
  if (step.typed) {
    await until(`the reader of ${name} is on`, is('payment_go'), 20_000);
    if (isEarly) heal = await begin();
    fleet.type(step.typed);
  }
  // A small thing may find room in what the database has already.
  if (isEarly) await until('it could not be stored, or was', () => notStored() > before || is(step.line)() || is('payment_approved')(), 20_000);
  else await until(`${step.line} on ${name}`, is(step.line), 20_000);
  heal ??= await begin();
  if (step.next && trouble !== 'the terminal is gone') fleet.type(step.next);
  await rest(200); // it lasts a moment
  await heal();
  const ended = await finish(fleet, sale, await selling);
  if (is('payment_go')()) await until(`the terminal knows the end of ${name}`, is('payment_ended'), 20_000);
  await delivered(server, { patience: 0 });
  const { problems } = compare(await read(server, { ...server.facts, codes: world.codes }), { ...world, receiver: inbox, authority: 'server' });
  assert.deepEqual(problems, []);
  assert.equal(sale.answers.at(-1).id, ended.id);
  // A card that was presented is charged, or was declined; without one nobody is.
  const was = fleet.journal().some(({ event }) => event === 'payment_card') ? [step.amount === 12.55 ? 'declined' : 'approved'] : ['cancelled'];
  assert.deepEqual([ended.state], was);
  assert.equal((await fleet.stop()).code, 0);
}

for (const trouble of Object.keys(TROUBLES)) {
  describe(trouble, { skip: trouble === 'the disk is full' && !IS_ROOT && 'needs root, to mount a small one' }, () => {
    for (const [step, how] of Object.entries(STEPS)) test(step, { timeout: 120_000 }, () => cell(how, trouble));
  });
}

test('and the database is whole', async () => {
  if (IS_ROOT) assert.ok(notStored() >= 2, 'the disk was not full when it mattered');
  assert.equal((await server.stop()).code, 0);
  assert.equal((await server.admin('check')).whole, true);
  server = undefined;
});
