// A point of sale's webhook: a plain HTTP server on this machine that keeps what
// comes, and answers as the test says.

import { createServer } from 'node:http';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';

export class Receiver {
  static async start() {
    const receiver = new Receiver();
    receiver.status = 200; // of the answers from now on
    receiver.messages = []; // { headers, body, status } in the order of their coming
    receiver.server = createServer((request, response) => {
      const chunks = [];
      request.on('data', (bytes) => chunks.push(bytes));
      request.on('end', () => {
        receiver.messages.push({ headers: request.headers, url: request.url, body: Buffer.concat(chunks).toString(), status: receiver.status });
        response.writeHead(receiver.status).end();
      });
    });
    await new Promise((done) => receiver.server.listen(0, '127.0.0.1', done));
    receiver.url = `http://127.0.0.1:${receiver.server.address().port}/hook`;
    return receiver;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }
}

// Whether two libraries that others have written accept it by this token.
export function isSigned(message, token) {
  const accepts = (Library) => {
    try {
      new Library(token).verify(message.body, message.headers);
      return true;
    } catch {
      return false;
    }
  };
  const answers = [accepts(StandardWebhook), accepts(SvixWebhook)];
  if (answers[0] !== answers[1]) throw new Error('the libraries disagree');
  return answers[0];
}
