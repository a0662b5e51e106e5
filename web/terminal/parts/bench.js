// The tester's bench, beside the terminal and not part of it.

import { drawn, el } from "../dom.js";
import { TEXT } from "../text.js";
import { connectionWord } from "./status_bar.js";
import { createTray } from "./tray.js";

const texts = TEXT.bench;

function createSwitch(label, testid, toggle) {
  const word = drawn("span.switch-word");
  const button = el("button.switch", { role: "switch", label, testid, onclick: toggle }, word, drawn("span.knob"));
  return {
    element: el("div.control", drawn("span", label), button),
    show(on, usable) {
      button.setAttribute("aria-checked", String(on));
      button.disabled = !usable;
      word.textContent = on ? texts.on : texts.off;
    },
  };
}

// `look()` gives the present state, so that a switch knows which way it goes.
export function createBench(root, tell, look, journal) {
  const power = createSwitch(texts.power, "bench-power", () => tell("power_switched", { on: look().phase === "off" }));
  const network = createSwitch(texts.network, "bench-network", () => tell("network_switched", { on: !look().network }));
  const sleep = el("button.bench-button", { testid: "bench-sleep", onclick: () => tell("sleep_pressed") });
  const word = el("span", { testid: "network-state", role: "status" });
  const slotLine = el("p.bench-slot", { testid: "bench-slot" });
  const another = { href: "/terminal", target: "_blank", rel: "noopener", testid: "bench-another" };
  const tray = createTray(tell);
  root.setAttribute("aria-label", texts.title);
  root.append(
    el("h2", texts.title), el("p.bench-lead", texts.lead), slotLine, tray.element,
    el("div.controls",
      power.element, network.element,
      el("div.control", el("span", texts.state), word),
      el("div.buttons", sleep, el("a.bench-button", another, texts.another)),
    ),
    journal.element,
  );
  return {
    show(state) {
      const { phase } = state;
      const key = connectionWord(state);
      power.show(phase !== "off" && phase !== "fault", phase !== "fault");
      network.show(state.network, phase !== "fault");
      sleep.textContent = phase === "asleep" ? texts.wake : texts.sleep;
      sleep.disabled = phase === "off" || phase === "fault";
      if (word.dataset.state !== key) {
        word.dataset.state = key;
        word.textContent = TEXT.status[key];
      }
      tray.show(state);
      slotLine.textContent = texts.slot(state.slot, state.memory.serial);
    },
  };
}
