// The server by TLS, as foreign clients see it: curl, Node, openssl and plain
// sockets; certificates that change while it runs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, afterEach, before, describe, test } from 'node:test';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { endWatched, makeFolder, removeFolder, until } from './support/server.mjs';
import { makeCertificate, Production } from './support/production.mjs';
import { Terminal } from './support/terminal.mjs';

let folder;
let server;
let ca;
let files; // what the server was started with: a certificate of its own for each test that changes it

before(async () => {
  folder = makeFolder();
  files = makeCertificate(folder, { name: 'server' });
  ca = readFileSync(files.certificate);
  server = await Production.start(join(folder, 'data'),
    ['--tls-cert', files.certificate, '--tls-key', files.key, '--log-level', 'debug', '--rate-limits', 'off']);
});
after(async () => {
  if (server) assert.deepEqual(await server.stop(), { code: 0, signal: null });
  endWatched();
  removeFolder(folder);
});

const path = '/v2/connection-test';
const request = () => `GET ${path} HTTP/1.1\r\nHost: localhost\r\napi-token: ${server.facts.token}\r\n\r\n`;

function command(name, args, input = '') {
  return new Promise((done) => {
    const child = execFile(name, args, (error, stdout, stderr) => done({ code: error ? error.code : 0, stdout, stderr }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function curl(...args) {
  return command('curl', ['--silent', '--show-error', '--cacert', files.certificate, '--resolve',
    `localhost:${server.port}:127.0.0.1`, '-H', `api-token: ${server.facts.token}`,
    '-w', '\n%{http_code} %{http_version} %{ssl_verify_result}', ...args, `https://localhost:${server.port}${path}`]);
}

// A TLS connection that has shaken hands.
function connect(options = {}) {
  return new Promise((done, refuse) => {
    const socket = tls.connect({ port: server.port, host: '127.0.0.1', servername: 'localhost', ca, ...options },
      () => done(socket));
    socket.once('error', refuse);
  });
}

// All that comes until the end, or until `enough` says so.
function read(socket, enough = () => false) {
  return new Promise((done, refuse) => {
    let text = '';
    socket.on('data', (bytes) => { text += bytes; if (enough(text)) done(text); });
    socket.on('end', () => done(text));
    socket.on('error', refuse);
  });
}

const answers = (text) => text.split('HTTP/1.1 200 OK').length - 1;

async function get(options = {}) {
  const socket = await connect(options);
  const facts = { protocol: socket.getProtocol(), resumed: socket.isSessionReused(), subject: socket.getPeerCertificate().subject?.CN };
  socket.write(request());
  facts.text = await read(socket, (text) => answers(text) === 1);
  socket.destroy();
  return facts;
}

describe('versions and protocols', () => {
  test('curl is answered by TLS 1.2 and 1.3, over HTTP/1.1', async () => {
    for (const version of [['--tlsv1.2', '--tls-max', '1.2'], ['--tlsv1.3']]) {
      const { code, stdout, stderr } = await curl(...version);
      assert.equal(stderr, '');
      assert.equal(code, 0);
      assert.equal(stdout, '{"message":"Connection Successful"}\n200 1.1 0');
    }
  });

  test('TLS 1.1 and 1.0 are refused', async () => {
    for (const version of ['TLSv1.1', 'TLSv1']) {
      await assert.rejects(connect({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' }),
        /protocol version|EPROTO|unsupported protocol/);
    }
    await until('the log tells why', () => /event=tls\.failed peer=127\.0\.0\.1:\d+ reason="the other side speaks no TLS of version 1\.2 or 1\.3"/.test(server.log));
  });

  test('who wants another protocol than HTTP/1.1 is told so', async () => {
    await assert.rejects(connect({ ALPNProtocols: ['h2'] }), /no application protocol|alert number 120/);
    const socket = await connect({ ALPNProtocols: ['h2', 'http/1.1'] });
    assert.equal(socket.alpnProtocol, 'http/1.1');
    socket.destroy();
  });

  test('openssl s_client finds nothing wrong', async () => {
    const { stdout } = await command('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-servername', 'localhost',
      '-CAfile', files.certificate, '-verify_return_error', '-alpn', 'http/1.1', '-ign_eof'],
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\napi-token: ${server.facts.token}\r\n\r\n`);
    assert.match(stdout, /Verify return code: 0 \(ok\)/);
    assert.match(stdout, /No ALPN negotiated|ALPN protocol: http\/1\.1/);
    assert.match(stdout, /HTTP\/1\.1 200 OK/);
    assert.match(stdout, /Max Early Data: 0/);
  });
});

describe('what comes in other ways', () => {
  test('plain HTTP is told to use https', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write(request());
    const text = await read(socket);
    assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(text, /\r\n\r\nthis port speaks https: write https:\/\/ before the address\n$/);
    assert.ok(text.includes(`Content-Length: ${text.split('\r\n\r\n')[1].length}\r\n`));
  });

  test('what is no TLS at all gets an alert, and the server goes on', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write(Buffer.from([0x16, 3, 1, 0, 4, 1, 2, 3, 4]));
    const bytes = Buffer.from(await read(socket), 'latin1');
    assert.equal(bytes[0], 21);
    assert.equal(answers((await get()).text), 1);
  });

  test('a connection may be cut at any moment of the handshake', async () => {
    for (const length of [1, 5, 6, 40, 200]) {
      const socket = net.connect(server.port, '127.0.0.1');
      const hello = await new Promise((done) => {
        const trap = net.createServer((peer) => peer.once('data', (bytes) => { done(bytes); peer.destroy(); trap.close(); }));
        trap.listen(0, '127.0.0.1', () => tls.connect({ port: trap.address().port, host: '127.0.0.1' }).on('error', () => {}));
      });
      socket.on('error', () => {});
      socket.write(hello.subarray(0, length));
      socket.resetAndDestroy();
    }
    assert.equal(answers((await get()).text), 1);
  });
});

describe('traffic', () => {
  test('a hundred connections at once', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => get()));
    for (const { text } of all) assert.equal(answers(text), 1);
  });

  test('pipelined requests are all answered, in one record or each byte in its own', async () => {
    const socket = await connect();
    socket.write(request().repeat(50));
    await read(socket, (text) => answers(text) === 50);
    socket.destroy();
    const slow = await connect();
    slow.setNoDelay(true);
    const got = read(slow, (text) => answers(text) === 2);
    for (const byte of request().repeat(2)) {
      await new Promise((done) => { slow.write(byte, done); });
    }
    assert.equal(answers(await got), 2);
    slow.destroy();
  });

  test('who says goodbye after the question still gets the answer', async () => {
    const socket = await connect({ allowHalfOpen: true });
    socket.end(request());
    assert.equal(answers(await read(socket)), 1);
  });

  test('a page comes whole', async () => {
    const socket = await connect();
    socket.write('GET /terminal/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const text = await read(socket);
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    const [head, body] = [text.slice(0, text.indexOf('\r\n\r\n')), text.slice(text.indexOf('\r\n\r\n') + 4)];
    assert.equal(Buffer.byteLength(body), Number(/Content-Length: (\d+)/.exec(head)[1]));
  });

  test('a client that asks for much and reads slowly gets all of it', async () => {
    const wanted = 300; // more than a socket's buffers hold
    const socket = await connect();
    socket.pause();
    socket.write('GET /terminal/ HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(wanted));
    await until('the server has stopped reading or has sent what fits', () => socket.bytesWritten > 0);
    let length = 0;
    let one = 0;
    for await (const piece of socket) {
      if (one === 0) {
        const head = piece.toString('latin1');
        one = head.indexOf('\r\n\r\n') + 4 + Number(/Content-Length: (\d+)/.exec(head)[1]);
      }
      length += piece.length;
      if (length >= one * wanted) break;
    }
    assert.equal(length, one * wanted);
  });
});

describe('terminals', () => {
  test('a terminal comes by wss, and is pinged', async () => {
    const terminal = new Terminal(server, { ca });
    assert.match(server.url, /^https:/);
    const { code } = await terminal.logIn();
    const ping = fetchPing(code);
    const message = await terminal.expect('ping');
    terminal.send({ type: 'ping_shown', id: message.id });
    assert.equal(await ping, 202);
    terminal.socket.close();
    await terminal.closed;
  });

  function fetchPing(code) {
    return new Promise((done, refuse) => {
      https.get(`${server.url}/v2/devices/${code}/ping`, { ca, servername: 'localhost', headers: { 'api-token': server.facts.token } },
        (answer) => { answer.resume(); done(answer.statusCode); }).on('error', refuse);
    });
  }
});

describe('tickets', () => {
  // A connection's ticket: with 1.3 it comes after the handshake.
  async function ticketOf(options) {
    const socket = await connect(options);
    const session = new Promise((done) => { socket.once('session', done); });
    socket.write(request());
    await read(socket, (text) => answers(text) === 1);
    const ticket = options.maxVersion === 'TLSv1.2' ? socket.getSession() : await session;
    socket.destroy();
    return ticket;
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    test(`a ticket is good again, also after a restart (${version})`, async () => {
      const options = { minVersion: version, maxVersion: version };
      const session = await ticketOf(options);
      assert.equal((await get(options)).resumed, false);
      const again = await get({ ...options, session });
      assert.equal(again.resumed, true);
      assert.equal(again.protocol, version);
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
      server = await server.startAgain();
      const later = await get({ ...options, session });
      assert.equal(later.resumed, true);
      assert.equal(answers(later.text), 1);
    });
  }

  test('a ticket of another server is worth nothing', async () => {
    const session = await ticketOf({});
    const other = await Production.start(join(folder, 'other'), ['--tls-cert', files.certificate, '--tls-key', files.key]);
    const socket = await connect({ port: other.port, session });
    assert.equal(socket.isSessionReused(), false);
    socket.destroy();
    await other.stop();
  });
});

describe('another certificate', () => {
  let before;
  afterEach(async () => { // the first one again
    copyFileSync(before.certificate, files.certificate);
    copyFileSync(before.key, files.key);
    server.child.kill('SIGHUP');
    await until('the first certificate again', async () => (await subject()) === 'localhost');
  });

  const subject = async () => {
    const socket = await connect({ rejectUnauthorized: false });
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return CN;
  };

  function keepFirst(name) {
    before = { certificate: join(folder, `${name}.first.crt`), key: join(folder, `${name}.first.key`) };
    copyFileSync(files.certificate, before.certificate);
    copyFileSync(files.key, before.key);
  }

  test('is shown after SIGHUP, while earlier connections go on', async () => {
    keepFirst('good');
    const earlier = await connect();
    const next = makeCertificate(folder, { name: 'next', names: ['new.example'] });
    copyFileSync(next.certificate, files.certificate);
    copyFileSync(next.key, files.key);
    assert.equal(await subject(), 'localhost'); // not before it is told
    server.child.kill('SIGHUP');
    await until('the new certificate', async () => (await subject()) === 'new.example');
    assert.match(server.log, /event=tls\.reloaded subject=new\.example/);
    earlier.write(request());
    await read(earlier, (text) => answers(text) === 1);
    earlier.destroy();
  });

  test('that is broken is not shown: the old one stays, and the log says so', async () => {
    keepFirst('broken');
    const broken = [
      [() => writeFileSync(files.certificate, 'no certificate\n'), /holds no certificate in PEM form/],
      [() => copyFileSync(makeCertificate(folder, { name: 'stranger' }).certificate, files.certificate), /does not belong to the certificate/],
      [() => { copyFileSync(before.certificate, files.certificate); writeFileSync(files.key, ''); }, /holds no private key in PEM form/],
    ];
    for (const [breakIt, words] of broken) {
      const length = server.log.length;
      breakIt();
      server.child.kill('SIGHUP');
      await until('the log says so', () => words.test(server.log.slice(length)));
      assert.match(server.log.slice(length), /level=error event=tls\.reload_failed/);
      assert.equal(await subject(), 'localhost');
      assert.equal(answers((await get()).text), 1);
    }
  });
});
