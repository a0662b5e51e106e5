// What must outlive power, sleep, network and restarts: codes, credentials,
// log-ins and the demo's secrets; and what must not: a device that is away is
// "not listening" at once.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Server, TILLWIRE, endWatched, makeFolder, removeFolder, run, until, watched } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';

let folder;

before(() => { folder = makeFolder(); });
after(() => {
  endWatched();
  removeFolder(folder);
});

async function pinged(server, terminal) {
  const call = server.call(`/devices/${terminal.code}/ping`);
  await terminal.showPing();
  return (await call).status;
}

describe('a restart', () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL']) {
    test(`by ${signal} keeps codes, credentials, log-ins and the demo's secrets`, async () => {
      const data = join(folder, `restart-${signal}`);
      let server = await Server.start(data);
      const terminals = [];
      for (let i = 0; i < 5; i++) {
        const terminal = new Terminal(server);
        await terminal.logIn();
        terminals.push(terminal);
      }
      const facts = server.facts;
      const ended = await server.stop(signal);
      if (signal !== 'SIGKILL') {
        assert.equal(ended.code, 0);
        for (const terminal of terminals) assert.equal((await terminal.closed).code, 1001);
      }

      server = await server.startAgain();
      assert.deepEqual(server.facts, facts);
      for (const old of terminals) {
        assert.equal((await server.call(`/devices/${old.code}/ping`)).status, 409, 'not back yet');
        old.server = server;
        const back = old.again();
        assert.equal((await back.comeBack()).code, old.code);
        assert.equal(await pinged(server, back), 202);
        await back.close();
      }
      await server.stop();
    });
  }

  test('killed at any moment of a log-in, nothing that was said is lost', async () => {
    const data = join(folder, 'killed');
    let server = await Server.start(data);
    const known = new Map(); // serial number -> code
    for (let round = 0; round < 8; round++) {
      const terminals = Array.from({ length: 6 }, () => new Terminal(server));
      const logIns = terminals.map((terminal) => terminal.logIn().then(() => terminal, () => null));
      // Now after a while, now as soon as one of them, now when all of them are in.
      if (round % 3 === 0) await new Promise((wake) => { setTimeout(wake, 15 * round); });
      else if (round % 3 === 1) await Promise.any(logIns);
      else await Promise.all(logIns);
      await server.stop('SIGKILL');
      for (const terminal of terminals) if (terminal.code) known.set(terminal.serial, terminal);
      server = await server.startAgain();
      for (const old of known.values()) {
        old.server = server;
        const back = old.again();
        assert.equal((await back.comeBack()).code, old.code);
        await back.close();
      }
    }
    assert.ok(known.size > 0);
    const codes = [...known.values()].map((terminal) => terminal.code);
    assert.equal(new Set(codes).size, codes.length, 'two terminals with one code');
    await server.stop();
  });
});

describe('away', () => {
  test('asleep, off or cut off: 409 at once; back: 202 with the same code', async () => {
    const server = await Server.start(join(folder, 'away'));
    let terminal = new Terminal(server);
    const { code } = await terminal.logIn();
    for (const way of ['sleep', 'power', 'cut']) {
      if (way === 'cut') await terminal.cut();
      else terminal.send({ type: 'bye', reason: way });
      await until('it is not listening', async () => {
        const began = Date.now();
        const answer = await server.call(`/devices/${code}/ping`);
        assert.ok(Date.now() - began < 1000, 'a ping to a device that is away must not wait');
        return answer.status === 409;
      });
      terminal = terminal.again();
      assert.equal((await terminal.comeBack()).code, code);
      assert.equal(await pinged(server, terminal), 202);
    }
    await terminal.close();
    await server.stop();
  });
});

describe('the data directory', () => {
  test('is held by one process, which the second is told', async () => {
    const data = join(folder, 'held');
    const server = await Server.start(data);
    const second = await run(['dev', '--listen', '127.0.0.1:0', '--data', data]);
    assert.equal(second.code, 1);
    assert.match(second.stderr, new RegExp(`process ${server.child.pid}\\b`));
    assert.equal((await server.call('/connection-test')).status, 200);
    await server.stop();
  });

  test('a port that is in use is named', async () => {
    const server = await Server.start(join(folder, 'port-1'));
    const second = await run(['dev', '--listen', `127.0.0.1:${server.port}`, '--data', join(folder, 'port-2')]);
    assert.equal(second.code, 1);
    assert.match(second.stderr, new RegExp(`port ${server.port} .*in use`));
    await server.stop();
  });

  test('that cannot be written is named', async () => {
    const result = await run(['dev', '--listen', '127.0.0.1:0', '--data', '/proc/tillwire-cannot-be-here']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /\/proc\/tillwire-cannot-be-here/);
  });

  test('--reset begins again', async () => {
    const data = join(folder, 'reset');
    const first = await Server.start(data);
    const terminal = new Terminal(first);
    await terminal.logIn();
    await first.stop();
    const child = watched(spawn(TILLWIRE, ['dev', '--listen', '127.0.0.1:0', '--data', data, '--json', '--reset'],
      { stdio: ['ignore', 'pipe', 'ignore'] }));
    const facts = await new Promise((done) => {
      createInterface({ input: child.stdout }).once('line', (line) => done(JSON.parse(line)));
    });
    assert.notEqual(facts.token, first.facts.token);
    const list = await fetch(`${facts.api}/devices`, { headers: { 'api-token': facts.token } });
    assert.deepEqual(await list.json(), []);
    child.kill();
    await new Promise((done) => { child.once('close', done); });
  });

  test('without its PIN key is used, with a warning: e-mail and password still work', async () => {
    const data = join(folder, 'pin-key');
    const first = await Server.start(data);
    await first.stop();
    rmSync(join(data, 'pin.key'));
    const second = await Server.start(data);
    assert.match(second.log, /event=data\.pin_key_lost/);
    const terminal = new Terminal(second);
    await terminal.logIn();
    await terminal.close();
    await second.stop();
  });

  test('of a newer version is refused, and not touched', async () => {
    const data = join(folder, 'newer');
    const server = await Server.start(data);
    await server.stop();
    const file = openSync(join(data, 'tillwire.db'), 'r+');
    const version = Buffer.alloc(4); // user_version, big-endian at byte 60 of an SQLite file
    version.writeUInt32BE(999);
    writeSync(file, version, 0, 4, 60);
    const result = await run(['dev', '--listen', '127.0.0.1:0', '--data', data]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /newer/);
    readSync(file, version, 0, 4, 60);
    assert.equal(version.readUInt32BE(), 999);
    closeSync(file);
  });
});

describe('what dev prints', () => {
  test('in words: the base URL, the token, the page, the log-in and commands to try', async () => {
    const data = join(folder, 'words');
    const child = watched(spawn(TILLWIRE, ['dev', '--listen', '127.0.0.1:0', '--data', data], { stdio: ['ignore', 'pipe', 'ignore'] }));
    let text = '';
    await new Promise((done) => {
      child.stdout.on('data', (bytes) => { text += bytes; if (text.includes('Ctrl-C')) done(); });
    });
    child.kill();
    await new Promise((done) => { child.once('close', done); });
    assert.match(text, /API base URL\s+http:\/\/127\.0\.0\.1:\d+\/v2/);
    assert.match(text, /api-token\s+\S{43}/);
    assert.match(text, /\/terminal/);
    assert.match(text, /curl .*\/ping/);
    assert.match(text, /pos pair front-counter/);
    assert.ok(text.split('\n').every((line) => line.length < 160));
  });

  test('answers only as localhost', async () => {
    const server = await Server.start(join(folder, 'hosts'));
    const status = (host) => new Promise((done, refuse) => {
      http.get({ host: '127.0.0.1', port: server.port, path: '/terminal', headers: { host } },
        (answer) => { answer.resume(); done(answer.statusCode); }).on('error', refuse);
    });
    for (const host of ['localhost', `localhost:${server.port}`, '127.0.0.1', '127.9.9.9:80', '[::1]:80', 'LOCALHOST']) {
      assert.equal(await status(host), 200, host);
    }
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '0.0.0.0', '10.0.0.1']) {
      assert.equal(await status(host), 403, host);
    }
    await server.stop();
    const open = await run(['dev', '--listen', '0.0.0.0:0', '--data', join(folder, 'open')]);
    assert.equal(open.code, 1);
    assert.match(open.stderr, /--expose/);
  });
});
