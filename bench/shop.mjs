// A business with many terminals that are registered already.
//
// Logging in costs 30 ms of argon2 each, so that as a shortcut of the benches
// the devices are written into the database while no server runs, with the
// hashes of credentials that we make here.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ALPHABET = 'BCDFGHJKLMNPQRSTVWXYZ23456789'; // of device codes
const HASHED_AT_ONCE = 1000;

export function admin(tillwire, data, ...args) {
  return JSON.parse(execFileSync(tillwire, ['admin', ...args, '--data', data, '--json'], { encoding: 'utf8' }));
}

export function codeOf(number) {
  let code = '';
  for (let place = 0; place < 4; place++) {
    code += ALPHABET[number % ALPHABET.length];
    number = Math.floor(number / ALPHABET.length);
  }
  return code;
}

// What the server keeps of a credential: BLAKE2b-256 of its text (src/base/secret.h).
function hashesOf(credentials) {
  const folder = mkdtempSync(join(tmpdir(), 'tillwire-bench-'));
  const hashes = [];
  credentials.forEach((credential, i) => writeFileSync(join(folder, String(i)), credential));
  for (let from = 0; from < credentials.length; from += HASHED_AT_ONCE) {
    const names = credentials.slice(from, from + HASHED_AT_ONCE).map((_, i) => String(from + i));
    const text = execFileSync('b2sum', ['-l', '256', ...names], { cwd: folder, encoding: 'utf8' });
    hashes.push(...text.trimEnd().split('\n').map((line) => line.split(' ')[0]));
  }
  rmSync(folder, { recursive: true });
  return hashes;
}

// In the new folder `data`: { token, business, terminals: [{ code, serial, credential }] }.
export function makeShop(tillwire, data, count) {
  mkdirSync(data, { mode: 0o700 });
  const { business } = admin(tillwire, data, 'business', 'add', '--name', 'Bench', '--currency', 'CAD', '--api-mode', 'on');
  admin(tillwire, data, 'user', 'add', '--name', 'Robin', '--email', 'robin@example.com', '--password', 'correct horse',
    '--pin', '4711', '--role', 'cashier');
  const { token } = admin(tillwire, data, 'token', 'add', '--name', 'POS', '--general', 'read', '--settings', 'read',
    '--processing', 'positive');
  const terminals = Array.from({ length: count }, (_, i) => (
    { code: codeOf(i), serial: `BENCH-${i}`, credential: randomBytes(32).toString('base64url') }));
  const now = Date.now();
  const rows = hashesOf(terminals.map(({ credential }) => credential)).map((hash, i) =>
    `(${business}, '${terminals[i].serial}', '${terminals[i].code}', 1, ${now}, x'${hash}', ${now})`);
  execFileSync('sqlite3', [join(data, 'tillwire.db')], {
    input: `INSERT INTO device (business, serial, code, user, created_ms, credential, credential_ms) VALUES ${rows.join(',\n')};`,
  });
  return { token, business, terminals };
}
