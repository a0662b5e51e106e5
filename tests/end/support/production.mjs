// Starts `tillwire serve`, as an operator would: a data directory with a
// business in it, a certificate where TLS is wanted, a free port.

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { run, Server, TILLWIRE, watched } from './server.mjs';

const EMAIL = 'robin@example.com';
const PASSWORD = 'correct horse';
const PIN = '4711';

async function admin(data, user, ...args) {
  const result = await run(['admin', ...args, '--data', data, '--json'], { user });
  if (result.code !== 0) throw new Error(`admin ${args.join(' ')}: ${result.stderr}`);
  return JSON.parse(result.stdout);
}

// Makes the first business of a data directory, with a user and a token; run by
// the user of that number, where one is given.
export async function prepare(data, user) {
  const { id } = await admin(data, user, 'business', 'add', '--name', 'Main Street', '--currency', 'CAD', '--api-mode', 'on');
  await admin(data, user, 'user', 'add', '--name', 'Robin', '--email', EMAIL, '--password', PASSWORD, '--pin', PIN,
    '--role', 'administrator');
  const { token } = await admin(data, user, 'token', 'add', '--name', 'POS', '--general', 'write', '--settings', 'read',
    '--processing', 'admin');
  return { business: id, token, email: EMAIL, password: PASSWORD, pin: PIN };
}

// A key and a certificate that it has signed itself, for the names; { key, certificate }.
export function makeCertificate(folder, { name = 'server', names = ['localhost'], days = 30 } = {}) {
  const key = join(folder, `${name}.key`);
  const certificate = join(folder, `${name}.crt`);
  const others = [...names.map((each) => `DNS:${each}`), 'IP:127.0.0.1', 'IP:::1'].join(',');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', key, '-out', certificate, '-days', String(days), '-subj', `/CN=${names[0]}`,
    '-addext', `subjectAltName=${others}`], { stdio: 'ignore' });
  return { key, certificate };
}

// A running `tillwire serve`. `facts` is what the shop knows (token, e-mail,
// password, PIN) with the addresses that the server printed.
export class Production extends Server {
  // `shop`: what prepare gave, for a directory that was used before; `under`: a command that
  // runs it; `user`: the number of the user whose process it is.
  static async start(data, args = [], { shop = null, env = {}, port = 0, under = [], user } = {}) {
    const server = new Production();
    server.data = data;
    server.args = args;
    server.env = env;
    server.user = user;
    server.shop = shop ?? await prepare(data, user);
    server.log = '';
    const words = ['serve', '--data', data, '--json', ...args];
    if (!args.includes('--listen')) words.push('--listen', `127.0.0.1:${port}`);
    const line = [...under, TILLWIRE, ...words];
    server.child = watched(spawn(line[0], line.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env }, uid: user, gid: user,
    }));
    server.child.stderr.on('data', (bytes) => { server.log += bytes; });
    server.ended = new Promise((done) => { server.child.once('close', (code, signal) => done({ code, signal })); });
    const ready = await new Promise((done, refuse) => {
      createInterface({ input: server.child.stdout }).once('line', (text) => done(JSON.parse(text)));
      server.ended.then(({ code }) => refuse(new Error(`tillwire serve ended with ${code}: ${server.log}`)));
    });
    server.facts = { ...server.shop, ...ready };
    server.url = server.facts.api.replace(/\/v2$/, '');
    server.port = Number(new URL(server.url).port);
    return server;
  }

  // What a client must trust to speak with it: its certificate, as it is in the file now.
  get ca() {
    const at = this.args.indexOf('--tls-cert');
    return at < 0 ? undefined : readFileSync(this.args[at + 1]);
  }

  // As of any server, also by TLS; each call is a connection of its own there.
  call(path, { token = this.facts.token, method = 'GET', headers = {}, body } = {}) {
    const all = token === null ? headers : { 'api-token': token, ...headers };
    if (!this.url.startsWith('https:')) return super.call(path, { token, method, headers, body });
    return new Promise((done, refuse) => {
      const asked = https.request(this.facts.api + path, { method, headers: all, ca: this.ca, agent: false }, (answer) => {
        let text = '';
        answer.on('data', (bytes) => { text += bytes; });
        answer.once('error', refuse);
        answer.once('end', () => {
          const isJson = (answer.headers['content-type'] ?? '').startsWith('application/json');
          done({ status: answer.statusCode, headers: new Headers(answer.headers), text, body: isJson ? JSON.parse(text) : undefined });
        });
      });
      asked.once('error', refuse);
      asked.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
    });
  }

  async startAgain() {
    const { data, args, shop, env, port, user } = this;
    return Production.start(data, args, { shop, env, port, user });
  }
}
