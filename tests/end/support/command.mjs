// A command of the binary that goes on running, and a port for what it needs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { TILLWIRE, until, watched } from './server.mjs';

// A running command: its lines, and how it ended.
export class Command {
  constructor(words, env = {}) {
    this.lines = [];
    this.stderr = '';
    this.child = watched(spawn(TILLWIRE, words, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }));
    createInterface({ input: this.child.stdout }).on('line', (line) => this.lines.push(line));
    this.child.stderr.on('data', (bytes) => { this.stderr += bytes; });
    this.ended = new Promise((done) => { this.child.once('close', (code) => done(code)); });
  }

  // The first line like it, when it has come.
  async line(pattern) {
    return until(() => `${pattern} in ${JSON.stringify(this.lines)} ${this.stderr}`, () => this.lines.find((line) => pattern.test(line)));
  }

  signal(name = 'SIGINT') {
    this.child.kill(name);
  }
}

// A port on which nobody listens.
export async function freePort() {
  const probe = http.createServer();
  await once(probe.listen(0, '127.0.0.1'), 'listening');
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}
