// The part of the device's screen that the screens stand on. A screen is built
// again only when its data changed, so that what a person types is left alone.
// The focus moves only if it was on the device. A screen reader is told of a new
// screen, but not of keys of the PIN pad nor of seconds: those are "off".

import { el } from "../dom.js";
import { screenOf } from "../screens/index.js";

function takesFocus(screen) {
  const active = document.activeElement;
  return active === null || active === document.body || screen.contains(active);
}

export function createStage(screen, tell) {
  const element = el("div.stage", { "aria-live": "polite" });
  let shownName = null;
  let shownKey = null;
  let running = new AbortController();

  function replace(next, view, isNew) {
    const focus = takesFocus(screen);
    running.abort();
    running = new AbortController();
    const content = next.build(view, tell, running.signal);
    content.classList.toggle("entering", isNew);
    element.replaceChildren(content);
    if (focus && !element.inert) {
      element.querySelector("[data-focus]")?.focus({ preventScroll: true });
    }
  }

  return {
    element,
    show(state) {
      const next = screenOf(state);
      const view = next.view(state);
      const key = JSON.stringify(view);
      if (next.name === shownName && key === shownKey) {
        return;
      }
      const isNew = next.name !== shownName;
      shownName = next.name;
      shownKey = key;
      screen.dataset.screen = next.name;
      replace(next, view, isNew);
    },
  };
}
