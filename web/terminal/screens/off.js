// No power: a black glass. Only a screen reader gets a text.

import { el } from "../dom.js";
import { TEXT } from "../text.js";

export const off = {
  name: "off",
  view: () => ({}),
  build: () => el("section.dark", el("p.unseen", `${TEXT.off.title}. ${TEXT.off.hint}`)),
};
