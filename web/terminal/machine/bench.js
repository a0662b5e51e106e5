// What the tester's bench does to a terminal, and the start of the page. Sleep
// and power off say `bye`; a network that is cut says nothing.

import { bye } from "../message.js";
import { connect } from "./link.js";
import { cutFrom, keptOf, revive } from "./payment.js";
import { GONE, enter, isLinked, isLive, save, send, timer } from "./state.js";

const BOOT_MS = 900;

const QUIET = { ...GONE, problem: null, failures: 0 };

function boot(state) {
  const next = enter(state, "booting", { ...QUIET, payment: revive(state.payment) });
  return [next, [timer("boot", BOOT_MS, { type: "booted" })]];
}

// Ends the connection in the right way: bye is for a server that knows us.
function farewell(state, reason) {
  if (!isLinked(state)) {
    return [];
  }
  return isLive(state) ? [send(bye(reason)), { do: "close" }] : [{ do: "close" }];
}

// What is not on the disk is gone.
const cutPower = (state) => enter(state, "off", { ...QUIET, payment: cutFrom(keptOf(state.payment)) });

function switchPower(state, { on }) {
  if (state.phase === "fault" || on === (state.phase !== "off")) {
    return null;
  }
  const [next, effects] = on ? boot(state) : [cutPower(state), farewell(state, "power")];
  return [next, [...effects, save(next)]];
}

function fallAsleep(state) {
  if (["off", "asleep", "fault"].includes(state.phase)) {
    return null;
  }
  const next = enter(state, "asleep", QUIET);
  return [next, [...farewell(state, "sleep"), save(next)]];
}

function wake(state) {
  if (state.phase !== "asleep") {
    return null;
  }
  const [next, effects] = connect(state);
  return [next, [...effects, save(next)]];
}

function switchNetwork(state, { on }) {
  const switched = { ...state, network: on };
  if (on) {
    return state.phase === "offline" ? connect(switched) : [switched, []];
  }
  if (!isLinked(state) && state.phase !== "waiting") {
    return [switched, []];
  }
  return [enter(switched, "offline", QUIET), [{ do: "close" }]];
}

// The terminal is as it was when the page went away.
function start(state, { power, asleep }) {
  if (!power) {
    return null;
  }
  const [next, effects] = boot(state);
  return asleep ? [enter(next, "asleep"), []] : [next, effects];
}

export const benchHandlers = {
  started: start,
  power_switched: switchPower,
  sleep_pressed: (state) => (state.phase === "asleep" ? wake(state) : fallAsleep(state)),
  woken: wake,
  network_switched: switchNetwork,
  booted: (state) => (state.phase === "booting" ? connect(state) : null),
  start_failed: (state, { fault }) => [enter(state, "fault", { fault }), []],
};
