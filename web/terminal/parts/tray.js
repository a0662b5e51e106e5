// The bench's tray of test cards: choose one, then tap, insert or swipe it. What
// it will do only the processor knows: it goes by the cents of the amount.

import { drawn, el } from "../dom.js";
import { DECLINE_TABLE } from "../decline_table.js";
import { icon } from "../icons.js";
import { isOpen, readerIsOn } from "../machine/payment.js";
import { TEST_CARDS } from "../test_cards.js";
import { TEXT } from "../text.js";

const texts = TEXT.bench;
const ENTRIES = { tap: "waves", insert: "chip", swipe: "stripe" };

function buildCard({ name, brand, kind, lastFour }, place) {
  const label = texts.card(TEXT.brands[brand], lastFour, kind);
  const choice = { type: "radio", name: "card", value: name, label, checked: place === 0, testid: `card-${name}` };
  return el("label.test-card", { "data-brand": brand },
    el("input.unseen", choice), drawn("b", TEXT.brands[brand]), drawn("span", lastFour));
}

function buildDecimals() {
  const rows = DECLINE_TABLE.map(({ from, to, reason, delayMs }) =>
    el("div.decimal", el("dt", texts.cents(from, to)),
      el("dd", (reason ?? texts.approved) + (delayMs > 0 ? texts.after(delayMs) : ""))));
  return el("details.decimals", { testid: "decimals" },
    el("summary", texts.decimals), el("p", texts.decimals_lead), el("dl", { tabindex: "0" }, rows));
}

export function createTray(tell) {
  const cards = el("div.cards", { role: "radiogroup", label: texts.cards }, TEST_CARDS.map(buildCard));
  const present = (entry) => tell("card_presented", { card: cards.querySelector(":checked").value, entry });
  const buttons = Object.entries(ENTRIES).map(([entry, drawing]) =>
    el("button.bench-button", { testid: `bench-${entry}`, onclick: () => present(entry) },
      icon(drawing), texts.entries[entry]));
  const reader = el("p.bench-lead", { testid: "reader", role: "status" });
  return {
    element: el("section.tray", { label: texts.cards }, cards, el("div.buttons", buttons), reader, buildDecimals()),
    show(state) {
      const on = readerIsOn(state);
      const words = on ? texts.reader_on : isOpen(state.payment) ? texts.reader_off : texts.reader_free;
      buttons.forEach((button) => { button.disabled = !on; });
      if (reader.textContent !== words) {
        reader.textContent = words;
      }
    },
  };
}
