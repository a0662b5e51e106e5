// What the connection does to a terminal: it opens, it ends, it is tried again.
// Back-off is counted here; `retry_planned` brings the time back.

import { VERSION } from "../version.js";
import { hello, probe } from "../message.js";
import { keepsResult } from "./payment.js";
import { GONE, enter, isAwaiting, isLinked, isLive, remember, save, send, timer } from "./state.js";

const HELLO_LIMIT_MS = 10000;
const PROBE_LIMIT_MS = 15000;
const REPLACED = 4001;
const REMOVED = 4002;

// Opens a connection, or shows that the network is off.
export function connect(state) {
  if (!state.network) {
    return [enter(state, "offline"), []];
  }
  return [enter(state, "connecting", { leastMs: 0 }), [{ do: "open" }, timer("answer", HELLO_LIMIT_MS, { type: "answer_late" })]];
}

// The connection is gone: try again later.
export function lose(state, problem = state.problem) {
  const next = enter(state, "waiting", {
    problem, ...GONE, failures: state.failures + 1,
  });
  return [next, [{ do: "retry", attempt: state.failures, leastMs: state.leastMs }]];
}

export function beReplaced(state) {
  return [enter(state, "replaced", { ...GONE }), [{ do: "close" }]];
}

// A result goes first, under the credential that it was made with: so the
// terminal comes back once more, and is asked to log in.
export function beRemoved(state, revoked = false) {
  if (keepsResult(state.payment)) {
    const [next, effects] = lose(state);
    return [next, [{ do: "close" }, ...effects]];
  }
  const gone = { ...GONE, nextCredential: null, businessName: null, revoked };
  const next = remember(enter(state, "removed", gone), {
    credential: null, continued: false, code: null, businessName: null, user: null,
  });
  return [next, [{ do: "close" }, save(next)]];
}

function closed(state, { code }) {
  if (!isLinked(state)) {
    return null;
  }
  if (code === REPLACED) {
    return beReplaced(state);
  }
  return code === REMOVED ? beRemoved(state) : lose(state);
}

// Gives up a connection that is open but of no use.
export function abandon(state, key) {
  const [next, effects] = lose(state, { key });
  return [next, [{ do: "close" }, ...effects]];
}

// Asks for a sign of life: a page sees neither the server's WebSocket pings nor
// a cable that was pulled.
function probeServer(state) {
  return isLive(state) ? [state, [send(probe()), timer("quiet", PROBE_LIMIT_MS, { type: "silent" })]] : null;
}

// The browser is online again, or the page is looked at. Who was asked to wait
// waits all the same.
function takeHint(state) {
  return state.leastMs === 0 ? retryNow(state) ?? probeServer(state) : null;
}

const retryNow = (state) => (state.phase === "waiting" ? connect(state) : null);

export const linkHandlers = {
  link_opened: (state) =>
    state.phase === "connecting"
      ? [state, [send(hello(state.memory.serial, VERSION, state.memory.credential))]]
      : null,
  link_closed: closed,
  link_unreadable: (state) => (isLinked(state) ? abandon(state, "unreadable") : null),
  answer_late: (state) => (isAwaiting(state) ? abandon(state, "no_answer") : null),
  steady: (state) => (isLive(state) ? [{ ...state, failures: 0 }, []] : null),
  retry_planned: (state, { at }) => (state.phase === "waiting" ? [{ ...state, retryAt: at }, []] : null),
  retry_due: retryNow,
  retry_pressed: retryNow,
  network_hint: takeHint,
  quiet: probeServer,
  silent: (state) => (isLive(state) ? abandon(state, "no_answer") : null),
  network_lost: (state) => (isLinked(state) ? abandon(state, null) : null),
};
