// `tillwire pos pay`, transaction, payments, cancel and listen as a shop uses them:
// the real binary against the real server with a terminal that has no screen, and
// against a scripted API that does what ours never does.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, afterEach, before, describe, test } from 'node:test';
import { Server, TILLWIRE, endWatched, makeFolder, removeFolder, run, until, watched } from './support/server.mjs';

const folder = makeFolder();
let names = 0;

after(() => {
  endWatched();
  removeFolder(folder);
});

// A running command: its lines, and how it ended.
class Command {
  constructor(words, env = {}) {
    this.lines = [];
    this.stderr = '';
    this.child = watched(spawn(TILLWIRE, words, { env: { ...process.env, HOME: folder, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }));
    createInterface({ input: this.child.stdout }).on('line', (line) => this.lines.push(line));
    this.child.stderr.on('data', (bytes) => { this.stderr += bytes; });
    this.ended = new Promise((done) => { this.child.once('close', (code) => done(code)); });
  }

  async line(pattern) {
    return until(`${pattern} in ${JSON.stringify(this.lines)} ${this.stderr}`, () => this.lines.find((line) => pattern.test(line)));
  }

  signal(name = 'SIGINT') {
    this.child.kill(name);
  }
}

// --- Against the real server ---------------------------------------------------

describe('with Tillwire itself', () => {
  let server;
  let env;
  let terminal;

  before(async () => {
    server = await Server.start(join(folder, 'server'));
    env = { HOME: folder, TILLWIRE_API: server.facts.api, TILLWIRE_TOKEN: server.facts.token, TILLWIRE_CURRENCY: '' };
  });
  after(() => server?.stop());
  afterEach(async () => {
    terminal?.signal('SIGTERM');
    await terminal?.ended;
    terminal = undefined;
  });

  const pos = (...words) => run(['pos', ...words], { env });
  const pay = (...words) => new Command(['pos', 'pay', ...words], env);

  // A terminal whose person does what `words` say, paired as "till".
  async function arrive(...words) {
    terminal = new Command(['terminal', '--server', server.url, '--data', join(folder, `terminal${++names}`), '--continue', '--json',
      '--email', server.facts.email, '--password', server.facts.password, ...words], env);
    const { code } = JSON.parse(await terminal.line(/"registered"/));
    await terminal.line(/"ready"/);
    const paired = await pos('pair', 'till', code);
    assert.equal(paired.code, 0, paired.stderr);
    return code;
  }

  test('a sale is approved, and every line says so', async () => {
    const code = await arrive('--pay', 'approve');
    const { code: exit, stdout, stderr } = await pos('pay', 'till', '12.34', '--invoice', 'INV7');
    assert.equal(exit, 0, stderr);
    assert.equal(stderr, '');
    const lines = stdout.trimEnd().split('\n');
    assert.match(lines[0], new RegExp(`^till \\(${code}\\) is asked for 12\\.34 CAD, invoice number INV7, idempotency-key [a-z0-9]{25}\\.$`));
    assert.match(lines[1], /^The terminal shows the amount: payment \d+\.$/);
    assert.match(lines.at(-1), /^Approved: 12\.34 CAD, transaction \d+, VI 412493\.\.\.9990, approval code [0-9A-Z]{6}\.$/);

    const id = / (\d+),/.exec(lines.at(-1).slice('Approved: 12.34 CAD, transaction'.length))[1];
    const shown = await pos('transaction', id);
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, new RegExp(`^Number +${id}\nStatus +APPROVED\nType +purchase\nAmount +12\\.34\n`));
    const { body } = await server.call(`/card-transactions/${id}`);
    const json = JSON.parse((await pos('transaction', id, '--json')).stdout);
    assert.deepEqual([json.outcome, json.transactionId, json.invoiceNumber, json.dateCreated],
      ['found', body.transactionId, 'INV7', body.dateCreated]);
  });

  test('a decline, another try and the end are told one by one', async () => {
    await arrive('--pay', 'approve', '--try-again', '1');
    const { code, stdout } = await pos('pay', 'till', '5.55');
    assert.equal(code, 6);
    const lines = stdout.trimEnd().split('\n');
    const declines = lines.filter((line) => /^Transaction \d+ was declined: DECLINED - Do Not Honor\.$/.test(line));
    assert.equal(declines.length, 2, stdout);
    assert.equal(lines.at(-1), 'Declined: no card was charged.');
  });

  test('with --json each line is an object and the last has the outcome', async () => {
    const device = await arrive('--pay', 'approve');
    const { code, stdout } = await pos('pay', 'till', '1e1', '--json', '--customer', 'CST1');
    assert.equal(code, 0);
    const lines = stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
    const end = lines.pop();
    assert.ok(lines.every((line) => line.outcome === undefined && line.step !== undefined), stdout);
    assert.deepEqual([lines[0].step, lines[0].transactionAmount, lines[0].code], ['asked', 10, device]);
    assert.deepEqual([lines[1].step, lines[1].followed], ['shown', true]);
    assert.equal(end.outcome, 'approved');
    const { body } = await server.call(`/card-transactions/${end.transactionId}`);
    assert.deepEqual([body.invoiceNumber, body.customerCode, body.amount], [end.invoiceNumber, 'CST1', 10]);
    assert.match(end.invoiceNumber, /^TW-/);
  });

  test('Ctrl-C cancels a sale that nobody has paid', async () => {
    await arrive('--pay', 'ignore');
    const sale = pay('till', '7');
    await sale.line(/shows the amount/);
    sale.signal();
    assert.equal(await sale.ended, 7);
    assert.deepEqual(sale.lines.slice(-2), ['The cancel was taken.', 'Cancelled by the point of sale: no card was charged.']);
    assert.equal(sale.stderr, 'tillwire: asking for a cancel and waiting for what is true; Ctrl-C again ends at once\n');
  });

  test('Ctrl-C that is too late tells that it was approved', async () => {
    await arrive('--pay', 'approve'); // .69: the processor takes ten seconds
    const sale = pay('till', '8.69');
    await sale.line(/being authorised/);
    sale.signal();
    assert.equal(await sale.ended, 0);
    assert.equal(sale.lines.at(-2), 'It is too late to cancel.');
    assert.match(sale.lines.at(-1), /^Approved: 8\.69 CAD, transaction \d+/);
  });

  test('two Ctrl-C end it at once and say what may still happen', async () => {
    await arrive('--pay', 'approve');
    const sale = pay('till', '9.69');
    await sale.line(/being authorised/);
    sale.signal();
    await until('the first is told', () => sale.stderr.includes('asking for a cancel'));
    sale.signal();
    assert.equal(await sale.ended, 8);
    assert.match(sale.stderr, /\ntillwire: ended; the sale may still be going on at the terminal, and may end approved: look with /);
    const [open] = JSON.parse((await pos('payments', 'till', '--open', '--json')).stdout).payments;
    assert.deepEqual([open.state, open.amount], ['authorising', '9.69']);
    await until('it is approved all the same', async () => JSON.parse((await pos('payments', 'till', '--json')).stdout).payments[0].state === 'approved', 20_000);
  });

  test('--timeout asks for the cancel by itself', async () => {
    await arrive('--pay', 'ignore');
    const { code, stdout } = await pos('pay', 'till', '7', '--timeout', '1');
    assert.equal(code, 7);
    assert.match(stdout, /\nThe time for this sale is over: asking for a cancel\.\nThe cancel was taken\.\nCancelled by the point of sale/);
  });

  test('who presses Cancel on the terminal is told', async () => {
    await arrive('--pay', 'cancel');
    const { code, stdout } = await pos('pay', 'till', '7');
    assert.equal(code, 7);
    assert.match(stdout, /\nCancelled by the customer: no card was charged\.\n$/);
  });

  test('a key makes one sale, also without an invoice number', async () => {
    await arrive('--pay', 'approve');
    const first = await pos('pay', 'till', '3', '--key', 'order-1', '--json');
    const second = await pos('pay', 'till', '3', '--key', 'order-1', '--json');
    const ends = [first, second].map(({ stdout }) => JSON.parse(stdout.trimEnd().split('\n').at(-1)));
    assert.deepEqual([first.code, second.code], [0, 0]);
    assert.equal(ends[0].transactionId, ends[1].transactionId);
    assert.equal(ends[0].invoiceNumber, 'TW-order-1');
    const other = await pos('pay', 'till', '4', '--key', 'order-1');
    assert.equal(other.code, 1);
    assert.match(other.stderr, /^tillwire: no sale was started: This idempotency-key belongs to another request/);
  });

  test('cancel finds the open payment, and tells when there is none', async () => {
    await arrive('--pay', 'ignore');
    const none = await pos('cancel', 'till');
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^tillwire: there is no open payment on that terminal/);
    const sale = pay('till', '7');
    await sale.line(/shows the amount/);
    const { code, stdout } = await pos('cancel', 'till');
    assert.equal(code, 0);
    assert.match(stdout, /^Payment \d+ is cancelled\.\n$/);
    assert.equal(await sale.ended, 7);
    const id = /\d+/.exec(stdout)[0];
    const again = await pos('cancel', 'till', '--payment', id, '--json');
    assert.deepEqual([JSON.parse(again.stdout).payment, JSON.parse(again.stdout).state], [Number(id), 'cancelled']);
    const unknown = await pos('cancel', 'till', '--payment', '1');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /payment 1 of device [A-Z0-9]{4} not found/);
  });

  test('cancel --reverse-if-approved takes back an approval that still lands', async () => {
    await arrive('--pay', 'approve');
    const sale = pay('till', '6.69');
    await sale.line(/being authorised/);
    const late = await pos('cancel', 'till', '--reverse-if-approved');
    assert.equal(late.code, 1);
    assert.match(late.stdout, /^Too late: payment \d+ is authorising\.\n$/);
    assert.equal(await sale.ended, 7);
    assert.match(sale.lines.at(-1), /^Cancelled: transaction \d+ was approved and has been reversed\.$/);
  });

  test('what starts no sale is told with its exit code', async () => {
    await arrive('--pay', 'ignore');
    const refusals = [
      [['nobody', '5'], 1, /nothing is paired under the name "nobody"/],
      [['till', '5', '--currency', 'USD'], 1, /^tillwire: no sale was started: currency must be CAD/],
      [['till', '5', '--token', 'wrong'], 3, /^tillwire: nothing was sent: Unauthorized/],
      [['till', '5', '--api', 'http://127.0.0.1:1/v2'], 4, /^tillwire: nothing was sent: could not connect/],
      [['till', '5.555'], 2, /AMOUNT is a number/],
      [['till', '5', '--timeout', '0'], 2, /--timeout must be/],
      [['till', '5', '--key', 'a b'], 2, /--key has 1 to 255/],
      [['till', '5', '--invoice', ''], 2, /--invoice has 1 to 64/],
      [['till', '5', '--invoice', 'é'.repeat(65)], 2, /--invoice has 1 to 64/],
      [['till', '5', '--key', 'k'.repeat(62)], 2, /needs --invoice/],
    ];
    for (const [words, code, problem] of refusals) {
      const answer = await pos('pay', ...words);
      assert.equal(answer.code, code, `${words}: ${answer.stderr}`);
      assert.match(answer.stderr, problem);
    }
    const open = pay('till', '5');
    await open.line(/shows the amount/);
    const busy = await pos('pay', 'till', '6', '--json');
    assert.equal(busy.code, 1);
    assert.equal(JSON.parse(busy.stdout.trimEnd().split('\n').at(-1)).outcome, 'busy');
    open.signal();
    await open.ended;
    terminal.signal('SIGKILL');
    await terminal.ended;
    const gone = await pos('pay', 'till', '6');
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /^tillwire: no sale was started: device with code \w{4} not listening/);
  });

  test('payments are listed, the newest first', async () => {
    await arrive('--pay', 'approve');
    assert.match((await pos('payments', 'till')).stdout, /^There are no such payments on till/);
    await pos('pay', 'till', '1', '--invoice', 'A');
    await pos('pay', 'till', '2.55', '--invoice', 'B');
    const { code, stdout } = await pos('payments', 'till');
    assert.equal(code, 0);
    const [head, second, first, ...rest] = stdout.trimEnd().split('\n');
    assert.match(head, /^PAYMENT +DATE +AMOUNT +STATE +INVOICE +TRANSACTION$/);
    assert.match(second, /^\d+ +[\d-]+ [\d:]+ +2\.55 +declined +B +-$/);
    assert.match(first, /^\d+ +[\d-]+ [\d:]+ +1 +approved +A +\d+$/);
    assert.deepEqual(rest, []);
    const unknown = await pos('transaction', '1');
    assert.equal(unknown.code, 1);
    assert.equal(unknown.stderr, 'tillwire: Failed to retrieve card transaction #1.\n');
  });

  // --- Webhooks ---

  test('listen shows what the server sends, with its transactions', async () => {
    await arrive('--pay', 'approve');
    const port = await freePort();
    const { verifierToken } = await server.admin('webhook', 'set', '--url', `http://127.0.0.1:${port}/hook`);
    const listener = new Command(['pos', 'listen', '--port', String(port), '--fetch'], { ...env, TILLWIRE_VERIFIER_TOKEN: verifierToken });
    await listener.line(/^Waiting for webhooks at http:\/\/127\.0\.0\.1:\d+\/ until Ctrl-C\.$/);
    await pos('pay', 'till', '12.34', '--invoice', 'HOOK1');
    await listener.line(/^msg_\w+: cardTransaction \d+; APPROVED, 12\.34 CAD, invoice number HOOK1\.$/);
    await pos('pay', 'till', '12.55', '--invoice', 'HOOK2');
    await listener.line(/^msg_\w+: cardTransaction \d+; DECLINED, 12\.55 CAD, invoice number HOOK2\.$/);
    terminal.signal('SIGTERM');
    await terminal.ended;
    const device = await arrive('--pay', 'cancel');
    await pos('pay', 'till', '3', '--invoice', 'HOOK3');
    await listener.line(new RegExp(`^msg_\\w+: terminalCancel on ${device}, 3 CAD, invoice number HOOK3\\.$`));
    listener.signal();
    assert.equal(await listener.ended, 0);
    await server.admin('webhook', 'remove');
  });
});

// --- Webhooks from anybody -------------------------------------------------------

async function freePort() {
  const probe = http.createServer();
  await once(probe.listen(0, '127.0.0.1'), 'listening');
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

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

// --- Against another API ------------------------------------------------------------

describe('with an API that names no payment', () => {
  let api;
  let calls;
  let transactions;
  let onPurchase;

  before(async () => {
    api = http.createServer(async (request, response) => {
      let body = '';
      for await (const bytes of request) body += bytes;
      calls.push({ method: request.method, url: request.url, key: request.headers['idempotency-key'], body });
      if (request.method === 'POST') {
        onPurchase(request, response, calls.filter((call) => call.method === 'POST').length);
      } else {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(transactions, null, 2));
      }
    });
    await once(api.listen(0, '127.0.0.1'), 'listening');
  });
  after(() => {
    api.closeAllConnections();
    api.close();
  });

  const accept = (request, response) => response.writeHead(202).end();
  const sold = (transactionId, status, invoiceNumber, warning = '') =>
    ({ transactionId, status, type: 'purchase', amount: 12.34, currency: 'CAD', invoiceNumber, warning, cardType: 'VI', cardNumber: '4124939990', approvalCode: 'ABC123' });

  async function pay(...words) {
    const env = { TILLWIRE_TOKEN: 'token', TILLWIRE_API: `http://127.0.0.1:${api.address().port}/v2` };
    const pairings = ['--pairings', join(folder, `pairings${++names}.json`)];
    await run(['pos', 'pair', 'till', 'JSV5', '--no-ping', ...pairings], { env });
    calls = [];
    transactions = [];
    onPurchase = accept;
    return new Command(['pos', 'pay', 'till', '12.34', ...words, ...pairings], env);
  }

  test('its transactions tell, and an older one of the invoice number does not', async () => {
    const sale = await pay('--invoice', 'INV 7');
    transactions = [sold(5, 'APPROVED', 'INV 7')];
    await sale.line(/This API names no payment that could be followed/);
    await until('it was asked', () => calls.length >= 4);
    transactions = [sold(6, 'DECLINED', 'INV 7', 'Transaction Declined: INCORRECT PIN'), ...transactions];
    await sale.line(/^Transaction 6 was declined: INCORRECT PIN\.$/);
    transactions = [sold(7, 'APPROVED', 'INV 7'), ...transactions];
    assert.equal(await sale.ended, 0);
    assert.equal(sale.lines.at(-1), 'Approved: 12.34 CAD, transaction 7, VI 412493...9990, approval code ABC123.');
    assert.equal(calls[0].url, '/v2/card-transactions?limit=100&invoiceNumber=INV%207');
    assert.equal(calls[1].body, '{"currency":"CAD","transactionAmount":12.34,"invoiceNumber":"INV 7"}');
  });

  test('Ctrl-C says that it cannot cancel there', async () => {
    const sale = await pay();
    await sale.line(/This API names no payment/);
    sale.signal();
    await sale.line(/^This API has no call that cancels: cancel on the terminal itself\./);
    sale.signal();
    assert.equal(await sale.ended, 8);
  });

  test('a request that is cut is sent again with the same key', async () => {
    const sale = await pay('--timeout', '2');
    onPurchase = (request, response, number) => (number < 3 ? request.socket.destroy() : accept(request, response));
    await sale.ended;
    const posts = calls.filter((call) => call.method === 'POST');
    assert.equal(posts.length, 3);
    assert.equal(new Set(posts.map(({ key, body }) => key + body)).size, 1);
    assert.match(posts[0].key, /^[a-z0-9]{25}$/);
    assert.equal(sale.lines.filter((line) => /^No usable answer: .*Asking again with the same idempotency-key\.$/.test(line)).length, 2);
    // Nothing came of it in time: unknown, with what to do.
    assert.equal(await sale.ended, 8);
    assert.match(sale.stderr, /^tillwire: how this sale ends is not known: no transaction with the invoice number TW-\w+ has come in time\n/);
    assert.match(sale.stderr, new RegExp(`--key ${posts[0].key} --invoice TW-\\w+`));
  });
});
