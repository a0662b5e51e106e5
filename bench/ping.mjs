// Server CPU per call, beside nginx answering a bare 202.
//
// Three servers in turn on processor 0, the load (wrk) and the terminals on
// processor 1; several rounds, interleaved, so that a slow moment of the machine
// meets all of them. A server's CPU is what the kernel has booked for its
// process between the beginning and the end of a round. Quoted are medians and
// ratios taken within one round.
//
//   node bench/ping.mjs [rounds] [seconds]      (make bench)

import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../tests/end/support/command.mjs';

const ROUNDS = Number(process.argv[2] ?? 5);
const SECONDS = Number(process.argv[3] ?? 4);
const BUILD = process.env.BUILD ?? 'build';
const TERMINALS = 32;
const CONNECTIONS = 32;
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK']).toString());

const folder = mkdtempSync(join(tmpdir(), 'tillwire-bench-'));
const children = [];

function start(processor, command, args) {
  const child = spawn('taskset', ['-c', String(processor), command, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  return child;
}

function lines(child, each) {
  createInterface({ input: child.stdout }).on('line', each);
}

function cpuMicroseconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND;
}

async function startTillwire() {
  const child = start(0, `${BUILD}/tillwire`, [
    'dev', '--listen', '127.0.0.1:0', '--data', join(folder, 'data'), '--json', '--log-level', 'error',
  ]);
  const ready = await new Promise((resolve) => lines(child, (line) => resolve(JSON.parse(line))));
  return { pid: child.pid, ...ready };
}

async function startTerminals(dev) {
  const child = start(1, `${BUILD}/tillwire`, [
    'terminal', '--server', dev.api.replace('/v2', ''), '--email', dev.email, '--password', dev.password,
    '--data', join(folder, 'terminals'), '--count', String(TERMINALS), '--json',
  ]);
  const codes = new Set();
  await new Promise((resolve) =>
    lines(child, (line) => {
      const event = JSON.parse(line);
      if (event.event === 'registered') codes.add(event.code);
      if (codes.size === TERMINALS) resolve();
    }),
  );
  return [...codes];
}

async function startNginx() {
  const port = await freePort();
  const configuration = join(folder, 'nginx.conf');
  writeFileSync(configuration, `
daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log /dev/null;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000;
  server { listen 127.0.0.1:${port}; location / { return 202; } } }`);
  const child = start(0, 'nginx', ['-c', configuration, '-p', folder]);
  for (;;) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return { pid: child.pid, url: `http://127.0.0.1:${port}` };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

// Paths are taken in turn; the answer that is expected is counted, others are errors.
function loadScript(paths, token, status) {
  const name = join(folder, `load-${paths.length}-${status}.lua`);
  writeFileSync(name, `
local paths = { ${paths.map((path) => JSON.stringify(path)).join(', ')} }
at, good, bad = 0, 0, 0
wrk.headers["api-token"] = ${JSON.stringify(token)}
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() good = 0; bad = 0 end
function request() at = at % #paths + 1; return wrk.format("GET", paths[at]) end
function response(status) if status == ${status} then good = good + 1 else bad = bad + 1 end end
function done(summary, latency)
  local good, bad = 0, 0
  for _, t in ipairs(threads) do good = good + t:get("good"); bad = bad + t:get("bad") end
  io.write(string.format("RESULT %d %d %d %d\\n", good, bad, latency:percentile(50), latency:percentile(99)))
end`);
  return name;
}

async function measure(server, script) {
  const before = cpuMicroseconds(server.pid);
  const wrk = start(1, 'wrk', ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '-s', script, server.url]);
  let text = '';
  wrk.stdout.on('data', (bytes) => (text += bytes));
  await new Promise((resolve) => wrk.on('close', resolve));
  const [good, bad, p50, p99] = /RESULT (\d+) (\d+) (\d+) (\d+)/.exec(text).slice(1).map(Number);
  return {
    cpu: (cpuMicroseconds(server.pid) - before) / (good + bad),
    rate: good / SECONDS, bad, p50, p99,
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function main() {
  const dev = await startTillwire();
  dev.url = dev.api.replace('/v2', '');
  const codes = await startTerminals(dev);
  const nginx = await startNginx();
  const subjects = [
    { name: 'nginx: return 202', server: nginx, script: loadScript(['/'], dev.token, 202) },
    { name: 'tillwire: GET /v2/devices/{code}', server: dev,
      script: loadScript(codes.map((code) => `/v2/devices/${code}`), dev.token, 200) },
    { name: 'tillwire: ping through a terminal', server: dev,
      script: loadScript(codes.map((code) => `/v2/devices/${code}/ping`), dev.token, 202) },
  ];
  for (const subject of subjects) subject.results = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const subject of subjects) subject.results.push(await measure(subject.server, subject.script));
  }
  console.log(`medians of ${ROUNDS} rounds of ${SECONDS} s, ${CONNECTIONS} connections, ${TERMINALS} terminals`);
  console.log('| what | server CPU per call | x nginx | calls/s | p50 | p99 | errors |');
  console.log('|---|---|---|---|---|---|---|');
  for (const { name, results } of subjects) {
    const of = (field) => median(results.map((result) => result[field]));
    const ratio = median(results.map((result, round) => result.cpu / subjects[0].results[round].cpu));
    const bad = results.reduce((sum, result) => sum + result.bad, 0);
    console.log(`| ${name} | ${of('cpu').toFixed(1)} us | ${ratio.toFixed(2)} | ${Math.round(of('rate'))} | ` +
      `${of('p50')} us | ${of('p99')} us | ${bad} |`);
  }
}

try {
  await main();
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
