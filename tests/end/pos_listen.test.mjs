// `tillwire pos listen` takes webhooks from anybody: the real binary, signed
// messages of the test's own, and a server behind it.

import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';
import { Command, freePort } from './support/command.mjs';
import { endWatched, run, until } from './support/server.mjs';

describe('a listener', () => {
  const verifier = randomBytes(32).toString('base64');
  let behind;
  let seen;
  let says;

  before(async () => {
    behind = http.createServer(async (request, response) => {
      let body = '';
      for await (const bytes of request) body += bytes;
      seen.push({ headers: request.headers, body });
      response.writeHead(says).end();
    });
    await once(behind.listen(0, '127.0.0.1'), 'listening');
  });
  after(() => behind.close());
  afterEach(() => endWatched());

  async function listen(...words) {
    seen = [];
    says = 204;
    const listener = new Command(['pos', 'listen', '--port', '0', '--json', ...words], { TILLWIRE_VERIFIER_TOKEN: verifier });
    listener.url = `http://${JSON.parse(await listener.line(/listening/)).address}/any/path`;
    return listener;
  }

  const sign = (id, time, body, token = verifier) =>
    `v1,${createHmac('sha256', Buffer.from(token, 'base64')).update(`${id}.${time}.${body}`).digest('base64')}`;

  async function send(listener, id, body, { age = 0, token } = {}) {
    const time = Math.floor(Date.now() / 1000) - age;
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(time), 'webhook-signature': sign(id, time, body, token) };
    const answer = await fetch(listener.url, { method: 'POST', body, headers });
    return { status: answer.status, text: await answer.text(), headers };
  }

  const sale = '{"id":"25764674","type":"cardTransaction"}';

  test('takes what is genuine, and knows what came before', async () => {
    const listener = await listen();
    assert.deepEqual((({ status, text }) => [status, text])(await send(listener, 'msg_a', sale)), [200, '']);
    assert.equal((await send(listener, 'msg_a', sale)).status, 200);
    await until('two lines', () => listener.lines.length === 3);
    const [first, second] = listener.lines.slice(1).map((line) => JSON.parse(line));
    assert.deepEqual(first, { event: 'webhook', id: 'msg_a', type: 'cardTransaction', transactionId: 25764674, repeated: false, body: sale, answer: 200 });
    assert.deepEqual(second, { ...first, repeated: true });
  });

  test('refuses what is not, with a sentence', async () => {
    const listener = await listen('--forward', `http://127.0.0.1:${behind.address().port}/`);
    const refusals = [
      [await send(listener, 'msg_a', sale, { token: randomBytes(32).toString('base64') }), /not by this verifier token/],
      [await send(listener, 'msg_a', sale, { age: 301 }), /more than 5 minutes/],
      [await send(listener, 'msg_a', sale, { age: -302 }), /more than 5 minutes/],
      [await fetch(listener.url, { method: 'POST', body: sale }).then(async (answer) => ({ status: answer.status, text: await answer.text() })), /missing or malformed/],
    ];
    for (const [{ status, text }, sentence] of refusals) {
      assert.equal(status, 401);
      assert.match(text, sentence);
    }
    const got = await fetch(listener.url);
    assert.deepEqual([got.status, got.headers.get('allow')], [405, 'POST']);
    await until('five lines', () => listener.lines.length === 6);
    assert.ok(listener.lines.slice(1).every((line) => JSON.parse(line).event === 'refused'));
    assert.deepEqual(seen, []);
    // What was refused did not come before.
    await send(listener, 'msg_a', sale);
    assert.equal(JSON.parse(await listener.line(/"webhook"/)).repeated, false);
  });

  test('passes on body and headers, and answers as the server behind it', async () => {
    const listener = await listen('--forward', `http://127.0.0.1:${behind.address().port}/hook`);
    const body = '{"type":"later",  "x":"é"}';
    const sent = await send(listener, 'msg_a', body);
    assert.equal(sent.status, 204);
    assert.equal(seen[0].body, body);
    for (const name of Object.keys(sent.headers)) assert.equal(seen[0].headers[name], sent.headers[name]);
    assert.equal(seen[0].headers['content-type'], 'application/json');
    says = 500;
    assert.equal((await send(listener, 'msg_b', body)).status, 500);
    await until('two lines', () => listener.lines.length === 3);
    assert.deepEqual(listener.lines.slice(1).map((line) => JSON.parse(line)).map(({ forwarded, answer }) => [forwarded, answer]), [[204, 204], [500, 500]]);
  });

  test('answers 502 when the server behind it does not', async () => {
    const listener = await listen('--forward', `http://127.0.0.1:${await freePort()}/hook`);
    const { status, text } = await send(listener, 'msg_a', sale);
    assert.equal(status, 502);
    assert.match(text, /^could not connect to 127\.0\.0\.1/);
    assert.match(JSON.parse(await listener.line(/"webhook"/)).forwardProblem, /^could not connect/);
  });

  test('ends with Ctrl-C while the server behind it is silent', async () => {
    const silent = http.createServer(() => {});
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const asked = once(silent, 'request');
    const listener = await listen('--forward', `http://127.0.0.1:${silent.address().port}/`);
    const answer = send(listener, 'msg_a', sale).catch(() => 'cut');
    const [request] = await asked;
    listener.signal();
    request.socket.destroy();
    assert.equal(await listener.ended, 0);
    await answer;
    silent.close();
  });

  test('an address or a token that cannot be used is told', async () => {
    const taken = behind.address().port;
    const busy = await run(['pos', 'listen', '--port', String(taken), '--token', verifier]);
    assert.equal(busy.code, 1);
    assert.match(busy.stderr, /--host and --port/);
    for (const [words, problem] of [
      [['--token', 'abc'], /--token must be the verifier token/],
      [['--token', verifier, '--port', '65536'], /--port must be/],
      [['--token', verifier, '--forward', 'ftp://x'], /--forward must start with/],
      [['--token', verifier, '--fetch'], /--fetch needs --api-token/],
      [[], /--token/],
    ]) {
      const { code, stderr } = await run(['pos', 'listen', ...words], { env: { TILLWIRE_TOKEN: '', TILLWIRE_VERIFIER_TOKEN: '' } });
      assert.equal(code, 2, stderr);
      assert.match(stderr, problem);
    }
  });
});
