// The bar at the top of the device's screen: time, network, battery. And the one
// word for the connection's state that bench and Hardware Settings show too.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { isLive } from "../machine/state.js";
import { TEXT } from "../text.js";

const SPECIAL = { off: "off", booting: "connecting", asleep: "asleep", connecting: "connecting" };

// A key of TEXT.status.
export function connectionWord(state) {
  if (isLive(state)) {
    return "connected";
  }
  if (!state.network && !["off", "asleep"].includes(state.phase)) {
    return "network_off";
  }
  return SPECIAL[state.phase] ?? "not_connected";
}

function clockText() {
  return new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function createStatusBar() {
  const clock = el("span.clock");
  const network = el("span.network", { role: "img" });
  const battery = el("span.battery", { role: "img", label: TEXT.status.battery }, icon("battery"));
  const tick = () => { clock.textContent = clockText(); };
  tick();
  setInterval(tick, 1000);
  let shown = null;
  return {
    element: el("div.status-bar", clock, el("span.glyphs", network, battery)),
    show(state) {
      const word = connectionWord(state);
      if (word !== shown) {
        shown = word;
        network.dataset.state = word;
        network.setAttribute("aria-label", TEXT.status[word]);
        network.replaceChildren(icon(word === "connected" || word === "connecting" ? "network" : "no_network"));
      }
    },
  };
}
