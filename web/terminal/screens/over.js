// What became of a payment: a short receipt, or why there is none.

import { el } from "../dom.js";
import { findCard } from "../test_cards.js";
import { TEXT } from "../text.js";
import { amountLine, hint, lead, mainButton, mark, page, saleOf, sum, title, whyDeclined } from "./pieces.js";

const texts = TEXT.payment;

const MARKS = {
  approved: ["tick", "good"], declined: ["cross", "bad"], cancelled: ["cross"], reversed: ["back"], expired: ["clock"],
  withdrawn: ["back"], refused: ["back"], unknown: ["alert", "warn"], contradicted: ["alert", "warn"],
};

function cardText(name) {
  const card = findCard(name);
  return card === undefined ? null : texts.number(TEXT.brands[card.brand], card.lastFour);
}

const fact = (name, text) =>
  (text ? el("div.fact", el("dt", texts.facts[name]), el("dd", { testid: `receipt-${name}` }, text)) : null);

function buildReceipt(view) {
  const facts = [fact("card", view.card), fact("invoice", view.invoiceNumber), fact("code", view.approvalCode)];
  return [sum({ ...view, invoiceNumber: null, paid: true }), el("dl.facts", facts.filter((each) => each !== null))];
}

function buildWhy({ state, by, reason, ...view }) {
  const words = state === "declined"
    ? whyDeclined(reason)
    : [texts.by[by] ?? reason, texts.why[state]].filter(Boolean).map((text, place) => (place === 0 ? lead : hint)(text));
  return [...words, amountLine(view)];
}

export const over = {
  name: "over",
  view: ({ payment }) => ({
    ...saleOf(payment), ...payment.result, number: payment.number, card: cardText(payment.card?.name),
  }),
  build(view, tell) {
    const body = view.state === "approved" ? buildReceipt(view) : buildWhy(view);
    const done = mainButton(texts.done, { onclick: () => tell("receipt_closed"), testid: "done", focus: true });
    const content = page("sale", [mark(...MARKS[view.state]), title(texts.ended[view.state]), ...body], [done]);
    content.dataset.result = view.state;
    return content;
  },
};
