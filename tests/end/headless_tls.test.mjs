// `tillwire terminal` over TLS, against a server of the test's own: whom it
// trusts, what it says about whom it does not, and what it does when it is told
// to come back later.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import { connect, createServer as createRawServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { Authority } from './support/authority.mjs';
import { TILLWIRE, endWatched, makeFolder, removeFolder, run, until, watched } from './support/server.mjs';

const WELCOME = {
  type: 'welcome', business: 7, businessName: 'Demo Shop', currency: 'CAD', user: 'Ada', code: 'JSV5', apiMode: true,
  heartbeatSeconds: 20, credential: null,
};

let folder;
let authority;
let good;
let terminals = 0;

before(() => {
  folder = makeFolder();
  authority = new Authority(folder);
  good = authority.issue('server');
});
after(() => {
  endWatched();
  removeFolder(folder);
});

// A server that welcomes every terminal, and notes each connection.
class Shop {
  static async open(identity = good, options = {}) {
    const shop = new Shop();
    shop.connections = [];
    shop.sockets = new Set();
    shop.server = identity === null ? createPlainServer() : createServer({ key: identity.key, cert: identity.cert, ...options });
    shop.server.on('connection', (socket) => shop.sockets.add(socket));
    const door = new WebSocketServer({ server: shop.server, path: '/device/v1' });
    door.on('connection', (socket, request) => shop.#take(socket, request.socket));
    await once(shop.server.listen(0, '127.0.0.1'), 'listening');
    shop.port = shop.server.address().port;
    return shop;
  }

  #take(socket, stream) {
    const resumed = stream.isSessionReused?.();
    this.connections.push({ socket, resumed, version: stream.getProtocol?.(), name: stream.servername, at: Date.now() });
    socket.on('message', (bytes) => {
      const answers = { hello: WELCOME, ready: { type: 'ready_confirmed' } };
      const answer = answers[JSON.parse(bytes).type];
      if (answer) socket.send(JSON.stringify(answer));
    });
  }

  async close() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => { this.server.close(done); });
  }
}

class Headless {
  constructor(url, args, env = {}) {
    this.events = [];
    this.stderr = '';
    terminals += 1;
    const words = ['terminal', '--server', url, '--data', join(folder, `terminal-${terminals}`), '--continue', '--json', ...args];
    this.child = watched(spawn(TILLWIRE, words, { env: { ...process.env, ...env } }));
    this.child.stderr.on('data', (bytes) => { this.stderr += bytes; });
    createInterface({ input: this.child.stdout }).on('line', (line) => this.events.push(JSON.parse(line)));
    this.ended = new Promise((done) => { this.child.once('close', (code) => done(code)); });
  }

  event(name) {
    return until(() => `event ${name}; ${JSON.stringify(this.events)} ${this.stderr}`,
      () => this.events.find((event) => event.event === name));
  }

  async stop() {
    this.child.kill('SIGTERM');
    return this.ended;
  }
}

// Opens a shop, starts a terminal, and ends both.
async function inShop(identity, options, args, use, env) {
  const shop = await Shop.open(identity, options);
  const host = options.host ?? 'localhost';
  const terminal = new Headless(`https://${host}:${shop.port}`, args(shop), env);
  try {
    await use(terminal, shop);
    assert.equal(await terminal.stop(), 0);
  } finally {
    terminal.child.kill('SIGKILL');
    await shop.close();
  }
}

const withAuthority = () => ['--ca-file', authority.file];

describe('a terminal trusts', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    test(`an authority that it was given, over ${version}, and resumes its session`, async () => {
      await inShop(good, { minVersion: version, maxVersion: version }, withAuthority, async (terminal, shop) => {
        await terminal.event('ready');
        assert.equal(shop.connections[0].version, version);
        assert.equal(shop.connections[0].name, 'localhost');
        assert.equal(shop.connections[0].resumed, false);
        shop.connections[0].socket.close(1001);
        await until('it is back', () => shop.connections.length === 2);
        assert.equal(shop.connections[1].resumed, true);
        shop.connections[1].socket.terminate(); // also after a cut
        await until('it is back', () => shop.connections.length === 3);
        assert.equal(shop.connections[2].resumed, true);
      });
    });
  }

  test('an authority of the environment, and a certificate for an address', async () => {
    await inShop(good, { host: '127.0.0.1' }, () => [], async (terminal, shop) => {
      await terminal.event('ready');
      assert.equal(shop.connections[0].name, false, 'an address is no server name');
    }, { TILLWIRE_CA_FILE: authority.file });
  });

  test('one key, whoever signed its certificate and for whatever name', async () => {
    const other = new Authority(folder, 'Somebody').issue('elsewhere', 'DNS:elsewhere.example', 30);
    for (const prefix of ['', 'sha256//']) {
      await inShop(other, {}, () => ['--server-key', prefix + other.pin], (terminal) => terminal.event('ready'));
    }
    await inShop(other, {}, () => [], (terminal) => terminal.event('ready'), { TILLWIRE_SERVER_KEY: other.pin });
  });

  test('many terminals share its session, also when all come back at once', async () => {
    const shop = await Shop.open();
    const terminal = new Headless(`https://localhost:${shop.port}`, [...withAuthority(), '--count', '20']);
    await until('all are ready', () => terminal.events.filter((event) => event.event === 'ready').length === 20);
    shop.connections.forEach(({ socket }) => socket.close(1001));
    await until('all are back', () => shop.connections.length === 40);
    assert.equal(shop.connections.slice(20).filter(({ resumed }) => resumed).length, 20);
    assert.equal(await terminal.stop(), 0);
    await shop.close();
  });
});

describe('a terminal says in words, once, and tries again, when the certificate', () => {
  const troubles = [
    ['has expired', () => authority.issue('old', 'DNS:localhost', -1), withAuthority,
      /^the certificate of localhost has expired/],
    ['is for another name', () => authority.issue('named', 'DNS:pos.example.com'), withAuthority,
      /is for another name than localhost: check the address$/],
    ['is signed by nobody it knows', () => good, () => [],
      /^the certificate of localhost is signed by nobody whom this machine knows: give the authority's certificate with --ca-file$/],
    ['has another key than the one given', () => good, () => ['--server-key', authority.issue('other').pin],
      /^the key of localhost is not the one that is expected of it/],
    ['has the right key and the wrong authority', () => good,
      () => ['--server-key', good.pin, '--ca-file', new Authority(folder, 'Nobody').file], /^the certificate of localhost/],
  ];
  for (const [name, identity, args, expected] of troubles) {
    test(name, async () => {
      await inShop(identity(), {}, args, async (terminal, shop) => {
        const { code, reason } = await terminal.event('disconnected');
        assert.equal(code, 1006);
        assert.match(reason, expected);
        await until('it tries again', () => shop.sockets.size >= 3);
        assert.equal(terminal.events.length, 1);
        assert.equal(shop.connections.length, 0, 'no word of WebSocket was said');
      });
    });
  }

  test('is of a server that speaks only TLS 1.1', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    await inShop(good, old, withAuthority, async (terminal) => {
      assert.match((await terminal.event('disconnected')).reason, /TLS/);
    });
  });
});

describe('a terminal tells http and https apart', () => {
  test('an https address whose port speaks http', async () => {
    const shop = await Shop.open(null);
    const terminal = new Headless(`https://localhost:${shop.port}`, withAuthority());
    assert.match((await terminal.event('disconnected')).reason, /does not speak TLS: check the port, or use http/);
    assert.equal(await terminal.stop(), 0);
    await shop.close();
  });

  test('an http address whose port speaks TLS', async () => {
    const shop = await Shop.open();
    const terminal = new Headless(`http://localhost:${shop.port}`, []);
    assert.match((await terminal.event('disconnected')).reason, /./);
    assert.equal(await terminal.stop(), 0);
    await shop.close();
  });

  test('a CA file that cannot be used ends it before it connects', async () => {
    const { code, stderr } = await run(['terminal', '--server', 'https://localhost:1', '--ca-file', join(folder, 'none.pem'),
      '--data', join(folder, 'none')]);
    assert.equal(code, 2);
    assert.match(stderr, /^tillwire terminal: --ca-file: .*none\.pem.*there is no such file\n$/);
  });

  test('a CA file for an http server is refused, and one of the environment left aside', async () => {
    const words = ['terminal', '--server', 'http://localhost:1', '--data', join(folder, 'plain'), '--json'];
    assert.equal((await run([...words, '--ca-file', authority.file])).code, 2);
    const terminal = new Headless('http://127.0.0.1:1', [], { TILLWIRE_CA_FILE: authority.file, TILLWIRE_SERVER_KEY: 'x' });
    await terminal.event('disconnected');
    assert.equal(await terminal.stop(), 0);
  });
});

describe('a terminal comes back when it is asked to', () => {
  test('after a refused upgrade with Retry-After', async () => {
    const seen = [];
    const server = createPlainServer((request, response) => {
      seen.push(Date.now());
      response.writeHead(503, { 'retry-after': '2', connection: 'close' }).end('busy');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    server.on('upgrade', (request, socket) => {
      seen.push(Date.now());
      socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy');
    });
    const terminal = new Headless(`http://127.0.0.1:${server.address().port}`, []);
    await until('it comes again', () => seen.length === 2);
    assert.ok(seen[1] - seen[0] >= 2000, `after ${seen[1] - seen[0]} ms`);
    assert.equal(await terminal.stop(), 0);
    server.close();
  });

  test('after an error that says when', async () => {
    await inShop(good, {}, withAuthority, async (terminal, shop) => {
      await terminal.event('ready');
      const { socket } = shop.connections[0];
      socket.send(JSON.stringify({ type: 'error', reason: 'stopping', message: 'Stopping.', retryAfterMs: 1500 }));
      socket.close(1001);
      const left = Date.now();
      await until('it is back', () => shop.connections.length === 2);
      assert.ok(shop.connections[1].at - left >= 1490, `after ${shop.connections[1].at - left} ms`);
    });
  });
});

test('a connection that is cut in the midst of the handshake is told', async () => {
  const shop = await Shop.open();
  const cutter = createRawServer((socket) => {
    const back = connect(shop.port, '127.0.0.1');
    socket.on('error', () => {});
    back.on('error', () => {});
    socket.pipe(back);
    back.once('data', (bytes) => { socket.end(bytes.subarray(0, 60)); back.destroy(); });
  });
  await once(cutter.listen(0, '127.0.0.1'), 'listening');
  const terminal = new Headless(`https://localhost:${cutter.address().port}`, withAuthority());
  assert.match((await terminal.event('disconnected')).reason, /^no secure connection to localhost:\d+: the server ended it/);
  assert.equal(await terminal.stop(), 0);
  cutter.close();
  await shop.close();
});
