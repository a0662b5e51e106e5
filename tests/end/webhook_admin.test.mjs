// Webhooks as an administrator sets, rotates, watches and removes them, with a
// receiver that checks what comes by two libraries.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Production } from './support/production.mjs';
import { Inbox } from './support/inbox.mjs';
import { isSigned } from './support/verifiers.mjs';
import { endWatched, makeFolder, removeFolder, run, Server, until } from './support/server.mjs';
import { Terminal } from './support/terminal.mjs';

const folder = makeFolder();
const data = join(folder, 'data');
let receiver;
let server;
let terminal;
let code;

const admin = (...words) => run(['admin', ...words, '--data', data]);
const webhook = (...words) => server.admin('webhook', ...words);

async function connect() {
  terminal = new Terminal(server);
  ({ code } = await terminal.logIn());
  await terminal.ready();
}

// A sale from the POS's call to its outcome; its transaction's id.
async function sell(transactionAmount = 10) {
  const call = server.purchase(code, { currency: 'CAD', transactionAmount });
  const { payment } = await terminal.takeOffer();
  assert.equal((await call).status, 202);
  return (await terminal.present(payment)).transaction;
}

async function cancelSale() {
  const call = server.purchase(code, { currency: 'CAD', transactionAmount: 1, invoiceNumber: 'INV-C' });
  const { payment } = await terminal.takeOffer();
  assert.equal((await call).status, 202);
  await terminal.cancelPayment(payment);
}

const messages = (count) => until(`${count} messages`, () => receiver.messages.length >= count && receiver.messages);
const deliveries = (...words) => webhook('deliveries', ...words);
const inState = (state, count) => until(`${count} ${state}`, async () => {
  const rows = await deliveries('--state', state);
  return rows.length === count && rows;
});

before(async () => {
  receiver = await Inbox.start();
  server = await Server.start(data, 0, ['--webhook', receiver.url]);
  await connect();
});
after(async () => {
  await terminal.close();
  await server.stop();
  await receiver.stop();
  endWatched();
  removeFolder(folder);
});

describe('tillwire dev --webhook', () => {
  test('prints the verifier token, by which the messages are good', async () => {
    assert.equal(server.facts.webhook, receiver.url);
    assert.match(server.facts.verifierToken, /^[A-Za-z0-9+/]{43}=$/);
    const transaction = await sell();
    const [message] = await messages(1);
    assert.equal(message.text, `{"id":"${transaction}","type":"cardTransaction"}`);
    assert.ok(isSigned(message, server.facts.verifierToken));
    assert.ok(!isSigned(message, Buffer.alloc(32, 1).toString('base64')));
    assert.equal((await server.call(`/card-transactions/${transaction}`)).body.status, 'APPROVED');
    const [row] = await inState('delivered', 1);
    assert.deepEqual([row.event, row.transaction, row.attempts, row.messageId],
      ['cardTransaction', transaction, 1, message.headers['webhook-id']]);
  });

  test('the token stays when the server starts again, with the option or without', async () => {
    const { verifierToken } = server.facts;
    for (const options of [[], ['--webhook', receiver.url]]) {
      await terminal.close();
      await server.stop();
      server = await Server.start(data, 0, options);
      assert.deepEqual([server.facts.webhook, server.facts.verifierToken], [receiver.url, verifierToken]);
      await connect();
    }
    const audit = await server.admin('audit', 'list');
    assert.equal(audit.filter((row) => row.action === 'webhook.set').length, 1, 'nothing changed, nothing written');
  });

  test('an address that no webhook may have is refused in a sentence, and nothing starts', async () => {
    for (const [words, sentence] of [
      [['--webhook', 'http://192.168.1.1/'], /dev: --webhook: the address must start with https:\/\//],
      [['--webhook', 'https://192.168.1.1/'], /dev: --webhook: the host must not be a private/],
      [['--webhook', 'http://127.0.0.1:9/', '--webhook-events', 'refund'], /dev: --webhook-events is cardTransaction/],
      [['--webhook-events', 'cardTransaction'], /dev: the demo business has no webhook yet.*--webhook URL/],
    ]) {
      const result = await run(['dev', '--listen', '127.0.0.1:0', '--data', join(folder, 'other'), ...words]);
      assert.equal(result.code, 1);
      assert.match(result.stderr, sentence);
      assert.equal(result.stdout, '');
    }
  });
});

describe('admin webhook', () => {
  test('show tells what set told, and in words too', async () => {
    const shown = await webhook('show');
    assert.equal(shown.verifierToken, server.facts.verifierToken);
    assert.deepEqual([shown.url, shown.events, shown.oldValidUntil], [receiver.url, 'cardTransaction,terminalCancel', null]);
    const words = (await admin('webhook', 'show')).stdout;
    assert.match(words, /^Verifier token: +[A-Za-z0-9+/]{43}=$/m);
    assert.match((await admin('webhook', 'deliveries')).stdout, /cardTransaction.*delivered/s);
  });

  test('rotate signs with both until the grace ends', async () => {
    const before = (await webhook('show')).verifierToken;
    const { verifierToken, oldValidUntil } = await webhook('rotate', '--grace', '2');
    assert.notEqual(verifierToken, before);
    assert.ok(Math.abs(Date.parse(oldValidUntil) - Date.now() - 2 * 3600_000) < 60_000);
    receiver.messages = [];
    await sell();
    const [both] = await messages(1);
    assert.deepEqual([isSigned(both, before), isSigned(both, verifierToken)], [true, true]);
    const second = await webhook('rotate', '--grace', '0');
    assert.equal(second.oldValidUntil, null);
    receiver.messages = [];
    await sell();
    const [alone] = await messages(1);
    assert.deepEqual([isSigned(alone, verifierToken), isSigned(alone, second.verifierToken)], [false, true]);
  });

  test('set chooses the events at once, and keeps URL and token', async () => {
    const before = await webhook('show');
    const after = await webhook('set', '--events', 'terminalCancel');
    assert.deepEqual([after.url, after.verifierToken, after.events], [before.url, before.verifierToken, 'terminalCancel']);
    receiver.messages = [];
    await sell();
    await cancelSale();
    const [message] = await messages(1);
    const body = message.body;
    assert.deepEqual([body.type, body.data.invoiceNumber, body.data.deviceCode], ['terminalCancel', 'INV-C', code]);
    await inState('waiting', 0);
    assert.equal(receiver.messages.length, 1);
    await webhook('set', '--events', 'terminalCancel,cardTransaction');
  });

  test('a refused delivery waits, says why, and is sent again on demand', async () => {
    receiver.messages = [];
    receiver.fault = () => 400;
    await sell();
    const [refused] = await messages(1);
    const row = await until('the attempt is on record', async () => (await deliveries('--state', 'waiting')).find((each) => each.attempts === 1));
    const one = await webhook('delivery', String(row.id));
    assert.deepEqual(one.answers.map(({ number, status }) => [number, status]), [[1, 400]]);
    assert.match((await admin('webhook', 'delivery', String(row.id))).stdout, /^Answers:\nNUMBER +AT +TOOK MS +STATUS/m);
    receiver.fault = () => undefined;
    assert.deepEqual(await webhook('resend', String(row.id)), { resent: 1 });
    const [, again] = await messages(2);
    assert.equal(again.headers['webhook-id'], refused.headers['webhook-id']);
    assert.equal(again.text, refused.text);
    await inState('waiting', 0);
  });

  test('remove makes what waits dead, and a new one gets it by resend --dead', async () => {
    receiver.messages = [];
    receiver.fault = () => 503;
    await sell();
    await messages(1);
    await until('the attempt is on record', async () => (await deliveries('--state', 'waiting')).some((each) => each.attempts === 1));
    await webhook('remove');
    assert.equal((await deliveries('--state', 'waiting')).length, 0);
    const [dead] = await inState('dead', 1);
    for (const words of [['show'], ['rotate'], ['remove'], ['resend', String(dead.id)], ['set', '--events', 'terminalCancel']]) {
      const result = await admin('webhook', ...words);
      assert.deepEqual([result.code, result.stderr],
        [1, "tillwire: business 1 has no webhook; set one with 'webhook set --url URL'\n"], words.join(' '));
    }
    receiver.fault = () => undefined;
    receiver.messages = [];
    await webhook('set', '--url', receiver.url);
    assert.match((await admin('webhook', 'resend', '--dead')).stdout, /^Waiting to be sent again: 1 /);
    const [message] = await messages(1);
    assert.equal(message.headers['webhook-id'], dead.messageId);
    assert.ok(isSigned(message, (await webhook('show')).verifierToken));
    await inState('dead', 0);
  });

  test('slips are refused in sentences', async () => {
    for (const [words, exit, sentence] of [
      [['resend'], 1, /say which: the ID of a delivery.*or --dead/],
      [['resend', '7', '--dead'], 1, /say which/],
      [['resend', 'seven'], 2, /an ID is a number/],
      [['resend', '999'], 1, /business 1 has no delivery 999/],
      [['delivery', '999'], 1, /business 1 has no delivery 999/],
      [['set'], 2, /nothing to set/],
      [['set', '--url', 'https://10.1.2.3/'], 1, /--url: the host must not be a private/],
      [['set', '--events', 'cardTransaction,cardTransaction'], 1, /--events is cardTransaction/],
      [['deliveries', '--state', 'lost'], 2, /--state must be waiting, delivered or dead/],
      [['deliveries', '--limit', '1001'], 1, /--limit is a number from 1 to 1000/],
      [['rotate', '--grace', '9000'], 1, /--grace is a number of hours from 0 to 8760.*verifier token/],
    ]) {
      const result = await admin('webhook', ...words);
      assert.equal(result.code, exit, words.join(' '));
      assert.match(result.stderr, sentence);
    }
  });

  test('each change is in the audit, and neither a token nor a path', async () => {
    const audit = await server.admin('audit', 'list');
    const text = JSON.stringify(audit);
    const rows = audit.filter(({ action }) => action.startsWith('webhook.'));
    assert.deepEqual([...new Set(rows.map(({ action }) => action))],
      ['webhook.set', 'webhook.rotate', 'webhook.resend', 'webhook.remove']);
    assert.equal(rows[0].actor, 'tillwire dev');
    assert.ok(rows[0].detail.includes(`at ${new URL(receiver.url).origin}`), rows[0].detail);
    assert.ok(!text.includes('/hook') && !text.includes((await webhook('show')).verifierToken));
    assert.ok(!text.includes(server.facts.verifierToken));
    assert.ok(!server.log.includes(server.facts.verifierToken));
  });
});

describe('where the data are', () => {
  test('offline too only the data of dev may have a webhook on this machine', async () => {
    const quiet = join(folder, 'quiet');
    await (await Server.start(quiet)).stop();
    const own = await run(['admin', 'webhook', 'set', '--url', 'http://127.0.0.1:9/', '--data', quiet, '--json']);
    assert.equal(own.code, 0, own.stderr);
    const shop = join(folder, 'shop');
    assert.equal((await run(['admin', 'business', 'add', '--name', 'Shop', '--currency', 'CAD', '--data', shop])).code, 0);
    const refused = await run(['admin', 'webhook', 'set', '--url', 'http://127.0.0.1:9/', '--data', shop]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /--url: the address must start with https:\/\/; only the data of 'tillwire dev' may have one on this machine/);
    const good = await run(['admin', 'webhook', 'set', '--url', 'https://shop.example.com/', '--data', shop]);
    assert.equal(good.code, 0, good.stderr);
    assert.match(good.stdout, /^Set webhook\.\n.*Verifier token: /s);
  });

  test('a server for production refuses one on this machine', async () => {
    const production = await Production.start(join(folder, 'production'), ['--listen', '127.0.0.1:0', '--plain']);
    const result = await run(['admin', 'webhook', 'set', '--url', receiver.url, '--data', production.data]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /only the data of 'tillwire dev'/);
    await production.stop();
  });
});
