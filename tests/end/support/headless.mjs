// A headless terminal, `tillwire terminal`, as a process of its own: its lines
// are its journal, and sale.json is what it keeps.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TILLWIRE, until, watched } from './server.mjs';

export class Headless {
  // In the folder `data`; `email` and `password` only where it is to log in.
  constructor({ url, data, email, password }, ...args) {
    const logIn = email === undefined ? [] : ['--email', email, '--password', password];
    this.data = data;
    this.lines = [];
    this.taken = 0;
    this.stderr = '';
    this.child = watched(spawn(TILLWIRE, ['terminal', '--server', url, '--data', data, '--json', '--continue', ...logIn, ...args]));
    this.child.stderr.on('data', (bytes) => { this.stderr += bytes; });
    this.child.stdin.on('error', () => {});
    createInterface({ input: this.child.stdout }).on('line', (line) => this.lines.push(JSON.parse(line)));
    this.ended = new Promise((done) => { this.child.once('close', (code) => done(code)); });
  }

  // The next line of that name; others before it are passed over.
  async line(name, limitMs) {
    return until(() => `line ${name}; there were ${JSON.stringify(this.lines)} ${this.stderr}`, () => {
      const at = this.lines.findIndex((line, place) => place >= this.taken && line.event === name);
      if (at < 0) return null;
      this.taken = at + 1;
      return this.lines[at];
    }, limitMs);
  }

  // The names of its lines about payments, in order.
  journal() {
    return this.lines.map((line) => line.event).filter((name) => name.startsWith('payment_'));
  }

  sale() {
    return JSON.parse(readFileSync(join(this.data, 'sale.json'), 'utf8'));
  }

  type(text) {
    this.child.stdin.write(`${text}\n`);
  }

  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.ended;
  }
}
