// Headless terminals of one process, whose journal is a file of JSON lines: what
// a terminal has printed is on its side of the truth, also after `kill -9`.

import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { TILLWIRE, until, watched } from './server.mjs';

export class Fleet {
  // `who`: { email, password } of its business; `options` further ones of the
  // command. The data and the journal of `name` are kept in `folder`.
  constructor(folder, name, { count = 1, who, options = [] }) {
    Object.assign(this, { name, count, who, options });
    this.data = `${folder}/${name}`;
    this.file = `${folder}/${name}.journal`;
    this.log = `${folder}/${name}.log`;
  }

  // Its processes, one after the other, write into the same journal.
  start(server) {
    if (existsSync(this.file) && !readFileSync(this.file, 'utf8').endsWith('\n')) appendFileSync(this.file, '\n');
    appendFileSync(this.file, '{"event":"started"}\n');
    const [journal, log] = [openSync(this.file, 'a'), openSync(this.log, 'a')];
    this.began = this.journal().length;
    this.child = watched(spawn(TILLWIRE, ['terminal', '--server', server.url, '--data', this.data, '--serial', this.name,
      '--count', String(this.count), '--continue', '--json', '--email', this.who.email, '--password', this.who.password,
      ...this.options], { stdio: ['pipe', journal, log] }));
    this.child.stdin.on('error', () => {});
    this.ended = new Promise((done) => { this.child.once('close', (code, signal) => done({ code, signal })); });
    closeSync(journal);
    closeSync(log);
    return this;
  }

  type(text) {
    this.child.stdin.write(`${text}\n`);
  }

  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.ended;
  }

  // Every line of every process so far; a line that a kill has cut off says nothing.
  journal() {
    return readFileSync(this.file, 'utf8').split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  }

  // The lines of the process that runs now.
  lines() {
    return this.journal().slice(this.began);
  }

  // Waits until every terminal of the running process is ready; their device codes.
  async ready() {
    await until(`${this.name} is ready`, () => {
      const names = new Set(this.lines().filter(({ event }) => event === 'ready').map(({ serial }) => serial));
      return names.size === this.count;
    }, 30_000);
    return this.codes();
  }

  codes() {
    return [...new Set(this.journal().filter(({ event }) => event === 'registered').map(({ code }) => code))];
  }

  // The first line of that event that is about the payment and that the running
  // process, or one before it, has printed.
  async line(event, payment) {
    return until(`${event} of payment ${payment} on ${this.name}`,
      () => this.journal().find((line) => line.event === event && line.payment === payment), 20_000);
  }
}
