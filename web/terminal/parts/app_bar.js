// The bar under the status bar: whose terminal it is, and the way to Options.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { TEXT } from "../text.js";

export function createAppBar(tell) {
  const name = el("span.owner");
  const opens = { label: TEXT.menu.open, "aria-haspopup": "dialog", testid: "options" };
  const options = el("button.options", { ...opens, onclick: () => tell("options_opened") }, icon("dots"));
  return {
    element: el("div.app-bar", name, options),
    options,
    show(state) {
      name.textContent = state.session?.businessName ?? state.businessName ?? TEXT.page.brand;
    },
  };
}
