// `tillwire serve`: where its options come from, what it refuses and how it
// says so, what --check looks at, how it starts and ends.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { chmodSync, chownSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { Server, TILLWIRE, endWatched, makeFolder, removeFolder, run, until } from './support/server.mjs';
import { Serve, get, makeCertificate, makeData, runServe } from './support/serve.mjs';
import { Terminal } from './support/terminal.mjs';

const MORE = "tillwire: 'tillwire serve --help' tells more\n";
const isRoot = process.getuid() === 0;
const SOMEBODY = 65534; // a user without rights of its own

let folder;
let data;
let servers;

before(() => {
  folder = makeFolder();
  chmodSync(folder, 0o755);
});
after(() => {
  endWatched();
  removeFolder(folder);
});
let number = 0;
beforeEach(() => {
  number += 1;
  data = makeData(folder, `data-${number}`);
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.stop('SIGKILL');
});

async function start(args, options) {
  const server = await Serve.start(args, options);
  servers.push(server);
  return server;
}

async function startDev(...args) {
  const server = await Server.start(data, 0, args);
  servers.push(server);
  return server;
}

function file(text) {
  const path = join(folder, `${number}.conf`);
  writeFileSync(path, text);
  return path;
}

async function answers(url, options) {
  assert.equal((await get(`${url}/v2/connection-test`, options)).status, 401);
}

async function refuses(args, expected, { code = 2, env = {} } = {}) {
  const result = await runServe(args, env);
  assert.equal(result.stderr, expected);
  assert.equal(result.stdout, '');
  assert.equal(result.code, code);
}

describe('where the options come from', () => {
  test('the command line', async () => {
    const server = await start(['--data', data, '--listen', '127.0.0.1:0']);
    await answers(server.url);
    assert.ok(existsSync(join(data, 'tillwire.db')));
  });

  test('the environment', async () => {
    const server = await start([], { env: { TILLWIRE_DATA: data, TILLWIRE_LISTEN: '127.0.0.1:0' } });
    await answers(server.url);
    assert.ok(existsSync(join(data, 'tillwire.db')));
  });

  test('a file, also one that the environment names', async () => {
    const config = file(`# a shop\ndata = "${data}"\nlisten = [::1]:0\nlog-level = warning\njson = true\n`);
    const server = await start(['--config', config], { json: true });
    assert.match(server.url, /^http:\/\/\[::1\]:\d+$/);
    await answers(server.url);
    assert.ok(!server.log.includes('level=info'));
    await server.stop();
    const again = await start([], { env: { TILLWIRE_CONFIG: config } });
    await answers(again.url);
  });

  test('the line comes before the environment, that before the file', async () => {
    const config = file(`data = ${data}\nlisten = 127.0.0.3:0\n`);
    const args = ['--config', config];
    const env = { TILLWIRE_LISTEN: '127.0.0.2:0' };
    assert.match((await start(args)).url, /127\.0\.0\.3/);
    await servers.pop().stop();
    assert.match((await start(args, { env })).url, /127\.0\.0\.2/);
    await servers.pop().stop();
    assert.match((await start([...args, '--listen', '127.0.0.1:0'], { env })).url, /127\.0\.0\.1/);
  });
});

describe('what it says when it is ready', () => {
  test('a line for people, and nothing else on standard output', async () => {
    const server = await start(['--data', data, '--listen', '127.0.0.1:0'], { json: false });
    await answers(server.url);
    assert.equal((await server.stop()).code, 0);
    assert.match(server.output, /^Tillwire \d+\.\d+\.\d+ is ready: http:\/\/127\.0\.0\.1:\d+\/v2\n$/);
  });

  test('with --json one object', async () => {
    const server = await start(['--data', data, '--listen', '127.0.0.1:0']);
    assert.deepEqual(Object.keys(server.facts), ['api', 'operations', 'version']);
    assert.equal(server.facts.operations, null);
    assert.equal((await run(['version'])).stdout, `tillwire ${server.facts.version}\n`);
    await server.stop();
    assert.equal(server.output, `${JSON.stringify(server.facts)}\n`);
  });

  test('a directory without a database gets one, and the log says what comes next', async () => {
    const server = await start(['--data', data, '--listen', '127.0.0.1:0']);
    assert.match(server.log, new RegExp(`event=data.made directory=${data} do="add the first business: ` +
      `tillwire admin business add --data ${data} --name NAME --currency CAD"`));
    const added = await run(['admin', 'business', 'add', '--data', data, '--name', 'Shop', '--currency', 'CAD']);
    assert.equal(added.code, 0, added.stderr);
    await server.stop();
    const again = await start(['--data', data, '--listen', '127.0.0.1:0']);
    assert.ok(!again.log.includes('data.made'));
  });

  test('its log is JSON where that is wanted', async () => {
    const server = await start(['--data', data, '--listen', '127.0.0.1:0', '--log-format', 'json']);
    await server.stop();
    const events = server.log.trim().split('\n').map((line) => JSON.parse(line));
    const ready = events.find(({ event }) => event === 'server.ready');
    assert.equal(ready.url, server.url);
    assert.ok(events.some(({ event }) => event === 'server.stopped'));
  });
});

describe('TLS', () => {
  test('is what the one listener speaks', async () => {
    const tls = makeCertificate(folder, 'tls');
    const server = await start(['--data', data, '--listen', '0.0.0.0:0', '--tls-cert', tls.certificate,
      '--tls-key', tls.key]);
    assert.match(server.url, /^https:/);
    await answers(`https://127.0.0.1:${server.port}`, { ca: tls.pem });
    await assert.rejects(get(`https://127.0.0.1:${server.port}/`), /self-signed certificate/);
  });

  test('dev speaks it, too', async () => {
    const tls = makeCertificate(folder, 'dev');
    const result = await run(['dev', '--data', data, '--tls-cert', tls.certificate]);
    assert.equal(result.code, 2);
    assert.match(result.stderr, /--tls-cert and --tls-key belong together: give both/);
    const dev = await startDev('--tls-cert', tls.certificate, '--tls-key', tls.key);
    assert.match(dev.facts.api, /^https:/);
    assert.match(dev.facts.terminalPage, /^https:/);
    const answer = await get(`${dev.facts.api}/connection-test`, { ca: tls.pem, headers: { 'api-token': dev.facts.token } });
    assert.equal(answer.text, '{"message":"Connection Successful"}');
  });
});

describe('dev', () => {
  async function rateLimits(dev) {
    const { stdout } = await run(['admin', 'business', 'show', String(dev.facts.business), '--data', data, '--json']);
    return JSON.parse(stdout).preset;
  }

  test('sets the preset of the demo business, which keeps it until told otherwise', async () => {
    let dev = await startDev();
    assert.equal(await rateLimits(dev), 'none');
    await dev.stop();
    dev = await startDev('--preset', 'helcim');
    assert.equal(await rateLimits(dev), 'helcim');
    await dev.stop();
    dev = await startDev();
    assert.equal(await rateLimits(dev), 'helcim');
    await dev.stop();
    dev = await startDev('--preset', 'none');
    assert.equal(await rateLimits(dev), 'none');
  });

  test('counts no calls but under the preset', async () => {
    const count = async (dev) => (await dev.call('/connection-test')).headers.get('minute-limit-remaining');
    const dev = await startDev();
    assert.equal(await count(dev), null);
    await dev.stop();
    assert.equal(await count(await startDev('--preset', 'helcim')), '99');
  });

  test('logs JSON where that is wanted', async () => {
    const dev = await startDev('--log-format', 'json');
    await dev.stop();
    const events = dev.log.trim().split('\n').map((line) => JSON.parse(line).event);
    assert.ok(events.includes('server.stopping'));
  });

  test('reads neither the variables of a server nor its file', async () => {
    const env = { TILLWIRE_DATA: '/no/such', TILLWIRE_LISTEN: '0.0.0.0:1', TILLWIRE_CONFIG: '/no/such', TILLWIRE_PLAIN: 'x' };
    Object.assign(process.env, env);
    try {
      assert.equal((await (await startDev()).call('/connection-test')).status, 200);
    } finally {
      for (const name of Object.keys(env)) delete process.env[name];
    }
  });
});

describe('operations', () => {
  test('have a listener of their own where that is wanted', async () => {
    const server = await start(['--data', data, '--listen', '127.0.0.1:0', '--operations-listen', '0']);
    assert.match(server.facts.operations, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.notEqual(server.facts.operations, server.url);
    assert.equal((await get(`${server.facts.operations}/healthz`)).status, 200);
    assert.equal((await get(`${server.facts.operations}/v2/connection-test`)).status, 404);
  });
});

describe('what it refuses', () => {
  test('an unknown option, with the nearest', async () => {
    await refuses(['--tls-crt', 'x'], `tillwire: there is no option --tls-crt: did you mean --tls-cert?\n${MORE}`);
  });

  test('nothing at all', async () => {
    await refuses([], 'tillwire: --data (or $TILLWIRE_DATA) is missing: say it, or ' +
      "'data = ...' in the configuration file\n" +
      'tillwire: --listen (or $TILLWIRE_LISTEN) is missing: say it, or ' +
      `'listen = ...' in the configuration file\n${MORE}`);
  });

  test('every mistake of a file, each with its line, and those of other places', async () => {
    const config = file(['listen = 127.0.0.1:0', 'tls-crt = /x', 'heartbeat = 20 # s', 'heartbeat = 0', 'drain = 5',
      'drain = 6', 'log-level = warn', 'check = true', 'nonsense', '[server]', 'plain = yes', ''].join('\n'));
    const say = (line, text) => `tillwire: ${config}:${line}: ${text}\n`;
    await refuses(['--config', config, '--data', data, '--origin', 'here'],
      say(2, "there is no setting 'tls-crt': did you mean 'tls-cert'?") +
      say(3, 'a comment needs a line of its own, a value with a # needs quotes') +
      say(6, "'drain' stands there twice, first in line 5") +
      say(8, "'check' cannot stand in a configuration file: say --check on the command line") +
      say(9, 'a line is NAME = VALUE, or a comment that begins with #') +
      say(10, 'there are no sections: each line is NAME = VALUE') +
      say(11, "plain must be true or false, not 'yes'") +
      say(7, "log-level must be error, warning, info or debug, not 'warn'") +
      "tillwire: --origin: an origin starts with http:// or https://, not 'here'\n" +
      say(4, "heartbeat: it must be a whole number from 1 to 3600 seconds, not '0'") +
      "tillwire: $TILLWIRE_DRAIN: it must be a whole number from 0 to 600 seconds, not '-1'\n" + MORE,
      { env: { TILLWIRE_DRAIN: '-1' } });
    assert.deepEqual(readdirSync(data), []);
  });

  test('plain HTTP that others can reach, unless it is meant', async () => {
    const args = ['--data', data, '--listen', '0.0.0.0:0'];
    await refuses(args, 'tillwire: --listen: 0.0.0.0 can be reached from other machines, and without TLS whoever is ' +
      'on the way can read and change everything: give --tls-cert and --tls-key, or say --plain where a proxy in ' +
      `front does TLS\n${MORE}`);
    const server = await start([...args, '--plain']);
    await answers(`http://127.0.0.1:${server.port}`);
  });

  test('a port that is taken', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await new Promise((done) => { other.once('listening', done); });
    const { port } = other.address();
    await refuses(['--data', data, '--listen', `127.0.0.1:${port}`, '--log-level', 'error'],
      `tillwire serve: port ${port} on 127.0.0.1 is in use by another program; stop that one, or choose another ` +
      'with --listen (port 0 takes any free one)\n', { code: 1 });
    other.close();
  });

  test('data that another server has', async () => {
    const first = await start(['--data', data, '--listen', '127.0.0.1:0']);
    await refuses(['--data', data, '--listen', '127.0.0.1:0', '--log-level', 'error'],
      `tillwire serve: another tillwire (process ${first.child.pid}) uses the data in ${data}; stop it, or choose ` +
      'another directory with --data\n', { code: 1 });
    await answers(first.url);
  });

  test('a limit of open files that is too low for its terminals; a soft one it raises', async () => {
    const args = ['--data', data, '--listen', '127.0.0.1:0', '--terminals-max', '300', '--connections-max', '144'];
    await assert.rejects(start(args, { shell: 'ulimit -n 699' }), (error) => {
      assert.match(error.message, /ended with 2/);
      assert.ok(error.message.includes('tillwire: --terminals-max: 300 terminals and 144 other connections need 700 ' +
        "open files, and this process may have 699: raise that (LimitNOFILE=700 in the service's unit, ulimit -n 700 " +
        'in a shell), or lower --terminals-max or --connections-max\n'), error.message);
      return true;
    });
    const server = await start(args, { shell: 'ulimit -S -n 100; ulimit -H -n 700' });
    assert.match(readFileSync(`/proc/${server.child.pid}/limits`, 'utf8'), /Max open files\s+700\s+700/);
  });
});

describe('--check', () => {
  const check = (...args) => runServe(['--check', '--data', data, ...args]);

  async function finds(args, ...expected) {
    const result = await check(...args);
    assert.equal(result.stderr, expected.map((line) => `tillwire: ${line}\n`).join('') + MORE);
    assert.equal(result.stdout, '');
    assert.equal(result.code, 2);
    assert.deepEqual(readdirSync(data), [], 'nothing is made');
  }

  test('says what a good configuration means, and starts nothing', async () => {
    const tls = makeCertificate(folder, 'good');
    const taken = net.createServer().listen(0, '127.0.0.1'); // it binds nothing either
    await new Promise((done) => { taken.once('listening', done); });
    const { port } = taken.address();
    const result = await check('--listen', `127.0.0.1:${port}`, '--tls-cert', tls.certificate, '--tls-key', tls.key,
      '--operations-listen', '9090', '--terminals-max', '300', '--connections-max', '100', '--rate-limits', 'off');
    taken.close();
    assert.equal(result.stderr, '');
    const [date] = result.stdout.match(/\d{4}-\d\d-\d\d/);
    assert.equal(Math.round((Date.parse(date) - Date.now()) / 86400000) >= 89, true);
    const allowed = result.stdout.match(/(\d+) are allowed/)[1];
    assert.equal(result.stdout, ['the configuration is good',
      `  listens on   127.0.0.1, port ${port}, by TLS as localhost until ${date}`,
      '  operations   127.0.0.1, port 9090, without TLS',
      `  data         ${data}: empty, the first start makes a database`,
      '  terminals    at most 300, and 100 other connections',
      `  open files   656 are needed at most, ${allowed} are allowed`,
      '  rate limits  none', ''].join('\n'));
    assert.equal(result.code, 0);
    assert.deepEqual(readdirSync(data), []);
  });

  test('finds contradictions', async () => {
    await finds(['--listen', '127.0.0.1:80', '--operations-listen', '80', '--tls-cert', 'c'],
      '--operations-listen: it is the same address as that of --listen: choose another port, or leave it out (then ' +
      'both are answered there)',
      "--tls-cert: it needs --tls-key, the file with the certificate's key");
    await finds(['--listen', '127.0.0.1:0', '--tls-key', 'k', '--plain'],
      "--tls-key: it needs --tls-cert, the file with the key's certificate",
      '--plain: it contradicts --tls-key: a listener is TLS or plain');
  });

  test('finds a certificate that is of no use', async () => {
    const [one, two] = [makeCertificate(folder, 'one'), makeCertificate(folder, 'two')];
    const args = ['--listen', '127.0.0.1:0', '--tls-cert', one.certificate, '--tls-key'];
    let result = await check(...args, two.key);
    assert.equal(result.code, 2);
    assert.ok(result.stderr.startsWith('tillwire: --tls-cert: '), result.stderr);
    assert.ok(result.stderr.includes(two.key), result.stderr);
    result = await check(...args, join(folder, 'no-such.key'));
    assert.equal(result.code, 2);
    assert.ok(result.stderr.includes(join(folder, 'no-such.key')), result.stderr);
    const soon = makeCertificate(folder, 'soon', { days: 5 });
    result = await check('--listen', '127.0.0.1:0', '--tls-cert', soon.certificate, '--tls-key', soon.key);
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /\nwarning: --tls-cert: the certificate of localhost ends on \d{4}-\d\d-\d\d, in [45] days: renew it, and send SIGHUP\n$/);
  });

  test('finds a directory that cannot keep data', async () => {
    const args = ['--check', '--listen', '127.0.0.1:0', '--data'];
    const none = join(folder, 'none');
    await refuses([...args, none], `tillwire: --data: the directory ${none} is not there: make it, for this user ` +
      `alone (mkdir -m 700)\n${MORE}`);
    assert.ok(!existsSync(none));
    chmodSync(data, 0o755);
    await refuses([...args, data], `tillwire: --data: everybody may look into ${data}: forbid it (chmod o-rwx ` +
      `${data})\n${MORE}`);
    await refuses([...args, TILLWIRE], `tillwire: --data: ${TILLWIRE} is no directory\n${MORE}`);
  });

  test('finds the demo business', async () => {
    const dev = await Server.start(data);
    await dev.stop();
    const result = await check('--listen', '127.0.0.1:0');
    assert.equal(result.code, 0, result.stderr);
    assert.ok(result.stdout.includes(`\nwarning: --data: ${data} was made by 'tillwire dev': `), result.stdout);
    const server = await start(['--data', data, '--listen', '127.0.0.1:0']); // which only warns, too
    assert.match(server.log, /level=warning event=config.doubtful what="--data: .* was made by 'tillwire dev'/);
  });

  test('says from which file, which cannot be read', async () => {
    await finds(['--listen', '127.0.0.1:0', '--config', '/no/such.conf'],
      '--config: the configuration file /no/such.conf cannot be read: No such file or directory');
  });
});

describe('its user', () => {
  test('root is warned of', { skip: !isRoot && 'needs root' }, async () => {
    const server = await start(['--data', data, '--listen', '127.0.0.1:0']);
    assert.match(server.log, /level=warning event=server.root do="run it as a user of its own/);
  });

  test('another is not, and needs no right but to its data', { skip: !isRoot && 'needs root' }, async () => {
    await assert.rejects(start(['--data', data, '--listen', '127.0.0.1:0'], { uid: SOMEBODY }),
      new RegExp(`--data: this user \\(number ${SOMEBODY}\\) may not write in ${data}: give it to that user \\(chown\\)`));
    chownSync(data, SOMEBODY, SOMEBODY);
    const server = await start(['--data', data, '--listen', '127.0.0.1:0'], { uid: SOMEBODY });
    await answers(server.url);
    assert.ok(!server.log.includes('server.root'));
  });

  test('its files are nobody else\'s, and it leaves no core', async () => {
    const server = await start(['--data', data, '--listen', '127.0.0.1:0']);
    assert.match(readFileSync(`/proc/${server.child.pid}/limits`, 'utf8'), /Max core file size\s+0\s+0/);
    assert.match(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'), /Umask:\s+0077/);
  });
});

describe('its end', () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`${signal} ends it with 0, and the port is free again`, async () => {
      const server = await start(['--data', data, '--listen', '127.0.0.1:0']);
      await answers(server.url);
      assert.deepEqual(await server.stop(signal), { code: 0, signal: null });
      const again = await start(['--data', data, '--listen', `127.0.0.1:${server.port}`]);
      await answers(again.url);
    });
  }

  test('a call under way is answered first', async () => {
    const server = await start(['--data', data, '--listen', '127.0.0.1:0']);
    const shop = Object.assign(new Server(), { data, url: server.url, port: server.port, facts: { api: server.api } });
    const { token, email, password } = await shop.addBusiness('Shop');
    Object.assign(shop.facts, { token, email, password });
    const terminal = new Terminal(shop);
    await terminal.logIn();
    const call = shop.call(`/devices/${terminal.code}/ping`);
    const ping = await terminal.expect('ping');
    server.child.kill('SIGTERM');
    await until('it stops', () => server.log.includes('event=server.stopping'));
    terminal.send({ type: 'ping_shown', id: ping.id });
    assert.equal((await call).status, 202);
    assert.equal((await terminal.closed).code, 1001);
    assert.deepEqual(await server.ended, { code: 0, signal: null });
  });
});

test('each option of the help stands in docs/configuration.md, with its variable and its default', async () => {
  const { stdout } = await run(['serve', '--help']);
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const options = [...stdout.matchAll(/^ {2}--([a-z-]+)(?: (\S+))?(?: \((.*)\))?$/gm)];
  assert.ok(options.length > 20);
  const named = new Set([...page.matchAll(/^\| `--([a-z-]+)/gm)].map((match) => match[1]));
  for (const [, name, value, origin = ''] of options) {
    if (name === 'help') continue;
    const shown = `| \`--${name}${value ? ` ${value.replaceAll('|', '\\|')}` : ''}\``;
    const row = page.split('\n').find((line) => line.startsWith(`${shown} |`));
    assert.ok(row, `${shown} has no row`);
    const variable = origin.match(/\$([A-Z_]+)/)?.[1];
    if (variable) assert.ok(row.includes(`\`${variable}\``), `${name}: ${variable}`);
    const fallback = origin.match(/default (\S+)/)?.[1];
    if (fallback) assert.ok(row.includes(`| ${fallback} |`), `${name}: default ${fallback}`);
    named.delete(name);
  }
  assert.deepEqual([...named], [], 'the page has options that the program has not');
});
