// A shop by TLS whose server is killed, and stopped as a service manager does,
// again and again, while twenty terminals and a busy point of sale are at work:
//
//   - it serves again within two seconds;
//   - every terminal is back by itself, with its code, and without a log-in;
//   - who was told a code has it, who was not told has none of another's;
//   - SIGTERM ends with 0, and no call under way goes without its answer.
//
//   KILL_CYCLES=600 node --test tests/kill/

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import https from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { makeCertificate, Production } from '../end/support/production.mjs';
import { endWatched, makeFolder, removeFolder, TILLWIRE, until, watched } from '../end/support/server.mjs';
import { Terminal } from '../end/support/terminal.mjs';

const CYCLES = Number(process.env.KILL_CYCLES ?? 60);
const KILLS = Math.ceil(CYCLES / 3);
const STOPS = Math.ceil(CYCLES / 6);
const COUNT = 20;
const TILLS = 6; // connections of the point of sale
const KEPT = 60; // and those that it holds open and asks all at once
const SERVING_AGAIN_MS = 2000;
const BACK_MS = 20_000; // a terminal waits up to a few seconds, and the machine may be busy

let folder;
let server;
let fleet;

before(async () => {
  folder = makeFolder();
  const files = makeCertificate(folder);
  server = await Production.start(join(folder, 'data'),
    ['--tls-cert', files.certificate, '--tls-key', files.key, '--rate-limits', 'off', '--new-connections-per-minute', '100000']);
  fleet = new Fleet(server, files.certificate, ['--email', server.facts.email, '--password', server.facts.password]);
  await until('the fleet is ready', () => fleet.ready.size === COUNT, 30_000);
});
after(async () => {
  await server?.stop('SIGKILL');
  endWatched();
  removeFolder(folder);
});

const random = (below) => Math.floor(Math.random() * below);
const rest = (ms) => new Promise((wake) => { setTimeout(wake, ms); });

// Terminals of one process, and what they print. `ready` holds those which are
// ready since it was last emptied.
class Fleet {
  constructor(shop, caFile, more = []) {
    this.codes = new Map();
    this.ready = new Set();
    this.unwanted = [];
    this.child = watched(spawn(TILLWIRE, ['terminal', '--server', shop.url, '--ca-file', caFile, '--count', String(COUNT),
      '--data', join(folder, 'fleet'), '--continue', '--json', ...more], { stdio: ['ignore', 'pipe', 'pipe'] }));
    this.said = '';
    this.child.stderr.on('data', (bytes) => { this.said += bytes; });
    this.ended = new Promise((done) => { this.child.once('close', done); });
    createInterface({ input: this.child.stdout }).on('line', (line) => this.#take(JSON.parse(line)));
  }

  #take({ event, terminal, code, ...more }) {
    if (event === 'registered') {
      if (this.codes.has(terminal) && this.codes.get(terminal) !== code) this.unwanted.push({ event, terminal, code });
      this.codes.set(terminal, code);
    } else if (event === 'ready') this.ready.add(terminal);
    else if (event === 'disconnected') this.ready.delete(terminal);
    else if (event !== 'ping') this.unwanted.push({ event, terminal, ...more });
  }
}

// One connection of a point of sale that pings without a pause, each time
// another terminal. It notes what it had sent whole, and never got an answer to.
class Till {
  static stoppedAt = Infinity;

  constructor() {
    this.agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: server.ca });
    this.statuses = new Map();
    this.lost = [];
    this.ended = this.#work();
  }

  #call(code) {
    const call = { sent: Infinity };
    return new Promise((done) => {
      const asked = https.get(`${server.facts.api}/devices/${code}/ping`, { agent: this.agent, headers: { 'api-token': server.facts.token } },
        (answer) => {
          answer.resume();
          answer.once('end', () => done({ ...call, status: answer.statusCode }));
          answer.once('error', (error) => done({ ...call, error }));
        });
      asked.once('finish', () => { call.sent = performance.now(); });
      asked.once('error', (error) => done({ ...call, error }));
    });
  }

  async #work() {
    const codes = [...fleet.codes.values()];
    while (!this.over) {
      const { status, error, sent } = await this.#call(codes[random(codes.length)]);
      if (error && sent < Till.stoppedAt) this.lost.push(error.code);
      if (status) this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (error) break; // the server has gone
    }
    this.agent.destroy();
  }

  async stop() {
    this.over = true;
    return this.ended;
  }
}

// A connection that was asked once and is kept. `ask` sends a request whole,
// before it returns; it answers the status, or 'lost' where the connection ends
// before that.
class Kept {
  static async open() {
    const kept = new Kept();
    kept.socket = tls.connect({ port: server.port, host: '127.0.0.1', servername: 'localhost', ca: server.ca });
    kept.socket.setNoDelay(true);
    await new Promise((done, refuse) => { kept.socket.once('secureConnect', done).once('error', refuse); });
    assert.equal(await kept.ask(), '200');
    return kept;
  }

  ask() {
    return new Promise((done) => {
      let text = '';
      const { socket } = this;
      socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error');
      socket.on('error', () => {});
      socket.once('close', () => done('lost'));
      socket.on('data', (bytes) => {
        text += bytes;
        if (text.endsWith('Connection Successful"}')) done(text.split(' ')[1]);
      });
      socket.write(`GET /v2/connection-test HTTP/1.1\r\nHost: localhost\r\napi-token: ${server.facts.token}\r\n\r\n`);
    });
  }
}

// Starts the server again; how long that took, until it answered.
async function again() {
  const began = performance.now();
  fleet.ready.clear();
  server = await server.startAgain();
  assert.equal((await server.call('/connection-test')).status, 200);
  const took = performance.now() - began;
  await until('every terminal is back', () => fleet.ready.size === COUNT, BACK_MS).catch((error) => { throw new Error(`${error.message}: ${fleet.said}`); });
  assert.deepEqual(fleet.unwanted, []);
  return took;
}

test(`${KILLS} kills: served again in time, and every terminal is back with its code`, { timeout: 15 * 60_000 }, async () => {
  const codes = new Map(fleet.codes);
  const known = [...codes.values()];
  let slowest = 0;
  let pings = 0;
  for (let cycle = 0; cycle < KILLS; cycle++) {
    Till.stoppedAt = -Infinity; // a kill may lose any call
    const tills = Array.from({ length: TILLS }, () => new Till());
    const stranger = new Terminal(server, { ca: server.ca });
    const registering = stranger.logIn().then(({ code }) => known.push(code), () => {});
    await rest(random(200));
    await server.stop('SIGKILL');
    stranger.socket.terminate();
    await Promise.all([...tills.map((till) => till.stop()), registering]);
    for (const till of tills) pings += till.statuses.get(202) ?? 0;
    slowest = Math.max(slowest, await again());
    assert.deepEqual(fleet.codes, codes);
  }
  const listed = (await server.call('/devices')).body.map((device) => device.code);
  for (const code of known) assert.ok(listed.includes(code), `${code} was told and is lost`);
  assert.equal(new Set(known).size, known.length, 'one code for two terminals');
  assert.ok(pings > KILLS, `too little has happened: ${pings} pings`);
  console.log(`# ${KILLS} kills, ${pings} pings, ${known.length - COUNT} log-ins beside them, serving again in at most ${Math.round(slowest)} ms`);
  assert.ok(slowest < SERVING_AGAIN_MS, `serving again took ${slowest} ms`);
});

test(`${STOPS} times SIGTERM: every call under way is answered, and every terminal comes back`, { timeout: 15 * 60_000 }, async () => {
  const codes = new Map(fleet.codes);
  let pings = 0;
  let slowest = 0;
  for (let stop = 0; stop < STOPS; stop++) {
    const slow = new Terminal(server, { ca: server.ca }); // which shows its ping after the server has begun to stop
    await slow.logIn();
    Till.stoppedAt = Infinity;
    const tills = Array.from({ length: TILLS }, () => new Till());
    const call = server.call(`/devices/${slow.code}/ping`);
    const ping = await slow.expect('ping');
    const kept = await Promise.all(Array.from({ length: KEPT }, () => Kept.open()));
    await until('the tills are at work', () => tills.every((till) => till.statuses.get(202) > 0));
    const asked = kept.map((each) => each.ask());
    Till.stoppedAt = performance.now();
    server.child.kill('SIGTERM');
    await until('it stops', () => server.log.includes('event=server.stopping'));
    slow.send({ type: 'ping_shown', id: ping.id });
    assert.equal((await call).status, 202);
    assert.deepEqual(await server.ended, { code: 0, signal: null });
    assert.deepEqual(new Set(await Promise.all(asked)), new Set(['200']));
    for (const each of kept) each.socket.destroy();
    assert.equal((await slow.closed).code, 1001);
    await Promise.all(tills.map((till) => till.stop()));
    for (const till of tills) {
      assert.deepEqual(till.lost, [], 'a call was sent before the signal, and not answered');
      assert.deepEqual([...till.statuses.keys()].filter((status) => status !== 202 && status !== 503), []);
      pings += till.statuses.get(202);
    }
    slowest = Math.max(slowest, await again());
    assert.deepEqual(fleet.codes, codes);
  }
  console.log(`# ${STOPS} stops, ${pings} pings, serving again in at most ${Math.round(slowest)} ms`);
});

test('after all this each terminal is known by its credential alone', { timeout: 60_000 }, async () => {
  const codes = new Map(fleet.codes);
  fleet.child.kill('SIGTERM');
  assert.equal(await fleet.ended, 0);
  fleet = new Fleet(server, join(folder, 'server.crt'));
  await until('the fleet is ready', () => fleet.ready.size === COUNT, BACK_MS);
  assert.deepEqual(fleet.codes, codes);
  assert.deepEqual(fleet.unwanted, []);
});
