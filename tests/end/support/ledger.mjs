// Compares, after quiet, what all sides know of the payments of one business:
// the server (read through its API), the terminals (their journals), the points
// of sale and the webhook's receiver. The invariants have numbers, as they are
// named in every test of this kind:
//
//   I1  every 202 that a point of sale has seen is exactly one payment
//   I2  one key is at most one payment and at most one start
//   I3  an approval of the one who decides is an approved transaction on both sides
//   I4  no side shows an end that the other denies
//   I5  the sums of what was approved agree, device by device
//   I6  attempts only grow, states only move forward, an end never changes
//   I7  at most one payment at a time on a terminal
//   I8  every end has reached the receiver, in order, under one id, or stands in
//       the list of the dead
//   I9  nothing of another business is seen
//   I10 no go is acted on after its time, or on another connection
//   I12 a payment's 409 means that no terminal has begun it

const PAGES_MOST = 1000;
const FINAL = new Set(['approved', 'declined', 'cancelled', 'expired', 'refused']);

const cents = (amount) => Math.round(amount * 100);

// The rows by one of their fields, in a map.
function group(rows, name) {
  const groups = new Map();
  for (const row of rows) {
    if (groups.has(row[name])) groups.get(row[name]).push(row);
    else groups.set(row[name], [row]);
  }
  return groups;
}

// Everything that the server says: { payments, transactions, waiting, dead }.
export async function read(server, { business, token, codes }) {
  const ask = async (path) => {
    const { status, text, body } = await server.call(path, { token });
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return body;
  };
  const payments = [];
  for (const code of codes) {
    for (let before = '', last = Infinity; ;) {
      const page = await ask(`/devices/${code}/payments?limit=100${before}`);
      if (page.some(({ id }) => id >= last)) throw new Error(`payments${before}: they do not become older: ${JSON.stringify(page)}`);
      for (const { id } of page) payments.push(await ask(`/devices/${code}/payments/${id}`));
      if (page.length < 100) break;
      last = page.at(-1).id;
      before = `&before=${last}`;
    }
  }
  const transactions = [];
  for (let page = 1; ; page++) {
    const rows = await ask(`/card-transactions?limit=1000&page=${page}`);
    transactions.push(...rows);
    if (page > PAGES_MOST) throw new Error(`card transactions have no end: ${JSON.stringify(rows.at(-1))}`);
    if (rows.length < 1000) break;
  }
  const dead = await server.admin('webhook', 'deliveries', '--business', String(business), '--state', 'dead', '--limit', '1000')
    .catch(() => []); // it may have no webhook
  return { payments, transactions, dead };
}

class Check {
  constructor({ payments, transactions, dead }, { sales, fleets, receiver, authority }) {
    Object.assign(this, { payments, transactions, dead, sales, fleets, receiver, authority });
    this.problems = [];
    this.byId = new Map(payments.map((payment) => [payment.id, payment]));
    this.byInvoice = group(payments.filter(({ state }) => state !== 'refused'), 'invoiceNumber');
    this.byTransaction = new Map(transactions.map((row) => [row.transactionId, row]));
    this.journal = fleets.flatMap((fleet) => fleet.journal().map((line) => ({ ...line, on: line.serial ?? fleet.name })));
    this.lines = group(this.journal.filter(({ payment }) => payment !== undefined), 'payment');
  }

  say(invariant, ...words) {
    this.problems.push(`${invariant}: ${words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(' ')}`);
  }

  events(id, ...names) {
    return (this.lines.get(id) ?? []).filter(({ event }) => names.includes(event));
  }

  // --- What points of sale saw ---

  sale(sale) {
    const accepted = new Set(sale.answers.filter(({ status }) => status === 202).map(({ id }) => id));
    const stored = this.byInvoice.get(sale.invoiceNumber) ?? [];
    if (accepted.size > 1) this.say('I1', sale.invoiceNumber, 'was accepted as several payments', [...accepted]);
    for (const id of accepted) {
      const payment = this.byId.get(id);
      if (!payment || payment.state === 'refused') this.say('I1', sale.invoiceNumber, 'was accepted and is', payment ?? 'not there');
      else if (payment.invoiceNumber !== sale.invoiceNumber || cents(payment.transactionAmount) !== cents(sale.transactionAmount)) {
        this.say('I1', sale.invoiceNumber, 'was accepted as', payment);
      }
    }
    if (stored.length > 1) this.say('I2', sale.invoiceNumber, 'is several payments', stored);
    if (accepted.size === 0 && sale.answers.at(-1)?.status === 409 && !sale.isCut && stored.length > 0) {
      this.say('I12', sale.invoiceNumber, 'was refused and is', stored);
    }
    this.#seen(sale);
    this.#cancelled(sale);
  }

  #seen(sale) {
    let last = null;
    for (const seen of sale.seen) {
      const now = this.byId.get(seen.id);
      if (FINAL.has(seen.state) && (seen.state !== now?.state || seen.transactionId !== now?.transactionId)) {
        this.say('I4', 'a point of sale saw', seen, 'and it is', now ?? 'not there');
      }
      if (last !== null) this.#forward(last, seen);
      last = seen;
    }
  }

  // Screens may go back: they are told by the terminal, and forgotten with a
  // connection. What was decided may not.
  #forward(before, after) {
    if (FINAL.has(before.state) && before.state !== after.state) this.say('I6', 'an end has changed', before, after);
    if (before.attempts.length > after.attempts.length) this.say('I6', 'attempts became fewer', before, after);
    before.attempts.forEach(({ state, transactionId }, i) => {
      const now = after.attempts[i];
      const isSame = state === now?.state && transactionId === now.transactionId;
      if (!isSame && state !== 'authorising') this.say('I6', 'a decision has changed', before, after);
    });
  }

  #cancelled(sale) {
    for (const { result, state, transactionId, id } of sale.cancels) {
      const now = this.byId.get(id);
      if (FINAL.has(state) && state !== now?.state) this.say('I4', 'a cancel was answered', state, 'and it is', now ?? 'not there');
      if (result === 'cancelled' && now?.state === 'approved') this.say('I4', 'a cancelled payment is approved', now);
      if (result === 'too late' && !this.byTransaction.has(transactionId)) this.say('I4', 'too late, for a transaction that is not there', transactionId);
    }
  }

  // --- What terminals did ---

  payment(payment) {
    const { id, state, attempts } = payment;
    if (!FINAL.has(state)) this.say('I4', 'after quiet it has not ended', payment);
    const begun = this.events(id, 'payment_go');
    const ends = this.events(id, 'payment_ended');
    if (begun.length > 1) this.say('I2', 'was begun more than once', begun);
    if (state === 'refused' && begun.length > 0) this.say('I12', 'was refused, and begun', payment, begun);
    if (begun.length > 0 && ends.length === 0) this.say('I4', 'the terminal knows no end of', payment, this.lines.get(id));
    for (const end of ends) if (end.state !== state) this.say('I4', 'the terminal ended it as', end, 'and it is', payment);
    attempts.forEach(({ number, state: outcome, transactionId }, i) => {
      if (number !== i + 1) this.say('I6', 'attempts are not numbered one by one', payment);
      const row = this.byTransaction.get(transactionId);
      if (!row || row.status !== outcome.toUpperCase()) this.say('I3', 'its attempt has no such transaction', payment, row ?? 'none');
    });
    this.#approvals(payment);
    this.#attemptsGrow(id);
  }

  #approvals(payment) {
    const { id, state, transactionId, reversed } = payment;
    const approved = payment.attempts.filter((attempt) => attempt.state === 'approved');
    if (approved.length !== (state === 'approved' || reversed ? 1 : 0)) this.say('I3', 'has so many approvals', payment);
    const said = new Set(this.events(id, 'payment_approved').map(({ transaction }) => transaction));
    if (said.size > 1 || (said.size === 1 && !said.has(approved[0]?.transactionId))) this.say('I3', 'the terminal showed other approvals', [...said], payment);
    if (approved.length === 1 && said.size === 0) this.say('I3', 'the terminal has not shown the approval of', payment, this.lines.get(id));
    const row = this.byTransaction.get(transactionId);
    if (state === 'approved' && (row?.amount !== payment.transactionAmount || row.currency !== payment.currency || row.invoiceNumber !== payment.invoiceNumber)) {
      this.say('I3', payment, 'is approved, by', row ?? 'nothing');
    }
    const back = this.transactions.filter(({ type, invoiceNumber }) => type === 'reverse' && invoiceNumber === payment.invoiceNumber);
    if (payment.invoiceNumber !== null && back.length !== (reversed ? 1 : 0)) this.say('I3', 'was taken back so often', back, payment);
    if (this.authority === 'terminal') this.#results(payment);
  }

  // What the terminal itself has decided is what is true.
  #results(payment) {
    const refused = this.events(payment.id, 'payment_result_refused');
    if (refused.length > 0) this.say('I3', 'a result was refused', refused, payment);
    for (const { attempt, approved, approvalCode } of this.events(payment.id, 'payment_result')) {
      const kept = payment.attempts.find(({ number }) => number === attempt);
      const row = this.byTransaction.get(kept?.transactionId);
      if (row?.status !== (approved ? 'APPROVED' : 'DECLINED') || row.approvalCode !== (approvalCode ?? '')) {
        this.say('I3', 'the terminal decided', { attempt, approved, approvalCode }, 'and stored is', row ?? 'nothing', payment);
      }
    }
    const decided = this.events(payment.id, 'payment_result').length;
    if (decided !== payment.attempts.length) this.say('I3', `the terminal decided ${decided} times`, payment);
  }

  #attemptsGrow(id) {
    let last = 0;
    for (const { attempt } of this.events(id, 'payment_card')) {
      if (attempt < last || attempt > last + 1) this.say('I6', 'a card was attempt', attempt, 'after', last, 'of payment', id);
      last = attempt;
    }
  }

  // One terminal's life, in order.
  terminal(lines) {
    const now = { open: null, offered: null };
    for (const [i, line] of lines.entries()) {
      const { event, payment, on } = line;
      if (event === 'started' || event === 'ready') now.offered = null; // of another connection
      else if (event === 'payment_offered') now.offered = payment;
      else if (event === 'payment_withdrawn') now.offered = null;
      else if (event === 'payment_go') {
        if (now.offered !== payment) this.say('I10', `${on} acted on a go that was not offered, or withdrawn`, lines.slice(Math.max(0, i - 8), i + 1));
        if (now.open !== null && now.open !== payment) this.say('I7', `${on} began ${payment} while ${now.open} was open`);
        now.open = payment;
      } else if (['payment_ended', 'payment_result_refused'].includes(event) && now.open === payment) now.open = null;
      if (payment !== undefined && event !== 'payment_withdrawn' && event !== 'payment_offered' && !this.byId.has(payment)) {
        this.say('I9', `${on} has a payment that is not of its business`, line);
      }
    }
  }

  sums() {
    const sum = new Map();
    const add = (code, by, amount) => {
      const both = sum.get(code) ?? { server: 0, terminal: 0 };
      both[by] += cents(amount);
      sum.set(code, both);
    };
    for (const { id, state, deviceCode, transactionId } of this.payments) {
      if (state === 'approved') add(deviceCode, 'server', this.byTransaction.get(transactionId)?.amount ?? 0);
      const ended = this.events(id, 'payment_ended').some((line) => line.state === 'approved');
      const [shown] = this.events(id, 'payment_offered', 'payment_resumed');
      if (ended) add(deviceCode, 'terminal', shown.amount);
    }
    for (const [code, both] of sum) if (both.server !== both.terminal) this.say('I5', code, both);
    return [...sum.values()].reduce((all, both) => all + both.server, 0);
  }

  // --- What the receiver took ---

  webhooks() {
    const { messages, problems } = this.receiver;
    for (const problem of problems) this.say('I8', problem);
    const once = this.receiver.once();
    const ids = new Map();
    for (const { id, text } of messages) {
      if (ids.has(id) && ids.get(id) !== text) this.say('I8', 'one id for two messages', id);
      ids.set(id, text);
    }
    const place = new Map();
    once.forEach(({ body }, i) => {
      const name = body.type === 'cardTransaction' ? Number(body.id) : body.data.invoiceNumber;
      if (place.has(name)) this.say('I8', 'two messages, with ids of their own, of', body);
      place.set(name, i);
      if (typeof name === 'number' && !this.byTransaction.has(name)) this.say('I9', 'told of a transaction that is not of this business', body);
    });
    const dead = new Set(this.dead.map(({ transaction, payment }) => transaction ?? this.byId.get(payment)?.invoiceNumber));
    for (const { transactionId } of this.transactions) {
      if (!place.has(transactionId) && !dead.has(transactionId)) this.say('I8', 'never told', transactionId);
    }
    for (const payment of this.payments) this.#toldOf(payment, place, dead);
    return once.length;
  }

  #toldOf({ state, attempts, invoiceNumber }, place, dead) {
    const isCancel = ['cancelled', 'expired'].includes(state) && attempts.length === 0;
    if (isCancel && !place.has(invoiceNumber) && !dead.has(invoiceNumber)) this.say('I8', 'its cancel was never told', invoiceNumber);
    if (!isCancel && state !== 'refused' && place.has(invoiceNumber)) this.say('I8', 'a cancel was told of what was not cancelled', invoiceNumber, state);
    const places = attempts.map(({ transactionId }) => place.get(transactionId)).filter((at) => at !== undefined);
    if (places.some((at, i) => i > 0 && at < places[i - 1])) this.say('I8', 'told out of order', invoiceNumber, attempts);
  }
}

// { problems, approved (the sum in cents), told }: the problems are sentences.
export function compare(stored, journals) {
  const check = new Check(stored, journals);
  for (const sale of journals.sales) check.sale(sale);
  for (const payment of stored.payments) check.payment(payment);
  for (const lines of group(check.journal.filter(({ event }) => event !== 'started'), 'on').values()) {
    const starts = check.journal.filter(({ event, on }) => event === 'started' && lines[0].on.startsWith(on));
    const both = new Set([...lines, ...starts]);
    check.terminal(check.journal.filter((line) => both.has(line)));
  }
  const approved = check.sums();
  const told = journals.receiver ? check.webhooks() : 0;
  return { problems: check.problems, approved, told };
}
