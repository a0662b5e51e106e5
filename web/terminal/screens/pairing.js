// The device code, very large, to be typed into a point of sale; then Continue.

import { TEXT } from "../text.js";
import { codeTiles, hint, lead, mainButton, page, title } from "./pieces.js";

const texts = TEXT.pairing;

export const pairing = {
  name: "pairing",
  view: (state) => ({ code: state.session.code }),
  build({ code }, tell) {
    const proceed = mainButton(texts.submit, {
      onclick: () => tell("continue_pressed"), testid: "continue", focus: true,
    });
    return page("pairing", [title(texts.title), lead(texts.lead), codeTiles(code), hint(texts.hint)], [proceed]);
  },
};
