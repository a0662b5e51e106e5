// Guessing on a Smart Terminal: five wrong PINs, then e-mail and password; wrong
// passwords, then delays that grow. A shop's own terminals are not locked out by
// a stranger.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Server, endWatched, makeFolder, removeFolder, until } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';

let folder;
let server;

before(async () => {
  folder = makeFolder();
  server = await Server.start(folder);
});
after(async () => {
  await server.stop();
  endWatched();
  removeFolder(folder);
});

async function refusal(terminal, fields) {
  terminal.send({ type: 'log_in', ...fields });
  const { type, message, ...rest } = await terminal.next();
  assert.equal(type, 'log_in_refused');
  return { ...rest, message };
}

async function greeted(options) {
  const terminal = new Terminal(server, options);
  await terminal.hello();
  await terminal.expect('log_in_required');
  return terminal;
}

async function loggedOut(shop) {
  const terminal = new Terminal(server);
  await terminal.logIn(shop);
  terminal.send({ type: 'log_out' });
  await terminal.expect('logged_out');
  return terminal;
}

const wrong = ({ email }) => ({ email, password: 'wrong horse' });

async function guess(terminal, shop, times) {
  for (let i = 0; i < times; i++) {
    const { reason, waitSeconds } = await refusal(terminal, wrong(shop));
    assert.deepEqual([reason, waitSeconds], ['wrong', 0]);
  }
}

// Guesses until the server says to wait so long: on a busy machine the shorter
// delays may be over before the next guess. All that was heard, each once, but
// for the number of seconds.
async function guessUntilLocked(terminal, shop, seconds) {
  const heard = new Set();
  await until(`locked for ${seconds} s`, async () => {
    const { waitSeconds, message, ...rest } = await refusal(terminal, wrong(shop));
    assert.equal(rest.reason, waitSeconds > 0 ? 'locked' : 'wrong');
    assert.ok(waitSeconds === 0 || message.includes(` ${waitSeconds} second`), message);
    heard.add(JSON.stringify({ ...rest, message: message.replace(/\d+ seconds?/, 'N seconds') }));
    return waitSeconds >= seconds;
  });
  return [...heard];
}

describe('wrong PINs', () => {
  test('lock the terminal after five, over connections and restarts, until a password', async () => {
    const shop = await server.addBusiness('Pins');
    let terminal = await loggedOut(shop);
    for (let i = 0; i < 4; i++) {
      assert.deepEqual(await refusal(terminal, { pin: '9999' }), {
        reason: 'wrong', pin: true, waitSeconds: 0,
        message: 'That did not match. Check the PIN, or the e-mail and password.' });
    }
    await terminal.close();
    const locked = { reason: 'locked', pin: false, waitSeconds: 0,
      message: 'Too many wrong PINs on this terminal. Log in with e-mail and password.' };
    terminal = terminal.again();
    await terminal.hello();
    assert.equal((await terminal.expect('log_in_required')).pin, true);
    assert.deepEqual(await refusal(terminal, { pin: '9999' }), locked);
    assert.deepEqual(await refusal(terminal, { pin: shop.pin }), locked);
    assert.equal(server.log.split('\n').filter((line) => line.includes('event=log_in.locked') && line.includes('by=pin')).length, 1);

    await server.stop('SIGKILL');
    server = await server.startAgain();
    terminal = new Terminal(server, { serial: terminal.serial, credential: terminal.credential });
    await terminal.hello();
    const { pin, message } = await terminal.expect('log_in_required');
    assert.deepEqual([pin, message], [false, 'Log in with your e-mail address and password.']);
    assert.deepEqual(await refusal(terminal, { pin: shop.pin }), locked);
    terminal.send({ type: 'log_in', email: shop.email, password: shop.password });
    await terminal.expect('welcome');
    terminal.send({ type: 'log_out' });
    await terminal.expect('logged_out');
    await terminal.logInByPin(shop.pin);
    await terminal.close();
  });
});

describe('wrong passwords', () => {
  test('cost growing delays, of a known user and of none alike', async () => {
    const shop = await server.addBusiness('Passwords');
    const [known, unknown] = await Promise.all([shop, { email: 'nobody.at.all@example.com' }].map(async (user) => {
      const stranger = await greeted();
      await guess(stranger, user, 5);
      const heard = await guessUntilLocked(stranger, user, 2);
      await stranger.close();
      return heard.sort();
    }));
    assert.deepEqual(known, unknown);
    assert.ok(known.includes(JSON.stringify({ reason: 'locked', pin: false,
      message: 'Too many wrong log-ins. Try again in N seconds.' })), known.join('\n'));
  });

  test('do not lock out the terminals of the shop, and for others end with the delay', async () => {
    const shop = await server.addBusiness('Shop Behind');
    const terminal = await loggedOut(shop);
    const stranger = await greeted();
    await guessUntilLocked(stranger, shop, 2);
    const right = { email: shop.email, password: shop.password };
    assert.equal((await refusal(stranger, right)).reason, 'locked', 'the right password is not looked at either');
    terminal.send({ type: 'log_in', ...right });
    await terminal.expect('welcome');
    await until('the delay is over', async () => {
      stranger.send({ type: 'log_in', ...right });
      return (await stranger.next()).type === 'welcome';
    });
    await Promise.all([terminal.close(), stranger.close()]);
  });

  test('sent at once from many connections are five tries', async () => {
    const shop = await server.addBusiness('At Once');
    const strangers = await Promise.all(Array.from({ length: 40 }, () => greeted()));
    const reasons = await Promise.all(strangers.map(async (stranger) => (await refusal(stranger, wrong(shop))).reason));
    const count = (reason) => reasons.filter((each) => each === reason).length;
    assert.deepEqual([count('wrong'), count('locked')], [5, 35]);
    await Promise.all(strangers.map((stranger) => stranger.close()));
  });

  test('are logged without the e-mail', async () => {
    const lines = server.log.split('\n').filter((line) => line.includes('event=log_in.locked') && line.includes('by=password'));
    assert.ok(lines.length > 0);
    for (const line of lines) {
      assert.match(line, / address=127\.0\.0\.1 /);
      assert.doesNotMatch(line, /example\.com|horse/);
    }
  });
});
