// The messages of docs/terminal-protocol.md as one table. The schema is closed:
// an unknown type, an unknown or missing field, or a value outside its limits is
// refused. What a terminal sends is built here too.

export const MESSAGE_MAX_BYTES = 4096;
export const EMAIL_MAX = 254;
export const PASSWORD_MAX = 256;
export const PIN_MIN = 4;
export const PIN_MAX = 8;

const NAME_MOST = 80; // characters

const encoder = new TextEncoder();
const bytesOf = (text) => encoder.encode(text).length;

const isName = (value) => typeof value === "string" && [...value].length <= NAME_MOST;
const isText = (most) => (value) => typeof value === "string" && bytesOf(value) <= most;
const isProse = isText(320);
const isOneOf = (...choices) => (value) => choices.includes(value);
const isLike = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const isBoolean = (value) => typeof value === "boolean";
const isWithin = (least, most) => (value) => Number.isSafeInteger(value) && value >= least && value <= most;
const isCount = isWithin(0, Number.MAX_SAFE_INTEGER);
const isAttempt = isWithin(1, 1000);
const isReason = isText(160);
const orNull = (rule) => (value) => value === null || rule(value);

const FROM_SERVER = {
  log_in_required: {
    reason: isOneOf("new", "unknown_credential", "logged_out"),
    businessName: orNull(isName),
    pin: isBoolean,
    message: isProse,
  },
  log_in_refused: {
    reason: isOneOf("wrong", "locked", "serial_in_use", "no_codes_left", "busy", "trouble"),
    message: isProse,
    pin: isBoolean,
    waitSeconds: isWithin(0, 86400),
  },
  welcome: {
    business: isCount,
    businessName: isName,
    currency: isLike(/^[A-Z]{3}$/),
    user: isName,
    code: orNull(isLike(/^[A-Z0-9]{4}$/)),
    apiMode: isBoolean,
    heartbeatSeconds: isWithin(1, 3600),
    credential: orNull(isLike(/^[A-Za-z0-9_-]{43}$/)),
  },
  logged_out: {},
  ready_confirmed: {},
  ping: { id: isCount, message: orNull(isProse) },
  api_mode: { on: isBoolean },
  probe_answered: {},
  offer: {
    payment: isCount,
    kind: isOneOf("purchase", "refund"),
    amount: isWithin(1, 999999999),
    currency: isOneOf("CAD", "USD"),
    invoiceNumber: orNull(isText(256)),
    authority: isOneOf("server", "terminal"),
    timeLimitSeconds: isWithin(1, 86400),
  },
  withdraw: { payment: isCount },
  go: { payment: isCount },
  outcome: {
    payment: isCount,
    attempt: isAttempt,
    approved: isBoolean,
    transaction: isCount,
    approvalCode: orNull(isLike(/^[A-Z0-9]{6}$/)),
    reason: orNull(isReason),
    final: isBoolean,
  },
  payment_ended: {
    payment: isCount,
    state: isOneOf("approved", "declined", "cancelled", "expired", "refused", "unknown"),
    reason: orNull(isReason),
  },
  resume: { payment: isCount, attempt: isWithin(0, 1000) },
  cancel_requested: { payment: isCount, by: isOneOf("pos", "time", "administrator") },
  result_refused: { payment: isCount, attempt: isAttempt, message: isProse },
  error: { reason: isText(32), message: isProse, retryAfterMs: isWithin(0, 3600000) },
};

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function problemOf(message) {
  if (message === null || typeof message !== "object" || Array.isArray(message)) {
    return "not a JSON object";
  }
  if (!Object.hasOwn(FROM_SERVER, message.type)) {
    return "unknown type";
  }
  const rules = FROM_SERVER[message.type];
  const wrong = Object.keys(rules).find((field) => !Object.hasOwn(message, field) || !rules[field](message[field]));
  if (wrong !== undefined) {
    return `${message.type}: the field ${wrong} is missing or outside its limits`;
  }
  return Object.keys(message).length > Object.keys(rules).length + 1 ? `${message.type}: unknown field` : null;
}

// Answers { message } or { problem }: a text for the console of a developer.
export function readMessage(text) {
  if (typeof text !== "string" || bytesOf(text) > MESSAGE_MAX_BYTES) {
    return { problem: "not a text of at most 4,096 bytes" };
  }
  const message = parse(text);
  const problem = problemOf(message);
  return problem === null ? { message } : { problem };
}

export const hello = (serial, version, credential) => ({ type: "hello", protocol: 1, serial, version, credential });
export const logInByPassword = (email, password) => ({ type: "log_in", email, password });
export const logInByPin = (pin) => ({ type: "log_in", pin });
export const logOut = () => ({ type: "log_out" });
export const ready = () => ({ type: "ready" });
export const pingShown = (id) => ({ type: "ping_shown", id });
export const bye = (reason) => ({ type: "bye", reason });
export const probe = () => ({ type: "probe" });

export const displayed = (payment) => ({ type: "displayed", payment });
export const progress = (payment, screen) => ({ type: "progress", payment, screen });
export const cancelPayment = (payment, by) => ({ type: "cancel_payment", payment, by });
export const askPayment = (payment) => ({ type: "ask_payment", payment });
// `card` is one of the tray (test_cards.js), and how it was read.
export const attempt = (payment, number, card, entry) => ({
  type: "attempt", payment, attempt: number, entry, brand: card.brand, card: card.kind,
  firstSix: card.firstSix, lastFour: card.lastFour, cardHolderName: card.holder, reference: card.reference,
});
// `verdict` is of our own payment application (payment_application.js).
export const result = (payment, number, card, entry, verdict) => ({
  ...attempt(payment, number, card, entry), type: "result",
  approved: verdict.approved, approvalCode: verdict.approvalCode, reason: verdict.reason,
});
