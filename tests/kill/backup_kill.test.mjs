// Backups and restores whose process is killed with SIGKILL at any moment:
//
//   - a directory with a list is a whole backup, one without is none;
//   - the data are the old ones or the new ones, all of them, at the next start.
//
//   KILL_CYCLES=1000 node --test tests/kill/

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Server, TILLWIRE, endWatched, makeFolder, removeFolder, run, until, watched } from '../end/support/server.mjs';
import { Terminal } from '../end/support/terminal.mjs';

const CYCLES = Math.ceil(Number(process.env.KILL_CYCLES ?? 60) / 2);
const EXTRA_BYTES = 24 * 1024 * 1024; // what makes a restore last long enough to be killed

let folder;
before(() => { folder = makeFolder(); });
after(() => {
  endWatched();
  removeFolder(folder);
});

const admin = async (...args) => {
  const result = await run(['admin', ...args, '--json']);
  assert.equal(result.code, 0, result.stderr);
  return JSON.parse(result.stdout);
};

const rest = (ms) => new Promise((wake) => { setTimeout(wake, ms); });

test(`${CYCLES} servers killed while they make a backup`, { timeout: 10 * 60_000 }, async () => {
  const data = join(folder, 'data');
  let server = await Server.start(data);
  const shop = await server.addBusiness('Kill Shop');
  let whole = 0;
  let cutOff = 0;
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const to = join(folder, `backup-${cycle}`);
    const terminal = new Terminal(server);
    const registering = terminal.logIn(shop).catch(() => {});
    const command = run(['admin', 'backup', to, '--data', data, '--json']);
    await until('the backup has begun', () => existsSync(join(to, 'tillwire.db')) || existsSync(join(to, 'backup.json')));
    await rest(Math.random() * 8);
    await server.stop('SIGKILL');
    terminal.socket.terminate();
    const { code } = await command;
    await registering;

    const check = await run(['admin', 'check', '--backup', to, '--json']);
    if (existsSync(join(to, 'backup.json'))) {
      assert.equal(check.code, 0, check.stdout + check.stderr);
      whole++;
    } else {
      assert.notEqual(code, 0, 'it was said to be made');
      assert.equal(check.code, 1);
      assert.match(check.stderr, /cut off/);
      const restore = await run(['admin', 'restore', to, '--data', join(folder, 'other')]);
      assert.equal(restore.code, 1);
      cutOff++;
    }
    removeFolder(to);
    server = await server.startAgain();
    assert.equal((await admin('check', '--data', data)).whole, true);
  }
  await server.stop();
  console.log(`# ${whole} whole, ${cutOff} cut off`);
  assert.ok(cutOff > 0, 'none was cut off: the moments are wrong');
});

// A backup of two businesses with a large file beside it, and data with three.
async function twoDatas() {
  const old = join(folder, 'old');
  const backup = join(folder, 'new-backup');
  const made = join(folder, 'new');
  for (const name of ['One', 'Two']) await admin('business', 'add', '--name', name, '--currency', 'CAD', '--data', made);
  for (const name of ['A', 'B', 'C']) await admin('business', 'add', '--name', name, '--currency', 'CAD', '--data', old);
  await admin('backup', backup, '--data', made);
  const extra = Buffer.alloc(EXTRA_BYTES, ' ');
  writeFileSync(join(backup, 'dev.json'), extra);
  const list = JSON.parse(readFileSync(join(backup, 'backup.json'), 'utf8'));
  list.files.push({ name: 'dev.json', bytes: EXTRA_BYTES, sha256: createHash('sha256').update(extra).digest('hex') });
  writeFileSync(join(backup, 'backup.json'), JSON.stringify(list));
  return { old, backup };
}

test(`${CYCLES} restores killed`, { timeout: 10 * 60_000 }, async () => {
  const { old, backup } = await twoDatas();
  const oldKey = readFileSync(join(old, 'pin.key'));
  const newKey = readFileSync(join(backup, 'pin.key'));
  const data = join(folder, 'restored');
  const restore = () => watched(spawn(TILLWIRE, ['admin', 'restore', backup, '--data', data, '--force'], { stdio: 'ignore' }));
  const ended = (child) => new Promise((done) => { child.once('close', done); });
  const prepare = () => {
    removeFolder(data);
    cpSync(old, data, { recursive: true });
  };

  prepare();
  const began = performance.now();
  assert.equal(await ended(restore()), 0);
  const lastsMs = performance.now() - began;
  let olds = 0;
  let news = 0;
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    prepare();
    const child = restore();
    const end = ended(child);
    // Every second time near the moment at which the data change.
    if (cycle % 2 === 0) await rest(Math.random() * lastsMs);
    else await until('the new data are complete', () => existsSync(join(data, 'restore.json')) || child.exitCode !== null);
    child.kill('SIGKILL');
    await end;

    const businesses = (await admin('business', 'list', '--data', data)).length; // opens the data, as a start does
    const key = readFileSync(join(data, 'pin.key'));
    assert.equal((await admin('check', '--data', data)).whole, true);
    assert.ok(!existsSync(join(data, 'restore')) && !existsSync(join(data, 'restore.json')));
    const aside = readdirSync(data).filter((name) => name.startsWith('before-restore-'));
    if (businesses === 3) {
      assert.deepEqual(key, oldKey);
      assert.deepEqual(aside, []);
      olds++;
    } else {
      assert.equal(businesses, 2);
      assert.deepEqual(key, newKey);
      assert.equal(aside.length, 1);
      assert.equal((await admin('check', '--data', join(data, aside[0]))).businesses, 3);
      assert.deepEqual(readFileSync(join(data, aside[0], 'pin.key')), oldKey);
      news++;
    }
  }
  console.log(`# a restore lasts ${Math.round(lastsMs)} ms; ${olds} times the old data, ${news} times the new`);
  assert.ok(olds > 0 && news > 0, 'killed at too few different moments');
});
