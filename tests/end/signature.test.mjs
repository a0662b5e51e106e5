// What we sign is good to two libraries that others have written, and what was
// changed on the way is not. Of svix an older version: newer ones hand the work
// to standardwebhooks, so that the two would be one.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { CHECKOUT, signWith } from './support/tables.mjs';

const LIBRARIES = { standardwebhooks: StandardWebhook, svix: SvixWebhook };
const ID = 'msg_2m5kq7';
const BODIES = {
  cardTransaction: '{"id":"25764674","type":"cardTransaction"}',
  terminalCancel: '{"type":"terminalCancel","data":{"cancelledAt":"2026-01-14T18:38:18Z","currency":"CAD",'
    + '"deviceCode":"NBL7","transactionAmount":52.5,"invoiceNumber":"Café ☕","customerCode":""}}',
};

const newToken = () => randomBytes(32).toString('base64');
const now = () => Math.floor(Date.now() / 1000);

const sign = (token, body, seconds) => signWith(token, ID, seconds, body);

function headersOf(seconds, signature) {
  return { 'webhook-id': ID, 'webhook-timestamp': String(seconds), 'webhook-signature': signature };
}

// The example of docs/webhooks.md, as a receiver copies it.
async function documented() {
  const prose = readFileSync(join(CHECKOUT, 'docs/webhooks.md'), 'utf8');
  const example = prose.split('```js\n')[1].split('\n```')[0];
  const source = `${example}\nexport { isFromTillwire };`;
  return (await import(`data:text/javascript,${encodeURIComponent(source)}`)).isFromTillwire;
}

test('the example of the documentation accepts what is ours and nothing else', async () => {
  const isFromTillwire = await documented();
  const [token, other] = [newToken(), newToken()];
  const body = BODIES.terminalCancel;
  const seconds = now();
  const headers = headersOf(seconds, `${sign(other, body, seconds)} ${sign(token, body, seconds)}`);
  assert.equal(isFromTillwire(headers, body, token), true);
  assert.equal(isFromTillwire(headers, body, other), true);
  assert.equal(isFromTillwire(headers, body, newToken()), false);
  assert.equal(isFromTillwire(headers, `${body} `, token), false);
  assert.equal(isFromTillwire({ ...headers, 'webhook-id': 'msg_other' }, body, token), false);
  assert.equal(isFromTillwire({}, body, token), false);
  const old = seconds - 301;
  assert.equal(isFromTillwire(headersOf(old, sign(token, body, old)), body, token), false);
});

for (const [name, Webhook] of Object.entries(LIBRARIES)) {
  describe(name, () => {
    for (const [kind, body] of Object.entries(BODIES)) {
      test(`accepts a signed ${kind}`, () => {
        const token = newToken();
        const seconds = now();
        const told = new Webhook(token).verify(body, headersOf(seconds, sign(token, body, seconds)));
        assert.deepEqual(told, JSON.parse(body));
      });
    }

    test('accepts either secret while two are good', () => {
      const [oldToken, token] = [newToken(), newToken()];
      const body = BODIES.cardTransaction;
      const seconds = now();
      const both = `${sign(token, body, seconds)} ${sign(oldToken, body, seconds)}`;
      for (const known of [token, oldToken]) {
        new Webhook(known).verify(body, headersOf(seconds, both));
      }
      assert.throws(() => new Webhook(newToken()).verify(body, headersOf(seconds, both)), /signature/i);
    });

    test('refuses a changed body, another id, another secret, an old message', () => {
      const token = newToken();
      const body = BODIES.cardTransaction;
      const seconds = now();
      const headers = headersOf(seconds, sign(token, body, seconds));
      const webhook = new Webhook(token);
      assert.throws(() => webhook.verify(body.replace('25764674', '25764675'), headers), /signature/i);
      assert.throws(() => webhook.verify(body, { ...headers, 'webhook-id': 'msg_other' }), /signature/i);
      assert.throws(() => new Webhook(newToken()).verify(body, headers), /signature/i);
      const old = seconds - 3600;
      assert.throws(() => webhook.verify(body, headersOf(old, sign(token, body, old))), /too old/i);
    });
  });
}
