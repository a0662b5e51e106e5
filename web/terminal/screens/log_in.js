// Log-in with e-mail and password: the first time, and when a PIN is not enough.

import { el } from "../dom.js";
import { EMAIL_MAX, PASSWORD_MAX } from "../message.js";
import { TEXT } from "../text.js";
import { lead, lockLine, plainButton, problemLine, problemText, title } from "./pieces.js";

const texts = TEXT.log_in;

function field(label, attributes) {
  return el("label.field", el("span", label), el("input.input", attributes));
}

function formFields({ email }) {
  return [
    field(texts.email, {
      type: "email", name: "email", autocomplete: "username", maxlength: EMAIL_MAX, spellcheck: "false",
      autocapitalize: "none", value: email, testid: "email", focus: email === "",
    }),
    field(texts.password, {
      type: "password", name: "password", autocomplete: "current-password", maxlength: PASSWORD_MAX,
      testid: "password", focus: email !== "",
    }),
  ];
}

function submit(event, tell) {
  event.preventDefault();
  const { email, password } = event.target.elements;
  const form = event.target;
  form.querySelector(".problem")?.remove();
  if (email.value.trim() === "" || password.value === "") {
    form.querySelector(".button").before(problemLine(texts.missing));
    (email.value.trim() === "" ? email : password).focus();
    return;
  }
  tell("log_in_submitted", { email: email.value.trim(), password: password.value });
}

export const logIn = {
  name: "log-in",
  view: (state) => ({
    email: state.email,
    pinAllowed: state.pinAllowed,
    lockedUntil: state.lockedUntil,
    problem: problemText(state.problem, TEXT.refused),
  }),
  build(view, tell, signal) {
    const form = el("form.form", { novalidate: true, "aria-live": "off", onsubmit: (event) => submit(event, tell) },
      ...formFields(view),
      problemLine(view.problem),
      lockLine(view.lockedUntil, signal),
      el("button.button.main", { type: "submit", testid: "log-in" }, texts.submit),
    );
    const other = plainButton(texts.use_pin, {
      onclick: () => tell("form_chosen", { form: "pin" }), testid: "use-pin",
    });
    // The lead gives its room to what went wrong.
    const head = view.problem === null ? lead(texts.lead) : null;
    return el("section.page.log-in", title(texts.title), head, form, view.pinAllowed ? other : null);
  },
};
