// The kill loop: the real server under load is killed with SIGKILL again and
// again. What was acknowledged to anybody must be there afterwards:
//
//   - a device code that a terminal was told never changes, and is never given
//     to another terminal (I13 of the invariants);
//   - a credential that a terminal has stored is good, or its successor is;
//   - the demo's token, log-in and business are what they were;
//   - a token that was revoked stays revoked;
//   - the server serves again within two seconds.
//
//   KILL_CYCLES=1000 node --test tests/kill/

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, endWatched, makeFolder, removeFolder, until } from '../end/support/server.mjs';
import { Terminal } from '../end/support/terminal.mjs';

const CYCLES = Number(process.env.KILL_CYCLES ?? 60);
const SERVING_AGAIN_MS = 2000;
const FLEET_MAX = 40;

let folder;
before(() => { folder = makeFolder(); });
after(() => {
  endWatched();
  removeFolder(folder);
});

// What one terminal knows: its serial number, and what it was told and has stored.
class Journal {
  constructor(serial) {
    this.serial = serial;
    this.code = null;
    this.credential = null;
    this.loggedOut = false; // whether its last acknowledged wish was to be logged out
  }

  learn(welcome) {
    if (this.code !== null) assert.equal(welcome.code, this.code, `the code of ${this.serial} changed`);
    this.code = welcome.code;
    this.credential = welcome.credential ?? this.credential;
    this.loggedOut = false;
  }
}

const random = (below) => Math.floor(Math.random() * below);

// One terminal's restless life on one server, until the server is gone.
async function live(server, journal) {
  const terminal = new Terminal(server, { serial: journal.serial, credential: journal.credential });
  const { email, password, pin } = server.facts;
  try {
    await terminal.hello();
    const first = await terminal.next();
    if (first.type === 'welcome') journal.learn(first);
    else {
      assert.equal(first.type, 'log_in_required');
      if (journal.credential !== null) assert.notEqual(first.reason, 'unknown_credential', 'a stored credential was lost');
      terminal.send(first.pin ? { type: 'log_in', pin } : { type: 'log_in', email, password });
      journal.learn(await terminal.expect('welcome'));
    }
    for (;;) {
      if (random(3) === 0) {
        terminal.send({ type: 'log_out' });
        await terminal.expect('logged_out');
        terminal.send({ type: 'log_in', pin });
        journal.learn(await terminal.expect('welcome'));
      }
      await new Promise((wake) => { setTimeout(wake, random(30)); });
    }
  } catch (error) {
    if (error.code === 'ERR_ASSERTION') throw error;
  } finally {
    terminal.socket.terminate();
  }
}

test(`${CYCLES} kills lose nothing that was acknowledged`, { timeout: 15 * 60_000 }, async () => {
  let server = await Server.start(folder);
  const { facts } = server;
  const revoked = [];
  const fleet = [];
  let slowest = 0;
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    if (fleet.length < FLEET_MAX) fleet.push(new Journal(`KILL-${fleet.length}`));
    let problem = null;
    const lives = fleet.map((journal) => live(server, journal).catch((error) => { problem ??= error; }));
    const revoking = server.admin('token', 'add', '--business', '1', '--name', `T${cycle}`, '--general', 'read',
      '--settings', 'read', '--processing', 'none').then(async ({ token, id }) => {
      await server.admin('token', 'remove', String(id), '--business', '1');
      revoked.push(token);
    }).catch(() => {}); // cut off: nothing was acknowledged
    await new Promise((wake) => { setTimeout(wake, 30 + random(250)); });
    await server.stop('SIGKILL');
    // A waiting terminal finds out by its connection, not by a time limit.
    await Promise.all([revoking, ...lives.map((life) => Promise.race([life, new Promise((wake) => { setTimeout(wake, 100); })]))]);
    if (problem) throw problem;

    const began = Date.now();
    server = await server.startAgain();
    await until('it serves again', async () => (await server.call('/connection-test')).status === 200);
    slowest = Math.max(slowest, Date.now() - began);
    assert.deepEqual(server.facts, facts);
    const known = fleet.filter((journal) => journal.code !== null);
    const codes = known.map((journal) => journal.code);
    assert.equal(new Set(codes).size, codes.length, 'one code for two terminals');
    const listed = new Set((await server.call('/devices')).body.map((device) => device.code));
    for (const code of codes) assert.ok(listed.has(code), `${code} was told to a terminal and is lost`);
    for (const token of revoked.slice(-5)) assert.equal((await server.call('/devices', { token })).status, 403);
  }
  assert.ok(slowest < SERVING_AGAIN_MS, `serving again took ${slowest} ms`);
  assert.ok(fleet.filter((journal) => journal.code !== null).length > Math.min(CYCLES, FLEET_MAX) / 2, 'too little has happened');
  console.log(`# ${CYCLES} kills, ${fleet.length} terminals, ${revoked.length} tokens revoked, serving again in at most ${slowest} ms`);
  await server.stop();
});
