// Asleep: a dark glass that is one large button; any key off the bench wakes too.

import { el } from "../dom.js";
import { TEXT } from "../text.js";

// Keys that only go with others, or move the focus, do not wake.
const QUIET_KEYS = new Set(["Tab", "Shift", "Control", "Alt", "Meta"]);

export const sleep = {
  name: "sleep",
  view: () => ({}),
  build(view, tell, signal) {
    const onBench = (target) => target instanceof Element && target.closest("#bench") !== null;
    const onKey = (event) => {
      if (!onBench(event.target) && !QUIET_KEYS.has(event.key)) {
        event.preventDefault();
        tell("woken");
      }
    };
    document.addEventListener("keydown", onKey, { signal });
    const wake = { label: TEXT.sleep.wake, focus: true, onclick: () => tell("woken") };
    return el("button.dark.sleep", wake, el("span", TEXT.sleep.hint));
  },
};
