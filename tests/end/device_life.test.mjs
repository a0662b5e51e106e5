// The life of a terminal beyond its first log-in: a new credential, a revoked
// one, a broken terminal replaced by another, a copy of a terminal's memory.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { Server, endWatched, makeFolder, removeFolder, run, until } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';

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

// A shop, and the administrator's commands on it.
async function shopOf(name) {
  const shop = await server.addBusiness(name);
  const business = ['--business', String(shop.business)];
  shop.device = (...args) => server.admin('device', ...args, ...business);
  shop.tried = (...args) => run(['admin', 'device', ...args, ...business, '--data', server.data]);
  shop.audit = async () => (await server.admin('audit', 'list', ...business))
    .map(({ actor, action, subject, detail }) => ({ actor, action, subject, detail }));
  shop.ping = (code) => server.call(`/devices/${code}/ping`, { token: shop.token });
  return shop;
}

async function terminalOf(shop, options) {
  const terminal = new Terminal(server, options);
  await terminal.logIn(shop);
  return terminal;
}

async function closedWith(terminal, reason, code) {
  const started = Date.now();
  assert.equal((await terminal.expect('error')).reason, reason);
  assert.equal((await terminal.closed).code, code);
  assert.ok(Date.now() - started < 1000, 'within a second');
}

async function pinged(shop, terminal) {
  const call = shop.ping(terminal.code);
  await terminal.showPing();
  assert.equal((await call).status, 202);
}

async function isUnknown(terminal) {
  await terminal.hello();
  const answer = await terminal.expect('log_in_required');
  assert.deepEqual([answer.reason, answer.pin], ['unknown_credential', false]);
}

describe('a revoked credential', () => {
  test('ends its connection, is good for nothing, and code and name stay', async () => {
    const shop = await shopOf('Revoke Shop');
    const terminal = await terminalOf(shop);
    const { code } = terminal;
    await shop.device('set', code, '--name', 'Front');
    await shop.device('revoke', code);
    await closedWith(terminal, 'revoked', 4002);
    assert.equal((await shop.ping(code)).status, 409, 'registered, and not listening');
    const again = terminal.again();
    await isUnknown(again);
    again.send({ type: 'log_in', pin: shop.pin });
    assert.equal((await again.expect('log_in_refused')).reason, 'wrong');
    again.send({ type: 'log_in', email: shop.email, password: shop.password });
    const welcome = await again.expect('welcome');
    assert.equal(welcome.code, code);
    assert.notEqual(welcome.credential, terminal.credential);
    assert.equal((await shop.device('show', code)).name, 'Front');
    await again.close();
  });
});

describe('a rotated credential', () => {
  test('is given at the next connection, and both are good until the new one arrives', async () => {
    const shop = await shopOf('Rotate Shop');
    const terminal = await terminalOf(shop);
    const first = terminal.credential;
    await shop.device('rotate', terminal.code);
    await closedWith(terminal, 'moved', 1012);
    // The answer is lost: the terminal still has the first one, and gets another second one.
    const lost = terminal.again();
    await lost.comeBack();
    assert.notEqual(lost.credential, first);
    await lost.cut();
    const back = terminal.again({ credential: first });
    assert.equal((await back.comeBack()).credential, null, 'it was renewed once');
    await back.close();
    const renewed = terminal.again({ credential: lost.credential });
    assert.equal((await renewed.comeBack()).code, terminal.code);
    await pinged(shop, renewed);
    await renewed.close();
    await isUnknown(terminal.again({ credential: first }));
  });

  test('needs one that is there', async () => {
    const shop = await shopOf('Rotate None Shop');
    const terminal = await terminalOf(shop);
    await shop.device('revoke', terminal.code);
    const refused = await shop.tried('rotate', terminal.code);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /has no credential; .* e-mail and password/);
  });
});

describe('a broken terminal', () => {
  test('is replaced by another registered one, which connects again and has its code and name', async () => {
    const shop = await shopOf('Swap Shop');
    const broken = await terminalOf(shop);
    const spare = await terminalOf(shop);
    const code = broken.code;
    const other = spare.code;
    await shop.device('set', code, '--name', 'Front');
    await shop.device('replace', code, '--with', other);
    await Promise.all([closedWith(broken, 'removed', 4002), closedWith(spare, 'moved', 1012)]);
    const comer = spare.again();
    assert.equal((await comer.comeBack()).code, code);
    await pinged(shop, comer);
    const rows = await shop.device('list');
    assert.deepEqual(rows.map((row) => [row.code, row.name, row.serial]), [[code, 'Front', spare.serial]]);
    assert.equal((await shop.ping(other)).status, 404);
    await isUnknown(broken.again());
    // It was repaired after all: it gets the code that its successor left.
    const repaired = new Terminal(server, { serial: broken.serial });
    assert.equal((await repaired.logIn(shop)).code, other);
    await pinged(shop, repaired);
    await pinged(shop, comer);
    await comer.close();
    await repaired.close();
  });

  test('is replaced by one that is not there yet: the log-in with its serial number gets the code', async () => {
    const shop = await shopOf('Later Shop');
    const broken = await terminalOf(shop);
    const { code } = broken;
    const answer = await shop.device('replace', code, '--serial', 'LATER-1');
    assert.deepEqual([answer.code, answer.serial], [code, 'LATER-1']);
    await closedWith(broken, 'removed', 4002);
    assert.equal((await shop.ping(code)).status, 409);
    await server.stop('SIGKILL');
    server = await server.startAgain();
    const comer = new Terminal(server, { serial: 'LATER-1' });
    assert.equal((await comer.logIn(shop)).code, code);
    const repaired = new Terminal(server, { serial: broken.serial });
    assert.notEqual((await repaired.logIn(shop)).code, code);
    await comer.close();
    await repaired.close();
  });

  test('each slip gets a sentence and changes nothing', async () => {
    const shop = await shopOf('Slip Shop');
    const other = await shopOf('Slip Other Shop');
    const [one, two, foreign] = [await terminalOf(shop), await terminalOf(shop), await terminalOf(other)];
    const before = await shop.device('list');
    for (const [words, pattern] of [
      [['replace', one.code], /--with CODE.*--serial S/],
      [['replace', one.code, '--with', two.code, '--serial', 'S'], /--with CODE.*--serial S/],
      [['replace', one.code, '--with', one.code], /already/],
      [['replace', one.code, '--serial', one.serial], /already/],
      [['replace', one.code, '--serial', 'a b'], /serial/],
      [['replace', one.code, '--with', 'ZZ'], /code/],
      [['replace', one.code, '--with', foreign.code], /no device with code/],
      [['replace', foreign.code, '--with', one.code], /no device with code/],
      [['revoke', foreign.code], /no device with code/],
      [['rotate', foreign.code], /no device with code/],
      [['remove', one.code], /is connected; switch it off first, or say --force/],
    ]) {
      const result = await shop.tried(...words);
      assert.equal(result.code, 1, words.join(' '));
      assert.match(result.stderr, pattern, words.join(' '));
    }
    assert.deepEqual(await shop.device('list'), before);
    await Promise.all([one, two, foreign].map((terminal) => terminal.close()));
  });
});

describe('a copy of a terminal', () => {
  test('that shows a dropped credential is refused, logged once, and stands in the audit', async () => {
    const shop = await shopOf('Clone Shop');
    const terminal = await terminalOf(shop);
    const copy = terminal.credential;
    await shop.device('rotate', terminal.code);
    await terminal.closed;
    const second = terminal.again();
    await second.comeBack();
    await second.close();
    const third = terminal.again({ credential: second.credential });
    await third.comeBack();
    for (let i = 0; i < 3; i++) {
      const clone = terminal.again({ credential: copy });
      await isUnknown(clone);
      await clone.close();
    }
    const lines = () => server.log.split('\n').filter((line) => line.includes('event=device.conflict') && line.includes(`code=${terminal.code}`));
    await until('the log tells', () => lines().length > 0);
    assert.equal(lines().length, 1);
    assert.match(lines()[0], /why=dropped/);
    assert.ok(!lines()[0].includes(copy));
    const conflicts = (await shop.audit()).filter((row) => row.action === 'device.conflict');
    assert.deepEqual(conflicts.map((row) => [row.actor, row.subject]), [['tillwire', `device ${terminal.code}`]]);
    await pinged(shop, third);
    await third.close();
  });

  test('that takes the place of the other again and again is logged', async () => {
    const shop = await shopOf('Twins Shop');
    let now = await terminalOf(shop);
    for (let i = 0; i < 3; i++) {
      const twin = now.again();
      await twin.comeBack();
      await closedWith(now, 'replaced', 4001);
      now = twin;
    }
    await until('the log tells', () => server.log.includes(`why=replaced`));
    const conflicts = await until('the audit tells', async () => {
      const rows = (await shop.audit()).filter((row) => row.action === 'device.conflict');
      return rows.length > 0 && rows;
    });
    assert.equal(conflicts.length, 1);
    await now.close();
  });
});

test('the audit has every change, who made it, and no secret', async () => {
  const shop = await shopOf('Audit Shop');
  const business = ['--business', String(shop.business)];
  const terminal = await terminalOf(shop, { serial: 'AUDIT-ONE' }); // no digits that could be a PIN
  const [{ user }] = await server.admin('user', 'list', ...business);
  await server.admin('user', 'set', String(user), '--password', 'another horse', '--pin', '1357', ...business);
  await server.admin('business', 'set', String(shop.business), '--api-mode', 'off');
  await shop.device('remove', terminal.code, '--force');
  const rows = await shop.audit();
  assert.deepEqual(rows.map((row) => `${row.action} ${row.subject}`), [
    `business.add business ${shop.business}`, `user.add user ${user}`, 'token.add token ' + /\d+$/.exec(rows[2].subject)[0],
    `device.register terminal ${terminal.serial}`, `user.set user ${user}`, `business.set business ${shop.business}`,
    `device.remove device ${terminal.code}`,
  ]);
  const uid = process.getuid();
  assert.ok(rows[0].actor === `uid ${uid}` || rows[0].actor.startsWith(`uid ${uid} (`), rows[0].actor);
  assert.equal(rows[3].actor, `user ${user}`);
  assert.match(rows[4].detail, /password.*pin|pin.*password/);
  const text = JSON.stringify(rows);
  for (const secret of [shop.password, shop.pin, 'another horse', '1357', shop.token, terminal.credential]) {
    assert.ok(!text.includes(secret), secret);
  }
  assert.equal((await server.admin('audit', 'list', '--limit', '2', ...business)).length, 2);
});

test('a terminal that was here is seen in the list', async () => {
  const shop = await shopOf('Seen Shop');
  const terminal = await terminalOf(shop);
  const [row] = await shop.device('list');
  assert.ok(Math.abs(Date.parse(row.lastSeen) - Date.now()) < 120_000);
  assert.equal(row.connected, true);
  await terminal.close();
});
