// The tenant matrix: every route of the program's own table, with every method
// and every kind of token. What is new in the table and not judged here fails.
//
// Unknown and foreign are the same bytes (architecture.md, Law 5); the order of
// checks is that of the contract: method, token, permission, path.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Server, endWatched, makeFolder, removeFolder, until } from './support/server.mjs';
import { routeTable } from './support/tables.mjs';
import { Terminal } from './support/terminal.mjs';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];
const SCALES = {
  general: ['none', 'read', 'write'],
  settings: ['none', 'read', 'write'],
  processing: ['none', 'auth', 'positive', 'admin'],
};
const MOST = { general: 'write', settings: 'write', processing: 'admin' };
const UNKNOWN_CODE = 'ZZ0Z'; // never minted: codes have no look-alike characters

const routes = routeTable();
let folder;
let server;
let own; // { business, token, terminal }: whose device is asked for
let other; // likewise, of another business
const tokens = {}; // by kind

// --- Asking -------------------------------------------------------------------------------

// One request as bytes: { status, head, body, bytes }, `bytes` without what
// differs from answer to answer by its nature.
async function ask(method, path, token) {
  const socket = net.connect(server.port, '127.0.0.1');
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close'];
  if (token !== null) lines.push(`api-token: ${token}`);
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (bytes) => { answer += bytes; });
  const closed = new Promise((done, refuse) => {
    socket.once('close', done);
    socket.once('error', refuse);
  });
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await closed;
  const [head, ...rest] = answer.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)[1]),
    head,
    body: rest.join('\r\n\r\n'),
    bytes: answer.replace(/^(Date|request-id|minute-limit-remaining|hour-limit-remaining): .*\r\n/gim, ''),
  };
}

const pathOf = (route, code) => route.path.replace('{code}', code);
const errorOf = (route, text) => (route.errors === 'array' ? { errors: [text] } : { errors: text });

function assertError(answer, status, route, text) {
  assert.equal(answer.status, status, answer.head);
  assert.match(answer.head, /^content-type: application\/json\r?$/im);
  assert.deepEqual(JSON.parse(answer.body), errorOf(route, text));
}

// --- What each route answers to who may ask it ------------------------------------------------

// Of routes behind a token, by "METHOD path": checks the answer to a token that
// may, for the device of `own`.
const dated = (code) => ({ code, dateCreated: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/ });
function assertDevice(device, code) {
  assert.deepEqual(Object.keys(device), ['code', 'dateCreated']);
  assert.equal(device.code, code);
  assert.match(device.dateCreated, dated(code).dateCreated);
}
const ANSWERS = {
  'GET /v2/connection-test': (answer) => {
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body), { message: 'Connection Successful' });
  },
  'GET /v2/devices': (answer, whose) => {
    assert.equal(answer.status, 200);
    const devices = JSON.parse(answer.body);
    assert.equal(devices.length, 1, 'its own and no other');
    assertDevice(devices[0], whose.terminal.code);
  },
  'GET /v2/devices/{code}': (answer, whose) => {
    assert.equal(answer.status, 200);
    assertDevice(JSON.parse(answer.body), whose.terminal.code);
  },
  'GET /v2/devices/{code}/ping': (answer) => {
    assert.equal(answer.status, 202);
    assert.equal(answer.body, '');
  },
};

// What a token must be allowed for each of them (the contract, "Permissions of
// a token"): said again here, so that a slip in the program's table is seen.
const NEEDS = {
  'GET /v2/connection-test': { general: 'none', settings: 'none', processing: 'none' },
  'GET /v2/devices': { general: 'read', settings: 'read', processing: 'none' },
  'GET /v2/devices/{code}': { general: 'read', settings: 'read', processing: 'none' },
  'GET /v2/devices/{code}/ping': { general: 'none', settings: 'none', processing: 'none' },
};

// Of routes that ask for no token: the same answer whatever is sent as one.
const OPEN = {
  'GET /device/v1': (answer) => assert.equal(answer.status, 426, 'a WebSocket is wanted'),
  'GET /': (answer) => {
    assert.equal(answer.status, 302);
    assert.match(answer.head, /^location: \/terminal\r?$/im);
  },
  'GET /healthz': (answer) => assert.deepEqual([answer.status, answer.body], [200, 'ok\n']),
  'HEAD /healthz': (answer) => assert.deepEqual([answer.status, answer.body], [200, '']),
  'GET /readyz': (answer) => assert.deepEqual([answer.status, JSON.parse(answer.body).ready], [200, true]),
  'HEAD /readyz': (answer) => assert.deepEqual([answer.status, answer.body], [200, '']),
  'GET /metrics': (answer) => {
    assert.equal(answer.status, 200);
    assert.match(answer.body, /^# HELP tillwire_/);
  },
};

const nameOf = (route) => `${route.method} ${route.path}`;

// --- Tokens --------------------------------------------------------------------------------------

async function tokenWith(business, permissions, ...more) {
  const scales = Object.entries(permissions).flatMap(([scale, level]) => [`--${scale}`, level]);
  return server.admin('token', 'add', '--business', String(business), '--name', 'matrix', ...scales, ...more);
}

// Tokens that may do everything but, on one scale that the route asks for, one
// level too little.
function tooWeakFor(route) {
  return Object.entries(route.needs).filter(([, level]) => level !== 'none').map(([scale, level]) => ({
    ...MOST, [scale]: SCALES[scale][SCALES[scale].indexOf(level) - 1],
  }));
}

async function shopWithTerminal(shop) {
  const terminal = new Terminal(server);
  await terminal.logIn(shop);
  terminal.socket.on('message', (bytes) => {
    const message = JSON.parse(bytes);
    if (message.type === 'ping') terminal.send({ type: 'ping_shown', id: message.id });
  });
  return { ...shop, terminal };
}

before(async () => {
  folder = makeFolder();
  server = await Server.start(folder);
  own = await shopWithTerminal({ ...server.facts });
  other = await shopWithTerminal(await server.addBusiness('Other Shop'));
  tokens.bad = 'x'.repeat(43);
  const revoked = await tokenWith(own.business, MOST);
  await server.admin('token', 'remove', String(revoked.id), '--business', String(own.business));
  tokens.revoked = revoked.token;
  tokens.weak = (await tokenWith(own.business, { general: 'none', settings: 'none', processing: 'none' })).token;
});
after(async () => {
  await server?.stop();
  endWatched();
  removeFolder(folder);
});

// --- The matrix ------------------------------------------------------------------------------------

test('every route is judged, and every judge has a route', () => {
  assert.ok(routes.length > 0);
  const judged = { api: ANSWERS, terminal: OPEN, redirect: OPEN, operations: OPEN };
  for (const route of routes) {
    assert.ok(route.kind in judged, `${nameOf(route)} is of the unknown kind ${route.kind}`);
    assert.ok(nameOf(route) in judged[route.kind], `nothing here says what ${nameOf(route)} answers`);
    if (route.kind !== 'api') continue;
    assert.deepEqual(route.needs, NEEDS[nameOf(route)], `what ${nameOf(route)} needs`);
    assert.equal(route.errors, route.path.startsWith('/v2/devices') ? 'array' : 'string', 'the form of its errors');
  }
  const known = new Set(routes.map(nameOf));
  for (const name of [...Object.keys(ANSWERS), ...Object.keys(OPEN)]) assert.ok(known.has(name), `${name} is no route any more`);
});

for (const route of routes.filter(({ kind }) => kind === 'api')) {
  describe(nameOf(route), () => {
    const path = () => pathOf(route, own.terminal.code);

    for (const [kind, token] of [['no token', null], ['an empty token', '']]) {
      test(`${kind}: 401`, async () => {
        assertError(await ask(route.method, path(), token), 401, route, 'Unauthorized');
      });
    }
    for (const kind of ['bad', 'revoked']) {
      test(`a ${kind} token: 403`, async () => {
        assertError(await ask(route.method, path(), tokens[kind]), 403, route, 'Unauthorized');
      });
    }
    test('a token in the query string or as Bearer is none: 401', async () => {
      assertError(await ask(route.method, `${path()}?api-token=${own.token}`, null), 401, route, 'Unauthorized');
      assertError(await ask(route.method, path(), `\r\nAuthorization: Bearer ${own.token}`), 401, route, 'Unauthorized');
    });
    test('an expired token: 403, at its moment', async () => {
      const expires = new Date(Date.now() + 1500).toISOString();
      const { token } = await tokenWith(own.business, MOST, '--expires', expires);
      ANSWERS[nameOf(route)](await ask(route.method, path(), token), own);
      await until('it has expired', async () => (await ask(route.method, path(), token)).status === 403);
      assert.ok(Date.now() >= Date.parse(expires));
      assertError(await ask(route.method, path(), token), 403, route, 'Unauthorized');
    });
    test('a token that is too weak on any scale: 403, also for a device that does not exist', async () => {
      for (const permissions of tooWeakFor(route)) {
        const { token } = await tokenWith(own.business, permissions);
        assertError(await ask(route.method, path(), token), 403, route, 'No access permission');
        assertError(await ask(route.method, pathOf(route, UNKNOWN_CODE), token), 403, route, 'No access permission');
      }
      const answer = await ask(route.method, path(), tokens.weak);
      if (tooWeakFor(route).length > 0) assertError(answer, 403, route, 'No access permission');
      else ANSWERS[nameOf(route)](answer, own);
    });
    test('a token that may exactly this, and one that may all', async () => {
      const { token } = await tokenWith(own.business, route.needs);
      ANSWERS[nameOf(route)](await ask(route.method, path(), token), own);
      ANSWERS[nameOf(route)](await ask(route.method, path(), own.token), own);
    });
    test('a closing slash is the same path', async () => {
      ANSWERS[nameOf(route)](await ask(route.method, `${path()}/`, own.token), own);
    });
    test("another business's token sees its own, and of this one nothing", async () => {
      ANSWERS[nameOf(route)](await ask(route.method, pathOf(route, other.terminal.code), other.token), other);
      const answer = await ask(route.method, path(), other.token);
      if (!route.path.includes('{code}')) {
        ANSWERS[nameOf(route)](answer, other);
        return;
      }
      const { code } = own.terminal;
      assertError(answer, 404, route, `device with code ${code} not found`);
      const unknown = await ask(route.method, pathOf(route, UNKNOWN_CODE), other.token);
      assert.equal(unknown.status, 404);
      assert.equal(answer.bytes.replaceAll(code, UNKNOWN_CODE), unknown.bytes, 'to the byte');
    });
    test('any other method: 405 that names those that are, whatever the token', async () => {
      const allowed = routes.filter((row) => row.path === route.path).map((row) => row.method);
      for (const method of METHODS.filter((word) => !allowed.includes(word))) {
        const answers = [];
        for (const token of [null, '', tokens.bad, tokens.revoked, tokens.weak, other.token, own.token]) {
          const answer = await ask(method, path(), token);
          assert.equal(answer.status, 405, `${method}: ${answer.head}`);
          assert.deepEqual(/^allow: (.*)\r?$/im.exec(answer.head)[1].split(', ').sort(), [...allowed].sort());
          if (method === 'HEAD') assert.equal(answer.body, '');
          answers.push(answer.bytes);
        }
        assert.equal(new Set(answers).size, 1, `${method} answers tokens differently`);
      }
    });
  });
}

for (const route of routes.filter(({ kind }) => kind !== 'api')) {
  test(`${nameOf(route)} answers the same whatever token is sent, and other methods with 405`, async () => {
    const allowed = routes.filter((row) => row.path === route.path).map((row) => row.method);
    for (const token of [null, '', tokens.bad, tokens.revoked, tokens.weak, other.token, own.token]) {
      OPEN[nameOf(route)](await ask(route.method, route.path, token));
      for (const method of METHODS.filter((word) => !allowed.includes(word))) {
        const answer = await ask(method, route.path, token);
        assert.equal(answer.status, 405, `${method}: ${answer.head}`);
        assert.deepEqual(/^allow: (.*)\r?$/im.exec(answer.head)[1].split(', ').sort(), [...allowed].sort());
      }
    }
  });
}

test('a ping by a method that is not its own reaches no terminal', async () => {
  const { terminal } = own;
  const seen = terminal.received.length;
  for (const method of METHODS.filter((word) => word !== 'GET')) {
    await ask(method, `/v2/devices/${terminal.code}/ping`, own.token);
  }
  const call = ask('GET', `/v2/devices/${terminal.code}/ping`, own.token);
  assert.equal((await call).status, 202);
  assert.equal(terminal.received.length, seen + 1, 'the one of GET alone');
});
