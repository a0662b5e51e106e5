// The bar under the status bar: whose terminal it is, that a payment has no
// connection, and the way to Options.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { isLive } from "../machine/state.js";
import { showsPayment } from "../machine/payment.js";
import { TEXT } from "../text.js";

export function createAppBar(tell) {
  const name = el("span.owner");
  const lost = el("span.lost", { role: "status", testid: "no-connection" });
  const opens = { label: TEXT.menu.open, "aria-haspopup": "dialog", testid: "options" };
  const options = el("button.options", { ...opens, onclick: () => tell("options_opened") }, icon("dots"));
  return {
    element: el("div.app-bar", name, lost, options),
    options,
    show(state) {
      const words = showsPayment(state) && !isLive(state) ? TEXT.not_connected.title : "";
      if (lost.textContent !== words) {
        lost.textContent = words;
      }
      name.textContent = state.session?.businessName ?? state.businessName ?? TEXT.page.brand;
    },
  };
}
