// `tillwire serve` as a user without rights, which is how a shop runs it: what
// that user needs, what others can see, and what the service manager is told.
// Needs root, to become another user.

import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { makeCertificate, prepare, Production } from '../end/support/production.mjs';
import { endWatched, makeFolder, removeFolder, TILLWIRE, until, watched } from '../end/support/server.mjs';
import { Terminal } from '../end/support/terminal.mjs';

const OPERATOR = 65534; // the user that the server runs as
const STRANGER = 12345;
const WHY_NOT = process.getuid() === 0 ? false : 'needs root, to become another user';

// { code, stdout, stderr } of a command that ends by itself, run by that user.
function runAs(user, command, args) {
  return new Promise((done) => {
    execFile(command, args, { uid: user, gid: user, env: { PATH: process.env.PATH }, cwd: '/' }, (error, stdout, stderr) => {
      done({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

const adminAs = (user, data, ...args) => runAs(user, TILLWIRE, ['admin', ...args, '--data', data]);

describe('a server without rights', { skip: WHY_NOT }, () => {
  let folder;
  let files;
  let data;
  let server;
  let number = 0;

  before(() => {
    folder = makeFolder();
    chmodSync(folder, 0o755);
    files = makeCertificate(folder);
    chownSync(files.key, OPERATOR, OPERATOR);
  });

  after(() => {
    endWatched();
    removeFolder(folder);
  });

  beforeEach(() => {
    number += 1;
    data = join(folder, `data-${number}`);
    mkdirSync(data, { mode: 0o700 });
    chownSync(data, OPERATOR, OPERATOR);
  });

  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  async function start(args = [], options = {}) {
    server = await Production.start(data, ['--tls-cert', files.certificate, '--tls-key', files.key, ...args],
      { user: OPERATOR, ...options });
    return server;
  }

  // The files that it keeps, with what others may do with them.
  function openToOthers(directory) {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .filter((path) => (statSync(path).mode & 0o077) !== 0);
  }

  test('serves points of sale and terminals by TLS', async () => {
    await start();
    assert.match(server.url, /^https:/);
    assert.match(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'), new RegExp(`^Uid:\\s+${OPERATOR}\\s+${OPERATOR}`, 'm'));
    const terminal = new Terminal(server, { ca: server.ca });
    const { code } = await terminal.logIn();
    const [ping] = await Promise.all([server.call(`/devices/${code}/ping`), terminal.showPing()]);
    assert.equal(ping.status, 202);
    await terminal.close();
    assert.ok(!server.log.includes('server.root'));
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
  });

  test('lets nobody else read a file of its, at work and afterwards', async () => {
    await start();
    const terminal = new Terminal(server, { ca: server.ca });
    await terminal.logIn();
    assert.match(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'), /^Umask:\s+0077$/m);
    const atWork = readdirSync(data);
    for (const name of ['tillwire.db', 'tillwire.db-wal', 'tillwire.lock', 'pin.key', 'tickets.key', 'admin.sock']) {
      assert.ok(atWork.includes(name), `${name} of ${atWork}`);
    }
    assert.deepEqual(openToOthers(data), []);
    for (const name of atWork) assert.equal(statSync(join(data, name)).uid, OPERATOR, name);
    const backup = join(data, 'backup');
    const made = await adminAs(OPERATOR, data, 'backup', backup);
    assert.equal(made.code, 0, made.stderr);
    assert.ok(existsSync(join(backup, 'tillwire.db')));
    assert.deepEqual(openToOthers(data), []);
    await terminal.close();
    await server.stop();
    assert.deepEqual(openToOthers(data), []);
  });

  test('leaves no core, and shows its memory to no process of its own user', async () => {
    await start();
    const at = `/proc/${server.child.pid}`;
    assert.match(readFileSync(`${at}/limits`, 'utf8'), /^Max core file size\s+0\s+0\s/m);
    for (const name of ['mem', 'environ', 'maps']) {
      assert.equal(statSync(`${at}/${name}`).uid, 0, name);
      const peek = await runAs(OPERATOR, 'head', ['-c', '1', `${at}/${name}`]);
      assert.notEqual(peek.code, 0);
      assert.match(peek.stderr, /Permission denied/);
    }
  });

  test('is administered by its user and by root, and by nobody else', async () => {
    await start();
    const ours = await adminAs(OPERATOR, data, 'business', 'list', '--json');
    assert.equal(ours.code, 0, ours.stderr);
    assert.equal(JSON.parse(ours.stdout)[0].name, 'Main Street');
    assert.equal((await adminAs(0, data, 'business', 'list')).code, 0);

    const sentence = `tillwire: this user (number ${STRANGER}) may not write in the data directory ${data}; do it as the user ` +
      'whom it belongs to, or choose another with --data\n';
    const refused = async () => {
      for (const words of [['business', 'list'], ['token', 'add', '--name', 'Mine', '--general', 'read', '--settings', 'read',
        '--processing', 'admin']]) {
        const { code, stdout, stderr } = await adminAs(STRANGER, data, ...words);
        assert.deepEqual({ code, stdout, stderr }, { code: 1, stdout: '', stderr: sentence });
      }
      const backup = await adminAs(STRANGER, data, 'backup', join(data, 'stolen'));
      assert.notEqual(backup.code, 0);
      assert.ok(backup.stderr.includes(sentence.slice('tillwire: '.length)), backup.stderr);
    };
    await refused();
    chmodSync(data, 0o755); // a directory that was opened by mistake is no door either
    await refused();
    await server.stop();
    await refused();
    assert.equal(JSON.parse((await adminAs(OPERATOR, data, 'token', 'list', '--json')).stdout).length, 1);
  });

  test('what root does to its data does not lock it out', async () => {
    const shop = await prepare(data); // from nothing
    await start([], { shop });
    assert.equal((await server.call('/connection-test')).status, 200);
    await server.stop();
    assert.equal((await adminAs(0, data, 'user', 'list')).code, 0);
    for (const name of readdirSync(data)) assert.equal(statSync(join(data, name)).uid, OPERATOR, name);
    await start([], { shop, user: 0 }); // by mistake
    await new Terminal(server, { ca: server.ca }).logIn();
    await server.stop('SIGKILL');
    await start([], { shop });
    assert.equal((await server.call('/devices')).body.length, 1);
  });

  test('a key that it may not read is said by its name', async () => {
    chownSync(files.key, 0, 0);
    await assert.rejects(start(), (error) => {
      assert.ok(error.message.includes('ended with 2'), error.message);
      assert.ok(error.message.includes(`the key ${files.key} cannot be read: this user may not read it\n`), error.message);
      return true;
    });
    chownSync(files.key, OPERATOR, OPERATOR);
  });

  test('root is warned of, in a sentence', async () => {
    await start([], { user: 0 });
    assert.match(server.log, /level=warning event=server\.root do="run it as a user of its own; a port below 1024 needs only CAP_NET_BIND_SERVICE"/);
  });

  test('a limit of open files that is too low is said with its numbers', async () => {
    await assert.rejects(start([], { shop: {}, under: ['prlimit', '--nofile=64:64'] }), (error) => {
      assert.ok(error.message.includes('ended with 2'), error.message);
      const [, needed] = /15500 terminals and 4000 other connections need (\d+) open files, and this process may have 64: /.exec(error.message) ?? [];
      assert.ok(Number(needed) > 19_500, error.message);
      assert.ok(error.message.includes(`raise that (LimitNOFILE=${needed} in the service's unit, ulimit -n ${needed} in a shell)`), error.message);
      return true;
    });
    assert.deepEqual(readdirSync(data), [], 'nothing was begun');
  });

  test('the service manager hears READY after the door is open, and STOPPING before the end', async () => {
    let heard = '';
    const said = () => heard.trimEnd().split('\n');
    const socket = join(folder, `notify-${number}`);
    // Node has no datagram sockets in the file system.
    const manager = watched(spawn('python3', ['-u', '-c', `
import os, socket, sys
door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
door.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
print("listening")
while True:
    print(door.recv(4096).decode().replace("\\n", " "))
`, socket], { stdio: ['ignore', 'pipe', 'inherit'] }));
    manager.stdout.on('data', (bytes) => { heard += bytes; });
    await until('the manager listens', () => said().includes('listening'));
    await start([], { env: { NOTIFY_SOCKET: socket } });
    await until('it hears of the start', () => said().includes('READY=1'));
    assert.equal((await server.call('/connection-test')).status, 200);
    assert.ok(!said().includes('STOPPING=1'));
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    await until('it hears of the end', () => said().includes('STOPPING=1'));
    assert.deepEqual(said(), ['listening', 'READY=1', 'STOPPING=1']);
    manager.kill();
  });
});
