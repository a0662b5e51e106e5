// No connection: says what to do, and when the terminal tries again by itself.

import { el } from "../dom.js";
import { TEXT } from "../text.js";
import { hint, lead, mark, page, plainButton, problemLine, problemText, title } from "./pieces.js";

const texts = TEXT.not_connected;

// The line that counts down to the next attempt.
function countdown(retryAt, signal) {
  const line = el("p.countdown", { testid: "retry", "aria-live": "off" }, texts.trying);
  if (retryAt !== null) {
    const show = () => { line.textContent = texts.next(Math.ceil((retryAt - Date.now()) / 1000)); };
    show();
    const ticking = setInterval(show, 250);
    signal.addEventListener("abort", () => clearInterval(ticking));
  }
  return line;
}

export const notConnected = {
  name: "not-connected",
  view: (state) => ({
    offline: state.phase === "offline",
    retryAt: state.retryAt,
    failures: state.failures,
    problem: problemText(state.problem, TEXT.trouble),
  }),
  build({ offline, retryAt, failures, problem }, tell, signal) {
    const head = [mark("no_network"), title(texts.title)];
    if (offline) {
      return page("quiet", [...head, lead(texts.network_off), hint(texts.network_off_hint)]);
    }
    const retry = plainButton(texts.retry, {
      onclick: () => tell("retry_pressed"), testid: "retry-now", focus: true,
    });
    return page(
      "quiet",
      [
        ...head, lead(texts.unreachable), hint(texts.unreachable_hint), problemLine(problem),
        countdown(retryAt, signal), hint(texts.attempts(failures)),
      ],
      [retry],
    );
  },
};
