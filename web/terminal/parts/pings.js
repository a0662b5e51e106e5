// Pings on the screen. A ping counts as shown when it is painted; each reports
// `ping_painted` once, and the machine tells the server.

import { afterPaint, drawn, el } from "../dom.js";
import { icon } from "../icons.js";
import { TEXT } from "../text.js";

function buildCard({ id, message }) {
  const words = message === null
    ? [el("p.ping-title", TEXT.ping.title), el("p.ping-text", TEXT.ping.plain)]
    : [el("p.ping-title", TEXT.ping.from), el("p.ping-text.said", { testid: "ping-message", dir: "auto" }, message)];
  return el("div.ping-card", { "data-ping": String(id) }, ...words);
}

// `layer` stays in the page so that a screen reader watches it; the overlay in
// it exists while there is a ping.
export function createPings(tell) {
  const layer = el("div.ping-layer", { "aria-live": "assertive", "aria-atomic": "false" });
  const cards = new Map();
  let overlay = null;

  function buildOverlay() {
    const list = el("div.ping-list");
    overlay = el("div.ping", { testid: "ping", onclick: () => tell("pings_dismissed") },
      drawn("div.ping-mark", icon("speech")),
      list,
      el("button.ping-close", { testid: "ping-close" }, TEXT.ping.close),
    );
    layer.append(overlay);
  }

  function removeGone(pings) {
    for (const [id, card] of cards) {
      if (!pings.some((ping) => ping.id === id)) {
        card.remove();
        cards.delete(id);
      }
    }
    if (pings.length === 0 && overlay !== null) {
      overlay.remove();
      overlay = null;
    }
  }

  function addNew(ping) {
    if (overlay === null) {
      buildOverlay();
    }
    const card = buildCard(ping);
    cards.set(ping.id, card);
    overlay.querySelector(".ping-list").prepend(card);
    afterPaint(() => tell("ping_painted", { id: ping.id }));
  }

  return {
    element: layer,
    show({ pings }) {
      removeGone(pings);
      pings.filter((ping) => !cards.has(ping.id)).forEach(addNew);
    },
  };
}
