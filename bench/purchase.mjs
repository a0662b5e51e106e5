// Purchases a second, from the POS's call to approved and the webhook's row, all
// durable, beside what SQLite alone does with the same rows; and how long it
// takes from the call to the terminal's screen.
//
// The server is `tillwire serve` as in a shop. bench/sale_load.c is the tills and
// the terminals. The webhook is set, so that each purchase has its delivery's
// row, to a host that does not exist: nothing is sent. Server and SQLite run on
// processor 0 by turns, the load on processor 1, both in folders of one disk
// (TMPDIR). Rounds are interleaved, so that a slow moment of the machine meets
// all; quoted are medians, and of ratios the median of those within one round.
//
//   node bench/purchase.mjs [--rounds 5] [--seconds 3] [--tills 1,8,64,256]
//                           [--rate 500] [--terminals 15000]
//
// --rate 0 leaves out the second part, --tills '' the first.

import { spawn, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { admin, makeShop } from './shop.mjs';

const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    tills: { type: 'string', default: '1,8,64,256' },
    rate: { type: 'string', default: '500' },
    terminals: { type: 'string', default: '15000' },
  },
});
const ROUNDS = Number(given.rounds);
const SECONDS = given.seconds;
const TILLS = given.tills.split(',').filter((word) => word !== '').map(Number);
const RATE = Number(given.rate);
const FEW_TERMINALS = 512;
const RATE_TILLS = 64;
const BUILD = process.env.BUILD ?? 'build';
const TILLWIRE = `${BUILD}/tillwire`;
const OPEN_FILES = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'tillwire-bench-'));
let server;

const on = (processor, command, ...args) =>
  ['taskset', ['-c', String(processor), 'prlimit', `--nofile=${OPEN_FILES}`, command, ...args]];

async function startServer(name, count) {
  const data = join(folder, name);
  const { token, terminals } = makeShop(TILLWIRE, data, count);
  admin(TILLWIRE, data, 'webhook', 'set', '--url', 'https://nobody.invalid/', '--events', 'cardTransaction,terminalCancel');
  const list = join(folder, `${name}.terminals`);
  writeFileSync(list, terminals.map(({ code, serial, credential }) => `${code} ${serial} ${credential}\n`).join(''));
  server = spawn(...on(0, TILLWIRE, 'serve', '--data', data, '--listen', '127.0.0.1:0', '--json', '--log-level', 'error',
    '--terminals-max', String(count + 100), '--connections-max', '4000', '--connections-per-address', String(count + 2000),
    '--rate-limits', 'off'), { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => { server.once('close', done); });
  const line = await Promise.race([ended, new Promise((done) => { createInterface({ input: server.stdout }).once('line', done); })]);
  if (typeof line !== 'string') throw new Error('the server did not start');
  return { port: new URL(JSON.parse(line).api).port, token, list, ended, pid: server.pid };
}

async function stopServer({ ended }) {
  server.kill('SIGTERM');
  await ended;
  server = undefined;
}

function sell(shop, tills, rate) {
  return JSON.parse(execFileSync(...on(1, `${BUILD}/bench/sale_load`, shop.port, String(shop.pid), shop.list, String(tills),
    String(rate), SECONDS), { env: { ...process.env, TILLWIRE_TOKEN: shop.token }, encoding: 'utf8' }));
}

function groupCommit(round) {
  const own = join(folder, `group_commit-${round}`);
  mkdirSync(own);
  const result = JSON.parse(execFileSync(...on(0, `${BUILD}/bench/group_commit`, own, SECONDS), { encoding: 'utf8' }));
  rmSync(own, { recursive: true });
  return result;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const milliseconds = (us) => `${(us / 1000).toFixed(1)} ms`;

async function measureThroughput() {
  const shop = await startServer('throughput', FEW_TERMINALS);
  const raw = [];
  const subjects = TILLS.map((tills) => ({ tills, results: [] }));
  for (let round = 0; round < ROUNDS; round++) {
    raw.push(groupCommit(round));
    for (const { tills, results } of subjects) results.push(sell(shop, tills, 0));
  }
  await stopServer(shop);
  console.log(`medians of ${ROUNDS} rounds of ${SECONDS} s; load of the machine: ${loadavg().map((part) => part.toFixed(1)).join(' ')}`);
  console.log('| what | purchases/s | x SQLite | processor each | x SQLite | to the screen p50, p99 | to the 202 p50, p99 | to the end p50, p99 |');
  console.log('|---|---|---|---|---|---|---|---|');
  console.log(`| SQLite alone, 64 at a commit | ${Math.round(median(raw.map((one) => one.purchasesPerSecond)))} | 1.00 | ` +
    `${median(raw.map((one) => one.cpuMicroseconds)).toFixed(0)} us | 1.00 | | | |`);
  for (const { tills, results } of subjects) {
    const ratio = (field) => median(results.map((result, round) => result[field] / raw[round][field])).toFixed(2);
    const times = ['screen', 'answer', 'end'].map((name) => ['p50', 'p99'].map((part) =>
      milliseconds(median(results.map((result) => result[`${name}Microseconds`][part])))).join(', '));
    console.log(`| ${tills} ${tills === 1 ? 'till' : 'tills'} at once | ${Math.round(median(results.map((one) => one.purchasesPerSecond)))} | ` +
      `${ratio('purchasesPerSecond')} | ${median(results.map((one) => one.cpuMicroseconds)).toFixed(0)} us | ${ratio('cpuMicroseconds')} | ${times.join(' | ')} |`);
  }
}

async function measureScreen() {
  const count = Number(given.terminals);
  const shop = await startServer('screen', count);
  const results = [];
  for (let round = 0; round < ROUNDS; round++) results.push(sell(shop, RATE_TILLS, RATE));
  await stopServer(shop);
  const of = (name) => ['p50', 'p99', 'max'].map((part) =>
    `${part} ${milliseconds(median(results.map((result) => result[`${name}Microseconds`][part])))}`).join(', ');
  console.log(`${RATE} purchases/s, ${count} terminals, ${ROUNDS} rounds of ${SECONDS} s ` +
    `(${Math.round(median(results.map((one) => one.purchasesPerSecond)))}/s reached; load of the machine: ` +
    `${loadavg().map((part) => part.toFixed(1)).join(' ')}): to the screen ${of('screen')}; to the 202 ${of('answer')}; to the end ${of('end')}`);
}

try {
  if (TILLS.length > 0) await measureThroughput();
  if (RATE > 0) await measureScreen();
} finally {
  server?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
