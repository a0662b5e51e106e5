// Memory of idle connected terminals, plain and by TLS, and how long all of
// them take to come back after the server was restarted.
//
// The server is `tillwire serve` as in a shop, the terminals are `tillwire
// terminal` (a thousand a process). Logging in costs 30 ms of argon2 each, so
// that as a shortcut of this bench they are enrolled beforehand: their devices
// are written into the database while no server runs, their credentials into
// their own folders. And as all of them come from one address, which may
// otherwise hold no more than a shop does, that limit is raised.
//
// A terminal's memory is the growth of the server's private memory (Private_*
// of /proc/PID/smaps_rollup, once it stands still) between the first thousand
// terminals and all of them, divided by their number; the kernel's sockets are
// not in it. Heartbeats go on meanwhile.
//
//   node bench/connections.mjs [--count 15000] [--plain | --tls]

import { spawn, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { codeOf, makeShop } from './shop.mjs';

const { values: given } = parseArgs({
  options: {
    count: { type: 'string', default: '15000' },
    plain: { type: 'boolean', default: false },
    tls: { type: 'boolean', default: false },
  },
});
const COUNT = Number(given.count);
const OF_ONE_PROCESS = 1000;
const TILLWIRE = `${process.env.BUILD ?? 'build'}/tillwire`;
const GOAL_BYTES = { plain: 640, tls: 15 * 1024 };
const GOAL_BACK_MS = 25_000;
const OPEN_FILES = 20_000;
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK']).toString());

if (!Number.isInteger(COUNT) || COUNT < 2 * OF_ONE_PROCESS || COUNT > 18_000) {
  throw new Error('--count must be a number from 2000 to 18000');
}

const folder = mkdtempSync(join(tmpdir(), 'tillwire-bench-'));
const children = new Set();
const wait = (ms) => new Promise((wake) => { setTimeout(wake, ms); });

function start(args, log) {
  const child = spawn('prlimit', [`--nofile=${OPEN_FILES}`, TILLWIRE, ...args], { stdio: ['ignore', 'pipe', log] });
  children.add(child);
  child.ended = new Promise((done) => child.once('close', () => { children.delete(child); done(); }));
  return child;
}

function enrol(data) {
  const { token, business, terminals } = makeShop(TILLWIRE, data, COUNT);
  terminals.forEach(({ code, serial, credential }, i) => {
    const own = join(folder, 'terminals', String(Math.floor(i / OF_ONE_PROCESS)), String(i % OF_ONE_PROCESS + 1));
    mkdirSync(own, { recursive: true, mode: 0o700 });
    writeFileSync(join(own, 'terminal.json'), `${JSON.stringify({
      format: 1, serial, credential, code, business, businessName: 'Bench', continued: true,
    })}\n`, { mode: 0o600 });
  });
  return token;
}

function makeCertificate() {
  const [certificate, key] = [join(folder, 'server.pem'), join(folder, 'server.key')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', key, '-out', certificate, '-days', '30', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], { stdio: 'ignore' });
  chmodSync(key, 0o600);
  return { certificate, key };
}

class Bench {
  constructor(way, data, token, certificate) {
    Object.assign(this, { way, data, token, certificate, port: 0, terminals: [], lost: 0 });
  }

  async startServer() {
    const tls = this.way === 'tls' ? ['--tls-cert', this.certificate.certificate, '--tls-key', this.certificate.key] : [];
    this.server = start(['serve', '--data', this.data, '--listen', `127.0.0.1:${this.port}`, '--json', '--log-level', 'error',
      '--operations-listen', '127.0.0.1:0', '--terminals-max', String(COUNT + 100), '--connections-max', '4000',
      '--connections-per-address', String(COUNT + 1000), '--rate-limits', 'off', ...tls], 'inherit');
    const line = await new Promise((done) => {
      createInterface({ input: this.server.stdout }).once('line', done);
      this.server.ended.then(() => done(null));
    });
    if (line === null) throw new Error('the server did not start');
    this.facts = JSON.parse(line);
    this.url = this.facts.api.replace(/\/v2$/, '');
    this.port = Number(new URL(this.url).port);
  }

  startTerminals(number) {
    const trust = this.way === 'tls' ? ['--ca-file', this.certificate.certificate] : [];
    const child = start(['terminal', '--server', `${this.url.replace('127.0.0.1', this.way === 'tls' ? 'localhost' : '127.0.0.1')}`,
      '--data', join(folder, 'terminals', String(number)), '--count', String(Math.min(OF_ONE_PROCESS, COUNT - number * OF_ONE_PROCESS)),
      ...trust], 'ignore');
    child.stdout.resume();
    this.terminals.push(child);
  }

  // The numbers of /metrics whose names begin so.
  async metric(name) {
    const text = await (await fetch(`${this.facts.operations}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(name)).reduce((sum, line) => sum + Number(line.split(' ').pop()), 0);
  }

  async connected(count) {
    while (await this.metric('tillwire_terminals_connected') < count) await wait(50);
  }

  privateBytes() {
    const text = readFileSync(`/proc/${this.server.pid}/smaps_rollup`, 'utf8');
    return [...text.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB/gm)].reduce((sum, match) => sum + Number(match[1]) * 1024, 0);
  }

  // Once it has not changed by more than a thousandth within five seconds.
  async settledBytes() {
    let before = 0;
    let now = this.privateBytes();
    while (Math.abs(now - before) > now / 1000) {
      await wait(5000);
      [before, now] = [now, this.privateBytes()];
    }
    return now;
  }

  async measureMemory() {
    this.startTerminals(0);
    await this.connected(Math.min(OF_ONE_PROCESS, COUNT));
    const few = await this.settledBytes();
    for (let number = 1; number * OF_ONE_PROCESS < COUNT; number++) this.startTerminals(number);
    await this.connected(COUNT);
    const many = await this.settledBytes();
    return { each: (many - few) / (COUNT - OF_ONE_PROCESS), total: many };
  }

  // Pings terminals in turn until told to stop; each answer with its time.
  async pings(going) {
    const answers = [];
    const http = await import(this.way === 'tls' ? 'node:https' : 'node:http');
    const agent = new http.Agent({ keepAlive: true, rejectUnauthorized: false });
    for (let i = 0; going.on; i = (i + 7919) % COUNT) {
      const from = performance.now();
      const status = await new Promise((done) => {
        http.get(`${this.url}/v2/devices/${codeOf(i)}/ping`, { agent, headers: { 'api-token': this.token } }, (answer) => {
          answer.resume();
          answer.once('end', () => done(answer.statusCode));
        }).once('error', () => done(0));
      });
      answers.push({ status, ms: performance.now() - from });
      await wait(10);
    }
    agent.destroy();
    return answers;
  }

  // Processor time of processes, in seconds.
  cpuOf(children) {
    return children.reduce((sum, { pid }) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return sum + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    }, 0);
  }

  // From the first moment without a server until the last terminal is back.
  async measureReturn() {
    this.server.kill('SIGKILL'); // as a power cut does: nobody is told when to come back
    await this.server.ended;
    const from = performance.now();
    const before = this.cpuOf(this.terminals);
    await this.startServer();
    const going = { on: true };
    const pings = this.pings(going);
    await this.connected(COUNT);
    const ms = performance.now() - from;
    const cpu = { server: this.cpuOf([this.server]), terminals: this.cpuOf(this.terminals) - before };
    const resumed = await this.metric('tillwire_tls_handshakes_total{result="resumed"}');
    const refused = await this.metric('tillwire_connections_refused_total') + await this.metric('tillwire_connections_evicted_total');
    going.on = false;
    return { ms, cpu, resumed, refused, pings: await pings };
  }

  async end() {
    for (const child of [...this.terminals, this.server]) child.kill('SIGTERM');
    await Promise.all([...this.terminals, this.server].map((child) => child.ended));
  }
}

const percentile = (values, part) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)];

async function run(way, data, token, certificate) {
  const bench = new Bench(way, data, token, certificate);
  await bench.startServer();
  const { each, total } = await bench.measureMemory();
  console.log(`${way}: ${COUNT} idle terminals: ${each.toFixed(0)} bytes each (goal ${GOAL_BYTES[way]}: ` +
    `${each <= GOAL_BYTES[way] ? 'reached' : 'missed'}), ${(total / 1024 / 1024).toFixed(1)} MB in all`);
  const { ms, cpu, resumed, refused, pings } = await bench.measureReturn();
  const shown = pings.filter(({ status }) => status === 202).map((ping) => ping.ms);
  const absent = pings.filter(({ status }) => status === 409).length;
  console.log(`${way}: all back ${(ms / 1000).toFixed(1)} s after a kill -9 (goal ${GOAL_BACK_MS / 1000} s: ` +
    `${ms <= GOAL_BACK_MS ? 'reached' : 'missed'})${way === 'tls' ? `, ${resumed} of them with a ticket` : ''}, ${refused} refused on the way; ` +
    `processor: server ${cpu.server.toFixed(1)} s, terminals ${cpu.terminals.toFixed(1)} s; ` +
    `pings meanwhile: ${shown.length} shown (p50 ${percentile(shown, 0.5)?.toFixed(1)} ms, p99 ${percentile(shown, 0.99)?.toFixed(1)} ms), ` +
    `${absent} not back yet, ${pings.length - shown.length - absent} failed`);
  await bench.end();
}

try {
  const certificate = makeCertificate();
  const data = join(folder, 'data');
  const token = enrol(data);
  if (!given.tls) await run('plain', data, token, certificate);
  if (!given.plain) await run('tls', data, token, certificate);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
