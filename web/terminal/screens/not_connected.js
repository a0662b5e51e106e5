// No connection: says what to do, and when the terminal tries again by itself.

import { TEXT } from "../text.js";
import { countdown, hint, lead, mark, page, plainButton, problemLine, problemText, title } from "./pieces.js";

const texts = TEXT.not_connected;

export const notConnected = {
  name: "not-connected",
  view: (state) => ({
    offline: state.phase === "offline",
    retryAt: state.retryAt,
    failures: state.failures,
    // What the server said last; after another failure it is only a trouble.
    said: state.failures === 1 && state.problem?.message,
    problem: problemText(state.problem, TEXT.trouble),
  }),
  build({ offline, retryAt, failures, said, problem }, tell, signal) {
    const head = [mark("no_network"), title(texts.title)];
    if (offline) {
      return page("quiet", [...head, lead(texts.network_off), hint(texts.network_off_hint)]);
    }
    const retry = plainButton(texts.retry, {
      onclick: () => tell("retry_pressed"), testid: "retry-now", focus: true,
    });
    const why = said
      ? [lead(said), hint(texts.by_itself)]
      : [lead(texts.unreachable), hint(texts.unreachable_hint), problemLine(problem)];
    return page(
      "quiet",
      [
        ...head, ...why,
        countdown("retry", retryAt, retryAt === null ? () => texts.trying : texts.next, signal), hint(texts.attempts(failures)),
      ],
      [retry],
    );
  },
};
