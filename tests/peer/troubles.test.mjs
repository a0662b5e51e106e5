// What goes wrong on an operator's machine: certificates, mistyped words, a
// wrong clock, a full disk, a database that cannot be read. Each is said in a
// sentence that tells what to do.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, closeSync, cpSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { Authority } from '../end/support/authority.mjs';
import { makeCertificate, prepare, Production } from '../end/support/production.mjs';
import { get, runServe } from '../end/support/serve.mjs';
import { endWatched, makeFolder, removeFolder, run, until } from '../end/support/server.mjs';
import { Terminal } from '../end/support/terminal.mjs';

const OPERATOR = 65534; // a user without rights: root may read everything
const IS_ROOT = process.getuid() === 0;
const MORE = "tillwire: 'tillwire serve --help' tells more\n";
const DATE = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

let folder;
let data;
let server;
let number = 0;

before(() => {
  folder = makeFolder();
  chmodSync(folder, 0o755);
});
after(() => {
  endWatched();
  removeFolder(folder);
});
beforeEach(() => {
  number += 1;
  data = join(folder, `data-${number}`);
  mkdirSync(data, { mode: 0o700 });
});
afterEach(async () => {
  await server?.stop('SIGKILL');
  server = undefined;
});

// What --check says and what a start says are the same: exit code 2 and these lines.
async function refuses(args, expected) {
  for (const more of [['--check'], []]) {
    const { code, stdout, stderr } = await runServe(['--data', data, '--listen', '127.0.0.1:0', ...args, ...more]);
    const message = `${more}: ${stderr}`;
    if (expected instanceof RegExp) assert.match(stderr, expected, message);
    else assert.equal(stderr, expected, message);
    assert.deepEqual([code, stdout], [2, ''], message);
  }
}

const tls = (certificate, key) => ['--tls-cert', certificate, '--tls-key', key];

describe('a certificate', () => {
  let authority;
  let good;

  before(() => {
    authority = new Authority(folder);
    good = authority.issue('good');
  });

  // Valid between two moments, "20300101000000Z"; it has signed itself.
  function between(name, from, to) {
    const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
    const home = join(folder, name);
    mkdirSync(home);
    writeFileSync(join(home, 'index'), '');
    writeFileSync(join(home, 'serial'), '01\n');
    writeFileSync(join(home, 'ca.conf'), `[ca]\ndefault_ca = all\n[all]\ndatabase = ${home}/index\nserial = ${home}/serial\n` +
      `new_certs_dir = ${home}\ndefault_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n`);
    const openssl = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });
    openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}.example`,
      '-keyout', key, '-out', join(home, 'csr'));
    openssl('ca', '-batch', '-selfsign', '-config', join(home, 'ca.conf'), '-keyfile', key, '-in', join(home, 'csr'),
      '-startdate', from, '-enddate', to, '-out', certificate);
    return { certificate, key };
  }

  test('that has expired', async () => {
    const old = between('old', '20200101000000Z', '20210203040506Z');
    await refuses(tls(old.certificate, old.key), `tillwire: --tls-cert: the certificate of old.example in ${old.certificate} ` +
      `has expired at 2021-02-03T04:05:06.000Z: have it renewed\n${MORE}`);
  });

  test('that is not valid yet', async () => {
    const early = between('early', '20480101000000Z', '20490101000000Z');
    await refuses(tls(early.certificate, early.key), new RegExp(`^tillwire: --tls-cert: the certificate of early\\.example in ${early.certificate} ` +
      `is not valid before 2048-01-01T00:00:00\\.000Z.*\n${MORE}$`));
  });

  test('whose key is another one', async () => {
    const other = authority.issue('other');
    await refuses(tls(good.certFile, other.keyFile), `tillwire: --tls-cert: the key ${other.keyFile} does not belong to the ` +
      `certificate ${good.certFile}: give the two files that were made together\n${MORE}`);
  });

  test('or key that is not there, or another kind of file', async () => {
    const none = join(folder, 'none.pem');
    await refuses(tls(none, good.keyFile), `tillwire: --tls-cert: the certificate ${none} cannot be read: there is no such file\n${MORE}`);
    await refuses(tls(good.certFile, none), `tillwire: --tls-cert: the key ${none} cannot be read: there is no such file\n${MORE}`);
    await refuses(tls(folder, good.keyFile), `tillwire: --tls-cert: the certificate ${folder} cannot be read: it is not a file\n${MORE}`);
    await refuses(tls(good.keyFile, good.keyFile), `tillwire: --tls-cert: the certificate file ${good.keyFile} holds no certificate in ` +
      `PEM form (-----BEGIN CERTIFICATE-----)\n${MORE}`);
    await refuses(tls(good.certFile, good.certFile), `tillwire: --tls-cert: the key file ${good.certFile} holds no private key in ` +
      `PEM form (-----BEGIN PRIVATE KEY-----)\n${MORE}`);
  });

  test('that has expired is not taken by a running server, which keeps its own', async () => {
    const old = between('later', '20200101000000Z', '20210203040506Z');
    const files = makeCertificate(folder, { name: 'running' });
    server = await Production.start(data, ['--tls-cert', files.certificate, '--tls-key', files.key]);
    const ca = server.ca;
    cpSync(old.certificate, files.certificate);
    cpSync(old.key, files.key);
    server.child.kill('SIGHUP');
    await until('the log says so', () => server.log.includes('event=tls.reload_failed'));
    assert.ok(server.log.includes(`the certificate of later.example in ${files.certificate} has expired at 2021-02-03T04:05:06.000Z`), server.log);
    assert.equal((await get(`${server.url}/v2/connection-test`, { ca })).status, 401);
  });
});

describe('a word that nobody knows', () => {
  const cases = [
    [['--tls-certs', 'x'], 'there is no option --tls-certs: did you mean --tls-cert?'],
    [['--trust-proxies', '127.0.0.1'], 'there is no option --trust-proxies: did you mean --trust-proxy?'],
    [['--wibble'], 'there is no option --wibble'],
  ];
  for (const [args, sentence] of cases) {
    test(args[0], () => refuses(args, `tillwire: ${sentence}\n${MORE}`));
  }

  test('in a file, with its line and the nearest', async () => {
    const config = join(folder, 'words.conf');
    writeFileSync(config, 'terminal-max = 5\nlog_level = info\nzebra = 1\n');
    await refuses(['--config', config], `tillwire: ${config}:1: there is no setting 'terminal-max': did you mean 'terminals-max'?\n` +
      `tillwire: ${config}:2: there is no setting 'log_level': did you mean 'log-level'?\n` +
      `tillwire: ${config}:3: there is no setting 'zebra'\n${MORE}`);
  });
});

describe('a clock that was set back', () => {
  // What a server in three hours would have left: the moment of its last write.
  function writeMoment(aheadMs) {
    const script = 'import sqlite3, sys\n' +
      'database = sqlite3.connect(sys.argv[1])\n' +
      'database.execute("INSERT INTO moment (id, wall_ms) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET wall_ms = ?1", (int(sys.argv[2]),))\n' +
      'database.commit()\n';
    execFileSync('python3', ['-c', script, join(data, 'tillwire.db'), String(Date.now() + aheadMs)]);
  }

  const ready = async () => {
    const { status, text } = await get(`${server.url}/readyz`);
    return { status, ...JSON.parse(text) };
  };

  test('is logged and warned of; the shop stays open', async () => {
    const shop = await prepare(data);
    writeMoment(3 * 3600_000);
    server = await Production.start(data, [], { shop });
    assert.match(server.log, new RegExp(`level=warning event=clock\\.behind last_written=${DATE} seconds=10[78]\\d\\d do="check the clock of this machine"`));
    const found = await ready();
    assert.deepEqual([found.status, found.ready, found.warnings.length], [200, true, 1]);
    assert.match(found.warnings[0], /^This machine's clock is (179|180) minutes behind the latest moment in the database: dates and expiries are wrong until it is set right\.$/);
    const terminal = new Terminal(server);
    const { code } = await terminal.logIn();
    const [ping] = await Promise.all([server.call(`/devices/${code}/ping`), terminal.showPing()]);
    assert.equal(ping.status, 202);
    await terminal.close();
  });

  test('by some seconds is nothing', async () => {
    const shop = await prepare(data);
    writeMoment(60_000);
    server = await Production.start(data, [], { shop });
    assert.ok(!server.log.includes('clock.behind'));
    assert.deepEqual(await ready(), { status: 200, ready: true, warnings: [] });
  });
});

describe('a database', () => {
  test('that this user may not read', { skip: !IS_ROOT && 'needs root, to become another user' }, async () => {
    chownSync(data, OPERATOR, OPERATOR);
    await prepare(data, OPERATOR);
    const path = join(data, 'tillwire.db');
    for (const mode of [0o000, 0o400]) {
      chmodSync(path, mode);
      for (const more of [['--check'], []]) {
        const { code, stderr } = await run(['serve', '--data', data, '--listen', '127.0.0.1:0', ...more], { user: OPERATOR });
        assert.equal(stderr, `tillwire: --data: this user (number ${OPERATOR}) may not read and write ${path}: give it to that ` +
          `user (chown, chmod 600)\n${MORE}`);
        assert.equal(code, 2);
      }
      const admin = await run(['admin', 'business', 'list', '--data', data], { user: OPERATOR });
      assert.deepEqual([admin.code, admin.stderr], [1, `tillwire: the database ${path} cannot be opened: Permission denied; this user ` +
        'must be able to read and write it (chown, chmod 600)\n']);
    }
    chmodSync(path, 0o600);
    server = await Production.start(data, [], { shop: {}, user: OPERATOR });
  });

  test('that is none', async () => {
    await prepare(data);
    const path = join(data, 'tillwire.db');
    const text = 'this was once a database\n'.repeat(4000);
    writeFileSync(path, text);
    const sentence = `the database ${path} cannot be read: it is none, or damaged, or the disk has failed; restore a backup (tillwire admin restore)`;
    const serve = await run(['serve', '--data', data, '--listen', '127.0.0.1:0', '--log-level', 'error']);
    assert.deepEqual([serve.code, serve.stdout, serve.stderr], [1, '', `tillwire serve: ${sentence}\n`]);
    assert.equal((await run(['admin', 'business', 'list', '--data', data])).stderr, `tillwire: ${sentence}\n`);
    assert.equal(readFileSync(path, 'utf8'), text, 'it is left as it was');
  });
});

describe('a full disk', { skip: !IS_ROOT && 'needs root, to mount a small one' }, () => {
  let disk;

  beforeEach(() => {
    disk = join(folder, 'disk');
    mkdirSync(disk, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'tmpfs', disk]);
    data = join(disk, 'data');
    mkdirSync(data, { mode: 0o700 });
  });
  afterEach(async () => {
    await server?.stop('SIGKILL'); // before the disk is taken away
    server = undefined;
    execFileSync('umount', [disk]);
  });

  const ballast = () => join(disk, 'ballast');

  function fill() {
    const file = openSync(ballast(), 'a');
    const piece = Buffer.alloc(4096, 1);
    try {
      for (;;) writeSync(file, piece);
    } catch (error) {
      assert.equal(error.code, 'ENOSPC');
    } finally {
      closeSync(file);
    }
  }

  const readiness = async () => JSON.parse((await get(`${server.url}/readyz`)).text);
  const codes = async () => (await server.call('/devices')).body.map((device) => device.code).sort();

  // A log-in of a new terminal: { terminal, code } or { terminal, refused }.
  async function register() {
    const terminal = new Terminal(server);
    await terminal.hello();
    await terminal.expect('log_in_required');
    return logIn(terminal);
  }

  async function logIn(terminal) {
    terminal.send({ type: 'log_in', email: server.facts.email, password: server.facts.password });
    const answer = await terminal.next();
    if (answer.type === 'welcome') {
      terminal.credential = answer.credential;
      return { terminal, code: answer.code };
    }
    assert.equal(answer.type, 'log_in_refused', JSON.stringify(answer));
    return { terminal, refused: answer };
  }

  test('refuses in words, keeps what was promised, and heals', { timeout: 120_000 }, async () => {
    server = await Production.start(data, ['--new-connections-per-minute', '60000']);
    const first = await register();
    const known = [first.code];

    fill();
    const refused = [];
    await until('there is no room any more', async () => {
      for (const each of await Promise.all(Array.from({ length: 4 }, register))) {
        if (each.refused) refused.push(each);
        else known.push(each.code);
      }
      return refused.length >= 4;
    }, 60_000);
    for (const each of refused) {
      assert.deepEqual(each.refused, { type: 'log_in_refused', reason: 'trouble', message: 'The server could not store the log-in. Try again.',
        pin: false, waitSeconds: 0 });
    }

    // What needs no room goes on.
    const [ping] = await Promise.all([server.call(`/devices/${first.code}/ping`), first.terminal.showPing()]);
    assert.equal(ping.status, 202);
    assert.equal((await server.call('/connection-test')).status, 200);
    assert.deepEqual(await codes(), [...known].sort(), 'exactly what was acknowledged');
    const found = await get(`${server.url}/readyz`);
    assert.equal(found.status, 503);
    assert.match(JSON.parse(found.text).problems[0],
      /^The disk of the data directory is full: nothing could be stored \d+ s ago\. Make room on it; the server goes on by itself\.$/);
    assert.equal((await get(`${server.url}/healthz`)).status, 200);
    const admin = await run(['admin', 'token', 'add', '--name', 'Late', '--general', 'read', '--settings', 'read', '--processing', 'none',
      '--data', data]);
    assert.deepEqual([admin.code, admin.stderr], [1, 'tillwire: there is no room left on the disk; nothing was changed\n']);

    rmSync(ballast());
    for (const each of refused) { // on the same connection, as a person would who tries again
      const later = await logIn(each.terminal);
      assert.ok(later.code, JSON.stringify(later.refused));
      known.push(later.code);
    }
    assert.equal((await readiness()).ready, true);
    assert.equal((await server.admin('token', 'list')).length, 1);
    assert.deepEqual(await codes(), [...known].sort());
    assert.equal(new Set(known).size, known.length);

    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    assert.equal((await server.admin('check')).whole, true);
    server = await server.startAgain();
    assert.deepEqual(await codes(), [...known].sort());
    const again = new Terminal(server, { serial: first.terminal.serial, credential: first.terminal.credential });
    assert.equal((await again.comeBack()).code, first.code);
    await again.close();
  });

  test('a server killed while it is full comes back, to what was promised', { timeout: 120_000 }, async () => {
    server = await Production.start(data, ['--new-connections-per-minute', '60000']);
    const known = [(await register()).code];
    fill();
    await until('there is no room any more', async () => {
      const each = await register();
      if (each.code) known.push(each.code);
      return each.refused;
    }, 60_000);
    await server.stop('SIGKILL');
    rmSync(ballast());
    server = await server.startAgain();
    assert.deepEqual(await codes(), known.sort());
    assert.ok((await register()).code);
  });
});
