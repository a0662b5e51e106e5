// What those who run the server look at: health, metrics, and logs in which no
// secret ever stands.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Production, makeCertificate } from './support/production.mjs';
import { readMetrics, valueOf } from './support/prometheus.mjs';
import { Server, endWatched, makeFolder, removeFolder, run, until } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';

let folder;

before(() => { folder = makeFolder(); });
after(() => {
  endWatched();
  removeFolder(folder);
});

const get = async (server, path, headers = {}) => {
  const answer = await fetch(server.url + path, { headers });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
};
const metricsOf = async (server) => readMetrics((await get(server, '/metrics')).text);

describe('health', () => {
  test('a server that has started lives and is ready', async () => {
    const server = await Server.start(join(folder, 'health'));
    assert.deepEqual(await get(server, '/healthz'), { status: 200, type: 'text/plain; charset=utf-8', text: 'ok\n' });
    const ready = await get(server, '/readyz');
    assert.deepEqual([ready.status, ready.type], [200, 'application/json']);
    assert.deepEqual(JSON.parse(ready.text), { ready: true, warnings: [] });
    await server.stop();
  });
});

describe('metrics', () => {
  let server;
  before(async () => { server = await Server.start(join(folder, 'metrics')); });
  after(async () => { await server.stop(); });

  test('are in the text format of Prometheus, in the same order each time', async () => {
    const answer = await get(server, '/metrics');
    assert.equal(answer.type, 'text/plain; version=0.0.4; charset=utf-8');
    const names = [...readMetrics(answer.text).keys()];
    assert.ok(names.length >= 14);
    for (const name of names) assert.match(name, /^tillwire_[a-z_]+$/);
    assert.deepEqual([...(await metricsOf(server)).keys()], names);
    for (const metric of readMetrics(answer.text).values()) assert.match(metric.help, /^[A-Z].*\.$/);
  });

  test('name the program and measure its process', async () => {
    const metrics = await metricsOf(server);
    const { stdout } = await run(['--version']);
    assert.ok(stdout.includes(metrics.get('tillwire_build_info').samples[0].labels.version));
    const started = valueOf(metrics, 'tillwire_start_time_seconds');
    assert.ok(Math.abs(started - Date.now() / 1000) < 300);
    const statm = readFileSync(`/proc/${server.child.pid}/statm`, 'utf8').split(' ');
    const page = Number(execFileSync('getconf', ['PAGESIZE']).toString());
    const resident = valueOf(metrics, 'tillwire_resident_memory_bytes');
    assert.ok(Math.abs(resident - Number(statm[1]) * page) < 4 << 20);
    const open = valueOf(metrics, 'tillwire_open_files');
    assert.ok(open > 5 && Math.abs(open - readdirSync(`/proc/${server.child.pid}/fd`).length) < 20);
    assert.ok(valueOf(metrics, 'tillwire_open_files_max') >= open);
  });

  test('count terminals, pings by outcome, and their time', async () => {
    const pings = (metrics, outcome) => valueOf(metrics, 'tillwire_pings_total', { outcome });
    const terminal = new Terminal(server);
    const { code } = await terminal.logIn();
    const before = await metricsOf(server);
    assert.equal(valueOf(before, 'tillwire_terminals_connected'), 1);
    for (let i = 0; i < 3; i++) {
      const call = server.call(`/devices/${code}/ping`);
      await terminal.showPing();
      assert.equal((await call).status, 202);
    }
    assert.equal((await server.call('/devices/ZZZZ/ping')).status, 404);
    await terminal.close();
    await until('it has gone', async () => valueOf(await metricsOf(server), 'tillwire_terminals_connected') === 0);
    assert.equal((await server.call(`/devices/${code}/ping`)).status, 409);
    const now = await metricsOf(server);
    assert.equal(pings(now, 'shown') - pings(before, 'shown'), 3);
    assert.equal(pings(now, 'not_found') - pings(before, 'not_found'), 1);
    assert.equal(pings(now, 'not_listening') - pings(before, 'not_listening'), 1);
    assert.equal(valueOf(now, 'tillwire_ping_seconds_count') - valueOf(before, 'tillwire_ping_seconds_count'), 5);
    assert.ok(valueOf(now, 'tillwire_ping_seconds_sum') > valueOf(before, 'tillwire_ping_seconds_sum'));
  });

  test('count commits', async () => {
    const before = await metricsOf(server);
    const terminal = new Terminal(server);
    await terminal.logIn();
    await terminal.close();
    const now = await metricsOf(server);
    const more = (name) => valueOf(now, name) - valueOf(before, name);
    assert.ok(more('tillwire_store_commits_total') >= 1);
    assert.ok(more('tillwire_store_jobs_total') >= more('tillwire_store_commits_total'));
    assert.equal(more('tillwire_store_commit_seconds_count'), more('tillwire_store_commits_total'));
    assert.equal(more('tillwire_store_commit_failures_total'), 0);
  });

  test('are for this machine alone: passed on by a proxy there is no such page', async () => {
    const nothing = await get(server, '/metricz');
    for (const header of ['x-forwarded-for', 'forwarded']) {
      assert.deepEqual(await get(server, '/metrics', { [header]: '192.0.2.1' }), nothing);
    }
  });
});

// --- A listener of their own --------------------------------------------------------------------

describe('a server on a network', () => {
  let server;
  let operations; // as a server to ask
  let ca;

  before(async () => {
    const tls = makeCertificate(folder, { name: 'short', days: 5 });
    ca = readFileSync(tls.certificate);
    server = await Production.start(join(folder, 'production'),
      ['--operations-listen', '0', '--tls-cert', tls.certificate, '--tls-key', tls.key, '--drain', '20', '--log-level', 'debug']);
    operations = { url: server.facts.operations };
  });
  after(async () => { await server.stop('SIGKILL'); });

  const over = (path, { token, method = 'GET' } = {}) => new Promise((done, refuse) => {
    const headers = token ? { 'api-token': token } : {};
    https.request(server.url + path, { method, headers, ca, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (bytes) => { text += bytes; });
      answer.on('end', () => done({ status: answer.statusCode, text, id: answer.headers['request-id'] }));
    }).on('error', refuse).end();
  });

  test('answers for operations on their listener alone', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      assert.equal((await get(operations, path)).status, 200, path);
      assert.deepEqual((await over(path)).status, 404, path);
    }
    // The administrator guards it: also who comes by a proxy is answered.
    assert.equal((await get(operations, '/metrics', { 'x-forwarded-for': '192.0.2.1' })).status, 200);
    for (const path of ['/v2/connection-test', '/device/v1', '/terminal', '/']) {
      assert.equal((await get(operations, path)).status, 404, path);
    }
  });

  test('is ready, and warns of a certificate that expires within a week', async () => {
    const ready = JSON.parse((await get(operations, '/readyz')).text);
    assert.equal(ready.ready, true);
    assert.equal(ready.warnings.length, 1);
    assert.match(ready.warnings[0], /^The certificate of localhost expires at \d{4}-.*Z\. Put a new one .* SIGHUP\.$/);
  });

  test('tells when its certificate expires, and counts handshakes, requests and connections', async () => {
    const before = await metricsOf(operations);
    const days = (valueOf(before, 'tillwire_certificate_expiry_seconds') - Date.now() / 1000) / 86400;
    assert.ok(days > 4.5 && days < 5.5, `${days}`);
    for (let i = 0; i < 3; i++) assert.equal((await over('/v2/connection-test', { token: server.facts.token })).status, 200);
    assert.equal((await over('/v2/nothing')).status, 404);
    await talk(server, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'); // plain
    const now = await metricsOf(operations);
    const more = (name, labels) => valueOf(now, name, labels) - valueOf(before, name, labels);
    assert.equal(more('tillwire_tls_handshakes_total', { result: 'full' }), 4);
    assert.equal(more('tillwire_tls_handshakes_total', { result: 'failed' }), 1);
    assert.ok(more('tillwire_http_requests_total', { status: '2xx' }) >= 3);
    assert.equal(more('tillwire_http_requests_total', { status: '4xx' }), 1);
    assert.ok(more('tillwire_http_request_seconds_count') >= 4);
    assert.ok(valueOf(now, 'tillwire_connections', { kind: 'stranger' }) >= 0);
  });

  test('writes the number of the answer into the log', async () => {
    const answer = await over('/v2/devices', { token: 'nobody' });
    assert.equal(answer.status, 403);
    assert.match(answer.id, /^[0-9a-f]{16}$/);
    await until('it is written', () => server.log.includes(`event=call.refused request=${answer.id} client=127.0.0.1 `));
  });

  test('a flood of refusals is some lines, and then a number', async () => {
    const before = valueOf(await metricsOf(operations), 'tillwire_calls_refused_total', { reason: 'unauthorized' });
    const calls = 150;
    for (let i = 0; i < calls; i++) await over('/v2/devices');
    const now = valueOf(await metricsOf(operations), 'tillwire_calls_refused_total', { reason: 'unauthorized' });
    assert.equal(now - before, calls);
    const lines = () => [...server.log.matchAll(/event=call\.refused .* status=401 /g)].length;
    await until('it is written', () => lines() >= 60);
    assert.equal(lines(), 60);
  });

  test('terminals that have proven nothing do not fill the log either', async () => {
    const connections = 90;
    for (let i = 0; i < connections; i += 10) {
      await Promise.all(Array.from({ length: 10 }, async () => {
        const stranger = new Terminal({ url: server.url }, { ca });
        await stranger.opened;
        stranger.send('no message of ours');
        await stranger.closed;
      }));
    }
    const lines = () => [...server.log.matchAll(/event=terminal\.(refused|disconnected) /g)].length;
    await until('it is written', () => lines() >= 60);
    assert.ok(lines() < connections, `${lines()} lines`);
  });

  test('is not ready while it stops, and tells what it has not written', async () => {
    const shop = Object.assign(Object.create(Server.prototype), server, { url: server.url });
    const terminal = new Terminal(shop, { ca });
    const { code } = await terminal.logIn();
    const call = over(`/v2/devices/${code}/ping`, { token: server.facts.token });
    const ping = await terminal.expect('ping');
    server.child.kill('SIGTERM');
    await until('it stops', () => server.log.includes('event=server.stopping'));
    const ready = await get(operations, '/readyz');
    assert.equal(ready.status, 503);
    assert.match(JSON.parse(ready.text).problems[0], /stopping/);
    assert.equal((await get(operations, '/healthz')).status, 200);
    terminal.send({ type: 'ping_shown', id: ping.id });
    assert.equal((await call).status, 202);
    assert.deepEqual(await server.ended, { code: 0, signal: null });
    assert.match(server.log, /event=log\.suppressed what=call\.refused lines=\d+/);
  });
});

// --- Logs -------------------------------------------------------------------------------------

// A line as fields: { time, level, event, ... }.
const READERS = {
  json: (line) => JSON.parse(line),
  logfmt: (line) => {
    const fields = {};
    let rest = `${line} `;
    while (rest !== '') {
      const match = /^([a-zA-Z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"=]+)) /.exec(rest);
      assert.ok(match, `not logfmt: ${line}`);
      assert.ok(!(match[1] in fields), `${match[1]} stands twice: ${line}`);
      fields[match[1]] = match[2] ?? match[3];
      rest = rest.slice(match[0].length);
    }
    return fields;
  },
};

// What somebody sends over a bare socket, to its end.
async function talk(server, text) {
  const socket = net.connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  const closed = new Promise((done) => { socket.once('close', done); });
  socket.end(text);
  await closed;
}

async function adminTry(server, ...args) {
  return run(['admin', ...args, '--data', server.data, '--json']);
}

// A round of life in which every secret is used, rightly and wrongly; returns
// the secrets by what they are.
async function live(server) {
  const business = String(server.facts.business);
  const secrets = {
    'the token of the demo': server.facts.token,
    'the password of the demo': server.facts.password,
    'a password': `pass-${randomBytes(9).toString('hex')}`,
    'a wrong password': `wrong-${randomBytes(9).toString('hex')}`,
    'a PIN': String(10_000_000 + randomBytes(3).readUIntBE(0, 3)),
    'a wrong PIN': String(50_000_000 + randomBytes(3).readUIntBE(0, 3)),
    'a token that is not known': randomBytes(32).toString('base64url'),
    'a token in the query string': randomBytes(32).toString('base64url'),
    'a token as Bearer': randomBytes(32).toString('base64url'),
    'a token in a broken request': randomBytes(32).toString('base64url'),
    'a credential that is not known': randomBytes(32).toString('base64url'),
    'a password in a broken message': `broken-${randomBytes(9).toString('hex')}`,
    'a password in an unknown field': `field-${randomBytes(9).toString('hex')}`,
    'a password given to the administrator': `admin-${randomBytes(9).toString('hex')}`,
  };
  const email = 'kim@example.com';
  const account = { email, password: secrets['a password'] };

  // administrators
  await server.admin('user', 'add', '--business', business, '--name', 'Kim', '--email', email, '--password',
    secrets['a password'], '--pin', secrets['a PIN'], '--role', 'cashier');
  await adminTry(server, 'user', 'add', '--business', business, '--name', 'Kim', '--email', email, '--password',
    secrets['a password given to the administrator'], '--pin', secrets['a PIN'], '--role', 'cashier');
  const added = await server.admin('token', 'add', '--business', business, '--name', 'POS', '--general', 'read',
    '--settings', 'read', '--processing', 'none');
  secrets['a token that was revoked'] = added.token;
  const rotated = await server.admin('token', 'add', '--business', business, '--name', 'POS 2', '--general', 'read',
    '--settings', 'read', '--processing', 'none');
  secrets['a token before its rotation'] = rotated.token;
  secrets['a token after its rotation'] = (await server.admin('token', 'rotate', String(rotated.id), '--business', business)).token;

  // points of sale
  const weak = await server.admin('token', 'add', '--business', business, '--name', 'Weak', '--general', 'none',
    '--settings', 'none', '--processing', 'none');
  secrets['a token that may nothing'] = weak.token;
  await server.call('/devices', { token: weak.token });
  for (const token of [added.token, rotated.token, secrets['a token after its rotation'], secrets['a token that is not known']]) {
    await server.call('/connection-test', { token });
    await server.call('/devices', { token });
  }
  await server.admin('token', 'remove', String(added.id), '--business', business);
  await server.call('/devices', { token: added.token });
  await server.call(`/devices?api-token=${secrets['a token in the query string']}`, { token: null });
  await server.call('/devices', { token: null, headers: { authorization: `Bearer ${secrets['a token as Bearer']}` } });
  await talk(server, `GET /v2/devices HTTP/1.1\r\napi-token: ${secrets['a token in a broken request']}\r\n\r\n`);
  await talk(server, `GET /v2/${secrets['a token in a broken request']} HTTP/9.9\r\nHost: a\r\n\r\n`);

  // terminals
  const stranger = new Terminal(server, { credential: secrets['a credential that is not known'] });
  await stranger.hello();
  await stranger.expect('log_in_required');
  stranger.send({ type: 'log_in', email, password: secrets['a wrong password'] });
  await stranger.expect('log_in_refused');
  stranger.send(`{"type":"log_in","email":"${email}","password":"${secrets['a password in a broken message']}"`);
  await stranger.closed;
  const curious = new Terminal(server);
  await curious.hello();
  await curious.expect('log_in_required');
  curious.send({ type: 'log_in', email, password: secrets['a password'], secret: secrets['a password in an unknown field'] });
  await curious.closed;
  const terminal = new Terminal(server);
  const { code } = await terminal.logIn(account);
  secrets['a credential'] = terminal.credential;
  const call = server.call(`/devices/${code}/ping`);
  await terminal.showPing();
  await call;
  terminal.send({ type: 'log_out' });
  await terminal.expect('logged_out');
  await terminal.logInByPin(secrets['a PIN']);
  secrets['the credential after it'] = terminal.credential;
  terminal.send({ type: 'log_out' });
  await terminal.expect('logged_out');
  for (let i = 0; i < 6; i++) {
    terminal.send({ type: 'log_in', pin: secrets['a wrong PIN'] });
    await terminal.expect('log_in_refused');
  }
  terminal.send({ type: 'log_in', ...account });
  await terminal.expect('welcome');
  const again = terminal.again();
  await again.comeBack();
  await terminal.closed;
  await adminTry(server, 'device', 'remove', code, '--business', business, '--force');
  await again.close();
  await server.call(`/devices/${code}/ping`);
  return secrets;
}

for (const format of ['logfmt', 'json']) {
  describe(`logs as ${format}`, () => {
    let secrets;
    let log;
    before(async () => {
      const server = await Server.start(join(folder, `logs-${format}`), 0, ['--log-level', 'debug', '--log-format', format]);
      secrets = await live(server);
      await server.stop();
      log = server.log;
    });

    test('each line is whole, dated, and one event', () => {
      const lines = log.split('\n');
      assert.equal(lines.pop(), '');
      const events = lines.map((line) => {
        assert.ok(Buffer.byteLength(line) < 2048);
        const fields = READERS[format](line);
        assert.deepEqual(Object.keys(fields).slice(0, 3), ['time', 'level', 'event']);
        assert.match(fields.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.match(fields.level, /^(error|warning|info|debug)$/);
        assert.match(fields.event, /^[a-z_]+\.[a-z_]+$/);
        return fields.event;
      });
      for (const event of ['terminal.registered', 'terminal.log_in_refused', 'terminal.refused', 'server.stopping']) {
        assert.ok(events.includes(event), `${event} was not logged`);
      }
    });

    test('each request is one line, by its number, with who asked and what became of it', () => {
      const calls = log.trimEnd().split('\n').map(READERS[format]).filter((fields) => fields.event.startsWith('call.'));
      const of = (wanted) => calls.filter((fields) => Object.entries(wanted).every(([name, value]) => String(fields[name]) === value));
      assert.equal(new Set(calls.map((fields) => fields.request)).size, calls.length, 'numbers are not repeated');
      for (const fields of calls) {
        assert.match(fields.request, /^[0-9a-f]{16}$/);
        assert.equal(fields.client, '127.0.0.1');
        const refused = [401, 403, 429].includes(Number(fields.status)) || Number(fields.status) >= 500;
        assert.deepEqual([fields.event, fields.level], refused ? ['call.refused', 'info'] : ['call.answered', 'debug']);
      }
      const shown = of({ route: '/v2/devices/{code}/ping', status: '202', business: '1', method: 'GET' });
      assert.equal(shown.length, 1);
      assert.ok(Number(shown[0].token) > 0);
      assert.ok(of({ route: '/v2/devices', status: '401', reason: 'unauthorized', business: '0' }).length >= 2);
      assert.ok(of({ route: '/v2/devices', status: '403', reason: 'unknown_token', token: '0' }).length >= 2);
      assert.ok(of({ route: '/v2/devices', status: '403', reason: 'no_permission', business: '1' }).length >= 1);
      assert.ok(of({ route: '/device/v1', status: '101' }).length >= 4);
      assert.ok(of({ route: '', status: '400' }).length >= 1, 'also what was refused before it was read');
    });

    test('no secret stands in them, nor its beginning', () => {
      assert.ok(Object.keys(secrets).length >= 18);
      for (const [what, secret] of Object.entries(secrets)) {
        assert.ok(typeof secret === 'string' && secret.length >= 8, `${what}: ${secret}`);
        for (const form of [secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''), Buffer.from(secret).toString('hex')]) {
          assert.ok(!log.includes(form.slice(0, Math.max(8, form.length / 2))), `${what} stands in the log`);
        }
      }
      assert.ok(!log.includes('$argon2'), 'the hash of a password');
    });
  });
}
