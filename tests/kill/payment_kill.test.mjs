// The kill loop of payments: the real server under load is killed with SIGKILL
// again and again, and terminals too, while points of sale sell, repeat and
// cancel, and receivers of webhooks fail now and then. After it everybody is
// asked what they know, and all must agree (support/ledger.mjs has the list).
//
// One business has the processor `test`, where the server decides, and one
// `device`, where the terminal does.
//
//   KILL_CYCLES=1000 node --test tests/kill/payment_kill.test.mjs

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Fleet } from '../end/support/fleet.mjs';
import { compare, read } from '../end/support/ledger.mjs';
import { startFresh, startFreshAgain } from '../end/support/fresh.mjs';
import { Inbox, delivered } from '../end/support/inbox.mjs';
import { endWatched, makeFolder, removeFolder, until } from '../end/support/server.mjs';
import { Till } from '../end/support/till.mjs';

const CYCLES = Number(process.env.KILL_CYCLES ?? 60);
const SERVING_AGAIN_MS = 2000;
const TILLS = 4; // of each business
const QUIET_MS = 60_000;

const random = (below) => Math.floor(Math.random() * below);
const chance = (percent) => random(100) < percent;
const pick = (list) => list[random(list.length)];
const rest = (ms) => new Promise((wake) => { setTimeout(wake, ms); });

let folder;
const receivers = [];
const world = { server: null, up: null, over: false };

before(() => { folder = makeFolder(); });
after(async () => {
  endWatched();
  await Promise.all(receivers.map((receiver) => receiver.stop()));
  removeFolder(folder);
});

// A receiver fails at most once for a message, so that its next attempt counts.
function fault({ nth }) {
  if (nth > 1 || world.over) return undefined;
  const dice = random(1000);
  if (dice < 5) return 503;
  if (dice < 10) return 'reset';
  if (dice < 40) return 'unanswered';
  return dice < 60 ? 400 : undefined;
}

async function openShop(who, processor, fleets) {
  const { server } = world;
  await server.admin('business', 'set', String(who.business), '--processor', processor);
  const receiver = await Inbox.start({ fault });
  receivers.push(receiver);
  const { verifierToken } = await server.admin('webhook', 'set', '--business', String(who.business), '--url', receiver.url,
    '--events', 'cardTransaction,terminalCancel');
  receiver.trust(verifierToken);
  const shop = { ...who, authority: processor === 'test' ? 'server' : 'terminal', receiver };
  shop.fleets = fleets.map(([name, count, ...options]) => new Fleet(folder, name, { count, who, options }).start(server));
  shop.codes = (await Promise.all(shop.fleets.map((fleet) => fleet.ready()))).flat();
  shop.tills = Array.from({ length: TILLS }, () => new Till(world, shop));
  return shop;
}

// Mostly approved; .51 to .68 are declined, each in its way.
const amount = () => (100 * (1 + random(99_900)) + (chance(75) ? random(51) : 51 + random(17))) / 100;

// One point of sale's day.
async function trade(till) {
  while (!world.over) {
    const sale = await till.buy(pick(till.codes), Number(amount().toFixed(2)), { copies: chance(15) ? 2 : 1 });
    const id = sale.answers.find(({ status }) => status === 202)?.id;
    if (id === undefined) {
      await rest(random(20)); // busy, or not there
      continue;
    }
    if (chance(15)) await till.cancel(sale, id, chance(50));
    for (let i = random(4); i > 0; i--) {
      await till.look(sale, id);
      await rest(random(10));
    }
  }
}

async function killServer() {
  await rest(random(500));
  let serves;
  world.up = new Promise((done) => { serves = done; });
  await world.server.stop('SIGKILL');
  const began = performance.now();
  world.server = await startFreshAgain(world.server);
  assert.equal((await world.server.call('/connection-test')).status, 200);
  serves();
  return performance.now() - began;
}

async function killTerminals(fleet) {
  await fleet.stop('SIGKILL');
  fleet.start(world.server);
}

// Whether each payment that was begun is over for the terminal.
function hasEnded(journal) {
  const ends = new Set(journal.filter(({ event }) => ['payment_ended', 'payment_result_refused'].includes(event)).map(({ payment }) => payment));
  return journal.every(({ event, payment }) => event !== 'payment_go' || ends.has(payment));
}

async function quiet(shop) {
  await until('every payment has ended', async () => {
    const open = await Promise.all(shop.codes.map((code) => world.server.call(`/devices/${code}/payments?open=true`, { token: shop.token })));
    return open.every(({ body }) => body.length === 0);
  }, QUIET_MS);
  // A terminal hears of an end when it is connected again. If it never does, the
  // comparison says of which.
  await until('every terminal knows', () => shop.fleets.every((fleet) => hasEnded(fleet.journal())), QUIET_MS).catch(() => {});
  await delivered(world.server, { business: shop.business, limitMs: QUIET_MS })
    .catch((error) => { throw new Error(`${error.message}\n${world.server.log.slice(-2000)}`); });
}

// I11: no file of the server or of a terminal has what looks like one of our cards.
function looksLikeCard(text) {
  return /(?:412493|400000|541333|374245|601197|601145|450060)\d{3,9}(?:9990|0028|9130|0011|1006|0005|3333|0042)/.test(text);
}

function* everyFile(place) {
  for (const entry of readdirSync(place, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* everyFile(join(place, entry.name));
    else if (entry.isFile()) yield join(place, entry.name);
  }
}

test(`${CYCLES} kills: nothing lost, nothing twice`, { timeout: 30 * 60_000 }, async () => {
  world.server = await startFresh(join(folder, 'data'));
  const demo = world.server.facts;
  const second = await world.server.addBusiness('Terminal Decides');
  const shops = [
    await openShop(demo, 'test', [['A', 3, '--card', 'visa'], ['B', 2, '--card', 'interac', '--try-again', '1', '--delay', '20'], ['C', 1, '--pay', 'cancel']]),
    await openShop(second, 'device', [['D', 3, '--card', 'mastercard', '--try-again', '2'], ['E', 1, '--delay', '30'], ['F', 1, '--pay', 'cancel', '--delay', '10']]),
  ];
  const fleets = shops.flatMap((shop) => shop.fleets);
  const tills = shops.flatMap((shop) => shop.tills);
  let problem = null;
  const trades = tills.map((till) => trade(till).catch((error) => { problem ??= error; }));

  let slowest = 0;
  let killed = 0;
  for (let cycle = 0; cycle < CYCLES && problem === null; cycle++) {
    const dying = chance(30) ? killTerminals(pick(fleets)) : null;
    slowest = Math.max(slowest, await killServer());
    await dying;
    killed += dying === null ? 0 : 1;
  }
  world.over = true;
  await Promise.all(trades);
  if (problem) throw problem;
  for (const till of tills) assert.deepEqual(till.problems, []);

  for (const shop of shops) await quiet(shop);
  const found = [];
  for (const shop of shops) {
    const stored = await read(world.server, shop);
    const sales = shop.tills.flatMap((till) => till.sales);
    const result = compare(stored, { ...shop, sales });
    found.push(...result.problems);
    const states = stored.payments.reduce((all, { state }) => ({ ...all, [state]: (all[state] ?? 0) + 1 }), {});
    console.log(`# ${shop.authority} decides: ${sales.length} sales, ${stored.transactions.length} transactions, ${result.approved / 100} approved, `
      + `${result.told} messages of ${shop.receiver.messages.length}, ${stored.dead.length} dead; `
      + Object.entries(states).map(([state, count]) => `${count} ${state}`).join(', '));
    for (const state of CYCLES < 20 ? [] : ['approved', 'declined', 'cancelled']) assert.ok(states[state] > 0, `nothing was ${state}: too little has happened`);
  }
  assert.deepEqual(found.slice(0, 10), [], `${found.length} problems`);
  assert.equal((await world.server.stop()).code, 0);
  assert.equal((await world.server.admin('check')).whole, true);
  for (const fleet of fleets) assert.equal((await fleet.stop()).code, 0);
  for (const file of everyFile(folder)) assert.ok(!looksLikeCard(readFileSync(file, 'latin1')), `${file} has a card number`);
  console.log(`# ${CYCLES} kills of the server, ${killed} of terminals, serving again in at most ${Math.round(slowest)} ms`);
  assert.ok(slowest < SERVING_AGAIN_MS, `serving again took ${slowest} ms`);
});
