// The administrator's commands, through the running server and on the database,
// and what they do at once to terminals and tokens.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { Server, makeFolder, removeFolder, run, until } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';

let folder;
let server;

before(async () => {
  folder = makeFolder();
  server = await Server.start(join(folder, 'data'));
});
after(async () => {
  await server.stop();
  removeFolder(folder);
});

const admin = (...args) => run(['admin', ...args, '--data', server.data]);

describe('API mode', () => {
  test('off: no pings, and the terminals are told; on: they listen again with the same code', async () => {
    const shop = await server.addBusiness('Mode Shop');
    const terminal = new Terminal(server);
    const { code } = await terminal.logIn(shop);
    const ping = () => server.call(`/devices/${code}/ping`, { token: shop.token });
    await server.admin('business', 'set', String(shop.business), '--api-mode', 'off');
    assert.deepEqual(await terminal.expect('api_mode'), { type: 'api_mode', on: false });
    assert.equal((await ping()).status, 409);
    assert.equal((await server.call(`/devices/${code}`, { token: shop.token })).status, 200);
    assert.equal((await server.call('/devices', { token: shop.token })).body.length, 1);
    await server.admin('business', 'set', String(shop.business), '--api-mode', 'on');
    assert.deepEqual(await terminal.expect('api_mode'), { type: 'api_mode', on: true });
    const call = ping();
    await terminal.showPing();
    assert.equal((await call).status, 202);
    await terminal.close();
  });

  test('off at the first log-in: no code; it gets one at its next log-in after it is on', async () => {
    const shop = await server.addBusiness('Late Shop');
    await server.admin('business', 'set', String(shop.business), '--api-mode', 'off');
    const terminal = new Terminal(server);
    const welcome = await terminal.logIn(shop);
    assert.deepEqual([welcome.code, welcome.apiMode], [null, false]);
    assert.deepEqual((await server.call('/devices', { token: shop.token })).body, []);
    await server.admin('business', 'set', String(shop.business), '--api-mode', 'on');
    await terminal.expect('api_mode');
    assert.deepEqual((await server.call('/devices', { token: shop.token })).body, []);
    terminal.send({ type: 'log_out' });
    await terminal.expect('logged_out');
    const again = await terminal.logInByPin(shop.pin);
    assert.match(again.code, /^\w{4}$/);
    const call = server.call(`/devices/${again.code}/ping`, { token: shop.token });
    await terminal.showPing();
    assert.equal((await call).status, 202);
    await terminal.close();
  });
});

describe('tokens', () => {
  test('are shown once, and revoked at once', async () => {
    const shop = await server.addBusiness('Token Shop');
    const { token, id } = await server.admin('token', 'add', '--business', String(shop.business), '--name', 'second',
      '--general', 'read', '--settings', 'read', '--processing', 'none');
    for (let i = 0; i < 8; i++) assert.equal((await server.call('/devices', { token })).status, 200);
    const list = await server.admin('token', 'list', '--business', String(shop.business));
    assert.ok(!JSON.stringify(list).includes(token));
    await server.admin('token', 'remove', String(id), '--business', String(shop.business));
    const after = await Promise.all(Array.from({ length: 16 }, () => server.call('/devices', { token })));
    assert.deepEqual(new Set(after.map((answer) => answer.status)), new Set([403]));
    assert.equal((await server.call('/devices', { token: shop.token })).status, 200);
  });

  test('are rotated: old and new are good until the grace ends, and a second rotation ends the oldest', async () => {
    const shop = await server.addBusiness('Rotating Shop');
    const business = ['--business', String(shop.business)];
    const [{ id }] = await server.admin('token', 'list', ...business);
    const status = async (token) => (await server.call('/devices', { token })).status;
    assert.equal(await status(shop.token), 200);
    const second = await server.admin('token', 'rotate', String(id), ...business);
    assert.ok(Math.abs(Date.parse(second.oldValidUntil) - Date.now() - 24 * 3600_000) < 120_000);
    assert.deepEqual([await status(shop.token), await status(second.token)], [200, 200]);
    const third = await server.admin('token', 'rotate', String(id), '--grace', '1', ...business);
    assert.deepEqual([await status(shop.token), await status(second.token), await status(third.token)], [403, 200, 200]);
    const fourth = await server.admin('token', 'rotate', String(id), '--grace', '0', ...business);
    assert.equal(fourth.oldValidUntil, null);
    assert.deepEqual([await status(second.token), await status(third.token), await status(fourth.token)], [403, 403, 200]);
    assert.match((await admin('token', 'rotate', String(id), '--grace', 'soon', ...business)).stderr, /hours from 0 to/);
  });

  test('end when they expire, and can be given another end', async () => {
    const shop = await server.addBusiness('Expiring Shop');
    const business = ['--business', String(shop.business)];
    const [{ id, expires }] = await server.admin('token', 'list', ...business);
    assert.equal(expires, null);
    const call = async () => (await server.call('/devices', { token: shop.token })).status;
    assert.equal(await call(), 200);
    const soon = new Date(Date.now() + 1500).toISOString();
    const row = await server.admin('token', 'set', String(id), '--expires', soon, ...business);
    assert.equal(row.expires, soon);
    await until('the token has expired', async () => (await call()) === 403);
    assert.ok(Date.now() >= Date.parse(soon));
    assert.deepEqual((await server.call('/devices', { token: shop.token })).text,
      (await server.call('/devices', { token: `x${shop.token}` })).text, 'as unknown');
    assert.match((await admin('token', 'rotate', String(id), ...business)).stderr, /expired/);
    await server.admin('token', 'set', String(id), '--expires', 'never', ...business);
    assert.equal(await call(), 200);
    for (const date of ['2020-01-01', soon]) {
      assert.match((await admin('token', 'set', String(id), '--expires', date, ...business)).stderr, /is past/);
    }
    assert.match((await admin('token', 'set', String(id), '--expires', '2027-02-30', ...business)).stderr, /a date such as/);
  });

  test('tell when they were last used', async () => {
    const shop = await server.addBusiness('Using Shop');
    const business = ['--business', String(shop.business)];
    const [{ id, lastUsed }] = await server.admin('token', 'list', ...business);
    assert.equal(lastUsed, null);
    assert.equal((await server.call('/devices', { token: shop.token })).status, 200);
    const row = await server.admin('token', 'show', String(id), ...business);
    assert.ok(Math.abs(Date.parse(row.lastUsed) - Date.now()) < 120_000, row.lastUsed);
  });

  test('lose a permission at once', async () => {
    const shop = await server.addBusiness('Weaker Shop');
    const [{ id }] = await server.admin('token', 'list', '--business', String(shop.business));
    assert.equal((await server.call('/devices', { token: shop.token })).status, 200);
    await server.admin('token', 'set', String(id), '--business', String(shop.business), '--settings', 'none');
    assert.equal((await server.call('/devices', { token: shop.token })).status, 403);
  });

  test('of a removed business are gone', async () => {
    const shop = await server.addBusiness('Gone Shop');
    const terminal = new Terminal(server);
    await terminal.logIn(shop);
    const refused = await admin('business', 'remove', String(shop.business));
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /--force/);
    await server.admin('business', 'remove', String(shop.business), '--force');
    assert.equal((await server.call('/devices', { token: shop.token })).status, 403);
    assert.equal((await terminal.closed).code, 4002);
  });
});

describe('devices and users', () => {
  test('a removed device is closed, unknown to the API, and gets its code back when it registers again', async () => {
    const shop = await server.addBusiness('Removing Shop');
    const business = ['--business', String(shop.business)];
    const terminal = new Terminal(server);
    const { code } = await terminal.logIn(shop);
    await server.admin('device', 'set', code, '--name', 'Front counter', ...business);
    const [row] = await server.admin('device', 'list', ...business);
    assert.deepEqual([row.code, row.name, row.serial, row.connected], [code, 'Front counter', terminal.serial, true]);
    const refused = await admin('device', 'remove', code, ...business);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /is connected; switch it off first, or say --force/);
    await server.admin('device', 'remove', code, '--force', ...business);
    assert.equal((await terminal.expect('error')).reason, 'removed');
    assert.equal((await terminal.closed).code, 4002);
    assert.equal((await server.call(`/devices/${code}/ping`, { token: shop.token })).status, 404);
    assert.deepEqual((await server.call('/devices', { token: shop.token })).body, []);
    const stale = terminal.again();
    await stale.hello();
    assert.equal((await stale.expect('log_in_required')).reason, 'unknown_credential');
    stale.send({ type: 'log_in', email: shop.email, password: shop.password });
    assert.equal((await stale.expect('welcome')).code, code);
    await stale.close();
  });

  test('a removed user is logged out everywhere', async () => {
    const shop = await server.addBusiness('Leaving Shop');
    const terminal = new Terminal(server);
    const { code } = await terminal.logIn(shop);
    const [{ user }] = await server.admin('user', 'list', '--business', String(shop.business));
    await server.admin('user', 'remove', String(user), '--business', String(shop.business));
    await terminal.expect('logged_out');
    assert.equal((await server.call(`/devices/${code}/ping`, { token: shop.token })).status, 409);
    terminal.send({ type: 'log_in', pin: shop.pin });
    assert.equal((await terminal.expect('log_in_refused')).reason, 'wrong');
    await terminal.close();
  });

  test('devices cannot be added by hand, and the answer says how they come', async () => {
    const result = await admin('device', 'add');
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /register/);
  });

  test('an e-mail address is unique in the system, a PIN in its business', async () => {
    const one = await server.addBusiness('Unique One');
    const two = await server.addBusiness('Unique Two');
    const add = (business, email, pin) => admin('user', 'add', '--business', String(business), '--name', 'N',
      '--email', email, '--password', 'correct horse', '--pin', pin, '--role', 'cashier');
    const email = await add(two.business, one.email.toUpperCase(), '9999');
    assert.equal(email.code, 1);
    assert.match(email.stderr, /e-mail/);
    const pin = await add(one.business, 'new@example.com', one.pin);
    assert.equal(pin.code, 1);
    assert.match(pin.stderr, /PIN/);
    assert.equal((await add(two.business, 'new@example.com', '1212')).code, 0);
  });
});

describe('the conduct of a business', () => {
  test('is shown as it was set', async () => {
    const { business } = await server.admin('business', 'add', '--name', 'Preset Shop', '--currency', 'CAD', '--preset', 'helcim');
    const set = (...words) => server.admin('business', 'set', String(business), ...words);
    const conduct = async (row) => { const { preset, rateLimits } = await row; return [preset, rateLimits]; };
    assert.deepEqual(await conduct(server.admin('business', 'show', String(business))), ['helcim', 'helcim']);
    assert.deepEqual(await conduct(set('--rate-limits', '5,0,3000')), ['helcim', '5,0,3000']);
    assert.deepEqual(await conduct(set('--preset', 'none')), ['none', '5,0,3000']);
    assert.deepEqual(await conduct(set('--rate-limits', 'off')), ['none', 'off']);
    assert.deepEqual(await conduct(set('--rate-limits', 'default')), ['none', 'default']);
    for (const limits of ['5,100', '5,100,3000,4', '5,100,', 'a,b,c', '1,2,1000001', '-1,2,3', '']) {
      const result = await admin('business', 'set', String(business), `--rate-limits=${limits}`);
      assert.notEqual(result.code, 0, limits);
      assert.match(result.stderr, /rate-limits/, limits);
    }
  });
});

describe('words', () => {
  test('each slip gets a sentence and changes nothing', async () => {
    const before = await server.admin('business', 'list');
    const cases = [
      [['business', 'add', '--name', 'N', '--currency', 'EUR'], /CAD/],
      [['business', 'add', '--currency', 'CAD'], /--name/],
      [['business', 'add', '--name', ' x', '--currency', 'CAD'], /name/],
      [['business', 'set', '1'], /nothing/],
      [['business', 'show', '999'], /999/],
      [['business', 'show', 'one'], /number/],
      [['business', 'sho', '1'], /show/],
      [['token', 'list', '--bussiness', '1'], /--business/],
      [['token', 'list', '--business', '999'], /999/],
      [['token', 'list'], /--business/],
      [['user', 'add', '--business', '1', '--name', 'N', '--email', 'x', '--password', 'long enough', '--role', 'cashier'], /e-mail/],
      [['user', 'add', '--business', '1', '--name', 'N', '--email', 'a@b.ca', '--password', 'short', '--role', 'cashier'], /password/],
      [['user', 'add', '--business', '1', '--name', 'N', '--email', 'a@b.ca', '--password', 'long enough', '--pin', '12', '--role', 'cashier'], /PIN/],
      [['device', 'show', 'ZZZZ', '--business', '1'], /ZZZZ/],
      [['device', 'show', 'ZZ', '--business', '1'], /code/],
    ];
    for (const [words, pattern] of cases) {
      const result = await admin(...words);
      assert.notEqual(result.code, 0, words.join(' '));
      assert.match(result.stderr, pattern, words.join(' '));
    }
    assert.deepEqual(await server.admin('business', 'list'), before);
  });

  test('--password-stdin keeps the password out of the process list', async () => {
    const shop = await server.addBusiness('Stdin Shop');
    const result = await run(['admin', 'user', 'add', '--business', String(shop.business), '--name', 'Kim',
      '--email', 'kim@example.com', '--password-stdin', '--role', 'cashier', '--data', server.data],
    { input: 'a good password\n' });
    assert.equal(result.code, 0, result.stderr);
    const terminal = new Terminal(server);
    await terminal.logIn({ email: 'kim@example.com', password: 'a good password' });
    await terminal.close();
  });
});

test('without a running server the same commands work on the database', async () => {
  const data = join(folder, 'cold');
  const call = async (...args) => run(['admin', ...args, '--data', data, '--json']);
  assert.match((await call('business', 'list')).stderr, /no Tillwire data/);
  assert.deepEqual(JSON.parse((await call('business', 'add', '--name', 'Cold', '--currency', 'USD')).stdout), { business: 1 });
  assert.equal((await call('user', 'add', '--name', 'N', '--email', 'cold@example.com', '--password', 'correct horse',
    '--pin', '2468', '--role', 'administrator')).code, 0);
  const { token } = JSON.parse((await call('token', 'add', '--name', 'POS', '--general', 'read', '--settings', 'read',
    '--processing', 'none')).stdout);
  const cold = await Server.start(data);
  assert.equal((await cold.call('/devices', { token })).status, 200);
  const terminal = new Terminal(cold);
  await terminal.logIn({ email: 'cold@example.com', password: 'correct horse' });
  await terminal.close();
  await cold.stop();
});
