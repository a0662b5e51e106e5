// A certificate authority of the test's own, by the openssl command: keys and
// certificates in files of a folder.

import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });

export class Authority {
  constructor(folder, name = 'Test Authority') {
    this.folder = folder;
    this.name = name.toLowerCase().replaceAll(' ', '-');
    this.file = join(folder, `${this.name}.pem`);
    this.key = join(folder, `${this.name}.key`);
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`,
      '-days', '30', '-keyout', this.key, '-out', this.file);
  }

  // { key, cert, keyFile, certFile, pin } for the names, "DNS:a.example,IP:127.0.0.1".
  issue(label, names = 'DNS:localhost,IP:127.0.0.1', days = 30) {
    const [keyFile, request, certFile, more] =
      ['key', 'csr', 'pem', 'txt'].map((ending) => join(this.folder, `${this.name}-${label}.${ending}`));
    writeFileSync(more, `subjectAltName=${names}\n`);
    openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${label}`,
      '-keyout', keyFile, '-out', request);
    openssl('x509', '-req', '-in', request, '-CA', this.file, '-CAkey', this.key, '-CAcreateserial', '-days', String(days),
      '-extfile', more, '-out', certFile);
    const cert = readFileSync(certFile);
    const publicKey = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
    const pin = createHash('sha256').update(publicKey).digest('base64');
    return { key: readFileSync(keyFile), cert, keyFile, certFile, pin };
  }
}
