// What the screens have in common.

import { drawn, el } from "../dom.js";
import { icon } from "../icons.js";
import { amountText } from "../money.js";
import { TEXT } from "../text.js";

export const title = (text) => el("h2.title", text);
export const lead = (text) => el("p.lead", text);
export const hint = (text) => el("p.hint", text);
export const mark = (name, kind = "plain") => drawn(`div.mark.${kind}`, icon(name));
export const spinner = () => drawn("div.spinner");

export const mainButton = (text, attributes) => el("button.button.main", attributes, text);
export const plainButton = (text, attributes) => el("button.button.plain", attributes, text);

// What went wrong, read aloud when it appears; null when nothing did.
export function problemLine(text) {
  return text === null ? null : el("p.problem", { role: "alert" }, icon("alert"), el("span", text));
}

// A problem of the state is a message of the server, or a key into the texts.
export function problemText(problem, texts) {
  if (problem === null || problem === undefined) {
    return null;
  }
  return problem.message || texts[problem.key] || null;
}

// Letters apart, so that nobody reads them as a word; a screen reader spells them.
export function codeTiles(code) {
  const tiles = code.split("").map((letter) => drawn("span.tile", letter));
  return el("p.code", { role: "img", label: TEXT.pairing.code(code), testid: "code" }, tiles);
}

// A line that counts down to a wall time, not read aloud each second. `textOf`
// gets the seconds left; at the end `over` is read aloud.
export function countdown(testid, until, textOf, signal, over = null) {
  const line = el("p.countdown", { testid, "aria-live": "off" });
  const show = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0 && over !== null) {
      line.replaceWith(el("p.countdown", { testid }, over));
      clearInterval(ticking);
    }
    line.textContent = textOf(left);
  };
  const ticking = setInterval(show, 250);
  signal.addEventListener("abort", () => clearInterval(ticking));
  show();
  return line;
}

// For how long no log-in is looked at; null when one is.
export const lockLine = (until, signal) =>
  (until > Date.now() ? countdown("lock", until, TEXT.locked.wait, signal, TEXT.locked.over) : null);

// The shape of most screens: something in the middle, buttons at the foot.
export function page(kind, middle, foot = []) {
  return el(`section.page.${kind}`, el("div.middle", middle), el("div.foot", foot));
}

// A whole screen that says what happened and offers to connect again.
export const notice = (name, drawing, texts, testid) => ({
  name,
  view: () => ({}),
  build(view, tell) {
    const press = () => tell("connect_pressed");
    const again = mainButton(texts.submit, { onclick: press, testid, focus: true });
    return page("quiet", [mark(drawing, "warn"), title(texts.title), lead(texts.lead), hint(texts.hint)], [again]);
  },
});

// --- Of a payment ---

// What every screen of it says.
export const saleOf = ({ kind, amount, currency, invoiceNumber }) => ({ kind, amount, currency, invoiceNumber });

const money = ({ amount, currency }) => [
  el("span", { testid: "amount" }, amountText(amount)), " ", el("small", { testid: "currency" }, currency),
];

// The amount, very large, with what it is for.
export function sum(sale) {
  const { kind, amount, invoiceNumber, paid = false } = sale;
  const size = amount < 100000 ? "" : amount < 10000000 ? ".long" : ".longer";
  return el("div.sum", el("p.label", TEXT.payment[paid ? `${kind}_done` : kind]), el(`p.amount${size}`, money(sale)),
    invoiceNumber ? el("p.invoice", { testid: "invoice", dir: "auto" }, TEXT.payment.invoice(invoiceNumber)) : null);
}

export const amountLine = (sale) =>
  el("p.amount-line", el("span.label", TEXT.payment[`${sale.kind}_line`]), " ", el("b", money(sale)));

// A screen's title says that it was declined: the reason without its prefix.
export const whyDeclined = (reason) => [
  reason ? el("p.lead", { testid: "reason" }, reason.replace(/^Transaction Declined: /, "")) : null,
  hint(TEXT.payment.declined),
];
