// A point of sale that does it right, and writes down what it saw: every
// purchase has a key and an invoice number of its own, and is sent again with
// the same key until it is answered.

const ANSWER_MS = 20_000;
const TRIES = 200;

const rest = (ms) => new Promise((wake) => { setTimeout(wake, ms); });

export class Till {
  // `world.server`: whom to ask, which may change; `world.up`: a promise that is
  // kept when it serves. `token`: of the business that the devices `codes` belong to.
  constructor(world, { token, codes }) {
    Object.assign(this, { world, token, codes });
    this.sales = [];
    this.problems = [];
  }

  // One request that is repeated until there is an answer. A server that lives
  // answers in time; one that is killed ends the connection.
  async persist(ask) {
    for (let i = 0; i < TRIES; i++) {
      await this.world.up;
      const limit = AbortSignal.timeout(ANSWER_MS);
      try {
        return await ask(this.world.server, limit);
      } catch (error) {
        if (limit.aborted) throw new Error(`no answer in ${ANSWER_MS} ms to ${ask}`);
        await rest(5); // the server has gone, or is going
      }
    }
    throw new Error('the server does not come back');
  }

  // The purchase: `sale.answers` has every answer that came. `copies` are sent at once.
  async buy(code, transactionAmount, { copies = 1, customerCode } = {}) {
    const number = Till.number = (Till.number ?? 0) + 1;
    const sale = {
      code, transactionAmount, invoiceNumber: `SALE-${number}`, key: `key-of-a-single-sale-${String(number).padStart(8, '0')}`,
      token: this.token, answers: [], cancels: [], seen: [],
    };
    this.sales.push(sale);
    await Promise.all(Array.from({ length: copies }, () => this.persist((server, signal) => this.send(server, sale, { customerCode, signal }))));
    return sale;
  }

  async send(server, sale, { customerCode, signal } = {}) {
    const { code, transactionAmount, invoiceNumber, key, token } = sale;
    const call = await server.purchase(code, { currency: 'CAD', transactionAmount, invoiceNumber, customerCode },
      { token, signal, headers: { 'idempotency-key': key } });
    const { id = 0, text } = call;
    sale.answers.push({ status: call.status, id, text });
    if (![202, 409, 503].includes(call.status)) this.problems.push(`${invoiceNumber}: ${call.status} ${text}`);
    if (call.status === 202 && (id === 0 || text !== '')) this.problems.push(`${invoiceNumber}: 202 without a place, or with a body: ${text}`);
    return sale.answers.at(-1);
  }

  // The payment as it stands; noted for the comparison at the end.
  async look(sale, id) {
    const { body } = await this.persist((server, signal) => server.call(`/devices/${sale.code}/payments/${id}`, { token: this.token, signal }));
    sale.seen.push(body);
    return body;
  }

  async cancel(sale, id, reverseIfApproved = false) {
    const { status, body } = await this.persist((server, signal) => server.call(`/devices/${sale.code}/payments/${id}/cancel`,
      { method: 'POST', token: this.token, body: { reverseIfApproved }, signal }));
    if (status !== 200) this.problems.push(`cancel of ${sale.invoiceNumber}: ${status} ${JSON.stringify(body)}`);
    else sale.cancels.push({ ...body, id });
    return body;
  }
}
