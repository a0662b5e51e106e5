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
const UNKNOWN_ID = 7; // ids begin far above

// What is sent with the calls that have a body.
const BODIES = { 'POST /v2/devices/{code}/payment/purchase': '{"currency":"CAD","transactionAmount":1}' };

const routes = routeTable();
let folder;
let server;
let own; // { business, token, terminal, payment, transaction }: whose device is asked for
let other; // likewise, of another business
const tokens = {}; // by kind

// --- Asking -------------------------------------------------------------------------------

// One request as bytes: { status, head, body, bytes }, `bytes` without what
// differs from answer to answer by its nature. A payment that it began is over
// when this returns.
async function ask(method, path, token, body = '') {
  const socket = net.connect(server.port, '127.0.0.1');
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close'];
  if (token !== null) lines.push(`api-token: ${token}`);
  if (body !== '') lines.push(`Content-Length: ${body.length}`);
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (bytes) => { answer += bytes; });
  const closed = new Promise((done, refuse) => {
    socket.once('close', done);
    socket.once('error', refuse);
  });
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  await closed;
  await Promise.all([own, other].map((shop) => until('the terminal is free', () => shop.open === 0)));
  const [head, ...rest] = answer.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)[1]),
    head,
    body: rest.join('\r\n\r\n'),
    bytes: answer.replace(/^(Date|request-id|minute-limit-remaining|hour-limit-remaining): .*\r\n/gim, ''),
  };
}

const pathOf = (route, code, whose = own) => route.path.replace('{code}', code)
  .replace('{id}', route.path.includes('{code}') ? whose.payment : whose.transaction);
const askRoute = (route, path, token) => ask(route.method, path, token, BODIES[nameOf(route)]);
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
  'POST /v2/devices/{code}/payment/purchase': (answer, whose) => {
    assert.equal(answer.status, 202);
    assert.equal(answer.body, '');
    assert.match(answer.head, new RegExp(`^location: /v2/devices/${whose.terminal.code}/payments/\\d+\\r?$`, 'im'));
  },
  'GET /v2/devices/{code}/payments': (answer, whose) => {
    assert.equal(answer.status, 200);
    const payments = JSON.parse(answer.body);
    assert.ok(payments.some(({ id }) => id === whose.payment));
    for (const payment of payments) assert.equal(payment.deviceCode, whose.terminal.code);
  },
  'GET /v2/devices/{code}/payments/{id}': (answer, whose) => {
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.body).id, whose.payment);
  },
  'POST /v2/devices/{code}/payments/{id}/cancel': (answer, whose) => {
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body), { result: 'too late', state: 'approved', transactionId: whose.transaction });
  },
  'GET /v2/card-transactions': (answer, whose) => {
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body).map(({ transactionId }) => transactionId), [whose.transaction]);
  },
  'GET /v2/card-transactions/{id}': (answer, whose) => {
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.body).transactionId, whose.transaction);
  },
};

// What a token must be allowed for each of them (the contract, "Permissions of
// a token"): said again here, so that a slip in the program's table is seen.
const NEEDS = {
  'GET /v2/connection-test': { general: 'none', settings: 'none', processing: 'none' },
  'GET /v2/devices': { general: 'read', settings: 'read', processing: 'none' },
  'GET /v2/devices/{code}': { general: 'read', settings: 'read', processing: 'none' },
  'GET /v2/devices/{code}/ping': { general: 'none', settings: 'none', processing: 'none' },
  'POST /v2/devices/{code}/payment/purchase': { general: 'none', settings: 'none', processing: 'positive' },
  'GET /v2/devices/{code}/payments': { general: 'read', settings: 'none', processing: 'none' },
  'GET /v2/devices/{code}/payments/{id}': { general: 'read', settings: 'none', processing: 'none' },
  'POST /v2/devices/{code}/payments/{id}/cancel': { general: 'none', settings: 'none', processing: 'positive' },
  'GET /v2/card-transactions': { general: 'read', settings: 'none', processing: 'none' },
  'GET /v2/card-transactions/{id}': { general: 'read', settings: 'none', processing: 'none' },
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

// With one sale that was approved. From then on its terminal shows pings and
// amounts, and its customers walk away.
async function shopWithTerminal(facts) {
  const shop = { ...facts, open: 0, terminal: new Terminal(server) };
  const { terminal } = shop;
  await terminal.logIn(facts);
  await terminal.ready();
  const purchase = server.purchase(terminal.code, { currency: 'CAD', transactionAmount: 10 }, { token: facts.token });
  shop.payment = (await terminal.takeOffer()).payment;
  shop.transaction = (await terminal.present(shop.payment)).transaction;
  assert.equal((await purchase).id, shop.payment);
  const { payment } = shop;
  terminal.socket.on('message', (bytes) => {
    const message = JSON.parse(bytes);
    if (message.type === 'ping') terminal.send({ type: 'ping_shown', id: message.id });
    if (message.type === 'offer') {
      shop.open++;
      terminal.send({ type: 'displayed', payment: message.payment });
    }
    if (message.type === 'go') terminal.send({ type: 'cancel_payment', payment: message.payment, by: 'customer' });
    if (message.type === 'withdraw' || (message.type === 'payment_ended' && message.payment !== payment)) shop.open--;
  });
  return shop;
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
        assertError(await askRoute(route, path(), token), 401, route, 'Unauthorized');
      });
    }
    for (const kind of ['bad', 'revoked']) {
      test(`a ${kind} token: 403`, async () => {
        assertError(await askRoute(route, path(), tokens[kind]), 403, route, 'Unauthorized');
      });
    }
    test('a token in the query string or as Bearer is none: 401', async () => {
      assertError(await askRoute(route, `${path()}?api-token=${own.token}`, null), 401, route, 'Unauthorized');
      assertError(await askRoute(route, path(), `\r\nAuthorization: Bearer ${own.token}`), 401, route, 'Unauthorized');
    });
    test('an expired token: 403, at its moment', async () => {
      const expires = new Date(Date.now() + 1500).toISOString();
      const { token } = await tokenWith(own.business, MOST, '--expires', expires);
      ANSWERS[nameOf(route)](await askRoute(route, path(), token), own);
      await until('it has expired', async () => (await askRoute(route, path(), token)).status === 403);
      assert.ok(Date.now() >= Date.parse(expires));
      assertError(await askRoute(route, path(), token), 403, route, 'Unauthorized');
    });
    test('a token that is too weak on any scale: 403, also for a device that does not exist', async () => {
      for (const permissions of tooWeakFor(route)) {
        const { token } = await tokenWith(own.business, permissions);
        assertError(await askRoute(route, path(), token), 403, route, 'No access permission');
        assertError(await askRoute(route, pathOf(route, UNKNOWN_CODE), token), 403, route, 'No access permission');
      }
      const answer = await askRoute(route, path(), tokens.weak);
      if (tooWeakFor(route).length > 0) assertError(answer, 403, route, 'No access permission');
      else ANSWERS[nameOf(route)](answer, own);
    });
    test('a token that may exactly this, and one that may all', async () => {
      const { token } = await tokenWith(own.business, route.needs);
      ANSWERS[nameOf(route)](await askRoute(route, path(), token), own);
      ANSWERS[nameOf(route)](await askRoute(route, path(), own.token), own);
    });
    test('a closing slash is the same path', async () => {
      ANSWERS[nameOf(route)](await askRoute(route, `${path()}/`, own.token), own);
    });
    test("another business's token sees its own, and of this one nothing", async () => {
      ANSWERS[nameOf(route)](await askRoute(route, pathOf(route, other.terminal.code, other), other.token), other);
      const answer = await askRoute(route, path(), other.token);
      if (route.path === '/v2/card-transactions/{id}') {
        assertError(answer, 400, route, `Failed to retrieve card transaction #${own.transaction}.`);
        const unknown = await askRoute(route, route.path.replace('{id}', UNKNOWN_ID), other.token);
        assert.equal(answer.bytes.replaceAll(own.transaction, UNKNOWN_ID).replace(/Content-Length: \d+/, ''),
          unknown.bytes.replace(/Content-Length: \d+/, ''), 'to the byte');
        return;
      }
      if (!route.path.includes('{code}')) {
        ANSWERS[nameOf(route)](answer, other);
        return;
      }
      const { code } = own.terminal;
      assertError(answer, 404, route, `device with code ${code} not found`);
      const unknown = await askRoute(route, pathOf(route, UNKNOWN_CODE), other.token);
      assert.equal(unknown.status, 404);
      assert.equal(answer.bytes.replaceAll(code, UNKNOWN_CODE), unknown.bytes, 'to the byte');
    });
    if (route.path.includes('{code}') && route.path.includes('{id}')) {
      test("another business's payment is not on this one's device", async () => {
        const { code } = own.terminal;
        for (const id of [other.payment, UNKNOWN_ID]) {
          const answer = await askRoute(route, route.path.replace('{code}', code).replace('{id}', id), own.token);
          assertError(answer, 404, route, `payment ${id} of device ${code} not found`);
        }
      });
    }
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
