// The terminal door: registration, log-in, and everything that a terminal can
// do wrong (docs/terminal-protocol.md). Each wrong one is told why, and the
// others go on.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Server, makeFolder, removeFolder } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';

let folder;
let server;
let witness; // a healthy terminal that must not be harmed

before(async () => {
  folder = makeFolder();
  server = await Server.start(folder);
  witness = new Terminal(server);
  await witness.logIn();
});

after(async () => {
  const ping = server.call(`/devices/${witness.code}/ping`);
  await witness.showPing();
  assert.equal((await ping).status, 202, 'the healthy terminal was harmed');
  await witness.close();
  await server.stop();
  removeFolder(folder);
});

describe('registration', () => {
  test('a first log-in by e-mail and password gives a code and a credential', async () => {
    const terminal = new Terminal(server);
    await terminal.hello();
    const required = await terminal.expect('log_in_required');
    assert.deepEqual([required.reason, required.pin, required.businessName], ['new', false, null]);
    terminal.send({ type: 'log_in', email: server.facts.email.toUpperCase(), password: server.facts.password });
    const welcome = await terminal.expect('welcome');
    assert.match(welcome.code, /^[B-DF-HJ-NP-TV-Z2-9]{4}$/);
    assert.match(welcome.credential, /^[\w-]{43}$/);
    assert.deepEqual(
      [welcome.business, welcome.businessName, welcome.currency, welcome.apiMode, welcome.heartbeatSeconds],
      [1, 'Demo Shop', 'CAD', true, 20]);
    await terminal.close();
  });

  test('the credential alone is enough from then on, and the code stays', async () => {
    const first = new Terminal(server);
    const { code } = await first.logIn();
    await first.close();
    const second = first.again();
    const welcome = await second.comeBack();
    assert.deepEqual([welcome.code, welcome.credential], [code, null]);
    await second.close();
  });

  test('a new credential counts beside the old one until it is first used', async () => {
    const first = new Terminal(server);
    await first.logIn();
    const old = first.credential;
    await first.close();
    const terminal = first.again();
    await terminal.comeBack();
    terminal.send({ type: 'log_out' });
    await terminal.expect('logged_out');
    await terminal.logInByPin(server.facts.pin);
    const next = terminal.credential;
    assert.notEqual(next, old);
    terminal.send({ type: 'log_out' });
    await terminal.expect('logged_out');
    assert.equal((await terminal.logInByPin(server.facts.pin)).credential, null,
      'a credential that the terminal holds and has not shown yet would be retired by another one');
    await terminal.close();

    const withOld = terminal.again({ credential: old }); // it had lost power before it could store the new one
    await withOld.comeBack();
    await withOld.close();
    const withNext = terminal.again({ credential: next });
    await withNext.comeBack();
    await withNext.close();
    const dropped = terminal.again({ credential: old });
    await dropped.hello();
    assert.equal((await dropped.expect('log_in_required')).reason, 'unknown_credential');
    await dropped.close();
  });

  test('the same serial number of the same business gets its code back, and the old credential is retired', async () => {
    const first = new Terminal(server);
    const { code } = await first.logIn();
    const old = first.credential;
    await first.close();
    const fresh = new Terminal(server, { serial: first.serial }); // its memory was wiped
    assert.equal((await fresh.logIn()).code, code);
    await fresh.close();
    const stale = first.again({ credential: old });
    await stale.hello();
    await stale.expect('log_in_required');
    await stale.close();
  });

  test('a connected terminal\'s serial number cannot be claimed by another', async () => {
    const real = new Terminal(server);
    const { code } = await real.logIn();
    const claimer = new Terminal(server, { serial: real.serial });
    await claimer.hello();
    await claimer.expect('log_in_required');
    claimer.send({ type: 'log_in', email: server.facts.email, password: server.facts.password });
    const refused = await claimer.expect('log_in_refused');
    assert.equal(refused.reason, 'serial_in_use');
    assert.match(refused.message, /serial number/);
    const ping = server.call(`/devices/${code}/ping`);
    await real.showPing();
    assert.equal((await ping).status, 202);
    await Promise.all([real.close(), claimer.close()]);
  });

  test('a credential belongs to one serial number', async () => {
    const terminal = new Terminal(server);
    await terminal.logIn();
    await terminal.close();
    const thief = new Terminal(server, { credential: terminal.credential });
    await thief.hello();
    assert.equal((await thief.expect('log_in_required')).reason, 'unknown_credential');
    await thief.close();
  });

  test('the same serial number in another business is another device', async () => {
    const other = await server.addBusiness('Moved Shop');
    const terminal = new Terminal(server);
    await terminal.logIn();
    await terminal.close();
    const moved = terminal.again();
    await moved.comeBack();
    moved.send({ type: 'log_out' });
    await moved.expect('logged_out');
    moved.send({ type: 'log_in', email: other.email, password: other.password });
    const welcome = await moved.expect('welcome');
    assert.equal(welcome.business, other.business);
    const here = await server.call('/devices', { token: other.token });
    assert.deepEqual(here.body.map((device) => device.code), [welcome.code]);
    await moved.close();
  });
});

describe('log-in', () => {
  test('unknown and wrong are answered alike', async () => {
    const terminal = new Terminal(server);
    await terminal.hello();
    await terminal.expect('log_in_required');
    const answers = [];
    for (const [email, password] of [[server.facts.email, 'wrong password'], ['nobody@example.com', 'wrong password']]) {
      terminal.send({ type: 'log_in', email, password });
      answers.push(await terminal.expect('log_in_refused'));
    }
    assert.deepEqual(answers[0], answers[1]);
    assert.equal(answers[0].reason, 'wrong');
    terminal.send({ type: 'log_in', email: server.facts.email, password: server.facts.password });
    await terminal.expect('welcome');
    await terminal.close();
  });

  test('a PIN is enough only on a terminal that the business knows', async () => {
    const stranger = new Terminal(server);
    await stranger.hello();
    await stranger.expect('log_in_required');
    stranger.send({ type: 'log_in', pin: server.facts.pin });
    assert.match((await stranger.expect('log_in_refused')).message, /e-mail and password/);
    await stranger.close();

    const known = new Terminal(server);
    await known.logIn();
    known.send({ type: 'log_out' });
    await known.expect('logged_out');
    known.send({ type: 'log_in', pin: server.facts.pin === '0000' ? '1111' : '0000' });
    const refused = await known.expect('log_in_refused');
    assert.deepEqual([refused.reason, refused.pin], ['wrong', true]);
    await known.logInByPin(server.facts.pin);
    await known.close();
  });

  test('a PIN of another business opens nothing', async () => {
    const other = await server.addBusiness('Pin Shop');
    const terminal = new Terminal(server);
    await terminal.logIn();
    terminal.send({ type: 'log_out' });
    await terminal.expect('logged_out');
    terminal.send({ type: 'log_in', pin: other.pin });
    assert.equal((await terminal.expect('log_in_refused')).reason, 'wrong');
    await terminal.close();
  });

  test('logged out it is not listening, also after it has come back, until the PIN', async () => {
    const terminal = new Terminal(server);
    const { code } = await terminal.logIn();
    terminal.send({ type: 'log_out' });
    await terminal.expect('logged_out');
    assert.equal((await server.call(`/devices/${code}/ping`)).status, 409);
    await terminal.close();
    const back = terminal.again();
    await back.hello();
    const required = await back.expect('log_in_required');
    assert.deepEqual([required.reason, required.pin, required.businessName], ['logged_out', true, 'Demo Shop']);
    assert.equal((await back.logInByPin(server.facts.pin)).code, code);
    const ping = server.call(`/devices/${code}/ping`);
    await back.showPing();
    assert.equal((await ping).status, 202);
    await back.close();
  });
});

describe('one terminal, one connection', () => {
  test('a second connection replaces the first, which is told', async () => {
    const first = new Terminal(server);
    const { code } = await first.logIn();
    const second = first.again();
    await second.comeBack();
    assert.equal((await first.expect('error')).reason, 'replaced');
    assert.equal((await first.closed).code, 4001);
    const ping = server.call(`/devices/${code}/ping`);
    await second.showPing();
    assert.equal((await ping).status, 202);
    await second.close();
  });

  test('a closing connection answers its waiting pings at once', async () => {
    for (const way of ['close', 'cut', 'bye']) {
      const terminal = new Terminal(server);
      const { code } = await terminal.logIn();
      const began = Date.now();
      const calls = [server.call(`/devices/${code}/ping`), server.call(`/devices/${code}/ping`)];
      await terminal.expect('ping');
      await terminal.expect('ping');
      if (way === 'bye') terminal.send({ type: 'bye', reason: 'sleep' });
      else terminal[way]();
      const answers = await Promise.all(calls);
      assert.deepEqual(answers.map((answer) => answer.status), [409, 409]);
      assert.ok(Date.now() - began < 2000, `${way}: ${Date.now() - began} ms`);
      await terminal.closed;
      assert.equal((await server.call(`/devices/${code}/ping`)).status, 409);
    }
  });
});

describe('wrong messages', () => {
  const hello = { type: 'hello', protocol: 1, serial: 'A-1', version: '1', credential: null };
  const cases = [
    ['speaks before hello', { type: 'ready' }, 1008, /ready/],
    ['logs in before hello', { type: 'log_in', pin: '1234' }, 1008, /log_in/],
    ['acknowledges before hello', { type: 'ping_shown', id: 1 }, 1008, /ping_shown/],
    ['sends no JSON', 'hello', 1008, /./],
    ['sends an array', '[]', 1008, /./],
    ['sends no type', '{}', 1008, /type/],
    ['sends an unknown type', { type: 'purchase' }, 1008, /purchase|type/],
    ['sends a message of the server', { type: 'welcome' }, 1008, /./],
    ['adds a field', { ...hello, card: '4111' }, 1008, /card/],
    ['leaves a field out', { type: 'hello', protocol: 1, version: '1', credential: null }, 1008, /serial/],
    ['names a field twice', '{"type":"hello","type":"hello"}', 1008, /./],
    ['has a bad serial number', { ...hello, serial: 'a b' }, 1008, /serial/],
    ['has a serial number of 65 characters', { ...hello, serial: 'a'.repeat(65) }, 1008, /serial/],
    ['speaks another protocol', { ...hello, protocol: 2 }, 1008, /protocol must be 1/],
    ['has a short credential', { ...hello, credential: 'abc' }, 1008, /credential/],
    ['is longer than 4096 bytes', { ...hello, version: 'x'.repeat(5000) }, 1009, null],
  ];
  for (const [name, message, code, reason] of cases) {
    test(`a terminal that ${name} is told and closed with ${code}`, async () => {
      const terminal = new Terminal(server);
      await terminal.opened;
      terminal.send(message);
      if (reason) assert.match((await terminal.expect('error')).message, reason);
      assert.equal((await terminal.closed).code, code);
    });
  }

  test('hello twice', async () => {
    const terminal = new Terminal(server);
    await terminal.logIn();
    await terminal.hello();
    assert.match((await terminal.expect('error')).message, /once/);
    assert.equal((await terminal.closed).code, 1008);
  });

  test('a binary message', async () => {
    const terminal = new Terminal(server);
    await terminal.opened;
    terminal.socket.send(Buffer.from('{}'));
    assert.equal((await terminal.closed).code, 1003);
  });

  test('an acknowledgement of a ping that was never sent is ignored', async () => {
    const terminal = new Terminal(server);
    const { code } = await terminal.logIn();
    terminal.send({ type: 'ping_shown', id: 999999 });
    const ping = server.call(`/devices/${code}/ping`);
    await terminal.showPing();
    assert.equal((await ping).status, 202);
    await terminal.close();
  });

  test('a connection that says nothing is closed after five seconds', async () => {
    const terminal = new Terminal(server);
    await terminal.opened;
    const began = Date.now();
    assert.equal((await terminal.expect('error')).reason, 'hello_expected');
    assert.equal((await terminal.closed).code, 1008);
    assert.ok(Date.now() - began > 4000);
  });
});

describe('the handshake', () => {
  const refusal = async (options) => {
    const terminal = new Terminal(server, options);
    const status = new Promise((done) => {
      terminal.socket.once('unexpected-response', (request, response) => { done(response.statusCode); request.destroy(); });
      terminal.socket.once('open', () => done(101));
    });
    const answer = await status;
    terminal.socket.terminate();
    return answer;
  };

  test('an Origin must be our own', async () => {
    const own = server.url;
    assert.equal(await refusal({ headers: { origin: own } }), 101);
    assert.equal(await refusal({}), 101);
    for (const origin of ['http://evil.example', 'null', `${own}.evil.example`, `${own}0`, 'http://127.0.0.1', '']) {
      assert.equal(await refusal({ headers: { origin } }), 403, origin);
    }
  });

  test('another path is no door', async () => {
    assert.equal(await refusal({ path: '/device/v2' }), 404);
    assert.equal(await refusal({ path: '/terminal' }), 200);
  });

  test('without an upgrade, or of another version, it is refused in words', async () => {
    const plain = await fetch(`${server.url}/device/v1`);
    assert.deepEqual([plain.status, plain.headers.get('upgrade'), plain.headers.get('sec-websocket-version')],
      [426, 'websocket', '13']);
    assert.ok((await plain.text()).length > 10);
  });
});
