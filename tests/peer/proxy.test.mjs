// Behind somebody else's proxy: nginx and haproxy end TLS, tell whom they speak
// for, and carry the API, the page and the terminals.

import assert from 'node:assert/strict';
import { request } from 'node:https';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { makeCertificate, Production } from '../end/support/production.mjs';
import { Proxy } from '../end/support/proxy.mjs';
import { endWatched, makeFolder, removeFolder, until } from '../end/support/server.mjs';
import { Terminal } from '../end/support/terminal.mjs';

const folder = makeFolder();
let certificate;
let server;

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
  server = await Production.start(data, ['--trust-proxy', '127.0.0.1', '--log-level', 'debug']);
});

after(async () => {
  await server?.stop();
  endWatched();
  removeFolder(folder);
});

for (const name of Proxy.NAMES) {
  describe(`behind ${name}`, { skip: Proxy.whyNot(name) }, () => {
    let port;
    let proxy;

    before(async () => {
      proxy = await Proxy.start(name, folder, server.url, certificate);
      port = proxy.port;
    });

    after(() => proxy?.stop());

    test('the API answers through it', async () => {
      const answer = await call(port, '/v2/devices');
      assert.equal(answer.status, 200);
      assert.ok(Array.isArray(JSON.parse(answer.text)));
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
