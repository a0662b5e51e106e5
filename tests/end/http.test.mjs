// HTTP/1.1 as bytes on a socket: what is malformed gets one answer and the
// connection closes, what is well-formed is served one after the other, and
// nothing behind a refused request is taken for another.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Server, makeFolder, removeFolder } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';

let folder;
let server;

before(async () => {
  folder = makeFolder();
  server = await Server.start(folder);
});
after(async () => {
  await server.stop();
  removeFolder(folder);
});

const CANARY = 'GET /canary HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
const GET = 'GET /canary HTTP/1.1\r\nHost: localhost\r\n\r\n';

// Sends the pieces, each in a packet of its own, and reads to the end.
async function talk(...pieces) {
  const socket = net.connect(server.port, '127.0.0.1');
  socket.setNoDelay(true);
  let answer = '';
  socket.on('data', (bytes) => { answer += bytes.toString('latin1'); });
  socket.on('error', () => {});
  const closed = new Promise((done) => { socket.once('close', done); });
  await new Promise((done) => { socket.once('connect', done); });
  for (const piece of pieces) {
    if (socket.destroyed || socket.readableEnded) break;
    await new Promise((done) => { socket.write(Buffer.from(piece, 'latin1'), done); });
    if (pieces.length > 1) await new Promise((done) => { setImmediate(done); });
  }
  await closed;
  return [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}

const head = (...lines) => ['GET /canary HTTP/1.1', 'Host: localhost', ...lines].join('\r\n') + '\r\n\r\n';

describe('one refusal, then the end', () => {
  const cases = [
    ['Content-Length twice', head('Content-Length: 5', 'Content-Length: 5') + 'hello', 400],
    ['Content-Length as a list', head('Content-Length: 5,5') + 'hello', 400],
    ['Content-Length with a sign', head('Content-Length: +5') + 'hello', 400],
    ['Content-Length of 30 digits', head(`Content-Length: ${'9'.repeat(30)}`), [400, 413]],
    ['Content-Length and Transfer-Encoding', head('Content-Length: 5', 'Transfer-Encoding: chunked') + '0\r\n\r\n', 400],
    ['chunked twice', head('Transfer-Encoding: chunked, chunked') + '0\r\n\r\n', 400],
    ['an unknown coding', head('Transfer-Encoding: gzip') + 'x', [400, 501]],
    ['Transfer-Encoding in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['a chunk size with a prefix', head('Transfer-Encoding: chunked') + '0x5\r\nhello\r\n0\r\n\r\n', 400],
    ['a chunk that is too long for its size', head('Transfer-Encoding: chunked') + '3\r\nhello\r\n0\r\n\r\n', 400],
    ['a bare LF', 'GET / HTTP/1.1\nHost: localhost\n\n', 400],
    ['a NUL', head('X: a\0b'), 400],
    ['a blank before the colon', head('X : y'), 400],
    ['a folded line', head('X: a', ' b'), 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', head('Host: b'), 400],
    ['two blanks in the request line', 'GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['no version', 'GET /\r\n\r\n', 400],
    ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: localhost\r\n\r\n', 505],
    ['an unknown expectation', head('Expect: miracles'), 417],
    ['65 headers', head(...Array.from({ length: 64 }, (_, i) => `X${i}: y`)), 431],
    ['a head of more than 16 KB', head(`X: ${'y'.repeat(17000)}`), 431],
    ['a target of more than 8 KB', `GET /${'a'.repeat(8300)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 414],
    ['a body of more than 64 KB', head('Content-Length: 65537') + 'x'.repeat(1000), 413],
    ['bytes of another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01', 400],
  ];
  for (const [name, bytes, expected] of cases) {
    test(name, async () => {
      const wanted = [expected].flat();
      for (const pieces of [[bytes + CANARY], [...bytes].slice(0, 400).concat(bytes.slice(400) + CANARY)]) {
        const answers = await talk(...pieces);
        assert.equal(answers.length, 1, `${answers}`);
        assert.ok(wanted.includes(answers[0]), `${answers[0]}`);
      }
    });
  }
});

describe('served', () => {
  const served = [
    ['a body on GET, which is ignored', head('Content-Length: 5') + 'hello'],
    ['a chunked body', head('Transfer-Encoding: chunked') + '5;a=b\r\nhello\r\n0\r\n\r\n'],
    ['an absolute target', 'GET http://localhost/canary HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['Upgrade: h2c, which is ignored', head('Upgrade: h2c', 'Connection: Upgrade')],
    ['empty lines before the request', `\r\n${GET}`],
    ['a target of 8 KB', `GET /${'a'.repeat(8000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  ];
  for (const [name, bytes] of served) {
    test(name, async () => {
      assert.deepEqual(await talk(bytes + CANARY), [404, 404]);
      assert.deepEqual(await talk(...bytes.slice(0, 300), bytes.slice(300) + CANARY), [404, 404]);
    });
  }

  test('a thousand requests in one packet', async () => {
    assert.deepEqual(await talk(GET.repeat(999) + CANARY), Array(1000).fill(404));
  });

  test('pipelined calls that are answered later keep their order', async () => {
    const terminal = new Terminal(server);
    const { code } = await terminal.logIn();
    const request = (path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\napi-token: ${server.facts.token}\r\n\r\n`;
    const answers = talk(request(`/v2/devices/${code}/ping`) + request('/v2/devices/2222/ping') +
      request('/v2/connection-test') + request(`/v2/devices/${code}/ping`) + CANARY);
    await terminal.showPing();
    await terminal.showPing();
    assert.deepEqual(await answers, [202, 404, 200, 202, 404]);
    await terminal.close();
  });

  test('100-continue is said before the body is sent', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    const lines = [];
    socket.write(head('Content-Length: 2', 'Expect: 100-continue', 'Connection: close'));
    await new Promise((done) => {
      socket.on('data', (bytes) => {
        lines.push(bytes.toString());
        if (lines.length === 1) socket.write('{}');
      });
      socket.once('close', done);
    });
    assert.match(lines[0], /^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    assert.match(lines[1], /^HTTP\/1\.1 404 /);
  });

  test('HTTP/1.0 is closed after its answer', async () => {
    assert.deepEqual(await talk('GET /canary HTTP/1.0\r\nHost: localhost\r\n\r\n'), [404]);
  });

  test('a client that only stops sending gets its late answer', async () => {
    const terminal = new Terminal(server);
    const { code } = await terminal.logIn();
    const socket = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    let answer = '';
    socket.on('data', (bytes) => { answer += bytes; });
    const ended = new Promise((done) => { socket.once('end', done); });
    socket.end(`GET /v2/devices/${code}/ping HTTP/1.1\r\nHost: localhost\r\napi-token: ${server.facts.token}\r\n\r\n`);
    const ping = await terminal.expect('ping');
    terminal.send({ type: 'ping_shown', id: ping.id });
    await ended;
    assert.match(answer, /^HTTP\/1\.1 202 /);
    await terminal.close();
  });

  test('every answer has a number of its own and its type is meant', async () => {
    const seen = new Set();
    for (const path of ['/terminal', '/nowhere', '/v2/devices', '/v2/connection-test', '/']) {
      const answer = await fetch(server.url + path, { redirect: 'manual' });
      assert.match(answer.headers.get('request-id'), /^[0-9a-f]{16}$/, path);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
      seen.add(answer.headers.get('request-id'));
    }
    assert.equal(seen.size, 5);
  });

  test('a client that goes away before its ping is answered costs nothing', async () => {
    const terminal = new Terminal(server);
    const { code } = await terminal.logIn();
    for (let i = 0; i < 20; i++) {
      const socket = net.connect(server.port, '127.0.0.1');
      socket.write(`GET /v2/devices/${code}/ping HTTP/1.1\r\nHost: localhost\r\napi-token: ${server.facts.token}\r\n\r\n`);
      const ping = await terminal.expect('ping');
      socket.destroy();
      terminal.send({ type: 'ping_shown', id: ping.id });
    }
    const call = server.call(`/devices/${code}/ping`);
    await terminal.showPing();
    assert.equal((await call).status, 202);
    await terminal.close();
  });
});

test('pages have a strict policy, a type and an entity tag', async () => {
  const page = await fetch(`${server.url}/terminal`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-type'), /^text\/html/);
  assert.match(page.headers.get('content-security-policy'), /default-src 'none'/);
  assert.ok(!page.headers.get('content-security-policy').includes('unsafe'));
  const again = await fetch(`${server.url}/terminal`, { headers: { 'if-none-match': page.headers.get('etag') } });
  assert.equal(again.status, 304);
  const several = await fetch(`${server.url}/terminal`, { headers: { 'if-none-match': `"other", W/${page.headers.get('etag')}` } });
  assert.equal(several.status, 304);
  const html = await page.text();
  for (const [, path] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
    assert.equal((await fetch(server.url + path)).status, 200, path);
  }
  assert.equal((await fetch(`${server.url}/terminal/../../etc/passwd`)).status, 404);
  const root = await fetch(server.url, { redirect: 'manual' });
  assert.deepEqual([root.status, root.headers.get('location')], [302, '/terminal']);
});
