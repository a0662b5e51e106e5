// The body of the device: a drawing, but for the screen in it and its lights,
// which say what a real terminal's would.

import { drawn, el } from "../dom.js";
import { icon } from "../icons.js";
import { readerIsOn, showsPayment } from "../machine/payment.js";
import { TEXT } from "../text.js";

const LIGHTS = 4;

function lightsOfPayment(state) {
  const { stage, result } = state.payment;
  if (readerIsOn(state)) {
    return "card";
  }
  if (stage === "done" && result.state === "approved") {
    return "approved";
  }
  const calm = stage !== "done" || ["cancelled", "reversed", "withdrawn", "refused"].includes(result.state);
  return stage === "retry" || !calm ? "trouble" : "idle";
}

function lightsOf(state) {
  if (["off", "asleep", "booting"].includes(state.phase)) {
    return state.phase;
  }
  if (showsPayment(state)) {
    return lightsOfPayment(state);
  }
  if (state.pings.length > 0) {
    return "ping";
  }
  if (["offline", "waiting", "replaced", "removed", "fault"].includes(state.phase)) {
    return "trouble";
  }
  return state.phase === "ready" && state.session.apiMode ? "ready" : "idle";
}

// Puts `screen` into the device's element.
export function createBody(device, screen) {
  const lights = drawn("div.lights", ...Array.from({ length: LIGHTS }, () => el("i")));
  device.setAttribute("aria-label", TEXT.page.device);
  device.append(
    drawn("div.edge.left"), drawn("div.edge.right"),
    el("div.glass", drawn("div.crown", icon("waves"), lights), screen, drawn("div.shine")),
    drawn("div.chin", el("span.maker", TEXT.page.brand), el("div.slot", icon("chip"))),
  );
  return {
    show(state) {
      device.dataset.lights = lightsOf(state);
    },
  };
}
