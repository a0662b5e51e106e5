// Which screen a state shows. Several phases share a screen when a person
// would see no difference between them.

import { showsPayment } from "../machine/payment.js";
import { apiOff } from "./api_off.js";
import { boot } from "./boot.js";
import { fault } from "./fault.js";
import { logIn } from "./log_in.js";
import { notConnected } from "./not_connected.js";
import { off } from "./off.js";
import { pairing } from "./pairing.js";
import { PAYMENT_SCREENS } from "./payment.js";
import { pinPad } from "./pin_pad.js";
import { ready } from "./ready.js";
import { removed, revoked } from "./removed.js";
import { replaced } from "./replaced.js";
import { sleep } from "./sleep.js";
import { connecting, gettingReady, leaving, registering } from "./working.js";

const whileApiMode = (screen) => (state) => (state.session.apiMode ? screen : apiOff);

const SCREENS = {
  off: () => off,
  booting: () => boot,
  asleep: () => sleep,
  offline: () => notConnected,
  connecting: (state) => (state.failures === 0 ? connecting : notConnected),
  waiting: () => notConnected,
  logged_out: (state) => (state.form === "pin" ? pinPad : logIn),
  registering: () => registering,
  storing: () => registering,
  pairing: whileApiMode(pairing),
  continuing: () => gettingReady,
  codeless: () => apiOff,
  readying: whileApiMode(gettingReady),
  ready: whileApiMode(ready),
  leaving: () => leaving,
  replaced: () => replaced,
  removed: (state) => (state.revoked ? revoked : removed),
  fault: () => fault,
};

// A screen is { name, view(state) -> plain data, build(data, tell, signal) -> element }.
// It is built again only when its data changed; `signal` ends what it started.
export function screenOf(state) {
  return showsPayment(state) ? PAYMENT_SCREENS[state.payment.stage] : SCREENS[state.phase](state);
}
