// What an administrator may do to a device while a payment is open on it, with
// either processor: nobody loses the one terminal that knows what became of it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { endWatched, makeFolder, removeFolder, run, Server, until } from './support/server.mjs';
import { CARDS, Terminal } from './support/terminal.mjs';

const folder = makeFolder();
let server;

before(async () => {
  server = await Server.start(folder);
  await server.admin('business', 'set', '1', '--processor', 'device');
});
after(async () => {
  assert.equal((await server.stop()).code, 0);
  endWatched();
  removeFolder(folder);
});

const device = (...words) => server.admin('device', ...words);
const tried = (...words) => run(['admin', 'device', ...words, '--data', folder]);
const stateOf = async (id) => (await server.admin('payment', 'show', String(id))).state;

async function connect(options) {
  const terminal = new Terminal(server, options);
  await terminal.logIn();
  await terminal.ready();
  return terminal;
}

// A payment that got its go; its number.
async function begin(terminal, amount = 10) {
  const call = server.purchase(terminal.code, { currency: 'CAD', transactionAmount: amount });
  const { payment } = await terminal.takeOffer();
  assert.equal((await call).status, 202);
  return payment;
}

const result = (payment, fields = {}) => ({
  type: 'result', payment, attempt: 1, entry: 'tap', ...CARDS.visa, approved: true, approvalCode: 'T00042', reason: null, ...fields,
});

async function deliver(terminal, payment, state = 'approved') {
  terminal.send(result(payment));
  const { approved, transaction } = await terminal.expect('outcome');
  assert.equal(approved, true);
  assert.equal((await terminal.expect('payment_ended')).state, state);
  return transaction;
}

// Shows the credential that it has, which was retired.
async function retired(terminal) {
  const again = terminal.again();
  await again.hello();
  assert.equal((await again.expect('log_in_required')).reason, 'unknown_credential');
  return again;
}

describe('replace', () => {
  test('is refused while the broken terminal has a payment that is not final, and nothing changes', async () => {
    const broken = await connect();
    const spare = await connect();
    const id = await begin(broken);
    for (const words of [['--with', spare.code], ['--serial', 'LATER-7']]) {
      const refused = await tried('replace', broken.code, ...words);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, new RegExp(`${broken.code} has a payment of 10.00 CAD that is not final \\(number ${id}, displayed\\)`
        + ', and only the terminal that began it can say what becomes of it; wait until it has ended'));
    }
    await deliver(broken, id);
    await device('replace', broken.code, '--with', spare.code);
    assert.equal((await spare.closed).code, 1012);
    const moved = spare.again();
    assert.equal((await moved.comeBack()).code, broken.code);
    await moved.close();
  });

  test('is refused while the terminal that takes its place has one', async () => {
    const broken = await connect();
    const spare = await connect();
    const id = await begin(spare, 11);
    for (const words of [['--with', spare.code], ['--serial', spare.serial]]) {
      const refused = await tried('replace', broken.code, ...words);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, new RegExp(`${spare.code} has a payment of 11.00 CAD that is not final \\(number ${id}`));
    }
    assert.deepEqual((await server.admin('audit', 'list')).filter(({ action, subject }) =>
      action === 'device.replace' && subject === `device ${broken.code}`), [], 'what was refused is no change');
    await deliver(spare, id);
    await Promise.all([broken.close(), spare.close()]);
  });

  test('is refused while nobody knows what became of one, also of a terminal that was removed', async () => {
    const broken = await connect();
    const spare = await connect();
    const id = await begin(spare, 12);
    await device('remove', spare.code, '--force');
    await spare.closed;
    const sentence = new RegExp(`${spare.code} has a payment of 12.00 CAD of which nobody knows what became of it; `
      + `say so first, with 'payment resolve ${id}', and replace it then`);
    assert.match((await tried('replace', broken.code, '--serial', spare.serial)).stderr, sentence);
    const again = await retired(spare);
    await deliver(again, id);
    await again.close();
    assert.equal((await device('replace', broken.code, '--serial', spare.serial)).serial, spare.serial);
    await broken.closed;
  });
});

describe('rotate', () => {
  test('leaves an open payment to its terminal, which comes back and gets another credential', async () => {
    const terminal = await connect();
    const id = await begin(terminal);
    await device('rotate', terminal.code);
    assert.equal((await terminal.closed).code, 1012);
    const again = terminal.again();
    await again.comeBack();
    assert.notEqual(again.credential, terminal.credential);
    assert.equal((await again.expect('resume')).payment, id);
    await again.cut();
    const renewed = again.again();
    await renewed.comeBack();
    assert.equal((await renewed.expect('resume')).payment, id);
    await renewed.cut();
    // The old one is retired now: a result of what was begun under it is taken by it too.
    const old = await retired(terminal);
    await deliver(old, id);
    await old.close();
    assert.equal(await stateOf(id), 'approved');
  });
});

describe('revoke', () => {
  test('tells of the open payment; its result is taken by the retired credential, and nothing else', async () => {
    const terminal = await connect();
    const id = await begin(terminal);
    const answer = await device('revoke', terminal.code);
    assert.equal(answer.openPayment, id);
    assert.match(answer.next, /that payment is not final: its terminal can still report a card that it took, and nothing else; nobody can log in on it until the payment has ended/);
    assert.equal((await terminal.expect('error')).reason, 'revoked');
    assert.equal((await terminal.closed).code, 4002);
    const again = await retired(terminal);
    for (const message of [
      { type: 'cancel_payment', payment: id, by: 'customer' }, { type: 'ask_payment', payment: id },
      { ...result(id), type: 'attempt', approved: undefined, approvalCode: undefined, reason: undefined },
      { type: 'displayed', payment: id }, { type: 'progress', payment: id, screen: 'pin' },
    ]) {
      again.send(message);
    }
    again.send({ type: 'probe' });
    await again.expect('probe_answered');
    assert.equal(await stateOf(id), 'displayed');
    // Nor can anybody take the terminal's place by its serial number.
    again.send({ type: 'log_in', email: server.facts.email, password: server.facts.password });
    const { reason, message } = await again.expect('log_in_refused');
    assert.equal(reason, 'serial_in_use');
    assert.match(message, new RegExp(`^Payment ${id} of the terminal .* is not over.*'payment resolve ${id}'`));
    const transaction = await deliver(again, id);
    again.send(result(id));
    assert.equal((await again.expect('outcome')).transaction, transaction, 'said again, answered again');
    await again.expect('payment_ended');
    again.send({ type: 'log_in', email: server.facts.email, password: server.facts.password });
    assert.equal((await again.expect('welcome')).code, terminal.code);
    await again.close();
  });

  test('says nothing of payments where none is open; one that is begun later is not the old credential\'s', async () => {
    const terminal = await connect();
    assert.deepEqual(await device('revoke', terminal.code), { code: terminal.code });
    await terminal.closed;
    const now = await connect({ serial: terminal.serial });
    const id = await begin(now);
    const thief = await retired(terminal);
    thief.send(result(id));
    assert.match((await thief.expect('result_refused')).message, /not known here for this terminal/);
    assert.equal(await stateOf(id), 'displayed');
    await thief.close();
    await deliver(now, id);
    await now.close();
  });

  test('with the processor `test` promises no report of the terminal: the time ends it', async () => {
    await server.admin('business', 'set', '1', '--processor', 'test');
    const terminal = await connect();
    await begin(terminal);
    assert.match((await device('revoke', terminal.code)).next, /until it has ended, which it does by itself in about two minutes$/);
    await terminal.closed;
    await server.admin('business', 'set', '1', '--processor', 'device');
  });

  test('and a removal by force tell the same in plain words', async () => {
    const terminal = await connect();
    const id = await begin(terminal);
    assert.match((await tried('revoke', terminal.code)).stdout,
      new RegExp(`^Revoked the credential of device ${terminal.code}\\.\n[^]*^Open payment: +${id}\n^Next: +that payment is not final`, 'm'));
    assert.match((await tried('remove', terminal.code, '--force')).stdout,
      new RegExp(`^Removed device ${terminal.code}\\.\n[^]*^Unknown payment: +${id}$`, 'm'));
    const again = await retired(terminal);
    await deliver(again, id);
    await again.close();
  });

  test('of a payment that never hears from its terminal again: it is unknown until a person resolves it', async () => {
    const terminal = await connect();
    const id = await begin(terminal);
    await device('revoke', terminal.code);
    await terminal.closed;
    assert.deepEqual(await device('remove', terminal.code, '--force'), { code: terminal.code, unknownPayment: id });
    await server.admin('payment', 'resolve', String(id), '--as', 'cancelled');
    const again = await retired(terminal);
    again.send(result(id));
    assert.match((await again.expect('result_refused')).message, /^The card was approved here, but that is stored as cancelled for good/);
    await again.close();
    assert.equal(await stateOf(id), 'cancelled');
    await until('the operator is told', () => server.log.includes('payment.contradicted'));
  });
});
