// Backups of a server at work, their check, and the way back.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync, appendFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Server, endWatched, makeFolder, removeFolder, run } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';

let folder;
before(() => { folder = makeFolder(); });
after(() => {
  endWatched();
  removeFolder(folder);
});

const names = (directory) => readdirSync(directory).sort();
const manifestOf = (directory) => JSON.parse(readFileSync(join(directory, 'backup.json'), 'utf8'));
const json = async (...args) => {
  const result = await run(['admin', ...args, '--json']);
  assert.equal(result.code, 0, result.stderr);
  return JSON.parse(result.stdout);
};

describe('beside a server at work', () => {
  let server;
  before(async () => { server = await Server.start(join(folder, 'busy')); });
  after(async () => { await server.stop(); });

  test('terminals answer pings and new ones register while backups are made; each is whole', async () => {
    const shop = await server.addBusiness('Busy Shop');
    const steady = new Terminal(server);
    const { code } = await steady.logIn(shop);
    let stop = false;
    let pings = 0;
    const pinging = (async () => {
      while (!stop) {
        const call = server.call(`/devices/${code}/ping`, { token: shop.token });
        await steady.showPing();
        assert.equal((await call).status, 202);
        pings++;
      }
    })();
    let registered = 0;
    const registering = (async () => {
      while (!stop) {
        const terminal = new Terminal(server);
        await terminal.logIn(shop);
        registered++;
        await terminal.close();
      }
    })();
    let last = 0;
    for (let i = 0; i < 5; i++) {
      const to = join(folder, `busy-${i}`);
      const acknowledged = registered;
      const made = await json('backup', to, '--data', server.data);
      assert.ok(made.devices > acknowledged, 'what was acknowledged before is in it'); // and the steady one
      assert.ok(made.devices >= last);
      last = made.devices;
      const check = await json('check', '--backup', to);
      assert.deepEqual(check, { whole: true, schema: made.schema, businesses: 2, devices: made.devices, troubles: [] });
    }
    stop = true;
    await Promise.all([pinging, registering]);
    assert.ok(pings > 0 && registered > 0);
    await steady.close();
    assert.match(server.log, /event=backup\.made .*bytes=\d+/);
  });

  test('a backup is a closed directory with files that anybody can compare', async () => {
    const to = join(folder, 'closed');
    const made = await json('backup', to, '--data', server.data);
    assert.deepEqual(names(to), ['backup.json', 'dev.json', 'pin.key', 'tickets.key', 'tillwire.db']);
    assert.equal(statSync(to).mode & 0o777, 0o700);
    for (const name of names(to)) assert.equal(statSync(join(to, name)).mode & 0o777, 0o600);
    const manifest = manifestOf(to);
    assert.equal(manifest.format, 1);
    assert.equal(manifest.schema, made.schema);
    assert.equal(manifest.program, made.program);
    assert.ok(Math.abs(Date.parse(manifest.made) - Date.now()) < 60_000);
    for (const { name, bytes, sha256 } of manifest.files) {
      const content = readFileSync(join(to, name));
      assert.equal(content.length, bytes);
      assert.equal(createHash('sha256').update(content).digest('hex'), sha256);
    }
    assert.equal(manifest.files.reduce((sum, { bytes }) => sum + bytes, 0), made.bytes);
  });

  test('a directory with something in it is refused, by its name and by the working directory', async () => {
    const to = join(folder, 'full');
    mkdirSync(to);
    writeFileSync(join(to, 'letter.txt'), 'mine');
    const result = await run(['admin', 'backup', to, '--data', server.data]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /full is there and is not empty; name a directory that is new or empty/);
    assert.deepEqual(names(to), ['letter.txt']);
  });

  test('who asked for a backup, and where to, stands in the audit', async () => {
    const to = join(folder, 'audited');
    await json('backup', to, '--data', server.data);
    const rows = await server.admin('audit', 'list');
    const row = rows.findLast(({ action }) => action === 'data.backup');
    assert.equal(row.subject, 'all data');
    assert.match(row.detail, new RegExp(`^to ${to}$`));
  });

  test('data that are in use are not restored', async () => {
    const to = join(folder, 'in-use');
    await json('backup', to, '--data', server.data);
    const result = await run(['admin', 'restore', to, '--data', server.data, '--force']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, new RegExp(`process ${server.child.pid}\\) runs on the data .* stop it`));
    assert.equal((await server.call('/connection-test')).status, 200);
  });

  test('a check beside the server finds the data whole', async () => {
    const result = await run(['admin', 'check', '--data', server.data]);
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /busy is whole: 2 businesses and \d+ terminals\.\n$/);
    assert.match(server.log, /event=check\.done troubles=0/);
  });
});

describe('the way back', () => {
  test('a machine that lost everything answers the same tokens, codes, log-ins and PINs', async () => {
    const data = join(folder, 'lost');
    const to = join(folder, 'lost-backup');
    const server = await Server.start(data);
    const shop = await server.addBusiness('Lost Shop');
    const terminal = new Terminal(server);
    const { code, credential } = await terminal.logIn(shop);
    await json('backup', to, '--data', data);
    await server.stop('SIGKILL');
    removeFolder(data);
    const restored = await run(['admin', 'restore', to, '--data', data]);
    assert.equal(restored.code, 0, restored.stderr);
    assert.match(restored.stdout, /lost holds the backup of \S+: 2 businesses and 1 terminal\.\n/);
    assert.match(restored.stdout, /must log in again/);
    const again = await Server.start(data);
    assert.deepEqual({ ...again.facts, api: '', terminalPage: '' }, { ...server.facts, api: '', terminalPage: '' });
    assert.equal((await again.call(`/devices/${code}`, { token: shop.token })).status, 200);
    const back = new Terminal(again, { serial: terminal.serial, credential });
    await back.hello();
    assert.equal((await back.expect('welcome')).code, code);
    back.send({ type: 'log_out' });
    await back.expect('logged_out');
    back.send({ type: 'log_in', pin: shop.pin }); // the key of the PINs came along
    assert.equal((await back.expect('welcome')).code, code);
    await back.close();
    await again.stop();
  });

  test('data that are there stay, aside, and only with --force; what came after the backup is gone', async () => {
    const data = join(folder, 'kept');
    const to = join(folder, 'kept-backup');
    let server = await Server.start(data);
    const shop = await server.addBusiness('Kept Shop');
    await json('backup', to, '--data', data);
    const later = await server.addBusiness('Later Shop');
    const [{ id }] = await server.admin('token', 'list', '--business', String(shop.business));
    await server.admin('token', 'remove', String(id), '--business', String(shop.business));
    const terminal = new Terminal(server);
    const { credential } = await terminal.logIn(shop);
    await terminal.close();
    await server.stop();

    const refused = await run(['admin', 'restore', to, '--data', data]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /there are data in .*say --force/);
    const done = await json('restore', to, '--data', data, '--force');
    assert.match(done.movedTo, /kept\/before-restore-\d{8}T\d{6}Z$/);
    assert.equal(done.businesses, 2);
    assert.equal((await json('check', '--data', done.movedTo)).businesses, 3);

    server = await Server.start(data);
    assert.equal((await server.call('/devices', { token: later.token })).status, 403);
    assert.equal((await server.call('/devices', { token: shop.token })).status, 200); // revoked since: valid again
    const back = new Terminal(server, { serial: terminal.serial, credential });
    await back.hello();
    assert.equal((await back.expect('log_in_required')).reason, 'unknown_credential'); // newer than the backup
    await back.close();
    await server.stop();
  });

  test('a file that was tampered with is refused, and nothing is changed', async () => {
    const data = join(folder, 'tampered');
    const to = join(folder, 'tampered-backup');
    const server = await Server.start(data);
    await json('backup', to, '--data', data);
    await server.stop();
    appendFileSync(join(to, 'tillwire.db'), 'x');
    const before_ = names(data);
    const check = await run(['admin', 'check', '--backup', to]);
    assert.equal(check.code, 1);
    assert.match(check.stdout, /tillwire\.db is not what was written: it has \d+ bytes instead of \d+\n1 trouble was found/);
    const result = await run(['admin', 'restore', to, '--data', data, '--force']);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /tillwire\.db is not what was written/);
    assert.match(result.stderr, /is damaged; nothing was changed/);
    assert.deepEqual(names(data), before_);
    assert.deepEqual(JSON.parse((await run(['admin', 'check', '--backup', to, '--json'])).stdout).whole, false);
  });
});

describe('without a server', () => {
  test('the commands work on the data themselves', async () => {
    const data = join(folder, 'cold');
    const to = join(folder, 'cold-backup');
    await json('business', 'add', '--name', 'Cold', '--currency', 'CAD', '--data', data);
    const before_ = readFileSync(join(data, 'tillwire.db'));
    const made = await json('backup', to, '--data', data);
    assert.equal(made.businesses, 1);
    assert.deepEqual(readFileSync(join(data, 'tillwire.db')), before_);
    assert.equal((await json('check', '--data', data)).whole, true);
    assert.equal((await json('check', '--backup', to)).whole, true);
  });

  test('each slip gets a sentence', async () => {
    const nowhere = join(folder, 'nowhere');
    const cases = [
      [['backup', join(folder, 'x'), '--data', nowhere], 4, /no Tillwire data in .*nowhere/],
      [['backup', '', '--data', nowhere], 2, /DIR must name a directory/],
      [['backup'], 2, /DIR/],
      [['check', '--data', nowhere], 4, /no Tillwire data in .*nowhere/],
      [['check', '--backup', nowhere], 1, /nowhere is no backup, or one that was cut off: it has no backup\.json/],
      [['check', '--backup', nowhere, '--data', nowhere], 2, /give one of them/],
      [['restore', nowhere, '--data', nowhere], 1, /is no backup/],
      [['restore', nowhere, '--froce'], 2, /--force/],
      [['bakup', nowhere], 2, /backup/],
    ];
    for (const [words, code, pattern] of cases) {
      const result = await run(['admin', ...words]);
      assert.match(result.stderr, pattern, words.join(' '));
      assert.equal(result.code, code, words.join(' '));
      assert.equal(result.stdout, '');
    }
    assert.ok(!existsSync(nowhere));
  });

  test('a relative name is one of the working directory', async () => {
    const data = join(folder, 'cold');
    const name = `tillwire-relative-${process.pid}`;
    try {
      const made = await json('backup', name, '--data', data);
      assert.equal(made.directory, join(process.cwd(), name));
      assert.ok(existsSync(join(process.cwd(), name, 'backup.json')));
    } finally {
      removeFolder(join(process.cwd(), name));
    }
  });
});
