// Webhooks to where none may lead: real attempts of the real server, in a
// network of its own in which every address of the Internet and of every private
// network is answered by one listener, which counts. Names come from a DNS server
// of the test. Needs root, unshare and iproute2.

import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeCertificate, Production } from '../end/support/production.mjs';
import { endWatched, makeFolder, removeFolder, until } from '../end/support/server.mjs';
import { Terminal } from '../end/support/terminal.mjs';

const INSIDE = 'TILLWIRE_TEST_INSIDE';
const GOOD = '12.34.56.78';
const OTHER_GOOD = '2606:4700::1111';
const OWN = '11.22.33.44';
const OWN_SIX = '2a00:1450::44';
const F = (groups) => Array(groups).fill('ffff').join(':');

// The first and the last of each range, of cases.md and of the registries.
const REFUSED = [
  '0.0.0.0', '0.255.255.255', '10.0.0.0', '10.255.255.255', '100.64.0.0', '100.127.255.255',
  '127.0.0.0', '127.0.0.1', '127.255.255.255', '169.254.0.0', '169.254.169.254', '169.254.255.255',
  '172.16.0.0', '172.31.255.255', '192.0.0.0', '192.0.0.255', '192.0.2.0', '192.0.2.255', '192.88.99.0',
  '192.168.0.0', '192.168.255.255', '198.18.0.0', '198.19.255.255', '198.51.100.0', '198.51.100.255',
  '203.0.113.0', '203.0.113.255', '224.0.0.0', '239.255.255.255', '240.0.0.0', '255.255.255.255',
  '::', '::1', '::2', '::7f00:1', '::ffff:0:0', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:255.255.255.255',
  '64:ff9b::', '64:ff9b::7f00:1', `64:ff9b::${F(2)}`, '64:ff9b:1::1', '100::1', '2001::1', `2001:1ff:${F(6)}`,
  '2001:db8::', `2001:db8:${F(6)}`, '2002::', '2002:7f00:1::', `2002:${F(7)}`, '3fff::1', '4000::', '5f00::1',
  'fc00::', `fdff:${F(7)}`, 'fe80::', 'fe80::1', `febf:${F(7)}`, 'fec0::1', 'ff00::', 'ff02::1', `ffff:${F(7)}`,
  OWN, OWN_SIX,
];

// --- A DNS server: one question, one answer ---

const names = new Map(); // name -> addresses, or a function that gives them
const asked = [];

function bytesOf(address) {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const four = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text = four ? four[1] + [0, 2].map((at) => (four[2 + at] * 256 + Number(four[3 + at])).toString(16)).join(':') : address;
  const [left, right] = text.split('::').map((part) => part.split(':').filter(Boolean));
  const groups = right === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
  const bytes = Buffer.alloc(16);
  groups.forEach((group, at) => bytes.writeUInt16BE(parseInt(group, 16), at * 2));
  return bytes;
}

function answerOf(question) {
  const labels = [];
  let at = 12;
  while (question[at] > 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + question[at]));
    at += question[at] + 1;
  }
  const type = question.readUInt16BE(at + 1);
  const name = labels.join('.').toLowerCase();
  asked.push({ name, type });
  const known = names.get(name);
  const all = typeof known === 'function' ? known(type) : known;
  if (all === null) return null; // never an answer
  const fitting = (all ?? []).filter((address) => address.includes(':') === (type === 28));
  const head = Buffer.from(question.subarray(0, at + 5));
  head.writeUInt16BE(all === undefined ? 0x8183 : 0x8180, 2);
  head.writeUInt16BE(fitting.length, 6);
  head.writeUInt32BE(0, 8);
  const records = fitting.map((address) => {
    const bytes = bytesOf(address);
    const record = Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length]);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([head, ...records]);
}

async function serveNames() {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (question, from) => {
    const answer = answerOf(question);
    if (answer !== null) socket.send(answer, from.port, from.address);
  });
  await new Promise((done) => socket.bind(53, '127.0.0.1', done));
  return socket;
}

// --- Outside: the same file again, in namespaces of its own ---

function outside() {
  const probe = spawnSync('unshare', ['--net', '--mount', 'ip', 'link', 'set', 'lo', 'up']);
  const usable = probe.status === 0;

  test('webhooks never reach an address that is not of the Internet', { skip: usable ? false : 'needs root and namespaces', timeout: 170_000 }, () => {
    const env = { ...process.env, [INSIDE]: '1' };
    delete env.NODE_TEST_CONTEXT; // it is a run of its own
    const child = spawnSync('unshare', ['--net', '--mount', process.execPath, '--test', fileURLToPath(import.meta.url)],
      { env, encoding: 'utf8', timeout: 160_000 });
    assert.equal(child.status, 0, child.stdout + child.stderr);
    assert.match(child.stdout, /# pass [1-9]/);
  });
}

// --- Inside ---

function inside() {
  const folder = makeFolder();
  const hit = []; // addresses that were connected to
  const paths = [];
  let server;
  let listener;
  let dns;
  let delivery;

  const webhook = (...words) => server.admin('webhook', ...words);

  // One more attempt, to this URL; what came of it.
  async function attempt(url) {
    const { state, answers: earlier } = await webhook('delivery', delivery);
    const count = earlier.length;
    // Another URL is tried at once where the endpoint has failed; a dead delivery or a
    // refused one has to be sent again.
    const waits = state === 'dead' || earlier.at(-1).status === 302;
    await webhook('set', '--url', url);
    if (waits) await webhook('resend', delivery);
    const answers = await until(`an attempt at ${url}`, async () => {
      const { answers: all } = await webhook('delivery', delivery);
      assert.ok(all.length <= count + 1, 'one attempt');
      return all.length > count && all;
    }, 25_000);
    return answers.at(-1);
  }

  before(async () => {
    const made = makeCertificate(folder, { name: 'hook', names: ['good.example.com', '*.example.com'] });
    writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:40 attempts:1\n');
    writeFileSync(join(folder, 'hosts'), '127.0.0.1 localhost\n10.0.0.5 hosts.example.com\n12.34.56.78 mixed-hosts.example.com\n10.0.0.6 mixed-hosts.example.com\n');
    execFileSync('mount', ['--bind', join(folder, 'resolv.conf'), '/etc/resolv.conf']);
    execFileSync('mount', ['--bind', join(folder, 'hosts'), '/etc/hosts']);
    execFileSync('mount', ['--bind', made.certificate, '/etc/ssl/certs/ca-certificates.crt']);
    const ip = (...words) => execFileSync('ip', words);
    ip('link', 'set', 'lo', 'up');
    ip('addr', 'add', `${OWN}/32`, 'dev', 'lo');
    ip('-6', 'addr', 'add', `${OWN_SIX}/128`, 'dev', 'lo');
    // Every address there is leads to this machine, without being one of its own.
    ip('route', 'add', 'local', '0.0.0.0/0', 'dev', 'lo');
    ip('-6', 'route', 'add', 'local', '::/0', 'dev', 'lo');
    dns = await serveNames();
    listener = https.createServer({ key: readFileSync(made.key), cert: readFileSync(made.certificate) }, (request, response) => {
      paths.push(request.url);
      request.resume();
      if (request.url === '/redirect') response.writeHead(302, { location: 'https://good.example.com/followed' }).end();
      else response.writeHead(500).end(); // so that it stays to be sent
    });
    listener.on('connection', (socket) => hit.push(socket.localAddress.replace(/^::ffff:/, '')));
    await new Promise((done) => listener.listen(443, '::', done));
    server = await Production.start(join(folder, 'data'), ['--listen', '127.0.0.1:0', '--plain']);
    names.set('good.example.com', [GOOD]);
    await webhook('set', '--url', 'https://good.example.com/first');
    const terminal = new Terminal(server);
    const { code } = await terminal.logIn();
    await terminal.ready();
    const call = server.purchase(code, { currency: 'CAD', transactionAmount: 10 });
    const { payment } = await terminal.takeOffer();
    assert.equal((await call).status, 202);
    await terminal.present(payment);
    await terminal.close();
    const [row] = await until('there is a delivery', async () => {
      const rows = await webhook('deliveries');
      return rows.length === 1 && rows[0].attempts === 1 && rows;
    });
    delivery = String(row.id);
  });
  after(async () => {
    await server?.stop('SIGKILL');
    listener?.closeAllConnections();
    listener?.close();
    dns?.close();
    endWatched();
    removeFolder(folder);
  });

  describe('a webhook', () => {
    test('to an address of the Internet arrives: the net catches what it should', async () => {
      assert.deepEqual(hit, [GOOD]);
      names.set('six.example.com', [OTHER_GOOD]);
      assert.equal((await attempt('https://six.example.com/')).status, 500);
      assert.deepEqual(hit, [GOOD, OTHER_GOOD]);
      assert.equal((await attempt(`https://[${OTHER_GOOD}]/`)).status, null, 'the certificate names no address');
      assert.equal(hit.length, 3);
      names.set('two.example.com', [GOOD, OTHER_GOOD]);
      assert.equal((await attempt('https://two.example.com/')).status, 500);
      assert.equal(hit.length, 4);
    });

    test('to none of the others is a single connection made', async () => {
      hit.length = 0;
      for (const [at, address] of REFUSED.entries()) {
        const name = `a${at}.example.com`;
        names.set(name, [address]);
        const answer = await attempt(`https://${name}/`);
        assert.equal(answer.status, null, address);
        assert.match(answer.problem, new RegExp(`^${name} leads to .*, which is not an address of the Internet: nothing was sent$`), address);
      }
      assert.deepEqual(hit, []);
    });

    test('whose name has one bad address among good ones is not sent', async () => {
      hit.length = 0;
      const mixes = [[GOOD, '10.0.0.1'], ['192.168.0.1', GOOD], [GOOD, 'fd00::1'], ['::1', GOOD], [GOOD, OTHER_GOOD, '169.254.169.254'],
        [GOOD, OWN], [...Array.from({ length: 12 }, (_, at) => `12.0.0.${at}`), '10.0.0.1']];
      for (const [at, addresses] of mixes.entries()) {
        names.set(`mix${at}.example.com`, addresses);
        assert.match((await attempt(`https://mix${at}.example.com/`)).problem, /nothing was sent$/, addresses.join());
      }
      for (const name of ['hosts', 'mixed-hosts']) {
        assert.match((await attempt(`https://${name}.example.com/`)).problem, /nothing was sent$/, name);
      }
      assert.deepEqual(hit, []);
    });

    test('is connected to the address that was checked, though the name changes at every look', async () => {
      hit.length = 0;
      asked.length = 0;
      let looks = 0;
      names.set('rebind.example.com', (type) => {
        if (type !== 1) return [];
        looks += 1;
        return looks % 2 === 1 ? [GOOD] : ['10.6.6.6'];
      });
      for (let at = 0; at < 6; at += 1) {
        const answer = await attempt(`https://rebind.example.com/${at}`);
        if (at % 2 === 1) assert.match(answer.problem, /leads to 10\.6\.6\.6/);
        else assert.equal(answer.status, 500);
      }
      assert.equal(looks, 6, 'one look at each attempt');
      assert.ok(hit.every((address) => address === GOOD), hit.join());
    });

    test('is not redirected', async () => {
      hit.length = 0;
      assert.equal((await attempt('https://good.example.com/redirect')).status, 302);
      assert.ok(hit.every((address) => address === GOOD), hit.join());
      assert.ok(!paths.includes('/followed'), paths.join());
    });

    test('whose name nobody knows, or never answers, is told in time', async () => {
      hit.length = 0;
      assert.match((await attempt('https://unknown.example.com/')).problem, /^the host unknown\.example\.com cannot be found/);
      names.set('silent.example.com', () => null);
      const answer = await attempt('https://silent.example.com/');
      assert.equal(answer.problem, 'looking up the host took too long');
      assert.ok(answer.tookMs >= 15_000 && answer.tookMs < 17_000, String(answer.tookMs));
      assert.equal((await attempt('https://good.example.com/after')).status, 500, 'and delays nobody else');
      assert.deepEqual(paths.at(-1), '/after');
    });
  });
}

if (process.env[INSIDE]) inside();
else outside();
