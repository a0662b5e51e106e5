// The bench's journal: types and times of what was sent and received, newest
// first. Secrets never come here: beside the type only an id, a code or a reason.

import { el } from "../dom.js";
import { TEXT } from "../text.js";

const LINES_MOST = 100;
const ARROWS = { sent: "→", received: "←", noted: "·" };

function detailOf({ id, reason, code, on, payment, attempt, state, by, screen }) {
  if (payment !== undefined) {
    return [payment, attempt, screen ?? state ?? by].filter((each) => each !== undefined).join(" ");
  }
  if (id !== undefined) {
    return String(id);
  }
  return on === undefined ? reason ?? code ?? "" : TEXT.bench[on ? "on" : "off"];
}

function timeText(now) {
  return `${now.toTimeString().slice(0, 8)}.${String(now.getMilliseconds()).padStart(3, "0")}`;
}

function buildLine(way, type, detail) {
  return el(`li.line.${way}`,
    el("time", timeText(new Date())),
    el("span.arrow", { role: "img", label: TEXT.bench[way] }, ARROWS[way]),
    el("span.type", type, detail === "" ? null : el("small", ` ${detail}`)),
  );
}

export function createJournal() {
  const empty = el("p.journal-empty", TEXT.bench.journal_empty);
  const list = el("ol.lines", { tabindex: "0", "aria-labelledby": "journal-title", testid: "journal" });

  function add(way, type, detail) {
    empty.remove();
    list.prepend(buildLine(way, type, detail));
    while (list.childElementCount > LINES_MOST) {
      list.lastElementChild.remove();
    }
  }

  return {
    element: el("section.journal", el("h3", { id: "journal-title" }, TEXT.bench.journal), empty, list),
    sent: (message) => add("sent", message.type, detailOf(message)),
    received: (message) => add("received", message.type, detailOf(message)),
    note: (text) => add("noted", text, ""),
  };
}
