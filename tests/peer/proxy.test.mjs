// Behind somebody else's proxy: nginx and haproxy end TLS, tell whom they speak
// for, and carry the API, the page and the terminals.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { makeCertificate, Production } from '../end/support/production.mjs';
import { endWatched, makeFolder, removeFolder, until, watched } from '../end/support/server.mjs';
import { Terminal } from '../end/support/terminal.mjs';

const folder = makeFolder();
let certificate;
let server;

function installed(command) {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
    return true;
  } catch {
    return false;
  }
}

function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

function nginx(home, port) {
  writeFileSync(join(home, 'nginx.conf'), `
daemon off; worker_processes 1; pid ${home}/pid; error_log ${home}/error.log;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi;
  map $http_upgrade $connection_header { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificate.certificate}; ssl_certificate_key ${certificate.key};
    location / {
      proxy_pass ${server.url};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_header;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`);
  return ['nginx', '-p', home, '-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')];
}

function haproxy(home, port) {
  const both = join(home, 'both.pem');
  writeFileSync(both, readFileSync(certificate.certificate, 'utf8') + readFileSync(certificate.key, 'utf8'));
  writeFileSync(join(home, 'haproxy.cfg'), `
global
  maxconn 512
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  option forwardfor
frontend door
  bind 127.0.0.1:${port} ssl crt ${both}
  http-request set-header X-Forwarded-Proto https
  default_backend tillwire
backend tillwire
  server one ${new URL(server.url).host}
`);
  return ['haproxy', '-db', '-f', join(home, 'haproxy.cfg')];
}

const PEERS = { nginx, haproxy };

// A call over the proxy's TLS, from an address of ours; { status, headers, text }.
function call(port, path, { token = server.facts.token, from = '127.0.0.1', headers = {} } = {}) {
  return new Promise((done, refuse) => {
    const asked = request({
      host: '127.0.0.1', port, path, localAddress: from, servername: 'localhost', agent: false,
      ca: readFileSync(certificate.certificate), headers: { ...(token ? { 'api-token': token } : {}), ...headers },
    }, (answer) => {
      let text = '';
      answer.on('data', (bytes) => { text += bytes; });
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }));
    });
    asked.once('error', refuse);
    asked.end();
  });
}

before(async () => {
  certificate = makeCertificate(folder);
  const data = join(folder, 'data');
  mkdirSync(data);
  server = await Production.start(data, ['--trust-proxy', '127.0.0.1', '--log-level', 'debug']);
});

after(async () => {
  await server?.stop();
  endWatched();
  removeFolder(folder);
});

for (const name of Object.keys(PEERS)) {
  describe(`behind ${name}`, { skip: installed(name) ? false : `${name} is not installed` }, () => {
    let port;
    let proxy;

    before(async () => {
      const home = join(folder, name);
      mkdirSync(home);
      port = await freePort();
      const [command, ...args] = PEERS[name](home, port);
      proxy = watched(spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } }));
      let said = '';
      proxy.stderr.on('data', (bytes) => { said += bytes; });
      await until(`${name} answers: ${said}`, () => call(port, '/v2/connection-test').then((answer) => answer.status === 200, () => false));
    });

    after(() => proxy?.kill('SIGTERM'));

    test('the API answers through it', async () => {
      const answer = await call(port, '/v2/devices');
      assert.equal(answer.status, 200);
      assert.equal(answer.text, '[]');
      assert.equal((await call(port, '/v2/devices', { token: null })).status, 401);
    });

    test('a terminal lives behind it, is pinged, and comes back to its code', async () => {
      const far = { url: `https://127.0.0.1:${port}`, facts: server.facts };
      const terminal = new Terminal(far, { ca: readFileSync(certificate.certificate) });
      const { code } = await terminal.logIn();
      const [ping] = await Promise.all([call(port, `/v2/devices/${code}/ping`), terminal.showPing()]);
      assert.equal(ping.status, 202);
      assert.equal(ping.text, '');
      await terminal.cut();
      const again = terminal.again({ ca: readFileSync(certificate.certificate) });
      assert.equal((await again.comeBack()).code, code);
      await again.close();
      await until('its end is noticed', async () => (await call(port, `/v2/devices/${code}/ping`)).status === 409);
    });

    test('a page of the proxied host may act as a terminal, one of another host may not', async () => {
      const far = { url: `https://127.0.0.1:${port}`, facts: server.facts };
      const ca = readFileSync(certificate.certificate);
      const ours = new Terminal(far, { ca, headers: { Origin: `https://127.0.0.1:${port}` } });
      await ours.opened;
      await ours.close();
      const other = new Terminal(far, { ca, headers: { Origin: 'https://elsewhere.example' } });
      await assert.rejects(other.opened, /403/);
    });

    test('the address in the log is the one that the proxy speaks for, not what its client claims', async () => {
      const wrong = 'x'.repeat(43);
      const answer = await call(port, '/v2/devices', { token: wrong, from: '127.0.0.9', headers: { 'X-Forwarded-For': '203.0.113.7' } });
      assert.equal(answer.status, 403);
      const id = answer.headers['request-id'];
      await until('the refusal is logged', () => server.log.includes(id));
      const line = server.log.split('\n').find((each) => each.includes(id));
      assert.match(line, /127\.0\.0\.9/);
      assert.doesNotMatch(line, /203\.0\.113\.7/);
    });
  });
}

test('nobody else is believed about whom he speaks for', async () => {
  const plain = await fetch(`${server.url}/v2/devices`, { headers: { 'api-token': 'y'.repeat(43), 'X-Forwarded-For': 'not an address' } });
  assert.equal(plain.status, 403);
});
