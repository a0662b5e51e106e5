// Calls whose connections are their own. `fetch` of Node 18 keeps a pool for each
// address, and after a server was killed and started again there it can wait for
// ever for a connection that it never makes.

import http from 'node:http';
import { Server } from './server.mjs';

// As Server.call.
function call(path, { token = this.facts.token, method = 'GET', headers = {}, body, signal } = {}) {
  return new Promise((done, refuse) => {
    const asked = http.request(this.facts.api + path, { method, agent: false, signal, headers: token === null ? headers : { 'api-token': token, ...headers } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece) => { text += piece; }).once('error', refuse);
        answer.once('end', () => {
          const isJson = (answer.headers['content-type'] ?? '').startsWith('application/json');
          done({ status: answer.statusCode, headers: new Headers(answer.headers), text, body: isJson ? JSON.parse(text) : undefined });
        });
      });
    asked.once('error', refuse);
    asked.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  });
}

// A server for tests that kill it.
export async function startFresh(...args) {
  return Object.assign(await Server.start(...args), { call });
}

export async function startFreshAgain(server) {
  return Object.assign(await server.startAgain(), { call });
}
