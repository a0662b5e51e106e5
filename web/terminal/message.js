// The messages of docs/terminal-protocol.md as one table. The schema is closed:
// a message of the server with an unknown type, an unknown or missing field, or
// a value outside its limits is refused whole. What a terminal sends is built
// here too, so that no other file writes a field's name.

export const MESSAGE_MAX_BYTES = 4096;
export const EMAIL_MAX = 254;
export const PASSWORD_MAX = 256;
export const PIN_MIN = 4;
export const PIN_MAX = 8;

const NAME_MAX_BYTES = 256;
const TEXT_MAX_BYTES = 320;
const REASON_MAX_BYTES = 64;

const encoder = new TextEncoder();
const bytesOf = (text) => encoder.encode(text).length;

const isText = (most) => (value) => typeof value === "string" && bytesOf(value) <= most;
const isOneOf = (...choices) => (value) => choices.includes(value);
const isLike = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const isBoolean = (value) => typeof value === "boolean";
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const orNull = (rule) => (value) => value === null || rule(value);

const FROM_SERVER = {
  log_in_required: {
    reason: isOneOf("new", "unknown_credential", "logged_out"),
    businessName: orNull(isText(NAME_MAX_BYTES)),
    pin: isBoolean,
    message: isText(TEXT_MAX_BYTES),
  },
  log_in_refused: {
    reason: isOneOf("wrong", "locked", "serial_in_use", "no_codes_left", "busy", "trouble"),
    message: isText(TEXT_MAX_BYTES),
    pin: isBoolean,
    waitSeconds: isCount,
  },
  welcome: {
    business: isCount,
    businessName: isText(NAME_MAX_BYTES),
    currency: isLike(/^[A-Z]{3}$/),
    user: isText(NAME_MAX_BYTES),
    code: orNull(isLike(/^[A-Z0-9]{4}$/)),
    apiMode: isBoolean,
    heartbeatSeconds: isCount,
    credential: orNull(isLike(/^[A-Za-z0-9_-]{43}$/)),
  },
  logged_out: {},
  ready_confirmed: {},
  ping: { id: isCount, message: orNull(isText(TEXT_MAX_BYTES)) },
  api_mode: { on: isBoolean },
  error: { reason: isText(REASON_MAX_BYTES), message: isText(TEXT_MAX_BYTES), retryAfterMs: isCount },
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
