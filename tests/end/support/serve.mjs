// Starts `tillwire serve` for an end test: with options, an environment and a
// file of its own, by TLS or plain.

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { TILLWIRE, run, watched } from './server.mjs';

// Nothing of the shell that runs the tests.
export function cleanEnvironment(env = {}) {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('TILLWIRE_') && name !== 'NOTIFY_SOCKET');
  return { ...Object.fromEntries(clean), ...env };
}

// A data directory as `serve` wants it.
export function makeData(folder, name = 'data') {
  const data = join(folder, name);
  mkdirSync(data, { mode: 0o700 });
  return data;
}

// { certificate, key, pem } of a self-signed certificate for localhost.
export function makeCertificate(folder, name, { days = 90, host = 'localhost' } = {}) {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', key, '-out', certificate, '-days', String(days), '-subj', `/CN=${host}`,
    '-addext', `subjectAltName=DNS:${host},IP:127.0.0.1`], { stdio: 'ignore' });
  return { certificate, key, pem: readFileSync(certificate, 'utf8') };
}

// A command of `serve` that ends by itself: { code, stdout, stderr }.
export function runServe(args, env = {}) {
  const nothing = Object.fromEntries(Object.keys(process.env)
    .filter((name) => name.startsWith('TILLWIRE_')).map((name) => [name, '']));
  return run(['serve', ...args], { env: { ...nothing, ...env }, limitMs: 10_000 });
}

// GET: { status, text } of a plain or a TLS address.
export async function get(url, { ca, headers = {} } = {}) {
  if (!url.startsWith('https:')) {
    const answer = await fetch(url, { headers });
    return { status: answer.status, text: await answer.text() };
  }
  return new Promise((done, refuse) => {
    https.get(url, { ca, headers, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (bytes) => { text += bytes; });
      answer.on('end', () => done({ status: answer.statusCode, text }));
    }).on('error', refuse);
  });
}

// A running one. `facts` is its JSON line, `line` its English one.
export class Serve {
  static async start(args, { env = {}, json = true, uid, shell } = {}) {
    const serve = new Serve();
    const words = ['serve', ...args, ...(json ? ['--json'] : [])];
    serve.log = '';
    serve.output = '';
    serve.child = watched(shell === undefined
      ? spawn(TILLWIRE, words, { env: cleanEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'], uid, gid: uid })
      : spawn('sh', ['-c', `${shell}; exec "$0" "$@"`, TILLWIRE, ...words],
        { env: cleanEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] }));
    serve.child.stderr.on('data', (bytes) => { serve.log += bytes; });
    serve.ended = new Promise((done) => { serve.child.once('close', (code, signal) => done({ code, signal })); });
    serve.line = await new Promise((done, refuse) => {
      serve.child.stdout.on('data', (bytes) => {
        serve.output += bytes;
        if (serve.output.includes('\n')) done(serve.output.split('\n')[0]);
      });
      serve.ended.then(({ code }) => refuse(new Error(`tillwire serve ended with ${code}: ${serve.log}`)));
    });
    serve.facts = json ? JSON.parse(serve.line) : undefined;
    serve.api = json ? serve.facts.api : serve.line.match(/http\S+/)[0];
    serve.url = serve.api.replace(/\/v2$/, '');
    serve.port = Number(new URL(serve.url).port || (serve.url.startsWith('https') ? 443 : 80));
    return serve;
  }

  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    return this.ended;
  }
}
