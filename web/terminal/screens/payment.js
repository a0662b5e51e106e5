// The screens of a payment until it is over: the amount, the card, its PIN, the
// wait, and a card that was declined.

import { afterPaint, drawn, el } from "../dom.js";
import { icon } from "../icons.js";
import { TEXT } from "../text.js";
import { over } from "./over.js";
import { buildPad } from "./pad.js";
import {
  amountLine, hint, mainButton, mark, page, plainButton, saleOf, spinner, sum, title, whyDeclined,
} from "./pieces.js";

const texts = TEXT.payment;

const cancelButton = (tell) =>
  plainButton(texts.cancel, { onclick: () => tell("cancel_pressed", { by: "customer" }), testid: "cancel" });

// An offer looks the same while go is stored. It is displayed when it is painted.
const offer = {
  name: "offer",
  view: ({ payment }) => ({ ...saleOf(payment), number: payment.number }),
  build(view, tell) {
    afterPaint(() => tell("offer_painted", { number: view.number }));
    return page("sale", [sum(view), hint(texts.offered)]);
  },
};

const card = {
  name: "card",
  view: ({ payment }) => saleOf(payment),
  build: (view, tell) => page("sale", [
    sum(view),
    drawn("div.ways", el("span", icon("waves")), el("span", icon("chip")), el("span", icon("stripe"))),
    title(texts.card),
  ], [cancelButton(tell)]),
};

const pin = {
  name: "card-pin",
  view: ({ payment }) => saleOf(payment),
  build: (view, tell, signal) => el("section.page.pin.sale",
    amountLine(view), title(texts.pin),
    ...buildPad({ problem: null, name: texts.pin_submit, submit: () => tell("pin_entered") }, signal),
    cancelButton(tell)),
};

const waitFor = (name, textOf, more) => ({
  name,
  view: ({ payment, session }) => ({ ...saleOf(payment), by: payment.unanswered.by, unsent: session === null }),
  build: (view) => page("sale", [
    amountLine(view), spinner(), title(textOf(view)), hint(view.unsent ? texts.unsent : more),
  ]),
});

const authorising = waitFor("authorising", () => texts.authorising, texts.authorising_hint);
const ending = waitFor("cancelling", ({ by }) => (by === "lost" ? texts.lost : texts.ending), "");

const retry = {
  name: "retry",
  view: ({ payment }) => ({ ...saleOf(payment), reason: payment.reason }),
  build: (view, tell) => page("sale", [
    mark("cross", "bad"), title(texts.ended.declined), ...whyDeclined(view.reason), amountLine(view),
  ], [
    mainButton(texts.again, { onclick: () => tell("try_again_pressed"), testid: "try-again", focus: true }),
    plainButton(texts.done, { onclick: () => tell("cancel_pressed", { by: "customer" }), testid: "done" }),
  ]),
};

export const PAYMENT_SCREENS = { offered: offer, starting: offer, card, pin, authorising, retry, ending, done: over };
