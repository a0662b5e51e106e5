// A cable is pulled: the terminal's machine vanishes without a word, in a
// network namespace of its own. Needs root and iproute2.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';

import { Production } from '../end/support/production.mjs';
import { endWatched, makeFolder, removeFolder, TILLWIRE, until, watched } from '../end/support/server.mjs';

const NAME = `tw${process.pid}`;
const HERE = '198.18.77.1';
const THERE = '198.18.77.2';
const HALF_OPEN_S = 4;

const ip = (...words) => execFileSync('ip', words, { stdio: 'pipe' });

function possible() {
  try {
    ip('netns', 'add', NAME);
    return true;
  } catch {
    return false;
  }
}

const folder = makeFolder();
const usable = possible();
let server;

describe('a terminal whose machine vanishes', { skip: usable ? false : 'needs root and network namespaces' }, () => {
  before(async () => {
    ip('link', 'add', `${NAME}a`, 'type', 'veth', 'peer', 'name', `${NAME}b`);
    ip('link', 'set', `${NAME}b`, 'netns', NAME);
    ip('addr', 'add', `${HERE}/30`, 'dev', `${NAME}a`);
    ip('link', 'set', `${NAME}a`, 'up');
    ip('-n', NAME, 'addr', 'add', `${THERE}/30`, 'dev', `${NAME}b`);
    ip('-n', NAME, 'link', 'set', `${NAME}b`, 'up');
    const data = join(folder, 'data');
    mkdirSync(data);
    server = await Production.start(data, ['--listen', `${HERE}:0`, '--plain', '--half-open', String(HALF_OPEN_S)]);
  });

  after(async () => {
    await server?.stop();
    endWatched();
    try { ip('netns', 'del', NAME); } catch { /* it was never made */ }
    try { ip('link', 'del', `${NAME}a`); } catch { /* gone with the namespace */ }
    removeFolder(folder);
  });

  test('is not listening any more within the set time, though nobody said goodbye', async () => {
    const child = watched(spawn('ip', ['netns', 'exec', NAME, TILLWIRE, 'terminal', '--server', server.url,
      '--email', server.facts.email, '--password', server.facts.password, '--data', join(folder, 'terminal'), '--continue', '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] }));
    const code = await new Promise((done) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const event = JSON.parse(line);
        if (event.code) done(event.code);
      });
    });
    await until('it is pinged', async () => (await server.call(`/devices/${code}/ping`)).status === 202);
    ip('-n', NAME, 'link', 'set', `${NAME}b`, 'down');
    const began = Date.now();
    await until('the server notices', () => server.log.includes('event=terminal.disconnected'), HALF_OPEN_S * 1000 + 8000);
    const took = Date.now() - began;
    assert.ok(took <= HALF_OPEN_S * 1000 + 3000, `noticed after ${took} ms`);
    assert.equal((await server.call(`/devices/${code}/ping`)).status, 409);
    child.kill('SIGKILL');
  });
});
if (!usable) removeFolder(folder);
