// How long a commit takes while a large database is copied beside it, and while it is
// checked: the same commits, one after the other over the admin socket, without
// and with the work beside them, interleaved.
//
//   make && DEVICES=1000000 ROUNDS=5 node bench/backup.mjs      (needs sqlite3, the command)

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const TILLWIRE = resolve(process.env.BUILD || 'build', 'tillwire');
const DEVICES = Number(process.env.DEVICES ?? 1_000_000);
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const QUIET_MS = 3000;

const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'tillwire-bench-'));
const data = join(folder, 'data');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

async function start() {
  const child = spawn(TILLWIRE, ['dev', '--listen', '127.0.0.1:0', '--data', data, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise((done) => { createInterface({ input: child.stdout }).once('line', done); });
  return { child, stop: () => new Promise((done) => { child.once('close', done); child.kill(); }) };
}

function fill() {
  execFileSync('sqlite3', [join(data, 'tillwire.db')], {
    input: `PRAGMA synchronous = OFF;
      INSERT INTO business (name, currency, api_mode, created_ms)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${Math.ceil(DEVICES / 1000)})
        SELECT 'Business ' || i, 'CAD', 1, 0 FROM n;
      INSERT INTO device (business, serial, code, created_ms, credential, credential_ms)
        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${DEVICES - 1})
        SELECT 2 + i / 1000, 'SERIAL-' || i, 'A' || substr('00' || (i % 1000), -3), 0, randomblob(32), 0 FROM n;`,
  });
}

function call(noun, verb, options) {
  return new Promise((done, refuse) => {
    const socket = connect(join(data, 'admin.sock'));
    let reply = '';
    socket.on('data', (bytes) => { reply += bytes; });
    socket.on('error', refuse);
    socket.on('close', () => done(JSON.parse(reply)));
    socket.end(JSON.stringify({ noun, verb, options }));
  });
}

// Commits one after the other until `until` is over; each one's milliseconds.
async function commits(until) {
  const took = [];
  let over = false;
  until.then(() => { over = true; });
  while (!over) {
    const began = performance.now();
    const { error } = await call('business', 'set', { id: '1', name: `Name ${took.length}` });
    if (error) throw new Error(error);
    took.push(performance.now() - began);
  }
  return took.sort((a, b) => a - b);
}

function work(...args) {
  return new Promise((done, refuse) => {
    const began = performance.now();
    spawn(TILLWIRE, ['admin', ...args, '--data', data, '--json'], { stdio: ['ignore', 'ignore', 'inherit'] })
      .once('close', (code) => (code === 0 ? done(performance.now() - began) : refuse(new Error(`${args[0]} ended with ${code}`))));
  });
}

const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
const middle = (numbers) => at([...numbers].sort((a, b) => a - b), 0.5);
const line = (what, took, lastedMs) => console.log(
  `${what.padEnd(10)} ${String(took.length).padStart(7)} commits   median ${at(took, 0.5).toFixed(2)} ms`
  + `   99 % ${at(took, 0.99).toFixed(2)} ms   longest ${took.at(-1).toFixed(1)} ms${lastedMs ? `   lasted ${(lastedMs / 1000).toFixed(1)} s` : ''}`);

await (await start()).stop(); // makes the database
fill();
const server = await start();
console.log(`${DEVICES} devices, ${(statSync(join(data, 'tillwire.db')).size / 1e6).toFixed(0)} MB, ${ROUNDS} rounds`);
const longest = { quiet: [], backup: [], check: [] };
for (let round = 0; round < ROUNDS; round++) {
  const quiet = await commits(new Promise((done) => { setTimeout(done, QUIET_MS); }));
  line('quiet', quiet);
  longest.quiet.push(quiet.at(-1));
  for (const [name, words] of [['backup', ['backup', join(folder, `to-${round}`)]], ['check', ['check']]]) {
    const working = work(...words);
    const took = await commits(working);
    line(name, took, await working);
    longest[name].push(took.at(-1));
  }
  rmSync(join(folder, `to-${round}`), { recursive: true });
}
for (const [name, numbers] of Object.entries(longest)) console.log(`longest commit, median of the rounds, ${name}: ${middle(numbers).toFixed(1)} ms`);
await server.stop();
