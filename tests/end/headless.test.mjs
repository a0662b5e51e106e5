// `tillwire terminal`: the headless terminal against the real server, as it
// would run in a developer's CI.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { readFileSync, statSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Server, TILLWIRE, endWatched, makeFolder, removeFolder, run, until, watched } from './support/server.mjs';

let folder;
let server;

before(async () => {
  folder = makeFolder();
  server = await Server.start(join(folder, 'data'));
});
after(async () => {
  await server.stop();
  endWatched();
  removeFolder(folder);
});

// A running headless terminal whose events are taken in order.
class Headless {
  constructor(name, args, facts = server) {
    this.events = [];
    this.all = [];
    this.child = watched(spawn(TILLWIRE, ['terminal', '--server', facts.url, '--data', join(folder, name), '--json', ...args]));
    this.stderr = '';
    this.child.stderr.on('data', (bytes) => { this.stderr += bytes; });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line));
      this.all.push(line);
    });
    this.ended = new Promise((done) => { this.child.once('close', (code) => done(code)); });
  }

  // The next event of that name; others before it are passed over.
  async event(name) {
    return until(() => `event ${name}; there were ${this.all.join(' ')} ${this.stderr}`, () => {
      const at = this.events.findIndex((event) => event.event === name);
      return at < 0 ? null : this.events.splice(0, at + 1).pop();
    });
  }

  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.ended;
  }
}

const byEmail = () => ['--email', server.facts.email, '--password', server.facts.password];

describe('a headless terminal', () => {
  test('registers, is ready, shows pings, and keeps its code over restarts without a log-in', async () => {
    let terminal = new Headless('one', [...byEmail(), '--continue']);
    const { code } = await terminal.event('registered');
    await terminal.event('ready');
    assert.equal((await server.call(`/devices/${code}/ping`)).status, 202);
    assert.equal((await terminal.event('ping')).message, null);
    assert.equal((await server.call(`/devices/${code}/ping?message=h%C3%A9%22llo`)).status, 202);
    assert.equal((await terminal.event('ping')).message, 'hé"llo');
    assert.equal(await terminal.stop(), 0);
    assert.equal((await server.call(`/devices/${code}/ping`)).status, 409);

    for (const signal of ['SIGTERM', 'SIGKILL']) {
      terminal = new Headless('one', []);
      assert.equal((await terminal.event('registered')).code, code);
      await terminal.event('ready');
      assert.equal((await server.call(`/devices/${code}/ping`)).status, 202);
      await terminal.stop(signal);
      await until('it is gone', async () => (await server.call(`/devices/${code}/ping`)).status === 409);
    }
  });

  test('keeps its secrets to itself', async () => {
    const terminal = new Headless('secret', byEmail());
    await terminal.event('registered');
    await terminal.stop();
    const data = join(folder, 'secret');
    for (const name of readdirSync(data)) {
      assert.equal(statSync(join(data, name)).mode & 0o077, 0, `${name} is readable by others`);
      assert.ok(!readFileSync(join(data, name), 'utf8').includes(server.facts.password));
    }
    assert.ok(!(terminal.all.join('') + terminal.stderr + server.log).includes(server.facts.password));
    assert.ok(!server.log.includes(server.facts.token));
  });

  test('comes back by itself after the server was restarted or killed', async () => {
    const own = await Server.start(join(folder, 'restarting'));
    const terminal = new Headless('returns', ['--email', own.facts.email, '--password', own.facts.password], own);
    const { code } = await terminal.event('registered');
    let running = own;
    for (const signal of ['SIGTERM', 'SIGKILL']) {
      await running.stop(signal);
      await terminal.event('disconnected');
      running = await running.startAgain();
      await until('a ping is shown again', async () => (await running.call(`/devices/${code}/ping`)).status === 202);
    }
    assert.equal(await terminal.stop(), 0);
    await running.stop();
  });

  test('refuses to go on with a wrong password, in words and without printing it', async () => {
    const result = await run(['terminal', '--server', server.url, '--data', join(folder, 'wrong'),
      '--email', server.facts.email, '--password', 'not the password']);
    assert.equal(result.code, 3);
    assert.match(result.stderr, /wrong/i);
    assert.ok(!result.stderr.includes('not the password'));
  });

  test('needs e-mail and password at the first log-in', async () => {
    const result = await run(['terminal', '--server', server.url, '--data', join(folder, 'pin-first'), '--pin', server.facts.pin]);
    assert.equal(result.code, 3);
    assert.match(result.stderr, /--email/);
  });

  test('twenty at once are twenty devices', async () => {
    const before = (await server.call('/devices')).body.length;
    const terminals = new Headless('many', [...byEmail(), '--count', '20', '--continue']);
    const codes = new Set();
    await until('all are ready', () => {
      for (const line of terminals.all) {
        const event = JSON.parse(line);
        if (event.event === 'registered') codes.add(event.code);
      }
      return codes.size === 20 && terminals.all.filter((line) => line.includes('"ready"')).length === 20;
    });
    const answers = await Promise.all([...codes].map((code) => server.call(`/devices/${code}/ping`)));
    assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([202]));
    assert.equal((await server.call('/devices')).body.length, before + 20);
    assert.equal(await terminals.stop(), 0);
  });

  test('a data directory belongs to one terminal', async () => {
    const first = new Headless('shared', byEmail());
    await first.event('registered');
    const second = await run(['terminal', '--server', server.url, '--data', join(folder, 'shared')]);
    assert.equal(second.code, 4);
    assert.match(second.stderr, new RegExp(String(first.child.pid)));
    await first.stop();
  });
});

describe('the POS kit against the real server', () => {
  test('pairs after a ping, pings by name, refuses what is not there, unpairs', async () => {
    const terminal = new Headless('kit', byEmail());
    const { code } = await terminal.event('registered');
    const file = join(folder, 'pairings.json');
    const env = { TILLWIRE_API: server.facts.api, TILLWIRE_TOKEN: server.facts.token };
    const pos = (...args) => run(['pos', ...args, '--pairings', file], { env });
    assert.equal((await pos('pair', 'front-counter', code.toLowerCase())).code, 0);
    await terminal.event('ping');
    assert.match((await pos('list')).stdout, new RegExp(`front-counter\\s+${code}`));
    assert.equal((await pos('ping', 'front-counter', '--message', 'hello')).code, 0);
    assert.equal((await terminal.event('ping')).message, 'hello');
    const wrong = await pos('pair', 'back', '2222');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /2222 not found/);
    assert.ok(!(await pos('list')).stdout.includes('back'));
    assert.equal((await pos('pair', 'back', '2222', '--no-ping')).code, 0);
    await terminal.stop();
    const away = await pos('ping', 'front-counter');
    assert.equal(away.code, 1);
    assert.match(away.stderr, /not listening/);
    assert.equal((await pos('unpair', 'front-counter')).code, 0);
    assert.ok(!(await pos('list')).stdout.includes('front-counter'));
  });
});
