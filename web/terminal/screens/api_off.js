// API mode is off: the point of sale cannot reach this terminal. Without a code
// the way on is an administrator and a new log-in; a code that was given stays.

import { el } from "../dom.js";
import { TEXT } from "../text.js";
import { codeTiles, hint, lead, mainButton, mark, page, title } from "./pieces.js";

const texts = TEXT.api_off;

function buildCodeless(apiMode, tell) {
  const again = mainButton(texts.again, {
    onclick: () => tell("log_out_pressed"), testid: "log-in-again", focus: true,
  });
  const words = apiMode
    ? [title(texts.now_on), lead(texts.none), hint(texts.now_on_hint)]
    : [title(texts.title), lead(texts.none), hint(texts.none_hint)];
  return page("quiet", [mark("api_off", "warn"), ...words], [again]);
}

export const apiOff = {
  name: "api-mode-off",
  view: (state) => ({ code: state.session.code, apiMode: state.session.apiMode }),
  build({ code, apiMode }, tell) {
    if (code === null) {
      return buildCodeless(apiMode, tell);
    }
    const kept = el("div.kept", el("p.label", texts.code), codeTiles(code));
    return page("quiet", [mark("api_off", "warn"), title(texts.title), lead(texts.kept), hint(texts.kept_hint), kept]);
  },
};
