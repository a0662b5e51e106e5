// Log-in with a PIN.

import { el } from "../dom.js";
import { TEXT } from "../text.js";
import { buildPad } from "./pad.js";
import { lockLine, plainButton, problemText, title } from "./pieces.js";

const texts = TEXT.pin;

export const pinPad = {
  name: "pin-pad",
  view: ({ problem, lockedUntil }) => ({ problem: problemText(problem, TEXT.refused), lockedUntil }),
  build(view, tell, signal) {
    const pad = buildPad({
      problem: view.problem, between: lockLine(view.lockedUntil, signal), name: texts.submit,
      submit: (pin) => tell("log_in_submitted", { pin }),
    }, signal);
    const other = plainButton(texts.use_email, {
      onclick: () => tell("form_chosen", { form: "email" }), testid: "use-email",
    });
    return el("section.page.pin", title(texts.title), ...pad, other);
  },
};
