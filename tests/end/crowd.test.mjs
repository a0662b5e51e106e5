// A crowd of connections that never speak: nobody who does is kept out.
//
// 10,000 of them, from fifteen addresses of this machine, against a server with
// places for 4,500: the crowd borrows those of the terminals too, and is still
// more than is let in. Terminals and a point of sale, some inside before, some
// coming after, go on as if they were alone.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { endWatched, makeFolder, removeFolder, until, watched } from './support/server.mjs';
import { Production } from './support/production.mjs';
import { Terminal } from './support/terminal.mjs';

const CROWD = 10_000;
const ADDRESSES = 15;
const STRANGERS_MAX = 1_000;
const TERMINALS_MAX = 3_500; // lent while they are not there: docs/why/limits.md
const PLACES = STRANGERS_MAX + TERMINALS_MAX;
const OTHER_FILES = 200; // of the server itself
const FILES = 20_000;

function openFiles(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}

// The crowd: a process of its own, for it needs as many descriptors. It says
// "in" when all have been connected once. It does not come back.
const CROWD_PROGRAM = `
import net from 'node:net';
const [port, count, addresses] = process.argv.slice(1).map(Number);
let settled = 0;
let next = 0;
function one() {
  if (next === count) return;
  const i = next++;
  const socket = net.connect({ port, host: '127.0.0.1', localAddress: '127.0.1.' + (1 + i % addresses) });
  socket.on('error', () => {});
  const done = () => {
    socket.off('connect', done);
    socket.off('close', done);
    settled++;
    if (settled === count) console.log('in');
    one();
  };
  socket.on('connect', done);
  socket.on('close', done);
}
for (let i = 0; i < 200; i++) one();
setInterval(() => {}, 1000);
`;

function startCrowd(port) {
  const child = watched(spawn('sh', ['-c', `ulimit -n ${FILES} && exec node --input-type=module -e "$0" "$@"`,
    CROWD_PROGRAM, String(port), String(CROWD), String(ADDRESSES)], { stdio: ['ignore', 'pipe', 'inherit'] }));
  const inside = new Promise((done, refuse) => {
    createInterface({ input: child.stdout }).once('line', done);
    child.once('close', (code) => refuse(new Error(`the crowd ended with ${code}`)));
  });
  return { child, inside };
}

// A kept connection of a point of sale, by hand: one request, one status.
class Till {
  constructor(server) {
    this.server = server;
    this.socket = net.connect(server.port, '127.0.0.1');
    this.ended = false;
    this.socket.on('error', () => {});
    this.socket.on('close', () => { this.ended = true; });
  }

  async get(path) {
    const answer = new Promise((done, refuse) => {
      let text = '';
      const onClose = () => refuse(new Error('the connection was closed'));
      const onData = (bytes) => {
        text += bytes;
        if (!text.includes('\r\n\r\n')) return;
        this.socket.off('data', onData);
        this.socket.off('close', onClose);
        done(Number(text.slice(9, 12)));
      };
      this.socket.on('data', onData);
      this.socket.on('close', onClose);
    });
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\napi-token: ${this.server.facts.token}\r\n\r\n`);
    return answer;
  }
}

describe('10,000 connections that never speak', () => {
  let folder;
  let server;
  let crowd;
  let terminal; // inside before the crowd
  let till;

  before(async () => {
    folder = makeFolder();
    server = await Production.start(folder, ['--terminals-max', String(TERMINALS_MAX),
      '--connections-max', String(STRANGERS_MAX)]);
    terminal = new Terminal(server);
    await terminal.logIn();
    till = new Till(server);
    assert.equal(await till.get('/v2/devices'), 200);
    crowd = startCrowd(server.port);
    await crowd.inside;
  });

  after(async () => {
    crowd?.child.kill('SIGKILL');
    till?.socket.destroy();
    await server?.stop();
    endWatched();
    removeFolder(folder);
  });

  test('more strangers than have places of their own are inside, and no more than there are places', async () => {
    await until('the crowd has borrowed places', () => openFiles(server.child.pid) > PLACES / 2);
    assert.ok(openFiles(server.child.pid) < PLACES + OTHER_FILES, `${openFiles(server.child.pid)} open`);
  });

  test('a terminal that was inside is still there, and pinged', async () => {
    for (let i = 0; i < 20; i++) {
      const [status] = await Promise.all([till.get(`/v2/devices/${terminal.code}/ping`), terminal.showPing()]);
      assert.equal(status, 202);
    }
    assert.equal(terminal.socket.readyState, 1);
    assert.equal(till.ended, false); // on the connection it had before
  });

  test('a point of sale gets in each time', async () => {
    for (let i = 0; i < 20; i++) {
      const fresh = new Till(server);
      assert.equal(await fresh.get('/v2/devices'), 200);
      fresh.socket.destroy();
    }
  });

  test('a new terminal gets in, logs in, and is pinged', async () => {
    const late = new Terminal(server);
    const { code } = await late.logIn();
    const [status] = await Promise.all([till.get(`/v2/devices/${code}/ping`), late.showPing()]);
    assert.equal(status, 202);
    await late.cut();
    const again = late.again();
    assert.equal((await again.comeBack()).code, code);
    await again.close();
  });

  test('a second crowd pushes out only the first', async () => {
    const second = startCrowd(server.port);
    await second.inside;
    const [status] = await Promise.all([till.get(`/v2/devices/${terminal.code}/ping`), terminal.showPing()]);
    assert.equal(status, 202);
    assert.equal(till.ended, false);
    assert.ok(openFiles(server.child.pid) < PLACES + OTHER_FILES);
    second.child.kill('SIGKILL');
  });

  test('and it is not logged line by line', () => {
    const lines = server.log.split('\n').filter((line) => line.includes('connection.refused'));
    assert.ok(lines.length <= 12, `${lines.length} lines`);
  });
});
