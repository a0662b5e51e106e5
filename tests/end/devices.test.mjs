// The device calls of the API, as an existing integration makes them
// (contract.md: Common, Permissions, Devices), with two businesses for each.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Server, makeFolder, removeFolder } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';

let folder;
let server;
let other; // the second business
let ours; // terminals of the first
let theirs;

before(async () => {
  folder = makeFolder();
  server = await Server.start(folder);
  other = await server.addBusiness('Other Shop');
  ours = [];
  for (let i = 0; i < 3; i++) {
    const terminal = new Terminal(server);
    await terminal.logIn();
    ours.push(terminal);
  }
  theirs = new Terminal(server);
  await theirs.logIn(other);
});

after(async () => {
  await Promise.all([...ours, theirs].map((terminal) => terminal.close()));
  await server.stop();
  removeFolder(folder);
});

const notFound = (code) => `{"errors":["device with code ${code} not found"]}`;

describe('the token', () => {
  for (const path of ['/connection-test', '/devices', '/devices/ABCD', '/devices/ABCD/ping']) {
    const errors = path === '/connection-test' ? '{"errors":"Unauthorized"}' : '{"errors":["Unauthorized"]}';

    test(`${path} without a token or with an empty one is 401`, async () => {
      for (const token of [null, '']) {
        const answer = await server.call(path, { token });
        assert.deepEqual([answer.status, answer.text], [401, errors]);
      }
    });

    test(`${path} with an unknown token is 403`, async () => {
      const answer = await server.call(path, { token: 'no-such-token' });
      assert.deepEqual([answer.status, answer.text], [403, errors]);
    });

    test(`${path} takes no token from the query or from Authorization`, async () => {
      const answer = await server.call(`${path}?api-token=${server.facts.token}`,
        { token: null, headers: { authorization: `Bearer ${server.facts.token}` } });
      assert.equal(answer.status, 401);
    });
  }

  test('a token of 10 KB is 403, not a crash', async () => {
    assert.equal((await server.call('/devices', { token: 'x'.repeat(10_000) })).status, 403);
  });

  test('permissions decide: pinging needs none, listing needs general and settings', async () => {
    const { token } = await server.admin('token', 'add', '--business', '1', '--name', 'weak',
      '--general', 'read', '--settings', 'none', '--processing', 'auth');
    assert.equal((await server.call('/connection-test', { token })).status, 200);
    for (const path of ['/devices', `/devices/${ours[0].code}`]) {
      const answer = await server.call(path, { token });
      assert.deepEqual([answer.status, answer.text], [403, '{"errors":["No access permission"]}']);
    }
    const ping = server.call(`/devices/${ours[0].code}/ping`, { token });
    await ours[0].showPing();
    assert.equal((await ping).status, 202);
    const worded = await server.call(`/devices/${ours[0].code}/ping?message=hi`, { token });
    assert.deepEqual([worded.status, worded.text], [403, '{"errors":["No access permission"]}']);
  });
});

describe('paths and methods', () => {
  test('connection-test', async () => {
    const answer = await server.call('/connection-test');
    assert.deepEqual([answer.status, answer.body], [200, { message: 'Connection Successful' }]);
  });

  test('a closing slash is the same path', async () => {
    assert.equal((await server.call('/devices/?limit=25')).status, 200);
    assert.equal((await server.call(`/devices/${ours[0].code}/`)).status, 200);
    assert.equal((await server.call('/connection-test/')).status, 200);
  });

  test('an unknown path is 404 in plain text', async () => {
    for (const path of ['/nothing', '/devices/ABCD/nothing', '/devices//ping', '']) {
      const answer = await server.call(path);
      assert.deepEqual([answer.status, answer.text], [404, '404 page not found'], path);
      assert.match(answer.headers.get('content-type'), /^text\/plain/);
    }
  });

  test('another method is 405 with Allow; HEAD on a ping is never a ping', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']) {
      const answer = await server.call(`/devices/${ours[0].code}/ping`, { method });
      assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET'], method);
    }
    assert.equal(ours[0].received.length, 0);
  });
});

describe('the list', () => {
  const codes = (answer) => answer.body.map((device) => device.code);

  test('holds the devices of this business alone, oldest first, with exactly two fields', async () => {
    const answer = await server.call('/devices');
    assert.equal(answer.status, 200);
    assert.deepEqual(codes(answer), ours.map((terminal) => terminal.code));
    for (const device of answer.body) {
      assert.deepEqual(Object.keys(device), ['code', 'dateCreated']);
      assert.match(device.code, /^[B-DF-HJ-NP-TV-Z2-9]{4}$/);
    }
    assert.deepEqual(codes(await server.call('/devices', { token: other.token })), [theirs.code]);
  });

  test('dates are Mountain Time', async () => {
    const [device] = (await server.call('/devices')).body;
    const expected = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'America/Edmonton', dateStyle: 'short', timeStyle: 'medium',
    });
    const now = Date.now();
    const shown = Array.from({ length: 120 }, (_, ago) => expected.format(new Date(now - ago * 1000)));
    assert.ok(shown.includes(device.dateCreated), `${device.dateCreated} is not about ${shown[0]}`);
  });

  test('pages by limit and offset, or by limit and page; page 0 is the first', async () => {
    const all = ours.map((terminal) => terminal.code);
    const cases = [
      ['limit=2', all.slice(0, 2)], ['limit=2&offset=1', all.slice(1, 3)], ['offset=2', all.slice(2)],
      ['limit=1&page=0', all.slice(0, 1)], ['limit=1&page=1', all.slice(0, 1)], ['limit=1&page=2', all.slice(1, 2)],
      ['limit=100&page=2', []], ['offset=1000000', []], ['unknown=1', all],
    ];
    for (const [query, expected] of cases) {
      const answer = await server.call(`/devices?${query}`);
      assert.deepEqual([answer.status, codes(answer)], [200, expected], query);
    }
  });

  test('finds by a part of the code, in either case', async () => {
    const part = ours[1].code.slice(1, 3);
    const expected = ours.map((terminal) => terminal.code).filter((code) => code.includes(part));
    assert.deepEqual(codes(await server.call(`/devices?code=${part.toLowerCase()}`)), expected);
    for (const nothing of ['0000', 'ABCDE', '%25', '__', '%2A']) {
      assert.deepEqual((await server.call(`/devices?code=${nothing}`)).body, [], nothing);
    }
  });

  test('says what is wrong with the paging', async () => {
    for (const query of ['limit=0', 'limit=101', 'limit=-1', 'limit=x', 'limit=', 'limit=1.5', 'limit=1&limit=2',
      'offset=-1', 'page=x', 'offset=0&page=1', 'limit=99999999999999999999']) {
      const answer = await server.call(`/devices?${query}`);
      assert.equal(answer.status, 400, query);
      assert.equal(answer.body.errors.length, 1);
      assert.match(answer.body.errors[0], /limit|offset|page/);
    }
  });
});

describe('one device', () => {
  test('is shown, also by its code in lower case', async () => {
    for (const code of [ours[0].code, ours[0].code.toLowerCase()]) {
      const answer = await server.call(`/devices/${code}`);
      assert.equal(answer.status, 200);
      assert.equal(answer.body.code, ours[0].code);
    }
  });

  for (const suffix of ['', '/ping']) {
    test(`unknown and foreign codes give the same bytes${suffix && ' to a ping'}`, async () => {
      const foreign = await server.call(`/devices/${theirs.code}${suffix}`);
      const unknown = await server.call(`/devices/2222${suffix}`);
      assert.deepEqual([foreign.status, foreign.text], [404, notFound(theirs.code)]);
      assert.deepEqual([unknown.status, unknown.text], [404, notFound('2222')]);
      const names = (answer) => [...answer.headers.keys()].filter((name) => name !== 'date');
      assert.deepEqual(names(foreign), names(unknown));
      assert.equal(theirs.received.length, 0);
      const reverse = await server.call(`/devices/${ours[0].code}${suffix}`, { token: other.token });
      assert.equal(reverse.text, notFound(ours[0].code));
    });

    test(`what cannot be a code is quoted upper case, cut and escaped${suffix && ' by a ping'}`, async () => {
      const cases = [
        ['abc', 'ABC'], ['abcde', 'ABCDE'], ['abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOP'],
        ['%22%3Cb%3E', '\\"\\u003cB\\u003e'], ['%C3%A9%C3%A9%C3%A9%C3%A9', 'éééé'],
      ];
      for (const [given, shown] of cases) {
        const answer = await server.call(`/devices/${given}${suffix}`);
        assert.deepEqual([answer.status, answer.text], [404, notFound(shown)], given);
      }
    });
  }
});

describe('a ping', () => {
  test('reaches exactly that terminal, and its acknowledgement is the 202', async () => {
    const call = server.call(`/devices/${ours[1].code}/ping`);
    const ping = await ours[1].expect('ping');
    assert.equal(ping.message, null);
    const early = await Promise.race([call, new Promise((done) => { setTimeout(done, 200, 'waiting'); })]);
    assert.equal(early, 'waiting', 'answered before the terminal has shown it');
    ours[1].send({ type: 'ping_shown', id: ping.id });
    const answer = await call;
    assert.deepEqual([answer.status, answer.text, answer.headers.get('content-length')], [202, '', '0']);
    assert.equal(ours[0].received.length + ours[2].received.length + theirs.received.length, 0);
  });

  test('carries a message of up to 80 characters', async () => {
    const words = 'é'.repeat(79) + '<';
    const call = server.call(`/devices/${ours[0].code}/ping?message=${encodeURIComponent(words)}`);
    assert.equal((await ours[0].showPing()).message, words);
    assert.equal((await call).status, 202);
    for (const bad of ['a'.repeat(81), '', 'a%0Ab', '%FF', 'a%00']) {
      assert.equal((await server.call(`/devices/${ours[0].code}/ping?message=${bad}`)).status, 400, bad);
    }
    assert.equal(ours[0].received.length, 0);
  });

  test('ten at once are ten, each answered for itself', async () => {
    const calls = Array.from({ length: 10 }, () => server.call(`/devices/${ours[2].code}/ping`));
    const ids = new Set();
    for (let i = 0; i < 10; i++) ids.add((await ours[2].showPing()).id);
    assert.equal(ids.size, 10);
    assert.deepEqual((await Promise.all(calls)).map((answer) => answer.status), Array(10).fill(202));
  });

  test('a terminal that does not show it is not listening after 3 seconds', async () => {
    const began = Date.now();
    const call = server.call(`/devices/${ours[0].code}/ping`);
    await ours[0].expect('ping');
    const answer = await call;
    const took = Date.now() - began;
    assert.deepEqual([answer.status, answer.text],
      [409, `{"errors":["device with code ${ours[0].code} not listening"]}`]);
    assert.ok(took > 2800 && took < 4500, `${took} ms`);
    // It is alive, only slow: the connection stays, and the next ping is shown.
    const next = server.call(`/devices/${ours[0].code}/ping`);
    await ours[0].showPing();
    assert.equal((await next).status, 202);
  });
});
