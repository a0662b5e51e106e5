// A pad for a PIN: keys for fingers, and the digits, Backspace and Enter of a
// keyboard. The digits live here alone; only their number is shown.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { PIN_MAX, PIN_MIN } from "../message.js";
import { TEXT } from "../text.js";
import { problemLine } from "./pieces.js";

const texts = TEXT.pin;

// The row of dots: as many as digits, and places for the shortest PIN.
function drawDots(display, count) {
  const places = Math.max(count, PIN_MIN);
  const dots = Array.from({ length: places }, (_, place) => el(place < count ? "span.dot.full" : "span.dot"));
  display.replaceChildren(...dots);
  display.setAttribute("aria-label", texts.entered(count));
}

// The digits, with what may be done to them.
function createEntry(display, problem, submit) {
  let digits = "";
  const show = () => drawDots(display, digits.length);
  show();
  return {
    add(digit) {
      digits = (digits + digit).slice(0, PIN_MAX);
      problem.replaceChildren();
      show();
    },
    remove() {
      digits = digits.slice(0, -1);
      show();
    },
    submit() {
      if (digits.length < PIN_MIN) {
        problem.replaceChildren(problemLine(texts.short));
        return;
      }
      submit(digits);
    },
  };
}

// A key gives the focus back after a finger or a mouse, so that Enter submits;
// who came to the key by keyboard stays on it.
function padKey(name, attributes, content, press, display) {
  const onclick = (event) => {
    press();
    if (event.detail > 0) {
      display.focus({ preventScroll: true });
    }
  };
  return el(name, { onclick, ...attributes }, content);
}

function buildKeys(entry, display, name) {
  const digitKey = (digit) => padKey("button.key", { testid: `pin-key-${digit}` }, digit, () => entry.add(digit), display);
  const erase = { label: texts.remove, testid: "pin-delete" };
  const enter = { label: name, testid: "pin-enter" };
  return el("div.pad", { role: "group", label: texts.pad, "aria-live": "off" },
    ..."123456789".split("").map(digitKey),
    padKey("button.key.side", erase, icon("erase"), entry.remove, display),
    digitKey("0"),
    padKey("button.key.enter", enter, icon("tick"), entry.submit, display),
  );
}

// Enter is not ours while another button or link has the focus.
function listen(entry, signal) {
  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("[role=dialog]")) {
      return;
    }
    if (/^[0-9]$/.test(event.key)) {
      entry.add(event.key);
    } else if (event.key === "Backspace") {
      entry.remove();
    } else if (event.key === "Enter" && !event.target.closest("button, a")) {
      event.preventDefault();
      entry.submit();
    }
  };
  document.addEventListener("keydown", onKey, { signal });
}

// [dots, place of a problem, what stands `between`, keys]; `name` is what Enter
// does, `submit` gets the digits.
export function buildPad({ problem: text, between = null, name, submit }, signal) {
  const display = el("div.dots", { role: "img", tabindex: "0", focus: true });
  const problem = el("div.problem-place", problemLine(text));
  const entry = createEntry(display, problem, submit);
  listen(entry, signal);
  return [display, problem, between, buildKeys(entry, display, name)];
}
