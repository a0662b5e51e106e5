// Ready to take payment: only after the server has confirmed it.

import { drawn, el } from "../dom.js";
import { icon } from "../icons.js";
import { TEXT } from "../text.js";
import { page, title } from "./pieces.js";

const rings = () => drawn("div.rings", el("span"), el("span"), el("span"), el("div.heart", icon("waves")));

function smallCode(code) {
  return el("p.small-code", el("span.label", TEXT.ready.code), " ", el("b", { testid: "code" }, code));
}

export const ready = {
  name: "ready",
  view: (state) => ({ code: state.session.code }),
  build: ({ code }) => page("ready", [rings(), title(TEXT.ready.title)], [smallCode(code)]),
};
