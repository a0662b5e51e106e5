// Pings through terminals while slowhttptest attacks: slow heads, slow bodies,
// slow readers, 1,000 connections each, from the same address as the point of
// sale whose pings are measured.
//
// The server runs on processor 0, everything else on processor 1. Each attack
// stands between two quiet spells of the same length; its figures are compared
// with those of both together, several rounds, so that a slow moment of the
// machine meets all of them. The goal (bars.md): p99 at most twice as long, and
// no terminal dropped.
//
//   node bench/slow.mjs [rounds] [seconds] [connections]

import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROUNDS = Number(process.argv[2] ?? 3);
const SECONDS = Number(process.argv[3] ?? 6);
const ATTACKERS = Number(process.argv[4] ?? 1000);
const BUILD = process.env.BUILD ?? 'build';
const TERMINALS = 20;
const AT_ONCE = 4;
const PINGS_PER_SECOND = 200;
const FILES = 20000;

const folder = mkdtempSync(join(tmpdir(), 'tillwire-slow-'));
const children = new Set();

function start(processor, command, args, stdout = 'pipe') {
  const child = spawn('sh', ['-c', `ulimit -n ${FILES}; exec taskset -c ${processor} "$0" "$@"`, command, ...args], {
    stdio: ['ignore', stdout, 'ignore'],
  });
  children.add(child);
  child.ended = new Promise((resolve) => {
    child.once('close', () => { children.delete(child); resolve(); });
  });
  return child;
}

function lines(child, each) {
  createInterface({ input: child.stdout }).on('line', each);
}

async function startServer() {
  const child = start(0, `${BUILD}/tillwire`, [
    'dev', '--listen', '127.0.0.1:0', '--data', join(folder, 'data'), '--json', '--log-level', 'error',
  ]);
  return new Promise((resolve) => { lines(child, (line) => resolve(JSON.parse(line))); });
}

// So many terminals of one folder, all of them ready: { child, codes, dropped() }.
async function runTerminals(dev, count) {
  const child = start(1, `${BUILD}/tillwire`, [
    'terminal', '--server', dev.api.replace('/v2', ''), '--email', dev.email, '--password', dev.password,
    '--data', join(folder, 'terminals'), '--count', String(count), '--json',
  ]);
  const codes = new Set();
  let dropped = 0;
  await new Promise((resolve) => {
    lines(child, (line) => {
      const event = JSON.parse(line);
      if (event.event === 'registered') codes.add(event.code);
      if (event.event === 'disconnected') dropped++;
      if (codes.size === count) resolve();
    });
  });
  return { child, codes: [...codes], dropped: () => dropped };
}

// A few log in at a time, as the server has it; the earlier ones come back.
async function startTerminals(dev) {
  for (let count = AT_ONCE; count < TERMINALS; count += AT_ONCE) {
    const { child } = await runTerminals(dev, count);
    child.kill();
    await child.ended;
  }
  return runTerminals(dev, TERMINALS);
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

// Milliseconds until the answer; a failure counts as endless.
function ping(dev, code) {
  const began = performance.now();
  return new Promise((resolve) => {
    get(`${dev.api}/devices/${code}/ping`, { agent, headers: { 'api-token': dev.token } }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode === 202 ? performance.now() - began : Infinity));
    }).on('error', () => resolve(Infinity));
  });
}

// Pings at a steady pace, whether or not the earlier ones were answered.
async function pings(dev, codes, seconds) {
  const waits = [];
  const began = performance.now();
  for (let i = 0; i < seconds * PINGS_PER_SECOND; i++) {
    const due = began + (i * 1000) / PINGS_PER_SECOND;
    while (performance.now() < due) await new Promise((wake) => { setTimeout(wake, Math.max(0, due - performance.now())); });
    waits.push(ping(dev, codes[i % codes.length]));
  }
  return Promise.all(waits);
}

const ATTACKS = {
  'slow heads': ['-H', '-i', '1'],
  'slow bodies': ['-B', '-i', '1', '-s', '60000'],
  'slow readers': ['-X', '-w', '64', '-y', '256', '-n', '1', '-z', '16', '-k', '20'],
};

function attack(dev, options) {
  return start(1, 'slowhttptest', [...options, '-c', String(ATTACKERS), '-r', String(ATTACKERS),
    '-l', String(SECONDS + 1), '-p', '5', '-u', `${dev.api.replace('/v2', '')}/terminal/app.js`], 'ignore');
}

function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
const median = (values) => percentile(values, 0.5);

async function main() {
  execFileSync('sh', ['-c', 'command -v slowhttptest']);
  const dev = await startServer();
  const { codes, dropped } = await startTerminals(dev);
  await pings(dev, codes, 2); // connections are made, caches are warm
  const rows = Object.keys(ATTACKS).map((name) => ({ name, quiet: [], loud: [], failed: 0 }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const row of rows) {
      const before = await pings(dev, codes, SECONDS / 2);
      const storm = attack(dev, ATTACKS[row.name]);
      await new Promise((wake) => { setTimeout(wake, 500); }); // it makes its connections
      const during = await pings(dev, codes, SECONDS);
      await storm.ended;
      const after = await pings(dev, codes, SECONDS / 2);
      row.quiet.push([...before, ...after]);
      row.loud.push(during);
      row.failed += during.filter((ms) => ms === Infinity).length;
    }
  }
  console.log(`${ROUNDS} rounds of ${SECONDS} s, ${ATTACKERS} attacking connections, ${TERMINALS} terminals, ` +
    `${PINGS_PER_SECOND} pings a second; medians of the rounds`);
  console.log('| attack | p50 quiet | p50 | x | p99 quiet | p99 | x | pings that failed |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const { name, quiet, loud, failed } of rows) {
    const cells = [0.5, 0.99].flatMap((share) => {
      const [a, b] = [quiet, loud].map((all) => all.map((values) => percentile(values, share)));
      const ratio = median(b.map((value, round) => value / a[round]));
      return [`${median(a).toFixed(2)} ms`, `${median(b).toFixed(2)} ms`, ratio.toFixed(2)];
    });
    console.log(`| ${name} | ${cells.join(' | ')} | ${failed} |`);
  }
  console.log(`terminals dropped: ${dropped()} of ${codes.length}`);
}

try {
  await main();
} finally {
  agent.destroy();
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
