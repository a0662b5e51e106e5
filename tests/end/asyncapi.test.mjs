// docs/asyncapi.json and docs/terminal-protocol.md say what the program does:
// both are compared with its own table of messages, both ways.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CHECKOUT, readMessages, terminalTable } from './support/tables.mjs';

const table = terminalTable();
const document = JSON.parse(readFileSync(join(CHECKOUT, 'docs/asyncapi.json'), 'utf8'));
const prose = readFileSync(join(CHECKOUT, 'docs/terminal-protocol.md'), 'utf8');

// --- From the table: what must stand in the document -------------------------------

// The characters that a text of a kind is made of; null: any.
const CHARACTERS = {
  text: null,
  short_text: null,
  serial: 'A-Za-z0-9._-',
  visible: '!-~',
  digits: '0-9',
  code: 'A-Z0-9',
  base64url: 'A-Za-z0-9_-',
  identifier: 'a-z_',
  letters: 'A-Za-z',
  name: null,
  reason: null,
};

// Texts of any characters, of which some are counted.
const PATTERNS = { name: '^[^0-9]*$', reason: '^[^0-9]*([0-9][^0-9]*){0,8}$' };

// JSON Schema counts characters and the program counts bytes: a text of any
// characters has both limits.
function textSchema(field) {
  if (!(field.kind in CHARACTERS)) throw new Error(`this test does not know the kind ${field.kind}`);
  const characters = CHARACTERS[field.kind];
  const limits = { type: 'string', minLength: field.minimum };
  if (characters !== null) return { ...limits, maxLength: field.maximum, pattern: `^[${characters}]*$` };
  const said = /(\d+) characters of text/.exec(field.rule);
  assert.equal(said !== null, ['short_text', 'name'].includes(field.kind), field.rule);
  const pattern = field.kind in PATTERNS ? { pattern: PATTERNS[field.kind] } : {};
  return { ...limits, ...pattern, maxLength: said ? Number(said[1]) : field.maximum, 'x-maxBytes': field.maximum };
}

function fieldSchema(field) {
  let schema;
  if (field.kind === 'integer') schema = { type: 'integer', minimum: field.minimum, maximum: field.maximum };
  else if (field.kind === 'boolean') schema = { type: 'boolean' };
  else if (field.kind === 'word') schema = { type: 'string', enum: field.words.split(' ') };
  else schema = textSchema(field);
  return field.nullable ? { ...schema, type: [schema.type, 'null'] } : schema;
}

function objectSchema(message, fields) {
  const properties = { type: { const: message.name } };
  for (const field of fields) properties[field.name] = fieldSchema(field);
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties };
}

// A message of several forms is one of several objects.
function payloadSchema(message) {
  const forms = [...new Set(message.fields.map((field) => field.form).filter((form) => form > 0))].sort();
  if (forms.length === 0) return objectSchema(message, message.fields);
  return {
    oneOf: forms.map((form) => objectSchema(message, message.fields.filter((field) => field.form === 0 || field.form === form))),
  };
}

// The same without what is written for people.
function withoutWords(schema) {
  if (Array.isArray(schema)) return schema.map(withoutWords);
  if (schema === null || typeof schema !== 'object') return schema;
  const named = 'properties' in schema ? ['properties'] : [];
  return Object.fromEntries(Object.entries(schema)
    .filter(([name]) => name !== 'description')
    .map(([name, value]) => [name, named.includes(name)
      ? Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, withoutWords(inner)]))
      : withoutWords(value)]));
}

// --- The document --------------------------------------------------------------------

const names = (messages) => messages.map((message) => message.name);
const refs = (prefix, wanted) => wanted.map((name) => ({ $ref: `${prefix}${name}` }));

describe('docs/asyncapi.json', () => {
  test('is an AsyncAPI 3.0 document of the present protocol', () => {
    assert.equal(document.asyncapi, '3.0.0');
    assert.equal(document.info.version, String(table.protocol));
    assert.equal(document.defaultContentType, 'application/json');
    assert.equal(document.channels.terminal.address, '/device/v1');
    assert.equal(document.channels.terminal['x-maxBytes'], table.messageMax);
    for (const server of Object.values(document.servers)) assert.match(server.protocol, /^wss?$/);
  });

  test('has every message of the program, and no other, each in its direction', () => {
    const all = names(table.messages);
    assert.deepEqual(Object.keys(document.components.messages).sort(), [...all].sort());
    assert.deepEqual(Object.keys(document.channels.terminal.messages).sort(), [...all].sort());
    for (const name of all) {
      assert.deepEqual(document.channels.terminal.messages[name], { $ref: `#/components/messages/${name}` });
    }
    const { fromTerminal, toTerminal } = document.operations;
    assert.deepEqual(Object.keys(document.operations).sort(), ['fromTerminal', 'toTerminal']);
    assert.deepEqual([fromTerminal.action, toTerminal.action], ['receive', 'send'], "the server's view");
    const prefix = '#/channels/terminal/messages/';
    assert.deepEqual(fromTerminal.messages, refs(prefix, names(table.messages.filter((message) => message.fromTerminal))));
    assert.deepEqual(toTerminal.messages, refs(prefix, names(table.messages.filter((message) => !message.fromTerminal))));
  });

  test('every reference leads somewhere', () => {
    const walk = (value) => {
      if (value === null || typeof value !== 'object') return;
      if (typeof value.$ref === 'string') {
        const target = value.$ref.replace('#/', '').split('/').reduce((at, part) => at?.[part], document);
        assert.ok(target !== undefined, value.$ref);
      }
      Object.values(value).forEach(walk);
    };
    walk(document);
  });

  for (const message of table.messages) {
    test(`${message.name} has the fields, types and limits of the program`, () => {
      const written = document.components.messages[message.name];
      assert.equal(written.name, message.name);
      assert.deepEqual(withoutWords(written.payload), payloadSchema(message));
    });

    test(`${message.name} is explained, and its examples are read by the program`, () => {
      const written = document.components.messages[message.name];
      assert.ok(written.summary.length > 10);
      for (const form of written.payload.oneOf ?? [written.payload]) {
        for (const [name, field] of Object.entries(form.properties)) {
          if (name !== 'type') assert.ok(field.description?.length > 5, `${name} has no description`);
        }
      }
      assert.ok(written.examples.length > 0);
      const said = readMessages(written.examples.map((example) => example.payload));
      assert.deepEqual(said, written.examples.map(() => 'ok'));
    });
  }
});

// --- The limits are the reader's own ---------------------------------------------------

// A text as long as `length` that the field's kind is made of.
function textOf(field, length) {
  return { digits: '7', code: 'A', identifier: 'a' }[field.kind]?.repeat(length) ?? 'x'.repeat(length);
}

function valuesAtTheLimits(field) {
  const schema = fieldSchema(field);
  const good = field.nullable ? [null] : [];
  const bad = field.nullable ? [] : [null];
  if (field.kind === 'boolean') return { good: [...good, true, false], bad: [...bad, 1, 'true'] };
  if (field.kind === 'word') return { good: [...good, ...schema.enum], bad: [...bad, '', `${schema.enum[0]}x`] };
  if (field.kind === 'integer') {
    return {
      good: [...good, field.minimum, field.maximum],
      bad: [...bad, field.minimum - 1, field.minimum + 0.5, String(field.minimum),
        ...(field.maximum < Number.MAX_SAFE_INTEGER ? [field.maximum + 1] : [])],
    };
  }
  bad.push(textOf(field, schema.maxLength + 1));
  if (schema.minLength > 0) bad.push(textOf(field, schema.minLength - 1));
  if (schema['x-maxBytes']) bad.push('\u{1F600}'.repeat(Math.floor(schema['x-maxBytes'] / 4) + 1));
  if (field.kind === 'name') bad.push('Agent 7');
  else if (field.kind === 'reason') bad.push('4124 9300 0');
  else if (schema.pattern) bad.push(`${textOf(field, schema.maxLength - 1)}\u00e9`, `${textOf(field, schema.maxLength - 1)} `);
  return { good: [...good, textOf(field, schema.minLength), textOf(field, schema.maxLength)], bad };
}

describe('the reader keeps what the document says', () => {
  for (const message of table.messages) {
    const { examples } = document.components.messages[message.name];
    for (const field of message.fields) {
      test(`${message.name}.${field.name}, at its limits and one past them`, () => {
        const whole = examples.map((example) => example.payload).find((payload) => field.name in payload);
        assert.ok(whole, `no example of ${message.name} has ${field.name}`);
        const { good, bad } = valuesAtTheLimits(field);
        const withValue = (value) => ({ ...whole, [field.name]: value });
        const { [field.name]: gone, ...without } = whole;
        for (const [i, answer] of readMessages(good.map(withValue)).entries()) {
          assert.equal(answer, 'ok', JSON.stringify(good[i]));
        }
        const refusal = message.lenient && field.nullable ? /^ok, 1 left out$/ : new RegExp(field.name);
        for (const [i, answer] of readMessages(bad.map(withValue)).entries()) {
          assert.match(answer, refusal, JSON.stringify(bad[i]));
        }
        assert.notEqual(readMessages([without])[0], 'ok', 'left out');
      });
    }
    test(`${message.name} takes no other field`, () => {
      const refusal = message.lenient ? /^ok, 1 left out$/ : /pan/;
      assert.match(readMessages([{ ...examples[0].payload, pan: '1' }])[0], refusal);
    });
  }
});

// --- The prose ----------------------------------------------------------------------------

describe('docs/terminal-protocol.md', () => {
  // The row of a message in one of its two tables.
  const rowOf = (message) => {
    const heading = message.fromTerminal ? '## Terminal to server' : '## Server to terminal';
    const section = prose.split(heading)[1]?.split('\n## ')[0] ?? '';
    return section.split('\n').find((line) => line.startsWith(`| \`${message.name}\` |`));
  };

  for (const message of table.messages) {
    test(`names ${message.name} with all its fields and words`, () => {
      const row = rowOf(message);
      assert.ok(row, `no row of the right table begins with ${message.name}`);
      for (const field of message.fields) {
        assert.ok(row.includes(`\`${field.name}\``), `the row does not name ${field.name}`);
        for (const word of field.words?.split(' ') ?? []) {
          assert.ok(row.includes(`\`${word}\``), `the row does not name ${field.name} ${word}`);
        }
        if (field.nullable) assert.ok(row.includes('`null`'), `the row does not say that ${field.name} may be null`);
      }
    });
  }

  test('names no message that the program does not know', () => {
    const known = new Set(names(table.messages));
    for (const [, name] of prose.matchAll(/^\| `([a-z_]+)` \|/gm)) assert.ok(known.has(name), name);
  });
});
