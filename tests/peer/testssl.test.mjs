// What testssl (Debian: testssl.sh), an examiner of TLS servers that knows the
// attacks of the last fifteen years, says about ours. A minute; skipped where
// it is not installed.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { after, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endWatched, makeFolder, removeFolder } from '../end/support/server.mjs';
import { makeCertificate, Production } from '../end/support/production.mjs';

// What is said of a certificate that the test has signed itself, whatever the
// server does. Nothing else of MEDIUM or worse is tolerated.
const OF_A_TEST_CERTIFICATE = {
  cert_chain_of_trust: 'nobody has signed it',
  cert_revocation: 'so that nobody would say where it is revoked',
};
// testssl asks for a ticket with a client that leaves as soon as its own half of
// the handshake is done; on a busy machine that is before the ticket has come,
// and then it has nothing to come back with. Resumption is shown in
// tests/end/tls.test.mjs.
const leftTooEarly = ({ id, finding }) => id === 'sessionresumption_ticket' && finding.startsWith('check failed');
const BAD = ['MEDIUM', 'HIGH', 'CRITICAL', 'FATAL', 'WARN'];
const SECTIONS = ['--protocols', '--standard', '--fs', '--server-defaults', '--vulnerable'];

function isInstalled() {
  try {
    execFileSync('testssl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let folder;
let server;
after(async () => {
  if (server) await server.stop();
  endWatched();
  if (folder) removeFolder(folder);
});

test('testssl finds nothing', { skip: isInstalled() ? false : 'testssl is not installed: apt-get install testssl.sh' }, async () => {
  folder = makeFolder();
  const { key, certificate } = makeCertificate(folder, { days: 90 });
  server = await Production.start(join(folder, 'data'), ['--tls-cert', certificate, '--tls-key', key]);
  const report = join(folder, 'report.json');
  const output = await new Promise((done) => {
    execFile('testssl', ['--quiet', '--color', '0', '--warnings', 'off', '--ip', '127.0.0.1', '--openssl', '/usr/bin/openssl',
      '--jsonfile', report, ...SECTIONS, `localhost:${server.port}`], (error, stdout, stderr) => done(stdout + stderr));
  });
  const findings = JSON.parse(readFileSync(report, 'utf8'));
  const bad = findings.filter(({ id, severity }) => BAD.includes(severity) && !(id in OF_A_TEST_CERTIFICATE))
    .filter((each) => !leftTooEarly(each));
  assert.deepEqual(bad.map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`), [], output);
  // It has indeed talked with the server, to the end.
  const finding = (id) => findings.find((each) => each.id === id)?.finding;
  assert.match(finding('TLS1_3') ?? '', /^offered/);
  assert.match(finding('TLS1_2') ?? '', /^offered/);
  assert.match(finding('TLS1_1') ?? '', /^not offered/);
  assert.match(finding('RC4') ?? '', /not vulnerable/);
  assert.ok(findings.filter(({ severity }) => severity === 'OK').length >= 25, output);
});
