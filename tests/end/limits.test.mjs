// Limits of the API: what a business may do (Helcim's by the preset), over all
// its tokens; unknown tokens of an address; unknown device codes.

import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { Server, endWatched, makeFolder, removeFolder, until } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';

let folder;
let server;

before(async () => {
  folder = makeFolder();
  server = await Server.start(folder, 0, ['--expose']);
});
after(async () => {
  await server.stop();
  endWatched();
  removeFolder(folder);
});

// An address of this machine that is not its loopback.
const outside = Object.values(networkInterfaces()).flat()
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

async function shopWith(name, limits) {
  const shop = await server.addBusiness(name);
  await server.admin('business', 'set', String(shop.business), ...limits);
  shop.call = (path, token = shop.token) => server.call(path, { token });
  return shop;
}

const left = (answer) => ['minute-limit-remaining', 'hour-limit-remaining', 'retry-after']
  .map((name) => answer.headers.get(name));

describe('the limits of a business', () => {
  test('are off in dev, and then nothing is said of them', async () => {
    const answer = await server.call('/devices');
    assert.deepEqual([answer.status, ...left(answer)], [200, null, null, null]);
  });

  test('are those of Helcim by the preset, over all its tokens', async () => {
    const shop = await shopWith('Preset', ['--preset', 'helcim']);
    const { token } = await server.admin('token', 'add', '--business', String(shop.business), '--name', 'second',
      '--general', 'none', '--settings', 'none', '--processing', 'none');
    for (let i = 1; i <= 100; i++) {
      const answer = await shop.call('/connection-test', i % 2 ? shop.token : token);
      assert.deepEqual([answer.status, ...left(answer)], [200, String(100 - i), String(3000 - i), null]);
    }
    for (const path of ['/connection-test', '/devices', '/devices/ZZZZ']) {
      const answer = await shop.call(path, token);
      const [minute, hour, wait] = left(answer);
      assert.deepEqual([answer.status, minute, hour], [429, '0', '2900']);
      assert.ok(Number(wait) >= 1 && Number(wait) <= 61, `retry-after: ${wait}`);
      const text = `Too many calls: the limit is 100 a minute. Try again in ${wait} second${wait === '1' ? '' : 's'}.`;
      assert.deepEqual(answer.body, { errors: path === '/connection-test' ? text : [text] });
    }
    assert.equal((await server.call('/connection-test')).status, 200, 'another business is not concerned');
  });

  test('are told with refusals too, but not before the token is known', async () => {
    const shop = await shopWith('Told', ['--rate-limits', '0,50,500']);
    assert.deepEqual(left(await shop.call('/devices/ZZZZ')), ['49', '499', null]);
    assert.deepEqual(left(await shop.call('/devices?limit=0')), ['48', '498', null]);
    assert.deepEqual(left(await shop.call('/devices', 'unknown')), [null, null, null]);
    assert.deepEqual(left(await shop.call('/devices', null)), [null, null, null]);
  });

  test('count calls at once until they are answered, also of a client that went away', async () => {
    const shop = await shopWith('At once', ['--rate-limits', '5,0,0']);
    const terminal = new Terminal(server);
    await terminal.logIn(shop);
    const gone = new AbortController();
    const pings = [0, 1, 2, 3].map(() => shop.call(`/devices/${terminal.code}/ping`));
    const aborted = fetch(`${server.facts.api}/devices/${terminal.code}/ping`,
      { headers: { 'api-token': shop.token }, signal: gone.signal }).catch((error) => error.name);
    const shown = [];
    for (let i = 0; i < 5; i++) shown.push(await terminal.expect('ping'));
    gone.abort();
    assert.equal(await aborted, 'AbortError');
    const refused = await shop.call('/connection-test');
    assert.deepEqual([refused.status, ...left(refused)], [429, null, null, '1']);
    assert.deepEqual(refused.body, { errors: 'Too many calls at once: the limit is 5. Try again in 1 second.' });
    for (const { id } of shown) terminal.send({ type: 'ping_shown', id });
    for (const ping of pings) assert.equal((await ping).status, 202);
    await until('all places are free', async () => (await shop.call('/connection-test')).status === 200);
    // One at a time there is always a place, however quickly they follow.
    await server.admin('business', 'set', String(shop.business), '--rate-limits', '1,0,0');
    for (let i = 0; i < 200; i++) assert.equal((await shop.call('/devices')).status, 200);
    await terminal.close();
  });

  test('change while the server runs', async () => {
    const shop = await shopWith('Change', ['--rate-limits', '0,2,0']);
    const status = async () => (await shop.call('/connection-test')).status;
    assert.deepEqual([await status(), await status(), await status()], [200, 200, 429]);
    await server.admin('business', 'set', String(shop.business), '--rate-limits', '0,3,0');
    assert.deepEqual([await status(), await status()], [200, 429]);
    await server.admin('business', 'set', String(shop.business), '--rate-limits', 'off');
    assert.deepEqual([await status(), await status()], [200, 200]);
  });

  test('are logged once, not for each refused call', async () => {
    const shop = await shopWith('Logged', ['--rate-limits', '0,1,0']);
    for (let i = 0; i < 20; i++) await shop.call('/connection-test');
    const lines = server.log.split('\n')
      .filter((line) => line.includes('event=rate.refused') && line.includes(`business=${shop.business} `));
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0], / limit=minute$/);
  });
});

describe('unknown device codes', () => {
  test('past twenty a minute are told to wait; a known one is not', async () => {
    const shop = await shopWith('Guesser', ['--rate-limits', 'off']);
    const foreign = await shopWith('Foreign', ['--rate-limits', 'off']);
    const terminal = new Terminal(server);
    const theirs = new Terminal(server);
    await terminal.logIn(shop);
    await theirs.logIn(foreign);
    for (let i = 0; i < 20; i++) {
      const code = i % 2 ? theirs.code : 'ZZZZ';
      const answer = await shop.call(`/devices/${code}/ping`);
      assert.deepEqual([answer.status, answer.text], [404, `{"errors":["device with code ${code} not found"]}`]);
    }
    const answers = [await shop.call(`/devices/${theirs.code}`), await shop.call('/devices/ZZZZ')];
    for (const answer of answers) {
      const wait = answer.headers.get('retry-after');
      assert.equal(answer.status, 429);
      assert.deepEqual(answer.body, { errors: [`Too many unknown device codes. Try again in ${wait} seconds.`] });
    }
    assert.equal((await shop.call(`/devices/${terminal.code}`)).status, 200);
    assert.equal((await foreign.call('/devices/ZZZZ')).status, 404, 'another business is not concerned');
    await Promise.all([terminal.close(), theirs.close()]);
  });
});

describe('unknown tokens', () => {
  test('past sixty a minute of one address are told to wait; a good one is not',
    { skip: outside === undefined && 'this machine has only its loopback address' }, async () => {
      const call = async (token) => {
        const answer = await fetch(`http://${outside}:${server.port}/v2/devices`, { headers: { 'api-token': token } });
        return [answer.status, await answer.text(), answer.headers.get('retry-after')];
      };
      for (let i = 0; i < 60; i++) assert.deepEqual(await call(`guess-${i}`), [403, '{"errors":["Unauthorized"]}', null]);
      const [status, text, wait] = await call('guess-60');
      assert.equal(status, 429);
      assert.equal(text, `{"errors":["Too many unknown api-tokens. Try again in ${wait} seconds."]}`);
      assert.equal((await call(server.facts.token))[0], 200);
      assert.equal((await call('guess-61'))[0], 429);
      assert.equal((await server.call('/devices', { token: 'guess' })).status, 403, 'another address is not concerned');
    });
});
