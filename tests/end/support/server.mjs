// Starts the real binary for an end test, and stops it: `tillwire dev` on a
// free port with a data directory of its own. Commands are run to their end.

import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// A test that fails half-way must not leave a process behind, which would keep
// the whole run from ending: the last hook of a file ends what still runs.
const running = new Set();
export function endWatched() {
  for (const child of running) child.kill('SIGKILL');
}

// Notes a child process for endWatched.
export function watched(child) {
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));
export const TILLWIRE = resolve(CHECKOUT, process.env.BUILD || 'build', 'tillwire');

export function makeFolder() {
  return mkdtempSync(join(tmpdir(), 'tillwire-end-'));
}

export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true });
}

// { code, stdout, stderr } of a command that ends by itself; one that does not in
// time has no code.
export function run(args, { input = '', env = {}, cwd, limitMs = 60_000, user } = {}) {
  return new Promise((done) => {
    const options = { env: { ...process.env, ...env }, cwd, timeout: limitMs, killSignal: 'SIGKILL', uid: user, gid: user };
    const child = execFile(TILLWIRE, args, options, (error, stdout, stderr) => {
      done({ code: error ? error.code : 0, stdout, stderr });
    });
    child.stdin.on('error', () => {}); // it may have ended before it read anything
    child.stdin.end(input);
  });
}

// A running server. `facts` is what `dev --json` printed; `url` has no path.
export class Server {
  // `options` are further ones of the command; with `--expose` the host is all addresses.
  static async start(data, port = 0, options = []) {
    const server = new Server();
    server.data = data;
    server.log = '';
    const host = options.includes('--expose') ? '0.0.0.0' : '127.0.0.1';
    server.options = options;
    server.child = watched(spawn(TILLWIRE, ['dev', '--listen', `${host}:${port}`, '--data', data, '--json', ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }));
    server.child.stderr.on('data', (bytes) => { server.log += bytes; });
    server.ended = new Promise((done) => { server.child.once('close', (code, signal) => done({ code, signal })); });
    server.facts = await new Promise((done, refuse) => {
      createInterface({ input: server.child.stdout }).once('line', (line) => done(JSON.parse(line)));
      server.ended.then(({ code }) => refuse(new Error(`tillwire dev ended with ${code}: ${server.log}`)));
    });
    server.url = server.facts.api.replace(/\/v2$/, '');
    server.port = Number(new URL(server.url).port);
    return server;
  }

  // Starts again on the same data and, so that terminals find it, the same port.
  async startAgain() {
    return Server.start(this.data, this.port, this.options);
  }

  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.ended;
  }

  // A call of the API: { status, headers, text, body } (body where it is JSON).
  // `body` is sent as it is when it is text, else as JSON.
  async call(path, { token = this.facts.token, method = 'GET', headers = {}, body, signal } = {}) {
    const answer = await fetch(this.facts.api + path, {
      method, signal, redirect: 'manual', headers: token === null ? headers : { 'api-token': token, ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').startsWith('application/json');
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }

  // POST .../payment/purchase: the answer of the call, with the payment's id.
  async purchase(code, body, { headers = {}, ...options } = {}) {
    const answer = await this.call(`/devices/${code}/payment/purchase`, { method: 'POST', body, headers, ...options });
    const id = /\/payments\/(\d+)$/.exec(answer.headers.get('location') ?? '');
    return { ...answer, id: id === null ? undefined : Number(id[1]) };
  }

  async admin(...args) {
    const result = await run(['admin', ...args, '--data', this.data, '--json']);
    if (result.code !== 0) throw new Error(`admin ${args.join(' ')}: ${result.stderr}`);
    return JSON.parse(result.stdout);
  }

  // Another business with a user and a token: { business, token, email, password, pin }.
  async addBusiness(name) {
    const { business } = await this.admin('business', 'add', '--name', name, '--currency', 'CAD');
    const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.com`;
    const [password, pin] = ['correct horse', '4711'];
    await this.admin('user', 'add', '--business', String(business), '--name', 'Robin', '--email', email,
      '--password', password, '--pin', pin, '--role', 'cashier');
    const { token } = await this.admin('token', 'add', '--business', String(business), '--name', 'POS',
      '--general', 'read', '--settings', 'read', '--processing', 'admin');
    return { business, token, email, password, pin };
  }
}

// Asks until it is true: for what happens soon, without a fixed sleep. `what` may
// be a function, for words that only the end knows.
export async function until(what, ask, limitMs = 10_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${typeof what === 'function' ? what() : what}`);
    await new Promise((wake) => { setTimeout(wake, 10); });
  }
}
