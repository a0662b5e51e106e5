// The terminal starts: the maker's name and a short line that fills.

import { drawn, el } from "../dom.js";
import { TEXT } from "../text.js";

export const boot = {
  name: "boot",
  view: () => ({}),
  build: () =>
    el("section.dark.boot",
      el("p.wordmark", TEXT.page.brand),
      drawn("div.boot-line", el("span")),
      el("p.unseen", TEXT.boot.title),
    ),
};
