// What a terminal cannot work without is missing: its slot or its memory.

import { TEXT } from "../text.js";
import { hint, mainButton, mark, page, problemLine, title } from "./pieces.js";

const texts = TEXT.fault;

export const fault = {
  name: "fault",
  view: (state) => ({ fault: state.fault, slot: state.slot }),
  build(view) {
    const words = view.fault === "slot" ? [texts.slot(view.slot), texts.slot_hint] : [texts.memory, texts.memory_hint];
    const again = mainButton(texts.retry, { onclick: () => location.reload(), focus: true });
    return page("quiet", [mark("alert", "warn"), title(texts.title), problemLine(words[0]), hint(words[1])], [again]);
  },
};
